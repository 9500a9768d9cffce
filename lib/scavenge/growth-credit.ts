/**
 * Growth credit: what the 2019 design owes when the heap grows, and what it has paid too much.
 *
 * When the heap grows by n bytes, n bytes of free memory are to be released, largest runs first. Runs are
 * released whole, so more may go than was asked; the surplus is credit for the next time. The same is
 * asked, if the option is on, by who allocates from a released run.
 *
 *     const owed = credit.ask(n);                          // 0: paid from the credit
 *     if (owed > 0) credit.released(owed, pages.release(owed));
 *
 * Arithmetic alone. Source: scavengeLargest of the 2019 runtime (mheap.go, between Go 1.12 and 1.13).
 * Not here: the release itself (the page heap's).
 */

import { f64, table, type Views } from '../meta/column.ts';

export const growthCreditTable = table('growthCredit', 'other', {
  /** Bytes. */
  credit: f64('heap'),
});

export class GrowthCredit {
  readonly #credit: Float64Array;

  constructor(columns: Views<typeof growthCreditTable>) {
    this.#credit = columns.credit;
  }

  /** Bytes released beyond what was asked so far. */
  get credit(): number {
    return this.#credit[0];
  }

  /** Takes nbytes from the credit as far as it goes. @returns the bytes that are left to release */
  ask(nbytes: number): number {
    const credit = this.#credit[0];
    const owed = nbytes > credit ? nbytes - credit : 0;
    this.#credit[0] = owed > 0 ? 0 : credit - nbytes;
    return owed;
  }

  /** Tells what releasing `owed` bytes came to: a surplus becomes credit. */
  released(owed: number, got: number): void {
    if (got > owed) this.#credit[0] += got - owed;
  }
}
