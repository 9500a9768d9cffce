/**
 * The collector: whether a cycle is due, running one, and what follows from it.
 *
 * A cycle runs in one go, with the world stopped, or in slices, while the program runs (marking.ts): then it begins when
 * it is due, and whoever allocates or does background work goes on with it. One that is asked for is run to its end,
 * and a cycle that is under way then is ended first, since it began before: what died since it would keep.
 *
 * After a cycle, and after a setting was changed, sweeping and scavenging are paced by the new goal. Under
 * GODEBUG=gctrace=2 the design of 2014 runs each cycle twice; the second one begins by sweeping what the first marked.
 *
 * Not here: the cycle itself (cycle.ts, concurrent-cycle.ts), the goal (trigger.ts), who asks when (due.ts).
 */
import type { ConcurrentCycles } from './concurrent-cycle.ts';
import type { CpuLimiter } from './cpu-limiter.ts';
import type { CycleOutcome, Cycles } from './cycle.ts';
import type { CycleLog } from './cycle-log.ts';
import type { CycleTrace } from './cycle-trace.ts';
import type { GcSettings } from './gc-settings.ts';
import type { HeapSizes } from './heap-sizes.ts';
import type { Marking, Slice } from './marking.ts';
import type { Sweeper } from './sweeper.ts';
import type { ConcurrentTrigger, Trigger } from './trigger.ts';

/** What runs cycles that mark beside the program. */
export interface ConcurrentSide {
  readonly cycles: ConcurrentCycles;
  readonly marking: Marking;
  readonly trigger: ConcurrentTrigger;
}

export interface CollectorDeps {
  /** Cycles that run in one go, or those that do not. */
  readonly cycles: Cycles | ConcurrentSide;
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
  /** Whether so many addresses wait for a cycle that one is due for them. @param goal asks for the heap's goal */
  wantCycle(goal: () => number): boolean;
}

/** Nanoseconds of sweeping that who finds a cycle due does before it, at most at a time. */
const longestSweep = 1e6;
/** Spans that are swept between two looks at the clock. */
const sweptAtATime = 16;

export class Collector {
  hooks: CollectorHooks = { goalSet: () => {}, wantCycle: () => false };
  readonly #deps: CollectorDeps;
  readonly #concurrent: ConcurrentSide | undefined;
  readonly #twice: boolean;
  readonly #goal = (): number => this.statedGoal();

  /** @param twice each collection is two cycles */
  constructor(deps: CollectorDeps, twice: boolean) {
    this.#deps = deps;
    this.#concurrent = 'marking' in deps.cycles ? deps.cycles : undefined;
    this.#twice = twice;
  }

  /** Whether a cycle marks beside the program now. */
  get isMarking(): boolean {
    return this.#concurrent?.cycles.isMarking === true;
  }

  /** An allocation has taken the slow path: does what is due of collecting. */
  afterAllocation(): void {
    const concurrent = this.#concurrent;
    if (concurrent?.cycles.isMarking === true) this.#take(concurrent.marking.afterAllocation());
    else if (this.isDue()) this.start();
  }

  /** Starts a cycle that is due: runs it, or begins it. False when there is no memory for one. */
  start(): boolean {
    const concurrent = this.#concurrent;
    if (concurrent === undefined) return this.collect(false);
    return !this.#sweepSome() || concurrent.cycles.begin(false);
  }

  /** Background work of the cycle that is under way. @returns nanoseconds until more is due */
  mark(): number {
    const slice = this.#concurrent?.marking.inBackground() ?? Infinity;
    if (typeof slice === 'number') return slice;
    this.#take(slice);
    return 0;
  }

  /** Collects: runs a whole cycle, or two. False when there is no memory for one. */
  collect(forced: boolean): boolean {
    return this.#runCycle(forced) && (!this.#twice || this.#runCycle(forced));
  }

  #runCycle(forced: boolean): boolean {
    const { cycles, limiter } = this.#deps;
    if ('marking' in cycles) return this.#runConcurrent(cycles, forced);
    const outcome = cycles.run(forced);
    if (outcome === undefined) return false;
    const { report, end } = outcome;
    // First the count of cycles: the limiter notes by it in which cycle it last limited.
    limiter.setCycles(report.cycle);
    limiter.pause(report.at, end);
    this.#ended(outcome);
    return true;
  }

  #runConcurrent({ cycles, marking }: ConcurrentSide, forced: boolean): boolean {
    if (cycles.isMarking) this.#take(marking.finish());
    return cycles.begin(forced) && this.#take(marking.finish());
  }

  /** What a slice has brought. False where there was no memory to end the cycle. */
  #take(slice: Slice): boolean {
    if (typeof slice !== 'string') this.#ended(slice);
    return slice !== 'failed';
  }

  #ended(outcome: CycleOutcome): void {
    this.#setPace(outcome.report.nextGoal);
    this.#deps.trace.tell(outcome);
    if (outcome.failure !== undefined) throw outcome.failure;
  }

  /** Sweeps what is left of the last cycle, for a while. Whether all is swept. */
  #sweepSome(): boolean {
    const { sweeper, log } = this.#deps;
    const start = log.now();
    while (!sweeper.isDone && log.now() - start < longestSweep)
      for (let n = 0; n < sweptAtATime && sweeper.sweepOne() >= 0; n++);
    return sweeper.isDone;
  }

  /** A whole cycle and its sweep, as the runtime's GC(). False when there is no memory for one. */
  collectFully(): boolean {
    if (!this.collect(true)) return false;
    this.#deps.sweeper.sweepInPause();
    return true;
  }

  /**
   * The same where something has run short that a cycle may give back, unless collecting is off.
   * @returns whether that was done
   */
  collectForWant(): boolean {
    return !this.#deps.settings.isOff && this.collectFully();
  }

  /** Ends the cycle that is under way, if one is, and its sweep. False when there is no memory for that. */
  endCycle(): boolean {
    const concurrent = this.#concurrent;
    if (concurrent?.cycles.isMarking === true && !this.#take(concurrent.marking.finish())) return false;
    this.#deps.sweeper.sweepInPause();
    return true;
  }

  /** Recomputes all pacing: after GC percent or the limit were changed. */
  repace(): void {
    const { trigger, sizes, sweeper } = this.#deps;
    trigger.commit(sizes, sweeper.isDone);
    if (this.isMarking) this.#concurrent?.trigger.revise(sizes);
    this.#setPace(trigger.heapGoal(sizes));
  }

  /** The goal for those who ask: Infinity where there is none. */
  statedGoal(): number {
    const { trigger, settings, sizes } = this.#deps;
    return settings.isOff ? Infinity : trigger.heapGoal(sizes);
  }

  /** Whether a cycle is due by the heap's size, or for addresses that wait for one. */
  isDue(): boolean {
    const { trigger, settings, sizes, limiter, log } = this.#deps;
    // Asking the limiter costs a clock reading: only when a collection would be due.
    if (!trigger.shouldCollect(sizes)) return !settings.isOff && this.hooks.wantCycle(this.#goal);
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
