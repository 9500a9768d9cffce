/** Page allocators for tests, over ordinary arrays, and their state in words. */
import { pageCount, pageIndex, pId } from '../../../lib/base/units.ts';
import { plainRadixMemory } from '../../../lib/pages/radix/columns.ts';
import { type PhysicalPages, RadixPageAlloc } from '../../../lib/pages/radix/page-alloc.ts';
import { PageCache } from '../../../lib/pages/radix/page-cache.ts';

export const chunkPages = 512;
export const withHuge: PhysicalPages = { physPageSize: 4096, physHugePageSize: 2 ** 21 };
export const withoutHuge: PhysicalPages = { physPageSize: 4096, physHugePageSize: 0 };

/** [first page, number of pages]. */
export type Range = readonly [from: number, n: number];

export const page = pageIndex;
export const count = pageCount;

/**
 * A heap of the given chunks, each once wholly allocated and freed, with the pages of `allocated` and
 * `scavenged` so (page numbers from the origin).
 */
export function heapOf(
  chunks: readonly number[],
  allocated: readonly Range[] = [],
  scavenged: readonly Range[] = [],
  physical = withHuge,
): RadixPageAlloc {
  const reach = (Math.max(...chunks) + 1) * chunkPages;
  const heap = new RadixPageAlloc(plainRadixMemory(reach, 4), physical);
  for (const chunk of chunks) {
    heap.grow(page(chunk * chunkPages), count(chunkPages));
    heap.allocRange(page(chunk * chunkPages), count(chunkPages));
    heap.free(page(chunk * chunkPages), count(chunkPages));
  }
  for (const [from, n] of scavenged) {
    for (let p = from; p < from + n; p++) heap.memory.chunks.scavenged[p >> 5]! |= 1 << (p & 31);
  }
  for (const [from, n] of allocated) heap.allocRange(page(from), count(n));
  heap.check(3);
  return heap;
}

export function cacheOf(heap: RadixPageAlloc, row = 0): PageCache {
  return new PageCache(heap.memory, pId(row));
}

/** The ranges of pages for which something holds. */
export function rangesWhere(limit: number, holds: (page: number) => boolean): Range[] {
  const ranges: [number, number][] = [];
  for (let p = 0; p < limit; p++) {
    if (!holds(p)) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last[0] + last[1] === p) last[1]++;
    else ranges.push([p, 1]);
  }
  return ranges;
}

export function allocatedRanges(heap: RadixPageAlloc): Range[] {
  return rangesWhere(heap.memory.reachPages, (p) => heap.isAllocated(page(p)));
}

export function scavengedRanges(heap: RadixPageAlloc): Range[] {
  return rangesWhere(heap.memory.reachPages, (p) => heap.isScavenged(page(p)));
}
