import { describe, expect, it } from 'vitest';
import { stateWord } from '../../../lib/pages/radix/columns.ts';
import { hasFree, noHugePage } from '../../../lib/pages/radix/density.ts';
import type { RadixPageAlloc } from '../../../lib/pages/radix/page-alloc.ts';
import { count, heapOf, page, type Range, scavengedRanges, withHuge, withoutHuge } from './heaps.ts';

const pageBytes = 8192;
const everything = Number.POSITIVE_INFINITY;

/** Scavenges and returns the runs released, in order. */
function release(heap: RadixPageAlloc, pages: number, force: boolean): Range[] {
  const runs: [number, number][] = [];
  const released = heap.scavenge(pages * pageBytes, force, (from, n) => runs.push([from, n]));
  expect(released).toBe(runs.reduce((sum, [, n]) => sum + n, 0) * pageBytes);
  heap.check(3);
  return runs;
}

describe('a forced scavenge goes downwards from the highest page freed', () => {
  const cases: {
    name: string;
    chunks: number[];
    allocated: Range[];
    physical?: typeof withHuge;
    asks: [pages: number, runs: Range[]][];
  }[] = [
    {
      name: 'all of a chunk at once',
      chunks: [0],
      allocated: [],
      asks: [
        [everything, [[0, 512]]],
        [1, []],
      ],
    },
    {
      name: 'page by page',
      chunks: [0],
      allocated: [],
      physical: withoutHuge,
      asks: [
        [1, [[511, 1]]],
        [2, [[509, 2]]],
        [3, [[506, 3]]],
      ],
    },
    {
      name: 'a huge page rather than a page',
      chunks: [0],
      allocated: [],
      asks: [
        [1, [[256, 256]]],
        [257, [[0, 256]]],
      ],
    },
    {
      name: 'several holes until there is enough',
      chunks: [0],
      allocated: [
        [10, 90],
        [110, 300],
      ],
      asks: [
        [
          105,
          [
            [410, 102],
            [107, 3],
          ],
        ],
        [
          everything,
          [
            [100, 7],
            [0, 10],
          ],
        ],
      ],
    },
    {
      name: 'over a gap',
      chunks: [0, 5],
      allocated: [[0, 500]],
      asks: [
        [
          everything,
          [
            [2560, 512],
            [500, 12],
          ],
        ],
      ],
    },
    { name: 'a full heap has nothing', chunks: [0], allocated: [[0, 512]], asks: [[everything, []]] },
    { name: 'nothing asked for, nothing done', chunks: [0], allocated: [], asks: [[0, []]] },
  ];
  it.each(cases)('$name', ({ chunks, allocated, physical = withHuge, asks }) => {
    const heap = heapOf(chunks, allocated, [], physical);
    const seen: Range[] = [];
    for (const [pages, runs] of asks) {
      expect(release(heap, pages, true)).toEqual(runs);
      seen.push(...runs);
    }
    expect(scavengedRanges(heap).reduce((sum, [, n]) => sum + n, 0)).toBe(
      seen.reduce((sum, [, n]) => sum + n, 0),
    );
  });

  it('rounds bytes up to pages', () => {
    const heap = heapOf([0], [], [], withoutHuge);
    expect(heap.scavenge(1, true, () => {})).toBe(pageBytes);
    expect(heap.scavenge(pageBytes + 1, true, () => {})).toBe(2 * pageBytes);
  });

  it('releases what is freed afterwards', () => {
    const heap = heapOf([0, 1], [[100, 10]]);
    release(heap, everything, true);
    heap.free(page(100), count(10));
    expect(release(heap, everything, true)).toEqual([[100, 10]]);
  });

  it('stops when it is told to', () => {
    const heap = heapOf(
      [0],
      [
        [10, 90],
        [110, 300],
      ],
    );
    let asked = 0;
    expect(
      heap.scavenge(
        everything,
        true,
        () => {},
        () => ++asked === 2,
      ),
    ).toBe((102 + 10) * pageBytes);
    expect(release(heap, everything, true)).toEqual([[0, 10]]);
  });

  it('takes only whole physical pages that are larger than a page', () => {
    const heap = heapOf(
      [0],
      [
        [3, 1],
        [25, 487],
      ],
      [],
      { physPageSize: 65536, physHugePageSize: 0 },
    );
    expect(release(heap, everything, true)).toEqual([[8, 16]]);
  });
});

describe('a background scavenge', () => {
  it('begins with the next generation, and passes over dense chunks', () => {
    const heap = heapOf(
      [0, 1, 2],
      [
        [0, 500],
        [512, 490],
        [1024, 20],
      ],
    );
    expect(release(heap, everything, false)).toEqual([]);
    heap.nextGeneration();
    // Chunk 0 has 500 pages in use, 496 are dense; all three were full in this heap's first generation
    // only between two calls, not when it ended.
    expect(release(heap, everything, false)).toEqual([
      [1044, 492],
      [1002, 22],
    ]);
    expect(release(heap, everything, true)).toEqual([[500, 12]]);
  });

  it('counts as last in use what was in use when the generation of the last change began', () => {
    const heap = heapOf([0], [[0, 512]]);
    heap.nextGeneration();
    heap.free(page(100), count(200));
    expect((heap.index.density[0]! >> 16) & 0x3ff).toBe(512);
    heap.nextGeneration();
    heap.free(page(0), count(1));
    expect((heap.index.density[0]! >> 16) & 0x3ff).toBe(312);
    expect(release(heap, everything, false)).toEqual([
      [100, 200],
      [0, 1],
    ]);
  });

  it('does not look at a chunk whose last generation was dense and that changed in this one', () => {
    const heap = heapOf([0], [[0, 512]]);
    heap.nextGeneration();
    heap.free(page(100), count(200));
    // A cursor for this generation, as another free before the last generation's end would have left it.
    heap.memory.state[stateWord.backgroundCursor] = 299;
    expect(release(heap, everything, false)).toEqual([]);
  });
});

describe('cursors', () => {
  const cursors = (heap: RadixPageAlloc): number[] =>
    (['backgroundCursor', 'backgroundMarked', 'forceCursor', 'forceMarked'] as const).map(
      (name) => heap.memory.state[stateWord[name]],
    );

  it('are raised and marked by frees and generations, and cleared only when unmarked', () => {
    const heap = heapOf([0, 1], [[0, 1024]]);
    expect(cursors(heap)).toEqual([-1, 0, 1023, 1]);
    heap.free(page(40), count(5));
    expect(release(heap, 3, true)).toEqual([[42, 3]]);
    expect(cursors(heap)).toEqual([-1, 0, 511, 0]);
    heap.free(page(600), count(2));
    expect(cursors(heap)).toEqual([-1, 0, 601, 1]);
    heap.nextGeneration();
    expect(cursors(heap)).toEqual([1023, 1, 601, 1]);
    expect(release(heap, everything, true)).toEqual([
      [600, 2],
      [40, 2],
    ]);
    expect(cursors(heap)).toEqual([1023, 1, -1, 0]);
    expect(release(heap, everything, false)).toEqual([]);
    expect(cursors(heap)).toEqual([1023, 1, -1, 0]);
  });
});

it('a chunk’s huge page is broken by a release and whole again when the chunk is dense', () => {
  const heap = heapOf([0], [[0, 400]]);
  const flags = (): number => heap.index.density[0]! & (hasFree | noHugePage);
  expect(flags()).toBe(hasFree);
  release(heap, 1, true);
  expect(flags()).toBe(hasFree | noHugePage);
  heap.alloc(count(96));
  expect(flags()).toBe(hasFree | noHugePage);
  heap.alloc(count(1));
  expect(flags()).toBe(hasFree);
  heap.alloc(count(15));
  expect(flags()).toBe(0);
});
