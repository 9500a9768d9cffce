/**
 * The releaser: gives pages back to the system, and accounts for it.
 *
 * It is the host's side of a page heap's `release`: the page heap finds and marks what goes, the scavenger decides
 * when and how much, and here the kernel is advised. It needs no page heap, so it is made before the page heap, which
 * calls it.
 *
 * Not here: whose pages, how many, when.
 */
import { pageSize } from '../base/units.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { Advising } from '../os/advising.ts';
import { keepEdgesSmall } from '../os/huge-page-hints.ts';
import type { Sys } from '../os/sys.ts';

export interface ReleaserOptions {
  /** Keep huge pages away from the edges of what is released. */
  readonly hugePageHints: boolean;
  /** A page is released once until it is used again; false: runs that were released in part are released again whole. */
  readonly releasesOnce: boolean;
  /** A policy of the user's says how the kernel is advised. */
  readonly advising?: Advising | undefined;
}

export class Releaser {
  readonly #sys: Sys;
  readonly #state: HeapState;
  readonly #options: ReleaserOptions;

  constructor(sys: Sys, state: HeapState, options: ReleaserOptions) {
    this.#sys = sys;
    this.#state = state;
    this.#options = options;
  }

  /**
   * As `release`, for pages none of which were released, and at the latest by `settle`: those of one operation of the
   * page heap's cross into the addon together. Nobody else can touch them before it ends.
   */
  releaseSoon(page: number, npages: number): void {
    const { hugePageHints, advising } = this.#options;
    if (hugePageHints || advising !== undefined) {
      this.release(page, npages, npages);
      return;
    }
    const { arenas, counters } = this.#state;
    const size = npages * pageSize;
    this.#sys.unusedSoon(arenas.addressOf(page), size);
    counters.heapReleased[0] += size;
    counters.heapFree[0] -= size;
  }

  settle(): void {
    this.#sys.settleUnused();
  }

  /** Gives pages back and accounts for `newly` of them as released. */
  release(page: number, npages: number, newly: number): void {
    const { arenas, counters } = this.#state;
    const { hugePageHints, releasesOnce, advising } = this.#options;
    const sys = this.#sys;
    const at = arenas.addressOf(page);
    const size = npages * pageSize;
    // For the state machine what is released again is ready again.
    if (sys.states !== undefined && !releasesOnce) sys.used(at, size, 0);
    if (hugePageHints) keepEdgesSmall(sys, at, size);
    // A refusal with no fallback left: the pages count as released, and cost memory until they are used.
    const gone =
      advising === undefined ? sys.unused(at, size) : advising.released(at, size, newly * pageSize);
    if (!gone) sys.accounts.mappedReady(-size);
    if (newly !== npages) sys.accounts.mappedReady((npages - newly) * pageSize);
    counters.heapReleased[0] += newly * pageSize;
    counters.heapFree[0] -= newly * pageSize;
  }
}
