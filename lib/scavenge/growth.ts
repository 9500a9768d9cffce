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

/** Where each number lies, in bytes. Written under the heap's lock. */
export const growthCreditSlot = { credit: 0 } as const;

/** Slots the credit needs; zeros to begin with. */
export const growthCreditStateLength = 1;

export class GrowthCredit {
  readonly #s: Float64Array;

  constructor(state: Float64Array) {
    this.#s = state;
  }

  /** Bytes released beyond what was asked so far. */
  get credit(): number {
    return this.#s[growthCreditSlot.credit];
  }

  /** Takes nbytes from the credit as far as it goes. @returns the bytes that are left to release */
  ask(nbytes: number): number {
    const credit = this.#s[growthCreditSlot.credit];
    const owed = nbytes > credit ? nbytes - credit : 0;
    this.#s[growthCreditSlot.credit] = owed > 0 ? 0 : credit - nbytes;
    return owed;
  }

  /** Tells what releasing `owed` bytes came to: a surplus becomes credit. */
  released(owed: number, got: number): void {
    if (got > owed) this.#s[growthCreditSlot.credit] += got - owed;
  }
}
