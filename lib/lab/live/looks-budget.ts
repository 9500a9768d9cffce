/**
 * How often the pages of a run may be looked at while it runs. There are two accounts, each a share of the CPU time that the run
 * itself has used so far, and a look is paid from either:
 *
 *   of work   for any time.
 *   of rest   for idle stretches alone, so that memory that goes back while a run idles is seen to go, whatever was spent before.
 *
 * So looking slows down no run that works, and a run that used little is looked at a few times only: what watching costs is a share
 * of its CPU time, at rest as well. What was not spent stays. A look that was asked for by hand, while the run is paused, is free:
 * nothing is measured then.
 */

import type { RunSample } from '../record/lines.ts';

/** Of the run's CPU time. */
const share = 0.008;
const restShare = 0.004;
/** Looks at a resting run follow each other no faster, ms. */
const restGapMs = 500;
/** What there is at first, ns: a picture to begin with. */
const allowance = 4e6;
/** Looks follow each other no faster, ms; and after one there is none for this many times its own cost. */
const leastGapMs = 250;
const restAfterLook = 100;
/**
 * What a look costs beside looking, ns: taking the question, and handing over the answer, with V8's collections that come of it
 * (measured: 1.1 ms where looks are frequent); and each byte of it.
 */
const nsPerLook = 1.5e6;
const nsPerByte = 2;
/** Of a run whose CPU time the kernel does not tell: this share of the time counts as used. */
const guessedLoad = 0.1;

export class LooksBudget {
  /** Spent, ns, of each account. */
  #ofWork = 0;
  #ofRest = 0;
  #last = Number.NEGATIVE_INFINITY;
  #lastCost = 0;
  /** Whether the look that was allowed last is one of rest. */
  #isRest = false;

  /**
   * Whether there may be a look now.
   * @param wallMs any clock
   * @param sample the run's last: its time and CPU time so far, the latter null where the kernel does not tell, and its stretch
   */
  allows(wallMs: number, { t, cpuNs, phase }: Pick<RunSample, 't' | 'cpuNs' | 'phase'>): boolean {
    const since = wallMs - this.#last;
    if (since < Math.max(leastGapMs, (restAfterLook * this.#lastCost) / 1e6)) return false;
    const used = cpuNs ?? guessedLoad * t * 1e6;
    const isPaid = this.#ofWork + this.#lastCost <= allowance + share * used;
    this.#isRest =
      !isPaid && phase === 'idle' && since >= restGapMs && this.#ofRest + this.#lastCost <= restShare * used;
    return isPaid || this.#isRest;
  }

  /** A look was taken. @param free it was asked for by hand */
  took(wallMs: number, costNs: number, bytes: number, free = false): void {
    this.#last = wallMs;
    this.#lastCost = costNs + nsPerLook + nsPerByte * bytes;
    if (free) return;
    if (this.#isRest) this.#ofRest += this.#lastCost;
    else this.#ofWork += this.#lastCost;
  }
}
