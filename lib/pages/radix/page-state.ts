/**
 * The state of the pages, to be asked: what `RadixPageAlloc` is without its operations.
 *
 * Holds the views of the columns and the classes that work on them. Nothing here changes anything.
 *
 * Not here: allocating, freeing, growing and scavenging (page-alloc.ts).
 */
import {
  chunkPages,
  chunkPagesShift,
  type PageCount,
  type PageIndex,
  pageCount,
  pageIndex,
} from '../../base/units.ts';
import type { PageHeapStats } from '../contract.ts';
import { AddressRanges } from './address-ranges.ts';
import { countRange } from './bitmap.ts';
import type { RadixMemory } from './columns.ts';
import { inUseOf } from './density.ts';
import { HugeChunkIndex, type HugeChunks } from './huge-chunks.ts';
import { chunkWordsShift } from './levels.ts';
import { type Denseness, goDenseness, ScavengeIndex } from './scavenge-index.ts';
import { Summaries } from './summaries.ts';

export class PageState {
  readonly #memory: RadixMemory;
  readonly sums: Summaries;
  readonly index: ScavengeIndex;
  readonly ranges: AddressRanges;
  readonly #allocated: Int32Array;
  readonly #scavenged: Int32Array;

  /** @param told of chunks as huge pages, where anybody wants to know */
  constructor(memory: RadixMemory, dense: Denseness = goDenseness, told?: HugeChunks) {
    this.#memory = memory;
    this.#allocated = memory.chunks.allocated;
    this.#scavenged = memory.chunks.scavenged;
    this.sums = new Summaries(memory);
    this.ranges = new AddressRanges(memory);
    this.index =
      told === undefined
        ? new ScavengeIndex(memory, this.ranges, dense)
        : new HugeChunkIndex(memory, this.ranges, dense, told);
  }

  protected get allocated(): Int32Array {
    return this.#allocated;
  }

  protected get scavenged(): Int32Array {
    return this.#scavenged;
  }

  get memory(): RadixMemory {
    return this.#memory;
  }

  /** The free pages of the heap, from the scavenge index: a step a chunk. */
  freePages(): PageCount {
    let free = 0;
    this.#eachChunk((chunk) => {
      free += chunkPages - inUseOf(this.index.density[chunk]);
    });
    return pageCount(free);
  }

  stats(): PageHeapStats {
    let pages = 0;
    let scavengedPages = 0;
    this.#eachChunk((chunk) => {
      pages += chunkPages;
      scavengedPages += countRange(this.#scavenged, chunk << chunkWordsShift, 0, chunkPages);
    });
    return { pages, freePages: this.freePages(), scavengedPages };
  }

  /** The ranges of pages ever grown, in address order; neighbours are one. */
  *inUse(): IterableIterator<readonly [page: PageIndex, npages: PageCount]> {
    for (let i = 0; i < this.ranges.count; i++) {
      const base = this.ranges.baseOf(i);
      yield [pageIndex(base), pageCount(this.ranges.limitOf(i) - base)];
    }
  }

  /** Whether a grown page is allocated; a page in a page cache is. */
  isAllocated(page: PageIndex): boolean {
    return ((this.#allocated[page >> 5]! >>> (page & 31)) & 1) === 1;
  }

  /** Whether a grown page is scavenged. */
  isScavenged(page: PageIndex): boolean {
    return ((this.#scavenged[page >> 5]! >>> (page & 31)) & 1) === 1;
  }

  /** The free pages among n grown ones. */
  countFree(page: PageIndex, npages: PageCount): PageCount {
    return pageCount(npages - this.#count(this.#allocated, page, npages));
  }

  #count(words: Int32Array, page: number, npages: number): number {
    let count = 0;
    for (let at = page; at < page + npages; ) {
      const chunk = at >> chunkPagesShift;
      const n = Math.min((chunk + 1) << chunkPagesShift, page + npages) - at;
      count += countRange(words, chunk << chunkWordsShift, at & (chunkPages - 1), n);
      at += n;
    }
    return count;
  }

  #eachChunk(visit: (chunk: number) => void): void {
    for (const [page, npages] of this.inUse()) {
      for (let chunk = page >> chunkPagesShift; chunk < (page + npages) >> chunkPagesShift; chunk++)
        visit(chunk);
    }
  }
}
