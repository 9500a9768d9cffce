/**
 * The radix page allocator behind the page heap's contract.
 *
 * The allocator itself keeps the runtime's own names and arguments; here it is bound to its host: what it
 * scavenges goes to the host's hook, and free runs are told of for those who look from outside.
 *
 * Not here: any of the mechanism (page-alloc.ts).
 */
import { type Bytes, chunkPages, type PageCount, type PageIndex } from '../../base/units.ts';
import type { FreeRunVisit, PageHeap, PageHeapHost, ReleaseHook } from '../contract.ts';
import type { RadixMemory } from './columns.ts';
import { type PhysicalPages, RadixPageAlloc } from './page-alloc.ts';

export class RadixPageHeap extends RadixPageAlloc implements PageHeap {
  readonly freshScavenged = true;
  readonly #hook: (page: PageIndex, npages: PageCount) => void;

  constructor(memory: RadixMemory, physical: PhysicalPages, host: Pick<PageHeapHost, 'release'>) {
    super(memory, physical);
    const release: ReleaseHook = host.release;
    // Scavenged runs are found page by page: what is released was not.
    this.#hook = (page, npages) => release(page, npages, npages);
  }

  release(nbytes: Bytes, force: boolean, shouldStop?: () => boolean): Bytes {
    return this.scavenge(nbytes, force, this.#hook, shouldStop);
  }

  prepareGrow(page: PageIndex, npages: PageCount): boolean {
    return this.memory.commit(page / chunkPages, (page + npages) / chunkPages, this.ranges.count + 1);
  }

  /** Gives back n allocated pages that hold no memory: they count as scavenged from now on. */
  freeScavenged(page: PageIndex, npages: PageCount): void {
    this.free(page, npages);
    for (let i: number = page; i < page + npages; i++) this.scavenged[i >>> 5]! |= 1 << (i & 31);
  }

  /** Runs of one state; a run that goes on in the next grown range is told of in two. Pages in page caches are none. */
  forEachFree(visit: FreeRunVisit): void {
    const { allocated, scavenged } = this;
    for (const [base, npages] of this.inUse()) {
      const end = base + npages;
      let start = -1;
      let state = 0;
      for (let page: number = base; page <= end; page++) {
        const bit = page & 31;
        const now =
          page === end || ((allocated[page >>> 5]! >>> bit) & 1) === 1
            ? -1
            : (scavenged[page >>> 5]! >>> bit) & 1;
        if (start >= 0 && now === state) continue;
        if (start >= 0) visit(start, page - start, state * (page - start), 0);
        start = now < 0 ? -1 : page;
        state = now;
      }
    }
  }
}
