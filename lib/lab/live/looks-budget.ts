/**
 * How often the pages of a run may be looked at while it runs: so seldom that looking stays below a small share of the CPU
 * time that the run itself uses.
 *
 * What is not spent while the run works can be spent while it idles, when memory goes back. A look that was asked for by hand,
 * while the run is paused, is free: nothing is measured then.
 */

/** Of the run's CPU time. */
const share = 0.01;
/** What there is at first, ns: a picture to begin with. */
const allowance = 4e6;
/** Looks follow each other no faster, ms; and after one there is none for this many times its own cost. */
const leastGapMs = 250;
const restAfterLook = 200;
/** What it costs to hand over a byte that was seen, ns. */
const nsPerByte = 2;
/** Of a run whose CPU time the kernel does not tell: this share of the time counts as used. */
const guessedLoad = 0.1;

export class LooksBudget {
  #spent = 0;
  #last = Number.NEGATIVE_INFINITY;
  #lastCost = 0;

  /**
   * Whether there may be a look now.
   * @param wallMs any clock
   * @param cpuNs CPU time of the run so far; null where the kernel does not tell. @param elapsedMs its time so far
   */
  allows(wallMs: number, cpuNs: number | null | undefined, elapsedMs: number): boolean {
    if (wallMs - this.#last < Math.max(leastGapMs, (restAfterLook * this.#lastCost) / 1e6)) return false;
    const used = cpuNs ?? guessedLoad * elapsedMs * 1e6;
    return this.#spent + this.#lastCost <= allowance + share * used;
  }

  /** A look was taken. @param free it was asked for by hand */
  took(wallMs: number, costNs: number, bytes: number, free = false): void {
    this.#last = wallMs;
    this.#lastCost = costNs + nsPerByte * bytes;
    if (!free) this.#spent += this.#lastCost;
  }
}
