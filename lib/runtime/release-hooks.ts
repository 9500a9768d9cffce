/**
 * Release hooks: how a page heap reaches the releaser, which gives pages back.
 *
 * At once is what the contract of page heaps promises. Soon is for a page heap that says when it is done: its runs go to
 * the kernel together. Both tell the page trace of each run, where there is one.
 */
import type { Watch } from '../gc/events.ts';
import type { HeapState } from '../heap/heap-state.ts';
import { pageEvent } from '../heap/page-trace.ts';
import type { ReleaseHook } from '../pages/contract.ts';
import type { Releasing } from '../pages/radix/page-heap.ts';
import type { Releaser } from '../scavenge/releaser.ts';

export function releaseHooks(
  releaser: Releaser,
  { arenas }: HeapState,
  { pages: trace }: Watch,
): { readonly atOnce: ReleaseHook; readonly soon: Releasing } {
  const traced = (release: ReleaseHook): ReleaseHook =>
    trace === undefined
      ? release
      : (page, npages, newly) => {
          release(page, npages, newly);
          trace.add(pageEvent.released, arenas.addressOf(page), npages);
        };
  return {
    atOnce: traced((page, npages, newly) => releaser.release(page, npages, newly)),
    soon: {
      release: traced((page, npages) => releaser.releaseSoon(page, npages)),
      settle: () => releaser.settle(),
    },
  };
}
