/**
 * The cycle log: how many cycles there were, when, and what they cost. Nanoseconds by the heap's clock.
 *
 * Not here: running a cycle (cycle.ts), the line that tells of one (cycle-trace.ts).
 */
import { f64, table, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { Clock } from '../os/clock.ts';
import { pauseTable, TimeHistogram } from './time-histogram.ts';

const ring = 256;

export const cycleTable = table('cycles', 'other', {
  count: f64('heap'),
  forced: f64('heap'),
  /** When the heap began, and when the last cycle ended, by the heap's clock; 0: none. */
  begun: f64('heap'),
  lastEnd: f64('heap'),
  /** The same by the calendar, in nanoseconds since 1970. */
  lastEndDate: f64('heap'),
  /** Heap in use when the last cycle ended. */
  lastHeapInUse: f64('heap'),
  lastPause: f64('heap'),
  pauseTotal: f64('heap'),
  /** Rings of the last 256 pauses: nanoseconds each took, and when it ended. */
  pauseNs: f64('heap', ring),
  pauseEnd: f64('heap', ring),
  /** CPU time of the collector: pauses, in all. */
  gcCpuTotal: f64('heap'),
});

export class CycleLog {
  readonly #columns: Views<typeof cycleTable>;
  readonly #pauses: TimeHistogram;
  readonly #clock: Clock;

  constructor(meta: MetaMemory, clock: Clock) {
    this.#columns = meta.views(cycleTable);
    this.#pauses = new TimeHistogram(meta.views(pauseTable).counts);
    this.#clock = clock;
  }

  static prepare(meta: MetaMemory): boolean {
    return meta.commit(cycleTable, 0, 1) && meta.commit(pauseTable, 0, 1);
  }

  get columns(): Views<typeof cycleTable> {
    return this.#columns;
  }

  /** The pauses by their length. */
  get pauses(): TimeHistogram {
    return this.#pauses;
  }

  /** The heap's clock: nanoseconds. */
  now(): number {
    return this.#clock.now();
  }

  /** The heap begins. */
  begin(): void {
    this.#columns.begun[0] = this.now();
  }

  /** A cycle has ended. @returns its number, from 1 */
  record(start: number, end: number, forced: boolean): number {
    const c = this.#columns;
    const ns = end - start;
    const slot = c.count[0] % ring;
    const date = Date.now() * 1e6;
    c.count[0]++;
    if (forced) c.forced[0]++;
    c.pauseNs[slot] = ns;
    c.pauseEnd[slot] = date;
    c.pauseTotal[0] += ns;
    c.gcCpuTotal[0] += ns;
    c.lastPause[0] = ns;
    c.lastEnd[0] = end;
    c.lastEndDate[0] = date;
    this.#pauses.record(ns);
    return c.count[0];
  }

  /** The collector's share of the CPU time since the heap began: 0 to 1. */
  cpuFraction(at: number): number {
    const whole = at - this.#columns.begun[0];
    return whole <= 0 ? 0 : Math.min(1, this.#columns.gcCpuTotal[0] / whole);
  }
}
