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
  /** CPU time of the collector: pauses, and marking beside the program, in all. */
  gcCpuTotal: f64('heap'),
  /** Marking beside the program: by who allocates, in the background, by who waits for a cycle that was asked for. */
  assistTotal: f64('heap'),
  backgroundTotal: f64('heap'),
  waitedTotal: f64('heap'),
  /** The longest stretch that any cycle kept the program waiting. */
  longest: f64('heap'),
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

  /**
   * A cycle has ended.
   * @param pauses nanoseconds of each pause of it @returns its number, from 1
   */
  record(end: number, forced: boolean, pauses: readonly number[]): number {
    const c = this.#columns;
    const ns = pauses.reduce((a, b) => a + b, 0);
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
    for (const pause of pauses) this.#pauses.record(pause);
    return c.count[0];
  }

  /**
   * What else a cycle took beside its pauses.
   * @param longest the longest stretch that it kept the program waiting
   */
  recordMarking(assist: number, background: number, waited: number, longest: number): void {
    const c = this.#columns;
    c.assistTotal[0] += assist;
    c.backgroundTotal[0] += background;
    c.waitedTotal[0] += waited;
    c.gcCpuTotal[0] += assist + background + waited;
    if (longest > c.longest[0]) c.longest[0] = longest;
  }

  /** The collector's share of the CPU time since the heap began: 0 to 1. */
  cpuFraction(at: number): number {
    const whole = at - this.#columns.begun[0];
    return whole <= 0 ? 0 : Math.min(1, this.#columns.gcCpuTotal[0] / whole);
  }
}
