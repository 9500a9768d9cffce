/**
 * Rounds of scavenging by age, as the runtimes from 2012 to 2019 do it: what was unused for some time goes back.
 *
 * Every half of the time limit all free runs are looked at, and those unused for longer than the limit
 * are released: with the default of five minutes a run that is freed is back after five to seven and a
 * half. The rounds are numbered from 0, as the scvg lines count them.
 *
 * Arithmetic alone: when a round is due. Source: sysmon of Go 1.4 and 1.12 (proc.go).
 * Not here: the release itself (the page heap's `releaseUnused`), the line (scvgtrace.ts).
 */

import { f64, table, type Views } from '../meta/column.ts';

export const ageTable = table('scavengeAge', 'other', {
  /** When the last round began, by the heap's clock. */
  lastRound: f64('heap'),
  /** Rounds so far. */
  rounds: f64('heap'),
});

export class AgeRounds {
  readonly #columns: Views<typeof ageTable>;
  readonly #scavengeAfter: number;

  /** The creator of the columns calls `init`. @param scavengeAfter nanoseconds */
  constructor(columns: Views<typeof ageTable>, scavengeAfter: number) {
    this.#columns = columns;
    this.#scavengeAfter = scavengeAfter;
  }

  init(now: number): void {
    this.#columns.lastRound[0] = now;
    this.#columns.rounds[0] = 0;
  }

  /** Nanoseconds a run must have been unused. */
  get scavengeAfter(): number {
    return this.#scavengeAfter;
  }

  /** When the next round is due, by the heap's clock. */
  get dueAt(): number {
    return this.#columns.lastRound[0] + this.#scavengeAfter / 2;
  }

  /** A round begins. @returns its number, from 0 */
  begin(now: number): number {
    this.#columns.lastRound[0] = now;
    return this.#columns.rounds[0]++;
  }
}
