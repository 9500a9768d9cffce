import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { times } from '../../support/extent.ts';
import {
  allocatedRanges,
  cacheOf,
  count,
  heapOf,
  type Range,
  rangesWhere,
  scavengedRanges,
} from './heaps.ts';

/** The set bits of a cache's two words, as ranges. */
function bits(low: number, high: number): Range[] {
  return rangesWhere(64, (i) => (((i < 32 ? low : high) >>> (i & 31)) & 1) === 1);
}

describe('allocToCache takes the block of 64 that holds the first free page', () => {
  const cases: {
    name: string;
    chunks: number[];
    allocated: Range[];
    scavenged?: Range[];
    base: number;
    free: Range[];
    taken?: Range[];
  }[] = [
    { name: 'of an empty chunk', chunks: [0], allocated: [], base: 0, free: [[0, 64]] },
    {
      name: 'what is allocated of it is not in the cache',
      chunks: [0],
      allocated: [
        [0, 70],
        [75, 40],
      ],
      base: 64,
      free: [
        [6, 5],
        [51, 13],
      ],
    },
    { name: 'in the second word alone', chunks: [0], allocated: [[0, 100]], base: 64, free: [[36, 28]] },
    { name: 'the last block of a chunk', chunks: [0, 1], allocated: [[0, 511]], base: 448, free: [[63, 1]] },
    { name: 'of the next chunk', chunks: [0, 1], allocated: [[0, 520]], base: 512, free: [[8, 56]] },
    { name: 'over a gap', chunks: [0, 9], allocated: [[0, 512]], base: 4608, free: [[0, 64]] },
    {
      name: 'with the scavenged bits',
      chunks: [0],
      allocated: [[0, 2]],
      scavenged: [
        [2, 3],
        [60, 10],
      ],
      base: 0,
      free: [[2, 62]],
      taken: [
        [2, 3],
        [60, 4],
      ],
    },
  ];
  it.each(cases)('$name', ({ chunks, allocated, scavenged = [], base, free, taken = [] }) => {
    const heap = heapOf(chunks, allocated, scavenged);
    const cache = cacheOf(heap);
    const before = [allocatedRanges(heap), scavengedRanges(heap)];
    expect(heap.allocToCache(cache)).toBe(true);
    heap.check(3);
    expect(cache.base).toBe(base);
    expect(bits(cache.freeLow, cache.freeHigh)).toEqual(free);
    expect(bits(cache.scavengedLow, cache.scavengedHigh)).toEqual(taken);
    expect([cache.freePages(), cache.scavengedPages()]).toEqual([
      free.reduce((sum, [, n]) => sum + n, 0),
      taken.reduce((sum, [, n]) => sum + n, 0),
    ]);
    heap.flushCache(cache);
    heap.check(3);
    expect(cache.isEmpty()).toBe(true);
    expect([allocatedRanges(heap), scavengedRanges(heap)]).toEqual(before);
    expect(heap.alloc(count(1))).toBe(base + free[0]![0]);
  });

  it('answers false when no page is free, and the heap is known to be full', () => {
    const heap = heapOf(
      [0, 3],
      [
        [0, 512],
        [1536, 512],
      ],
    );
    expect(heap.allocToCache(cacheOf(heap))).toBe(false);
    expect(heap.alloc(count(1))).toBe(-1);
    heap.check(3);
  });

  it('empties a heap cache by cache', () => {
    const heap = heapOf([0, 1]);
    const caches = [0, 1, 2, 3].map((row) => cacheOf(heap, row));
    let pages = 0;
    for (let i = 0; heap.allocToCache(caches[i & 3]!); i++) {
      const cache = caches[i & 3]!;
      while (cache.alloc(count(1)) >= 0) pages++;
    }
    expect(pages).toBe(1024);
    heap.check(3);
  });
});

it('a cache allocates as 64 booleans do', () => {
  const heap = heapOf([0]);
  const cache = cacheOf(heap);
  const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(
      word,
      word,
      fc.array(fc.integer({ min: 1, max: 64 }), { maxLength: 30 }),
      (free, scav, asks) => {
        const low = (x: bigint): number => Number(BigInt.asIntN(32, x));
        cache.fill(64, low(free), low(free >> 32n), low(free & scav), low((free & scav) >> 32n));
        const isFree = Array.from({ length: 64 }, (_, i) => ((free >> BigInt(i)) & 1n) === 1n);
        const isScavenged = isFree.map((bit, i) => bit && ((scav >> BigInt(i)) & 1n) === 1n);
        for (const n of asks) {
          let at = -1;
          for (let i = 0; i + n <= 64 && at < 0; i++) if (isFree.slice(i, i + n).every(Boolean)) at = i;
          expect(cache.alloc(count(n))).toBe(at < 0 ? -1 : 64 + at);
          if (at < 0) continue;
          expect(cache.lastScavenged).toBe(isScavenged.slice(at, at + n).filter(Boolean).length);
          isFree.fill(false, at, at + n);
          isScavenged.fill(false, at, at + n);
        }
        expect(cache.freePages()).toBe(isFree.filter(Boolean).length);
        expect(cache.scavengedPages()).toBe(isScavenged.filter(Boolean).length);
      },
    ),
    { numRuns: times(150, 500) },
  );
});
