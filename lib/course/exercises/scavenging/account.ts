/**
 * The account of a demand without a heap: what goes back is gone, what is wanted comes. One run of pages of any length is as good
 * as another here; on a real heap holes cost something more.
 */
import type { Decide } from './policies.ts';
import type { SecondView } from './real-heap.ts';

export class Account {
  #second = 0;
  #backed = 0;
  #released = 0;
  #inUse = 0;

  get free(): number {
    return this.#backed - this.#inUse;
  }

  /** A second with so many pages in use. */
  pass(inUse: number): SecondView {
    this.#inUse = inUse;
    const faulted = Math.max(0, inUse - this.#backed);
    this.#backed += faulted;
    this.#released = Math.max(0, this.#released - faulted);
    return { second: this.#second++, inUse, free: this.free, released: this.#released, faulted };
  }

  giveBack(pages: number): void {
    this.#backed -= pages;
    this.#released += pages;
  }
}

/** What a policy costs on a demand: resident pages without use, and missed pages by their weight, a second. */
export function accountedCost(demand: readonly number[], decide: Decide, weight: number): number {
  const account = new Account();
  let cost = 0;
  for (const inUse of demand) {
    const view = account.pass(inUse);
    account.giveBack(decide(view));
    cost += account.free + weight * view.faulted;
  }
  return cost / demand.length;
}
