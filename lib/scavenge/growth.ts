/**
 * The scavenger of 2019: when the heap grows, as much free memory goes back as it grows by, before it grows; by age
 * beside that (age.ts). With `scavengeOnReuse`, who takes released memory into use owes as much, too.
 *
 * Not here: what was released too much (growth-credit.ts).
 */
import { bytes } from '../base/units.ts';
import { AgeScavenger, type AgeScavengerDeps } from './age.ts';
import type { GrowthCredit } from './growth-credit.ts';

export class GrowthScavenger extends AgeScavenger {
  readonly #deps: AgeScavengerDeps;
  readonly #credit: GrowthCredit;
  readonly #onReuse: boolean;

  /** @param onReuse the option `scavengeOnReuse` */
  constructor(deps: AgeScavengerDeps, credit: GrowthCredit, onReuse: boolean) {
    super(deps);
    this.#deps = deps;
    this.#credit = credit;
    this.#onReuse = onReuse;
  }

  override growing(size: number): void {
    if (this.#deps.enabled) this.#releaseWithCredit(size);
  }

  override inExchange(_grown: number, scavenged: number, size: number): void {
    if (this.#deps.enabled && this.#onReuse && scavenged > 0) this.#releaseWithCredit(size);
  }

  #releaseWithCredit(nbytes: number): void {
    const { pages, state, trace } = this.#deps;
    const owed = this.#credit.ask(nbytes);
    if (owed === 0) return;
    const got = pages.release(bytes(owed), true);
    this.#credit.released(owed, got);
    state.counters.releasedEager[0] += got;
    if (got > 0) trace.released('eager', got);
  }
}
