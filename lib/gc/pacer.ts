/**
 * The pacer: how large the heap may grow before the next collection.
 *
 * Two goals, and the smaller one holds:
 *
 *   GOGC           marked + marked × GOGC / 100, at least 4 MiB × GOGC / 100. To what grows, Go
 *                  adds the roots: stacks and globals. Here they are as many bytes as the caller says.
 *   memory limit   what the limit leaves for objects:
 *                      limit − (mappedReady − heapFree − heapAlloc) − max(0, mappedReady − limit)
 *                  less 3 % of that or 1 MiB, whichever is more, as headroom. Never below what was
 *                  marked: a goal that the live heap already passes cannot be met. When all but objects
 *                  exceeds the limit alone, the goal is what was marked.
 *
 * Under the GOGC goal two minimums apply, which a memory limit overrides: from the heap's size at the
 * last commit, 1 MiB for the sweeper to finish in (only while spans are unswept), and while a cycle
 * runs, 64 KiB beyond the heap's size at its start.
 *
 * A cycle here marks within one pause and needs no runway, so the heap triggers at the goal itself, unless
 * it is told to at a share of the way there (`triggerRatio`): Go triggers earlier, at 0.7 to 0.95 of the way,
 * and lets allocation and marking race to the goal.
 *
 * Source: the runtime of Go 1.21, mgcpacer.go; every number equals its own for the same inputs
 * (test/gc/pacer.test.ts replays what it answered). Quantities are whole numbers below 2^53 in doubles;
 * only with the limit off (2^63) is a limit's goal rounded.
 *
 * Not here: the order of the calls (trigger.ts); the trigger of 2014 (live-trigger.ts); the assist ratio and the
 * cons/mark estimate of concurrent marking; how fast sweeping follows (sweep-pace.ts); what a collection may cost
 * (cpu-limiter.ts).
 */
import { KiB, MiB } from '../base/units.ts';
import { f64, table, type Views } from '../meta/column.ts';
import type { GcSettings } from './gc-settings.ts';
import type { HeapSizes } from './heap-sizes.ts';
import type { Trigger } from './trigger.ts';

/** The least GOGC goal at GOGC = 100, in bytes; other percentages scale it. */
export const defaultHeapMinimum = 4 * MiB;
/** Bytes of allocation that the sweeper is given at least, to sweep what is left of a cycle. */
export const sweepMinHeapDistance = 1 * MiB;
/** Bytes that a goal lies beyond the heap's size when its cycle began, at least. */
export const minRunway = 64 * KiB;
/** The memory limit's goal is lowered by this share of it, in percent … */
export const limitHeadroomPercent = 3;
/** … and by this many bytes at least. */
export const limitHeadroomMin = 1 * MiB;

export const pacerTable = table('pacer', 'other', {
  /** The GOGC goal of the last commit; Infinity when off. */
  gcPercentGoal: f64('heap'),
  /** The size the sweep needs the heap to reach; 0 when all is swept. */
  sweepMinTrigger: f64('heap'),
  /** The heap's size when the running cycle began; Infinity outside a cycle. */
  triggered: f64('heap'),
  /** Bytes marked by the last cycle. */
  heapMarked: f64('heap'),
  /** The goal in force when the last cycle ended; 0 before the first. */
  lastHeapGoal: f64('heap'),
  /** Bytes of roots that a collection scans beside the heap. */
  roots: f64('heap'),
  /** The share of the way from the bytes marked to the goal at which a cycle starts. */
  triggerRatio: f64('heap'),
});

/** The arithmetic over a state that others may share. The creator calls `init`, those who attach do not. */
export class Pacer implements Trigger {
  readonly #columns: Views<typeof pacerTable>;
  readonly #settings: GcSettings;

  constructor(columns: Views<typeof pacerTable>, settings: GcSettings) {
    this.#columns = columns;
    this.#settings = settings;
  }

  init(roots = 0, triggerRatio = 1): void {
    const c = this.#columns;
    c.heapMarked[0] = 0;
    c.lastHeapGoal[0] = 0;
    c.triggered[0] = Infinity;
    c.roots[0] = roots;
    c.triggerRatio[0] = triggerRatio;
    this.commit({ heapLive: 0 }, true);
  }

  get heapMarked(): number {
    return this.#columns.heapMarked[0];
  }

  get lastHeapGoal(): number {
    return this.#columns.lastHeapGoal[0];
  }

  /** The heap's size when the running cycle began, in bytes; Infinity outside a cycle. */
  get triggered(): number {
    return this.#columns.triggered[0];
  }

  commit({ heapLive }: Pick<HeapSizes, 'heapLive'>, sweepDone: boolean): void {
    const c = this.#columns;
    c.sweepMinTrigger[0] = sweepDone ? 0 : heapLive + sweepMinHeapDistance;
    const percent = this.#settings.gcPercent;
    const marked = c.heapMarked[0];
    c.gcPercentGoal[0] =
      percent < 0
        ? Infinity
        : Math.max(
            marked + percentOf(marked + c.roots[0], percent),
            Math.floor((defaultHeapMinimum * percent) / 100),
          );
  }

  heapGoal(sizes: HeapSizes): number {
    const limitGoal = this.memoryLimitGoal(sizes);
    return limitGoal < this.#columns.gcPercentGoal[0] ? limitGoal : this.gcPercentGoal();
  }

  /** The GOGC goal in bytes with its minimums for sweeping and for a running cycle; Infinity when off. */
  gcPercentGoal(): number {
    const c = this.#columns;
    const goal = Math.max(c.gcPercentGoal[0], c.sweepMinTrigger[0]);
    const triggered = c.triggered[0];
    return triggered === Infinity ? goal : Math.max(goal, triggered + minRunway);
  }

  /**
   * The memory limit's goal in bytes. Counters that another thread is just
   * changing may seem to have more in the heap than is mapped; that counts as nothing beside the heap.
   */
  memoryLimitGoal({ mappedReady, heapFree, heapAlloc }: HeapSizes): number {
    const limit = this.#settings.memoryLimit;
    const marked = this.#columns.heapMarked[0];
    const beside = Math.max(0, mappedReady - heapFree - heapAlloc);
    const over = Math.max(0, mappedReady - limit);
    if (beside + over >= limit) return marked;
    const room = limit - (beside + over);
    const headroom = Math.max(Math.floor(room / 100) * limitHeadroomPercent, limitHeadroomMin);
    // With less room than two headrooms the goal is one headroom: small limits must not collect at zero.
    return Math.max(room - headroom < headroom ? headroom : room - headroom, marked);
  }

  shouldCollect(sizes: HeapSizes, limited = false): boolean {
    const goal = limited ? this.gcPercentGoal() : this.heapGoal(sizes);
    return sizes.heapLive >= this.triggerOf(goal);
  }

  triggerOf(goal: number): number {
    const ratio = this.#columns.triggerRatio[0];
    const marked = this.#columns.heapMarked[0];
    return ratio === 1 || goal === Infinity ? goal : marked + (goal - marked) * ratio;
  }

  startCycle({ heapLive }: Pick<HeapSizes, 'heapLive'>): void {
    this.#columns.triggered[0] = heapLive;
  }

  endCycle(bytesMarked: number, sizes: HeapSizes): void {
    const c = this.#columns;
    c.lastHeapGoal[0] = this.heapGoal(sizes);
    c.heapMarked[0] = bytesMarked;
    c.triggered[0] = Infinity;
  }
}

/** floor(n × percent / 100), without the product, which may pass 2^53 where the quotient does not. */
function percentOf(n: number, percent: number): number {
  const hundreds = Math.floor(n / 100);
  return hundreds * percent + Math.floor(((n - hundreds * 100) * percent) / 100);
}
