/**
 * A page allocator alone, over real columns, on page numbers that no memory lies behind.
 */

import { chunkPages, pageCount, pageIndex, pId } from '../../lib/base/units.ts';
import { MetaMemory } from '../../lib/meta/meta-memory.ts';
import { Sys } from '../../lib/os/sys.ts';
import { commitRadixSetup, radixCapacities, radixMemory } from '../../lib/pages/radix/columns.ts';
import { type PhysicalPages, RadixPageAlloc } from '../../lib/pages/radix/page-alloc.ts';
import { PageCache } from '../../lib/pages/radix/page-cache.ts';

export const physicalPages: PhysicalPages = { physPageSize: 4096, physHugePageSize: 2 ** 21 };

export interface Bare {
  readonly pages: RadixPageAlloc;
  readonly caches: readonly PageCache[];
}

/** An allocator without a page that could be grown to `chunks` chunks, and empty page caches. */
export function emptyPageAlloc(chunks: number, caches: number, physical = physicalPages): Bare {
  const reachPages = chunks * chunkPages;
  const meta = MetaMemory.create(new Sys(), ([reach, ps]) => radixCapacities(reach, ps), [
    reachPages,
    caches,
  ]);
  if (meta === undefined || !commitRadixSetup(meta))
    throw new Error('the system has no memory for the columns');
  const memory = radixMemory(meta, reachPages);
  return {
    pages: new RadixPageAlloc(memory, physical),
    caches: Array.from({ length: caches }, (_, p) => new PageCache(memory, pId(p))),
  };
}

/** Adds chunks whose pages are free and not scavenged, as a chunk is that was wholly used once. */
export function addChunks(pages: RadixPageAlloc, first: number, count: number): void {
  for (let chunk = first; chunk < first + count; chunk++) {
    const page = pageIndex(chunk * chunkPages);
    if (!pages.grow(page, pageCount(chunkPages))) throw new Error('the page allocator did not grow');
    pages.allocRange(page, pageCount(chunkPages));
    pages.free(page, pageCount(chunkPages));
  }
}
