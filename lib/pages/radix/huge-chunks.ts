/**
 * A scavenge index that tells of chunks as the huge pages they may be: when the scavenger takes the first page from one,
 * and when one from which it has taken is dense again.
 *
 * A flag of the density word says whether a part of the chunk was given back since it was last nearly full. The plain
 * index keeps it, too, and nobody looks; this one compares it before and after. So heaps that ask the kernel for nothing
 * pay nothing for it.
 *
 * Not here: what is asked of the kernel then (runtime/huge-chunks.ts).
 */
import { chunkPages } from '../../base/units.ts';
import type { AddressRanges } from './address-ranges.ts';
import type { RadixMemory } from './columns.ts';
import { noHugePage } from './density.ts';
import { type Denseness, ScavengeIndex } from './scavenge-index.ts';

export interface HugeChunks {
  /** The scavenger is about to take a part of a chunk that was whole. */
  broken(chunk: number): void;
  /** A chunk that was broken has more than 496 pages in use. @param whole all of it was allocated at once */
  dense(chunk: number, whole: boolean): void;
}

export class HugeChunkIndex extends ScavengeIndex {
  readonly #told: HugeChunks;

  constructor(memory: RadixMemory, ranges: AddressRanges, dense: Denseness, told: HugeChunks) {
    super(memory, ranges, dense);
    this.#told = told;
  }

  override alloc(chunk: number, n: number): void {
    const wasBroken = this.#isBroken(chunk);
    super.alloc(chunk, n);
    if (wasBroken && !this.#isBroken(chunk)) this.#told.dense(chunk, n === chunkPages);
  }

  override setNoHugePage(chunk: number): void {
    if (!this.#isBroken(chunk)) this.#told.broken(chunk);
    super.setNoHugePage(chunk);
  }

  #isBroken(chunk: number): boolean {
    return (this.density[chunk]! & noHugePage) !== 0;
  }
}
