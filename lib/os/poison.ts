/**
 * Poison: in sanitizer builds of the addon, pages that the heap has freed are nobody's memory. A look at one through the
 * addon is a report of AddressSanitizer then, and not whatever stands there.
 *
 * Told of the same things as a page trace. What is within spans stays as it is: the heap itself writes to free objects.
 */
import type { Addon } from './addon.ts';

/** A page of the heap, as in base/units.ts. */
const pageBytes = 8192;
const freed = 2;

export class Poison {
  readonly #addon: Addon;
  /** What is poisoned: addresses of first pages, and pages. */
  readonly #poisoned = new Map<number, number>();

  private constructor(addon: Addon) {
    this.#addon = addon;
  }

  /** Undefined in builds without a sanitizer. */
  static of(addon: Addon): Poison | undefined {
    return addon.poisons?.() === true ? new Poison(addon) : undefined;
  }

  /** @param kind as of a page event: 1 allocated, 2 freed, 3 given back @param address of the first page */
  add(kind: number, address: number, npages: number): void {
    if (kind > freed) return;
    this.#addon.poison?.(address, npages * pageBytes, kind === freed);
    if (kind === freed) this.#poisoned.set(address, npages);
    else this.#poisoned.delete(address);
  }

  /** The heap's address space goes back: others may get it. */
  close(): void {
    for (const [address, npages] of this.#poisoned) this.#addon.poison?.(address, npages * pageBytes, false);
    this.#poisoned.clear();
  }
}
