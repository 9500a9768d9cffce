/**
 * How often the pages of a run may be looked at while it runs. There are two accounts, and a look is paid from either:
 *
 *   of work   a small share of the CPU time that the run itself uses. So looking does not slow down a run that works.
 *   of rest   a small share of the time of its idle stretches, by the wall. So memory that goes back while a run idles is seen
 *             to go. No work is held up then; but a run uses little CPU time in such a stretch, and against that little, looking
 *             can be half as much again.
 *
 * What was not spent of the first stays; the second pays for one look at a time, and for none once the stretch is over.
 * A look that was asked for by hand, while the run is paused, is free: nothing is measured then.
 */

import type { RunSample } from '../record/lines.ts';

/** Of the run's CPU time. */
const share = 0.01;
/** Of the time for which it rests, by the wall. */
const restShare = 0.01;
/** Looks at a resting run follow each other no faster, ms. */
const restGapMs = 500;
/** What there is at first, ns: a picture to begin with. */
const allowance = 4e6;
/** Looks follow each other no faster, ms; and after one there is none for this many times its own cost. */
const leastGapMs = 250;
const restAfterLook = 100;
/** What it costs to hand over a byte that was seen, ns. */
const nsPerByte = 2;
/** Of a run whose CPU time the kernel does not tell: this share of the time counts as used. */
const guessedLoad = 0.1;

export class LooksBudget {
  #spent = 0;
  #last = Number.NEGATIVE_INFINITY;
  #lastCost = 0;
  /** Since when by the wall the run has idled. */
  #idleFrom: number | undefined;

  /**
   * Whether there may be a look now.
   * @param wallMs any clock
   * @param sample the run's last: its time and CPU time so far, the latter null where the kernel does not tell, and its stretch
   */
  allows(wallMs: number, { t, cpuNs, phase }: Pick<RunSample, 't' | 'cpuNs' | 'phase'>): boolean {
    this.#idleFrom = phase === 'idle' ? (this.#idleFrom ?? wallMs) : undefined;
    const since = wallMs - this.#last;
    if (since < Math.max(leastGapMs, (restAfterLook * this.#lastCost) / 1e6)) return false;
    const used = cpuNs ?? guessedLoad * t * 1e6;
    return this.#spent + this.#lastCost <= allowance + share * used || this.#hasRested(wallMs);
  }

  /** A look was taken. @param free it was asked for by hand */
  took(wallMs: number, costNs: number, bytes: number, free = false): void {
    const isOfRest = this.#hasRested(wallMs);
    this.#last = wallMs;
    this.#lastCost = costNs + nsPerByte * bytes;
    if (!free && !isOfRest) this.#spent += this.#lastCost;
  }

  /** Whether it has idled long enough, since the last look, too, to pay for one. */
  #hasRested(wallMs: number): boolean {
    if (this.#idleFrom === undefined) return false;
    const rested = wallMs - Math.max(this.#idleFrom, this.#last);
    return rested >= Math.max(restGapMs, this.#lastCost / 1e6 / restShare);
  }
}
