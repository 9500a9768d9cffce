/**
 * Words of objects without a type may be anything. What the page table says of a free page is stale: the row of the span that was
 * there may be that of another by now, at a lower page or a higher one.
 */
import { describe, expect, test } from 'vitest';
import { type Heap, runtimeOf } from '../../../lib/api/heap.ts';
import { spanState } from '../../../lib/spans/span-table.ts';
import { Random } from '../../support/random.ts';
import { heapOf } from './cycles.ts';

const littleEndian = (address: number): Uint8Array =>
  new Uint8Array(new BigUint64Array([BigInt(address)]).buffer);

/** Addresses in pages whose entry leads to a span of small objects that begins at a lower page, or at a higher one. */
function stale(heap: Heap): Readonly<Record<'lower' | 'higher', number[]>> {
  const { state } = runtimeOf(heap);
  const { spanOf } = state.pageColumns;
  const c = state.spans.columns;
  const found: Record<'lower' | 'higher', number[]> = { lower: [], higher: [] };
  let first = state.arenas.reachPages;
  let end = 0;
  for (let s = 1; s < state.spans.end; s++) {
    if (c.state[s] !== spanState.inUse) continue;
    first = Math.min(first, c.startPage[s]!);
    end = Math.max(end, c.startPage[s]! + c.pages[s]!);
  }
  for (let page = first; page < end; page++) {
    const s = spanOf[page]!;
    if (c.state[s] !== spanState.inUse || c.elemSize[s] === 0) continue;
    const start = c.startPage[s]!;
    if (page < start) found.higher.push(state.arenas.addressOf(page));
    else if (page >= start + c.pages[s]!) found.lower.push(state.arenas.addressOf(page));
  }
  return found;
}

describe.each(['lists', 'treap', 'radix'] as const)('%s', (generation) => {
  test.each(['objects', 'spans'] as const)(
    'lead nowhere where they are those of free pages, by %s',
    (markOrder) => {
      // In a reach as large there is no memory where an index below 0 would lead.
      const heap = heapOf({ generation, markOrder, marking: 'stop-the-world', reach: 2 ** 37 });
      const random = new Random(5);
      const roots = Array.from({ length: 300 }, () => heap.root());
      const holder = heap.root(heap.malloc(64, false));
      const tried = { lower: 0, higher: 0 };
      for (let round = 0; round < 200 && Math.min(tried.lower, tried.higher) < 20; round++) {
        for (const root of roots)
          switch (random.below(4)) {
            case 0:
              root.address = heap.malloc(1 + random.below(20_000), random.below(2) === 0);
              break;
            case 1:
              root.address = 0;
          }
        heap.fill(holder.address, 8, 0);
        heap.gc();
        const live = heap.readMemStats().HeapObjects;
        for (const side of ['lower', 'higher'] as const)
          for (const page of stale(heap)[side].slice(0, 5)) {
            const at = page + random.below(8192);
            expect(heap.findObject(at)).toBeUndefined();
            heap.write(holder.address, littleEndian(at));
            heap.gc();
            tried[side]++;
          }
        expect(heap.readMemStats().HeapObjects).toBe(live);
        heap.check(3);
      }
      expect(tried.lower).toBeGreaterThan(19);
      expect(tried.higher).toBeGreaterThan(19);
    },
  );

  test.each([1, 35, 300, 1100, 40_001])(
    'of an object of %d bytes all that can be written are followed',
    (size) => {
      const heap = heapOf({ generation });
      const holder = heap.root(heap.malloc(size, false));
      const end = holder.address + heap.sizeOf(holder.address);
      const held = heap.malloc(100);
      heap.write(end - 8, littleEndian(held));
      heap.malloc(8);
      heap.gc();
      expect(heap.findObject(held)?.base).toBe(held);
      heap.fill(end - 8, 8, 0);
      heap.gc();
      expect(heap.findObject(held)).toBeUndefined();
    },
  );
});
