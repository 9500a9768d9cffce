/**
 * Column accounts: how many bytes each purpose has taken from the system, in the heap's own memory.
 *
 * The memory-state machine (os/sys.ts) enters every transition in the accounts it is given. These lie
 * in the header of the heap's reservation, so that every attached thread has the same ones,
 * under the heap's lock. What was entered before the header existed is carried over.
 *
 * Not here: statistics (inspect/stats.ts derives MemStats from these).
 */
import { type Accounts, type Purpose, purposes } from '../os/accounts.ts';

/** Doubles that accounts take: one a purpose, and one for what is Ready. */
export const accountSlots = purposes.length + 1;

const slotOf = Object.fromEntries(purposes.map((purpose, slot) => [purpose, slot])) as Record<
  Purpose,
  number
>;
const slotReady = purposes.length;

export class ColumnAccounts implements Accounts {
  readonly #slots: Float64Array;

  constructor(slots: Float64Array) {
    this.#slots = slots;
  }

  add(purpose: Purpose, delta: number): void {
    this.#slots[slotOf[purpose]] += delta;
  }

  mappedReady(delta: number): void {
    this.#slots[slotReady] += delta;
  }

  /** Prepared or Ready bytes of a purpose. */
  of(purpose: Purpose): number {
    return this.#slots[slotOf[purpose]];
  }

  /** Ready bytes of all purposes: what a memory limit is held against. */
  get ready(): number {
    return this.#slots[slotReady];
  }
}
