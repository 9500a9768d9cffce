/**
 * The state of every range of address space, kept in debug mode to hold each transition against.
 *
 *        reserve          map            used
 *   None ───────▶ Reserved ───▶ Prepared ────▶ Ready        alloc:  None ─▶ Ready
 *                     ▲             ▲     ◀────  │          commit: Reserved ─▶ Ready
 *                     │             │    unused  │          free:   any but None ─▶ None
 *                     └─────────────┴── fault ───┘
 *
 * None: not ours. Reserved: ours, an access faults, costs nothing. Prepared: mapped, its memory may be
 * taken by the kernel at any time and must not be accessed before `used`. Ready: usable.
 *
 * Kept as a sorted list of disjoint ranges, neighbours of one state merged; None is what no range
 * covers. A range list is right for the some hundreds of ranges of a test, not for a heap in use:
 * that is why only debug mode keeps it. It sees the transitions of one `Sys` only, not what another
 * thread does to a shared heap.
 */
import { fatal } from '../base/errors.ts';

export type MemoryState = 'none' | 'reserved' | 'prepared' | 'ready';

interface StateRange {
  low: number;
  high: number;
  state: MemoryState;
}

export class RangeStates {
  #ranges: StateRange[] = [];

  /** The one state of the whole range, or undefined if it is in several. */
  stateOf(low: number, high: number): MemoryState | undefined {
    const states = this.#statesIn(low, high);
    return states.size === 1 ? [...states][0] : undefined;
  }

  /** Moves [low, high) to a state, which every part of it must be allowed to leave for. */
  move(call: string, low: number, high: number, from: readonly MemoryState[], to: MemoryState): void {
    this.require(call, low, high, from);
    const next: StateRange[] = [];
    for (const range of this.#ranges) {
      if (range.high <= low || range.low >= high) {
        next.push(range);
        continue;
      }
      if (range.low < low) next.push({ low: range.low, high: low, state: range.state });
      if (range.high > high) next.push({ low: high, high: range.high, state: range.state });
    }
    if (to !== 'none') next.push({ low, high, state: to });
    next.sort((a, b) => a.low - b.low);
    this.#ranges = [];
    for (const range of next) {
      const last = this.#ranges.at(-1);
      if (last !== undefined && last.high === range.low && last.state === range.state) last.high = range.high;
      else this.#ranges.push(range);
    }
  }

  /** Fatal unless every part of [low, high) is in one of these states. */
  require(call: string, low: number, high: number, allowed: readonly MemoryState[]): void {
    for (const state of this.#statesIn(low, high)) {
      if (!allowed.includes(state)) {
        fatal('illegal transition of a memory range', {
          call,
          low,
          high,
          state,
          allowed: allowed.join(' or '),
        });
      }
    }
  }

  /** Every range that is not None, by address. */
  list(): readonly Readonly<StateRange>[] {
    return this.#ranges.map((range) => ({ ...range }));
  }

  #statesIn(low: number, high: number): Set<MemoryState> {
    const states = new Set<MemoryState>();
    let at = low;
    for (const range of this.#ranges) {
      if (range.high <= low || range.low >= high) continue;
      if (range.low > at) states.add('none');
      states.add(range.state);
      at = Math.max(at, range.high);
    }
    if (at < high) states.add('none');
    return states;
  }
}
