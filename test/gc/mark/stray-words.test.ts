/**
 * Words of objects without a type may be anything. What the page table says of a free page is stale: the row of the span that was
 * there may be that of another by now, at a lower page or a higher one.
 */
import { describe, expect, test } from 'vitest';
import { type Heap, runtimeOf } from '../../../lib/api/heap.ts';
import type { Root } from '../../../lib/api/index.ts';
import { spanState } from '../../../lib/spans/span-table.ts';
import { inOnePiece } from '../../support/one-piece.ts';
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

const orders = ['objects', 'spans'] as const;

describe.each(['lists', 'treap', 'radix'] as const)('%s', (generation) => {
  test.each(orders)('lead nowhere where they are those of free pages, by %s', (markOrder) => {
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
  });

  test.each(orders)(
    'lead nowhere where no object is: at a free place between objects, and past the last, by %s',
    (markOrder) => {
      const heap = heapOf({ generation, markOrder });
      for (const size of [16, 48, 1000, 2304]) {
        const roots = Array.from({ length: 300 }, () => heap.root(heap.malloc(size, false)));
        const holder = heap.root(heap.malloc(8 * 300, false));
        const freed = roots.filter((_, i) => i % 3 !== 0).map(({ address }) => address);
        for (const root of roots.filter(({ address }) => freed.includes(address))) root.dispose();
        heap.malloc(8);
        heap.gc();
        const live = heap.readMemStats().HeapObjects;
        for (const [i, at] of freed.entries())
          heap.write(holder.address + 8 * i, littleEndian(at + (i % size)));
        for (let i = 0; i < 2; i++) heap.gc();
        expect(heap.readMemStats().HeapObjects).toBe(live);
        expect(freed.filter((at) => heap.findObject(at) !== undefined)).toEqual([]);
        heap.check(3);
      }
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

// Guards the look at how far off a stale entry's span is: 32 GiB are 0 in 32 bits of words.
test.each(orders)(
  'a free page whose entry leads to a span 32 GiB above leads nowhere, by %s',
  (markOrder) => {
    const made = { pages: [] as Root[], far: 0 };
    const { heap } = inOnePiece(
      () => heapOf({ markOrder, marking: 'stop-the-world', reach: 2 ** 36 }),
      (of) => {
        made.pages = Array.from({ length: 64 }, (_, i) => of.root(of.malloc(8192, i < 63)));
        // Several, since no system has one of that size.
        for (let i = 0; i < 64; i++) of.root(of.malloc(i === 0 ? 2 ** 29 - 64 * 8192 : 2 ** 29));
        made.far = of.malloc(48, false);
      },
    );
    const { far } = made;
    const holder = made.pages.pop()!;
    const first = made.pages[0]!.address;
    const held = heap.root(far);
    expect(far - first).toBe(2 ** 35);
    const garbage = heap.malloc(48, false);
    for (const root of made.pages) root.dispose();
    heap.malloc(8);
    heap.gc();
    expect(heap.findObject(garbage)).toBeUndefined();
    expect(heap.findObject(first)).toBeUndefined();
    // What such an entry says means nothing.
    const { state } = runtimeOf(heap);
    state.pageColumns.spanOf[state.arenas.pageOf(first)] =
      state.pageColumns.spanOf[state.arenas.pageOf(far)]!;
    held.dispose();
    heap.write(holder.address, littleEndian(first));
    heap.gc();
    expect(heap.findObject(far)).toBeUndefined();
  },
);
