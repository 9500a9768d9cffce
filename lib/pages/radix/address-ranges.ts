/**
 * Address ranges: which pages were ever grown, as sorted ranges that never touch.
 *
 * Almost always there is one, since growth goes on where it stopped; so a range is found by trying
 * the first and otherwise by bisection, and inserting moves the rest.
 *
 * Not here: what is in use by whom (the bitmaps say that).
 */
import { type RadixMemory, stateWord } from './columns.ts';

export class AddressRanges {
  readonly #base: Int32Array;
  readonly #limit: Int32Array;
  readonly #state: Int32Array;

  constructor(memory: RadixMemory) {
    this.#base = memory.ranges.base;
    this.#limit = memory.ranges.limit;
    this.#state = memory.state;
  }

  get count(): number {
    return this.#state[stateWord.ranges];
  }

  baseOf(i: number): number {
    return this.#base[i]!;
  }

  limitOf(i: number): number {
    return this.#limit[i]!;
  }

  /** The index of the first range whose base is above the page; `count` if none is. */
  successor(page: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#base[middle]! > page) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The smallest grown page that is at least `page`, or −1. */
  atOrAbove(page: number): number {
    if (this.count > 0 && page >= this.#base[0]! && page < this.#limit[0]!) return page;
    const next = this.successor(page);
    if (next > 0 && page < this.#limit[next - 1]!) return page;
    return next < this.count ? this.#base[next]! : -1;
  }

  /** Whether all of [page, limit) was grown. */
  contains(page: number, limit: number): boolean {
    const i = this.successor(page) - 1;
    return i >= 0 && limit <= this.#limit[i]!;
  }

  /** Whether any of [page, limit) was grown. */
  overlaps(page: number, limit: number): boolean {
    const next = this.successor(page);
    return (next > 0 && page < this.#limit[next - 1]!) || (next < this.count && limit > this.#base[next]!);
  }

  /** Adds [page, limit), which overlaps none. The caller committed a row more than `count`. */
  add(page: number, limit: number): void {
    const base = this.#base;
    const limits = this.#limit;
    const count = this.count;
    const next = this.successor(page);
    const below = next > 0 && limits[next - 1] === page;
    const above = next < count && base[next] === limit;
    if (below && above) {
      limits[next - 1] = limits[next]!;
      base.copyWithin(next, next + 1, count);
      limits.copyWithin(next, next + 1, count);
      this.#state[stateWord.ranges] = count - 1;
    } else if (below) {
      limits[next - 1] = limit;
    } else if (above) {
      base[next] = page;
    } else {
      base.copyWithin(next + 1, next, count);
      limits.copyWithin(next + 1, next, count);
      base[next] = page;
      limits[next] = limit;
      this.#state[stateWord.ranges] = count + 1;
    }
  }
}
