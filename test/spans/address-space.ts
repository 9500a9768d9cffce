/**
 * An address space that a test rules: reserve and free move intervals in a list, and nothing is mapped.
 *
 * Where a hint is taken, and where there is none, the highest gap below `ceiling` is given, as Linux does.
 */
import { type Address, address, userAddressEnd } from '../../lib/base/units.ts';
import { type MemoryState, type Purpose, Sys } from '../../lib/os/sys.ts';

interface Stretch {
  readonly low: number;
  readonly high: number;
  readonly foreign: boolean;
}

export class AddressSpace extends Sys {
  ceiling = userAddressEnd;
  /** Refuse everything, as under a limit of the address space. */
  full = false;
  private stretches: Stretch[] = [];

  /** Something else comes to live at [low, high), which is nobody's. */
  settle(low: number, high: number): void {
    if (!this.isFree(low, high)) throw new Error('something lives there already');
    this.stretches.push({ low, high, foreign: true });
  }

  /** Whatever is not the heap's goes away. */
  clear(): void {
    this.stretches = this.stretches.filter(({ foreign }) => !foreign);
  }

  isFree(low: number, high: number): boolean {
    return this.stretches.every((s) => s.high <= low || s.low >= high);
  }

  /** What the heap holds, joined, lowest first. */
  held(): [low: number, high: number][] {
    const own = this.stretches.filter(({ foreign }) => !foreign).sort((a, b) => a.low - b.low);
    const joined: [number, number][] = [];
    for (const { low, high } of own) {
      const last = joined.at(-1);
      if (last !== undefined && last[1] === low) last[1] = high;
      else joined.push([low, high]);
    }
    return joined;
  }

  override reserve(hint: number, length: number): Address {
    if (this.full) return address(0);
    const low = hint !== 0 && this.isFree(hint, hint + length) ? hint : this.highestGap(length);
    if (low > 0) this.stretches.push({ low, high: low + length, foreign: false });
    return address(low);
  }

  override free(
    low: number,
    length: number,
    _purpose: Purpose,
    state: Exclude<MemoryState, 'none'>,
  ): boolean {
    if (state !== 'reserved') throw new Error(`freed as ${state}`);
    const high = low + length;
    const rest: Stretch[] = [];
    let freed = 0;
    for (const s of this.stretches) {
      if (s.high <= low || s.low >= high) {
        rest.push(s);
        continue;
      }
      if (s.foreign) throw new Error('freed what is not the heap’s');
      freed += Math.min(s.high, high) - Math.max(s.low, low);
      if (s.low < low) rest.push({ ...s, high: low });
      if (s.high > high) rest.push({ ...s, low: high });
    }
    if (freed !== length) throw new Error('freed what was not reserved');
    this.stretches = rest;
    return true;
  }

  private highestGap(length: number): number {
    let high = this.ceiling;
    for (const s of [...this.stretches].sort((a, b) => b.high - a.high)) {
      if (s.high <= high - length) break;
      high = Math.min(high, s.low);
    }
    return Math.max(0, high - length);
  }
}
