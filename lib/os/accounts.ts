/**
 * Accounts: what the memory obtained from the system is for.
 *
 * Every byte passes one boundary, sys.ts, and is booked there under one purpose. Two figures matter:
 * per purpose, the bytes that are Prepared or Ready (what the statistics call …Sys); and over all
 * purposes, the bytes that are Ready (`mappedReady`), which the memory limit is held against.
 */

/** What memory is for, in the order of `purposes`. */
export type Purpose = 'heap' | 'stacks' | 'mspan' | 'mcache' | 'buckets' | 'gc' | 'other';

/** Every purpose; the index of one is its slot in a column of accounts. */
export const purposes: readonly Purpose[] = ['heap', 'stacks', 'mspan', 'mcache', 'buckets', 'gc', 'other'];

/** Where accounts are kept: a shared column, or plain numbers. Called once a transition. */
export interface Accounts {
  /** Prepared or Ready bytes of a purpose changed by delta. */
  add(purpose: Purpose, delta: number): void;
  /** Ready bytes, of all purposes, changed by delta. */
  mappedReady(delta: number): void;
}

/** Accounts as plain numbers of one thread: before there is a column for them, and in tests. */
export class PlainAccounts implements Accounts {
  readonly #of = new Map<Purpose, number>();
  #ready = 0;

  add(purpose: Purpose, delta: number): void {
    this.#of.set(purpose, this.of(purpose) + delta);
  }

  mappedReady(delta: number): void {
    this.#ready += delta;
  }

  /** Prepared or Ready bytes of a purpose. */
  of(purpose: Purpose): number {
    return this.#of.get(purpose) ?? 0;
  }

  /** Ready bytes of all purposes. */
  get ready(): number {
    return this.#ready;
  }

  /** Adds everything to `next`, and keeps nothing. */
  moveTo(next: Accounts): void {
    for (const [purpose, sum] of this.#of) next.add(purpose, sum);
    next.mappedReady(this.#ready);
    this.#of.clear();
    this.#ready = 0;
  }
}
