import { describe, expect, it } from 'vitest';
import { FatalError } from '../../../lib/base/errors.ts';
import { plainRadixMemory, stateWord } from '../../../lib/pages/radix/columns.ts';
import { RadixPageAlloc } from '../../../lib/pages/radix/page-alloc.ts';
import {
  allocatedRanges,
  cacheOf,
  chunkPages,
  count,
  heapOf,
  page,
  type Range,
  scavengedRanges,
  withHuge,
} from './heaps.ts';

const rootChunks = 4096;

describe('alloc takes the lowest run that is long enough', () => {
  interface Case {
    name: string;
    chunks: number[];
    allocated: Range[];
    /** [pages asked for, first page expected]. */
    hits: Range[];
  }
  const cases: Case[] = [
    {
      name: 'all free, one page after the other',
      chunks: [0],
      allocated: [],
      hits: [
        [1, 0],
        [1, 1],
        [2, 2],
        [1, 4],
      ],
    },
    {
      name: 'all of a chunk, then nothing',
      chunks: [0],
      allocated: [],
      hits: [
        [512, 0],
        [1, -1],
        [512, -1],
      ],
    },
    {
      name: 'holes in order of address, not of fit',
      chunks: [0],
      allocated: [
        [4, 8],
        [14, 8],
      ],
      hits: [
        [2, 0],
        [2, 2],
        [2, 12],
        [2, 22],
      ],
    },
    {
      name: 'a longer run passes over short holes, which stay',
      chunks: [0],
      allocated: [
        [1, 1],
        [3, 1],
      ],
      hits: [
        [2, 4],
        [1, 0],
        [1, 2],
        [1, 6],
      ],
    },
    {
      name: 'across words',
      chunks: [0],
      allocated: [
        [0, 30],
        [36, 476],
      ],
      hits: [
        [6, 30],
        [1, -1],
      ],
    },
    {
      name: 'a run of 33 pages and one of 65',
      chunks: [0],
      allocated: [
        [32, 1],
        [66, 1],
      ],
      hits: [
        [33, 33],
        [65, 67],
        [32, 0],
      ],
    },
    {
      name: 'across two chunks',
      chunks: [0, 1],
      allocated: [
        [0, 500],
        [530, 494],
      ],
      hits: [
        [30, 500],
        [1, -1],
      ],
    },
    {
      name: 'over whole chunks in between',
      chunks: [0, 1, 2, 3],
      allocated: [
        [0, 511],
        [2047, 1],
      ],
      hits: [
        [1536, 511],
        [1, -1],
      ],
    },
    {
      name: 'a hole of the chunk before is too short',
      chunks: [0, 1],
      allocated: [
        [0, 511],
        [513, 1],
      ],
      hits: [
        [3, 514],
        [2, 511],
      ],
    },
    {
      name: 'a gap in the heap ends a run',
      chunks: [0, 2],
      allocated: [],
      hits: [
        [513, -1],
        [512, 0],
        [512, 1024],
        [1, -1],
      ],
    },
    {
      name: 'across blocks of eight summaries',
      chunks: [6, 7, 8, 9],
      allocated: [],
      hits: [
        [2048, 3072],
        [1, -1],
      ],
    },
    {
      name: 'far apart',
      chunks: [3, 700, rootChunks - 1],
      allocated: [],
      hits: [
        [512, 1536],
        [512, 358400],
        [512, (rootChunks - 1) * 512],
      ],
    },
    {
      name: 'across root entries',
      chunks: [rootChunks - 1, rootChunks],
      allocated: [],
      hits: [
        [1024, (rootChunks - 1) * 512],
        [1, -1],
      ],
    },
    {
      name: 'in the second root entry alone',
      chunks: [rootChunks + 8],
      allocated: [],
      hits: [[3, (rootChunks + 8) * 512]],
    },
  ];
  it.each(cases)('$name', ({ chunks, allocated, hits }) => {
    const heap = heapOf(chunks, allocated);
    for (const [n, expected] of hits) {
      expect(heap.find(count(n))).toBe(expected);
      expect(heap.alloc(count(n))).toBe(expected);
      heap.check(3);
    }
  });

  it('counts the scavenged pages it hands out, and they are so no longer', () => {
    const heap = heapOf([0, 1], [[0, 500]], [[505, 20]]);
    expect(heap.alloc(count(10))).toBe(500);
    expect(heap.lastScavenged).toBe(5);
    expect(heap.alloc(count(600))).toBe(-1);
    expect(heap.alloc(count(20))).toBe(510);
    expect(heap.lastScavenged).toBe(15);
    expect(scavengedRanges(heap)).toEqual([]);
  });

  it('from an empty heap is −1', () => {
    const heap = new RadixPageAlloc(plainRadixMemory(chunkPages, 1), withHuge);
    expect(heap.alloc(count(1))).toBe(-1);
    expect(heap.find(count(1))).toBe(-1);
    expect(heap.allocToCache(cacheOf(heap))).toBe(false);
    expect(heap.scavenge(Number.POSITIVE_INFINITY, true, () => {})).toBe(0);
    heap.nextGeneration();
    heap.check(3);
  });
});

describe('allocRange takes just what it is told, wherever in a hole that lies', () => {
  it.each([
    { name: 'the middle of a chunk', range: [100, 50] },
    { name: 'up to a chunk border', range: [500, 12] },
    { name: 'over one border', range: [500, 20] },
    { name: 'over several', range: [100, 2000] },
    { name: 'everything', range: [0, 4096 + 512] },
  ] as { name: string; range: Range }[])('$name', ({ range: [from, n] }) => {
    const chunks = Array.from({ length: 9 }, (_, i) => i);
    const heap = heapOf(chunks, [], [[0, 300]]);
    expect(heap.allocRange(page(from), count(n))).toBe(Math.max(0, Math.min(300, from + n) - from));
    expect(allocatedRanges(heap)).toEqual([[from, n]]);
    heap.check(3);
    heap.free(page(from), count(n));
    expect(allocatedRanges(heap)).toEqual([]);
    heap.check(3);
    expect(heap.hasFree(count(4608))).toBe(true);
  });
});

describe('free', () => {
  it('of a part of an allocation, and of several at once', () => {
    const heap = heapOf([0, 1], [[0, 1024]]);
    heap.free(page(510), count(4));
    heap.free(page(100), count(1));
    heap.free(page(99), count(1));
    heap.check(3);
    expect(allocatedRanges(heap)).toEqual([
      [0, 99],
      [101, 409],
      [514, 510],
    ]);
    expect([heap.alloc(count(1)), heap.alloc(count(4)), heap.alloc(count(1))]).toEqual([99, 510, 100]);
  });

  it('is fatal beyond what a chunk holds', () => {
    const heap = heapOf([0], [[0, 3]]);
    expect(() => heap.free(page(0), count(4))).toThrow(FatalError);
  });
});

describe('grow', () => {
  it('adds free and scavenged pages, and merges ranges', () => {
    const heap = new RadixPageAlloc(plainRadixMemory(8 * chunkPages, 1), withHuge);
    for (const chunk of [5, 1, 3, 4, 2]) {
      expect(heap.grow(page(chunk * chunkPages), count(chunkPages))).toBe(true);
      heap.check(3);
    }
    expect([...heap.inUse()]).toEqual([[chunkPages, 5 * chunkPages]]);
    expect(heap.stats()).toEqual({ pages: 2560, freePages: 2560, scavengedPages: 2560 });
    expect(heap.grow(page(6 * chunkPages), count(2 * chunkPages))).toBe(true);
    heap.check(3);
    expect(heap.alloc(count(7 * chunkPages))).toBe(chunkPages);
    expect(heap.lastScavenged).toBe(7 * chunkPages);
  });

  it('below a full heap is where the next pages come from', () => {
    const heap = new RadixPageAlloc(plainRadixMemory(8 * chunkPages, 1), withHuge);
    heap.grow(page(4 * chunkPages), count(chunkPages));
    heap.alloc(count(chunkPages));
    expect(heap.alloc(count(1))).toBe(-1);
    heap.grow(page(2 * chunkPages), count(chunkPages));
    expect(heap.alloc(count(1))).toBe(2 * chunkPages);
  });

  it('answers false beyond the reach, and when there is no memory, and changes nothing', () => {
    const memory = plainRadixMemory(4 * chunkPages, 1);
    let has = true;
    const heap = new RadixPageAlloc({ ...memory, commit: () => has }, withHuge);
    heap.grow(page(0), count(chunkPages));
    const before = structuredClone({ ...memory, commit: undefined });
    expect(heap.grow(page(3 * chunkPages), count(2 * chunkPages))).toBe(false);
    has = false;
    expect(heap.grow(page(chunkPages), count(chunkPages))).toBe(false);
    expect({ ...memory, commit: undefined }).toEqual(before);
    has = true;
    expect(heap.grow(page(chunkPages), count(chunkPages))).toBe(true);
    heap.check(3);
  });

  it('is fatal over pages that are there, and in parts of a chunk', () => {
    const heap = heapOf([0, 2]);
    expect(() => heap.grow(page(0), count(chunkPages))).toThrow(FatalError);
    expect(() => heap.grow(page(chunkPages), count(2 * chunkPages))).toThrow(FatalError);
    expect(() => heap.grow(page(chunkPages), count(100))).toThrow(FatalError);
  });
});

describe('the search page', () => {
  const search = (heap: RadixPageAlloc): number => heap.memory.state[stateWord.search];

  it('rises past full chunks and falls with a free', () => {
    const heap = heapOf([0, 1, 2, 3], [[0, 1500]]);
    expect(heap.alloc(count(1))).toBe(1500);
    expect(search(heap)).toBe(1500);
    heap.free(page(700), count(1));
    expect(search(heap)).toBe(700);
  });

  it('is never in a gap of the heap', () => {
    const heap = heapOf([10], []);
    expect(heap.alloc(count(512))).toBe(5120);
    expect(search(heap)).toBe(5120);
    expect(heap.alloc(count(1))).toBe(-1);
    heap.check(3);
    expect(heap.alloc(count(1))).toBe(-1);
  });
});

it('a second object over the same memory is as good as the first', () => {
  const heap = heapOf([0, 1]);
  const other = new RadixPageAlloc(heap.memory, withHuge);
  expect([heap.alloc(count(3)), other.alloc(count(600)), heap.alloc(count(1))]).toEqual([0, 3, 603]);
  other.free(page(0), count(3));
  expect(heap.alloc(count(2))).toBe(0);
  other.check(3);
});
