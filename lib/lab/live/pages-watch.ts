/**
 * The pages of a run in another process, looked at again and again as its budget allows (looks-budget.ts), for whoever shows
 * them: the live page, and the line on the terminal.
 */

import { packPages } from '../report/page-pairs.ts';
import { residentOf } from '../run/map-moments.ts';
import type { RunControl } from '../run/run-control.ts';
import type { LookedPages } from '../run/run-messages.ts';
import type { RunProgress } from '../run/run-options.ts';
import { LooksBudget } from './looks-budget.ts';

/** What was seen: a pair for each page (report/page-pairs.ts). */
export interface SeenPages {
  readonly t: number;
  readonly origin: number;
  readonly ranges: readonly (readonly [number, number])[];
  readonly pairs: Uint8Array;
}

function seen({ t, states, physical, physicalPage }: LookedPages): SeenPages {
  const { origin, ranges, state } = states;
  return { t, origin, ranges, pairs: packPages(state, residentOf({ states, physical }, physicalPage)) };
}

/** Somebody who is shown the pages. */
export interface PagesViewer {
  /** Whether the next look is for it, too. */
  readonly isWanted: () => boolean;
  readonly show: (pages: SeenPages) => void;
}

export class PagesWatch {
  readonly #control: RunControl;
  readonly #viewers: PagesViewer[] = [];
  readonly #budget = new LooksBudget();
  #isLooking = false;
  #isMissing = false;

  constructor(control: RunControl) {
    this.#control = control;
  }

  add(viewer: PagesViewer): void {
    this.#viewers.push(viewer);
  }

  /** The run has told how far it is: there may be a look. */
  progress({ sample }: RunProgress): void {
    if (sample === undefined || this.#isMissing || !this.#viewers.some(({ isWanted }) => isWanted())) return;
    if (this.#budget.allows(performance.now(), sample)) this.look(false);
  }

  /** Looks now. @param free it is not of what watching may cost */
  look(free: boolean): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#control
      .look()
      .then((looked) => {
        if (looked === undefined) return;
        const { costNs, states, physical } = looked;
        const bytes = physical.reduce((sum, vector) => sum + (vector?.length ?? 0), states.state.length);
        this.#budget.took(performance.now(), costNs, bytes, free);
        const pages = seen(looked);
        for (const { show } of this.#viewers) show(pages);
      })
      // The run is over, or does not answer: there is nothing to show.
      .catch(() => {
        this.#isMissing = true;
      })
      .finally(() => {
        this.#isLooking = false;
      });
  }
}
