/**
 * The pacer of cycles that mark within one pause: they need no runway.
 *
 * So the heap triggers at the goal itself (heap-goals.ts), unless it is told to at a share of the way there
 * (`triggerRatio`): that simulates the runway of concurrent marking, which Go triggers at 0.7 to 0.95 of the way. The
 * roots of its goal are as many bytes as the caller says.
 *
 * Not here: the order of the calls (trigger.ts); the trigger of 2014 (live-trigger.ts); the runway, the assist ratio
 * and the cons/mark estimate of concurrent marking (concurrent-pacer.ts); how fast sweeping follows
 * (sweep-pace.ts); what a collection may cost (cpu-limiter.ts).
 */
import { f64, type Table, type Views } from '../meta/column.ts';
import type { HeapGoals } from './heap-goals.ts';
import type { HeapSizes } from './heap-sizes.ts';
import type { Trigger } from './trigger.ts';

export const pacerColumns = {
  /** Bytes of roots that a collection scans beside the heap. */
  roots: f64('heap'),
  /** The share of the way from the bytes marked to the goal at which a cycle starts. */
  triggerRatio: f64('heap'),
} as const;

/** The arithmetic over a state that others may share. The creator calls `init`, those who attach do not. */
export class Pacer implements Trigger {
  readonly #columns: Views<Table<typeof pacerColumns>>;
  readonly #goals: HeapGoals;

  constructor(columns: Views<Table<typeof pacerColumns>>, goals: HeapGoals) {
    this.#columns = columns;
    this.#goals = goals;
  }

  init(roots = 0, triggerRatio = 1): void {
    const c = this.#columns;
    c.roots[0] = roots;
    c.triggerRatio[0] = triggerRatio;
    this.#goals.init();
    this.commit({ heapLive: 0 }, true);
  }

  get heapMarked(): number {
    return this.#goals.heapMarked;
  }

  get lastHeapGoal(): number {
    return this.#goals.lastHeapGoal;
  }

  commit({ heapLive }: Pick<HeapSizes, 'heapLive'>, sweepDone: boolean): void {
    this.#goals.commit(heapLive, this.#columns.roots[0], sweepDone);
  }

  heapGoal(sizes: HeapSizes): number {
    return this.#goals.heapGoal(sizes);
  }

  heapTrigger(sizes: HeapSizes): number {
    return this.#triggerOf(this.#goals.heapGoal(sizes));
  }

  shouldCollect(sizes: HeapSizes, limited = false): boolean {
    const goal = limited ? this.#goals.gcPercentGoal() : this.#goals.goalInReach(sizes);
    return sizes.heapLive >= this.#triggerOf(goal);
  }

  startCycle({ heapLive }: Pick<HeapSizes, 'heapLive'>): void {
    this.#goals.startCycle(heapLive);
  }

  endCycle(bytesMarked: number, sizes: HeapSizes): void {
    this.#goals.endCycle(bytesMarked, sizes);
  }

  #triggerOf(goal: number): number {
    const ratio = this.#columns.triggerRatio[0];
    const marked = this.#goals.heapMarked;
    return ratio === 1 || goal === Infinity ? goal : marked + (goal - marked) * ratio;
  }
}
