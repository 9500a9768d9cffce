/**
 * The collector: whether a cycle is due, running one, and what follows from it.
 *
 * After a cycle, and after a setting was changed, sweeping and scavenging are paced by the new goal. Under
 * GODEBUG=gctrace=2 the design of 2014 runs each cycle twice; the second one begins by sweeping what the first marked.
 *
 * Not here: the cycle itself (cycle.ts), the goal (trigger.ts), who asks when (due.ts).
 */
import type { CpuLimiter } from './cpu-limiter.ts';
import type { Cycles } from './cycle.ts';
import type { CycleLog } from './cycle-log.ts';
import type { CycleTrace } from './cycle-trace.ts';
import type { GcSettings } from './gc-settings.ts';
import type { HeapSizes } from './heap-sizes.ts';
import type { Sweeper } from './sweeper.ts';
import type { Trigger } from './trigger.ts';

export interface CollectorDeps {
  readonly cycles: Cycles;
  readonly sweeper: Sweeper;
  readonly trigger: Trigger;
  readonly settings: GcSettings;
  readonly sizes: HeapSizes;
  readonly limiter: CpuLimiter;
  readonly log: CycleLog;
  readonly trace: CycleTrace;
}

export interface CollectorHooks {
  /** The heap has a new goal: what scavenging is paced by. */
  goalSet(heapGoal: number): void;
}

export class Collector {
  hooks: CollectorHooks = { goalSet: () => {} };
  readonly #deps: CollectorDeps;
  readonly #twice: boolean;

  /** @param twice each collection is two cycles */
  constructor(deps: CollectorDeps, twice: boolean) {
    this.#deps = deps;
    this.#twice = twice;
  }

  /** Collects: runs a cycle, or two. False when there is no memory for one. */
  collect(forced: boolean): boolean {
    return this.#runCycle(forced) && (!this.#twice || this.#runCycle(forced));
  }

  #runCycle(forced: boolean): boolean {
    const { cycles, limiter, trace } = this.#deps;
    const outcome = cycles.run(forced);
    if (outcome === undefined) return false;
    const { report, end } = outcome;
    // First the count of cycles: the limiter notes by it in which cycle it last limited.
    limiter.setCycles(report.cycle);
    limiter.pause(report.at, end);
    this.#setPace(report.nextGoal);
    trace.tell(outcome);
    return true;
  }

  /** A whole cycle and its sweep, as the runtime's GC(). False when there is no memory for one. */
  collectFully(): boolean {
    if (!this.collect(true)) return false;
    this.#deps.sweeper.sweepInPause();
    return true;
  }

  /** Recomputes all pacing: after GC percent or the limit were changed. */
  repace(): void {
    const { trigger, sizes, sweeper } = this.#deps;
    trigger.commit(sizes, sweeper.isDone);
    this.#setPace(trigger.heapGoal(sizes));
  }

  /** The goal for those who ask: Infinity where there is none. */
  statedGoal(): number {
    const { trigger, settings, sizes } = this.#deps;
    return settings.isOff ? Infinity : trigger.heapGoal(sizes);
  }

  /** Whether a cycle is due by the heap's size. */
  isDue(): boolean {
    const { trigger, sizes, limiter, log } = this.#deps;
    // Asking the limiter costs a clock reading: only when a collection would be due.
    if (!trigger.shouldCollect(sizes)) return false;
    const now = log.now();
    if (limiter.needUpdate(now)) limiter.update(now);
    return trigger.shouldCollect(sizes, !limiter.affords(log.columns.lastPause[0]));
  }

  /**
   * Nanoseconds until the periodic cycle is due; below 0: it is. Infinity where the GC percent is off, and before
   * the first cycle.
   * @param period nanoseconds since the last cycle's end; Go's is two minutes
   */
  untilPeriodic(now: number, period: number): number {
    const { settings, log } = this.#deps;
    const lastEnd = log.columns.lastEnd[0];
    return settings.gcPercent < 0 || lastEnd === 0 ? Infinity : lastEnd + period - now;
  }

  #setPace(heapGoal: number): void {
    const { sweeper, trigger, sizes } = this.#deps;
    sweeper.setPace(trigger.heapTrigger(sizes));
    this.hooks.goalSet(heapGoal);
  }
}
