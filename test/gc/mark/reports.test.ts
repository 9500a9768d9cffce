/** What a collection shows of pointers that cannot be: enough to find where the program is wrong. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap, runtimeOf } from '../../../lib/api/heap.ts';
import { generations } from '../../../lib/design/design.ts';

const designs = generations.flatMap((generation) =>
  (['stop-the-world', 'incremental'] as const).map((marking) => ({ generation, marking })),
);

const hex = (address: number): string => `0x${address.toString(16)}`;

/** The lines of the error that a call ends with. */
function linesOf(call: () => void): string[] {
  try {
    call();
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  return [];
}

/** Pages of the span that an address lies in. */
function pagesOf(heap: Heap, address: number): number {
  const { state } = runtimeOf(heap);
  return state.spans.columns.pages[state.pageColumns.spanOf[state.arenas.pageOf(address)]!]!;
}

describe.each(designs)('$generation, $marking:', (design) => {
  function heapOf(): Heap {
    const heap = new Heap({
      ...{ environment: false, reach: 2 ** 30, liveness: 'tracing', gcPercent: -1 },
      ...design,
    });
    onTestFinished(() => heap.dispose());
    return heap;
  }

  test('shows, of a pointer to a free object, the objects of that span', () => {
    const heap = heapOf();
    const node = heap.type({ to: 'pointer', n: 'f64', rest: ['f64', 14] });
    const [holder, lost, other] = [1, 2, 3].map(() => heap.root(heap.new(node)));
    const zombie = lost!.address;
    node.rest.set(zombie, 0, 1.5);
    lost!.dispose();
    heap.malloc(0);
    heap.gc();
    node.to.set(holder!.address, zombie);
    const lines = linesOf(() => heap.gc());
    const size = 128;
    const n = (pagesOf(heap, zombie) * 8192) / size;
    expect(lines[0]).toMatch(new RegExp(`^fatal: found pointer to free object .*"object":"${hex(zombie)}"`));
    expect(lines[1]).toMatch(/^marked free object in span 0x[\da-f]+, elemsize=128 freeindex=\d+$/);
    expect(lines.filter((line) => /(alloc|free ) (marked|unmarked)/.test(line))).toHaveLength(n);
    expect(lines).toContain(`${hex(holder!.address)} alloc marked`);
    expect(lines).toContain(`${hex(other!.address)} alloc marked`);
    expect(lines.filter((line) => line.endsWith('zombie'))).toEqual([`${hex(zombie)} free  marked zombie`]);
    expect(lines[lines.indexOf(`${hex(zombie)} free  marked zombie`) + 2]).toMatch(
      new RegExp(`^${hex(zombie + 16)}: 0x3ff8000000000000 0x0$`),
    );
  });

  test('shows, of a pointer to nothing, the object and the word that hold it', () => {
    const heap = heapOf();
    const long = heap.type({ rest: ['f64', 300], to: 'pointer', tail: ['pointer', 20] });
    const large = heap.malloc(100_000);
    const holder = heap.root(heap.new(long));
    heap.malloc(0);
    heap.gc();
    long.rest.set(holder.address, 0, 1.5);
    long.to.set(holder.address, large + 8192);
    const lines = linesOf(() => heap.gc());
    const found = `*(${hex(holder.address)}+0x960)`;
    expect(lines[0]).toContain(`"found":"${found}"`);
    expect(lines[1]).toMatch(
      new RegExp(`^pointer ${hex(large + 8192)} to unallocated span span.base\\(\\)=0x`),
    );
    expect(lines[2]).toBe(`found in object at ${found}`);
    expect(lines[3]).toMatch(new RegExp(`^object=${hex(holder.address)} .* s.state=inUse$`));
    expect(lines[4]).toBe(' *(object+0) = 0x3ff8000000000000');
    expect(lines).toContain(` *(object+2400) = ${hex(large + 8192)} <==`);
    expect(lines.filter((line) => line === ' ...')).toHaveLength(2);
    expect(lines.length).toBeLessThan(200);
  });

  test.each([
    ['of a large array, far from its beginning', 200_000, 170_000],
    ['of a small one', 10, 3],
  ])('finds who holds a pointer to nothing: a word %s', (_what, n, i) => {
    const heap = heapOf();
    const slot = heap.type({ to: 'pointer' });
    const large = heap.malloc(100_000);
    const array = heap.root(heap.newArray(slot, n));
    heap.malloc(0);
    heap.gc();
    slot.to.set(array.address + 8 * i, large + 8192);
    const { address } = array;
    const found = `found in object at *(${hex(address)}+${hex(8 * i)})`;
    expect(() => heap.gc()).toThrow(found);
    // The same where the object itself is not kept, but what it refers to.
    heap.setFinalizer(address, () => {});
    array.dispose();
    expect(() => heap.gc()).toThrow(found);
    slot.to.set(address + 8 * i, 0);
    heap.gc();
    heap.check(3);
  });
});
