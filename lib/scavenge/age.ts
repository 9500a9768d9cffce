/**
 * Scavenging by age, as the runtimes from 2012 to 2019 do it: what was unused for some time goes back.
 *
 * Every half of the time limit all free runs are looked at, and those unused for longer than the limit
 * are released: with the default of five minutes a run that is freed is back after five to seven and a
 * half. The rounds are numbered from 0, as the scvg lines count them.
 *
 * Arithmetic alone: when a round is due. Source: sysmon of Go 1.4 and 1.12 (proc.go).
 * Not here: the release itself (the page heap's `releaseUnused`), the line (trace-scvg.ts).
 */

/** Where each number lies. Written under the heap's lock. */
export const ageSlot = { lastRound: 0, rounds: 1 } as const;

/** Slots the scavenger by age needs. */
export const ageStateLength = 2;

export class AgeScavenger {
  readonly #s: Float64Array;
  readonly #limit: number;

  /** @param state `ageStateLength` slots; the creator calls `init`. @param limit nanoseconds */
  constructor(state: Float64Array, limit: number) {
    this.#s = state;
    this.#limit = limit;
  }

  init(now: number): void {
    this.#s[ageSlot.lastRound] = now;
    this.#s[ageSlot.rounds] = 0;
  }

  /** Nanoseconds a run must have been unused. */
  get limit(): number {
    return this.#limit;
  }

  /** When the next round is due, by the heap's clock. */
  get dueAt(): number {
    return this.#s[ageSlot.lastRound] + this.#limit / 2;
  }

  /** A round begins. @returns its number, from 0 */
  begin(now: number): number {
    this.#s[ageSlot.lastRound] = now;
    return this.#s[ageSlot.rounds]++;
  }
}
