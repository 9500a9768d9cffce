/**
 * The heap's sizes: what triggers and scavengers reckon with, as one snapshot. Bytes.
 *
 * Not here: the counters themselves (heap/counters.ts, meta/accounts.ts).
 */
import type { HeapState } from '../heap/heap-state.ts';
import type { ColumnAccounts } from '../meta/accounts.ts';

export interface HeapSizes {
  /** Marked by the last cycle and allocated since, by whole spans as they are cached. */
  readonly heapLive: number;
  /** Of objects allocated and not yet swept, as of the last refills. */
  readonly heapAlloc: number;
  /** In spans in use. */
  readonly heapInUse: number;
  /** In no span, and not released. */
  readonly heapFree: number;
  /** Mapped and not released, for every purpose: what a memory limit limits. */
  readonly mappedReady: number;
}

/** The sizes as they are at each moment: asked often, so nothing is copied. */
export class CurrentSizes implements HeapSizes {
  readonly #state: HeapState;
  readonly #accounts: ColumnAccounts;

  constructor(state: HeapState, accounts: ColumnAccounts) {
    this.#state = state;
    this.#accounts = accounts;
  }

  get heapLive(): number {
    return this.#state.counters.heapLive[0];
  }

  get heapAlloc(): number {
    return this.#state.heapAlloc;
  }

  get heapInUse(): number {
    return this.#state.counters.heapInUse[0];
  }

  get heapFree(): number {
    return this.#state.counters.heapFree[0];
  }

  get mappedReady(): number {
    return this.#accounts.ready;
  }
}
