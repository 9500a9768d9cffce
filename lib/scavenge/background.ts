/**
 * The scavenger of 2023: in the background, paced to 1 % of a CPU, towards goals from GC percent and memory limit; and
 * at once, by an allocation of a span that grew the heap, or that finds or would take memory over the limit.
 *
 * Not here: the pace (bursts.ts), the goals (goals.ts).
 */
import { bytes } from '../base/units.ts';
import type { CpuLimiter } from '../gc/cpu-limiter.ts';
import type { CycleLog } from '../gc/cycle-log.ts';
import type { GcSettings } from '../gc/gc-settings.ts';
import type { HeapSizes } from '../gc/heap-sizes.ts';
import type { Trigger } from '../gc/trigger.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { Clock } from '../os/clock.ts';
import type { PageHeap } from '../pages/contract.ts';
import { type BurstTuning, burstTable, ScavengeBursts } from './bursts.ts';
import type { BurstController } from './controller.ts';
import { limitDebt, ScavengeGoals, scavengeGoalTable } from './goals.ts';
import { piTable } from './pi-controller.ts';
import type { ScavengeTrace } from './scavenge-trace.ts';
import { releaseEverything, type Scavenger } from './scavenger.ts';

export interface BackgroundScavengerDeps {
  readonly pages: PageHeap;
  readonly state: HeapState;
  readonly sizes: HeapSizes;
  readonly settings: GcSettings;
  readonly trigger: Trigger;
  readonly limiter: CpuLimiter;
  readonly log: CycleLog;
  readonly trace: ScavengeTrace;
}

export interface BackgroundScavengerOptions {
  /** The option `scavenge`: off, only what is forced is released. */
  readonly enabled: boolean;
  readonly physPageSize: number;
  /** Ignore the memory limit, as Go 1.19 to 1.21 do. */
  readonly historical: boolean;
  /** By what bursts measure their work; undefined: by the heap's clock, as in the real runtime. */
  readonly workClock: Clock | undefined;
  /** What is kept over the GOGC goal, and how far below the limit it aims: percent. */
  readonly retainExtra: number;
  readonly limitMargin: number;
  readonly bursts: BurstTuning;
  /** Puts another controller before the built-in one. */
  readonly controller?: ((own: BurstController) => BurstController) | undefined;
}

export class BackgroundScavenger implements Scavenger {
  readonly #deps: BackgroundScavengerDeps;
  readonly #enabled: boolean;
  readonly #sizes: HeapSizes;
  readonly #settings: GcSettings;
  readonly #goals: ScavengeGoals;
  readonly #bursts: ScavengeBursts;

  constructor(meta: MetaMemory, deps: BackgroundScavengerDeps, options: BackgroundScavengerOptions) {
    const { enabled, physPageSize, workClock, bursts, controller } = options;
    this.#deps = deps;
    this.#enabled = enabled;
    this.#sizes = deps.sizes;
    this.#settings = deps.settings;
    this.#goals = new ScavengeGoals(meta.views(scavengeGoalTable), options);
    this.#bursts = new ScavengeBursts(
      meta.views(burstTable),
      meta.views(piTable),
      {
        now: () => deps.log.now(),
        worked: () => (workClock === undefined ? deps.log.now() : workClock.now()),
        scavenge: (n) => deps.pages.release(bytes(n), false),
        shouldStop: () => this.#goals.met(this.#heapRetained(), deps.sizes.mappedReady),
        procs: () => 1,
        ...(deps.pages.releasableAt === undefined
          ? {}
          : { moreAt: () => deps.pages.releasableAt?.() ?? Infinity }),
      },
      physPageSize,
      bursts,
      controller,
    );
  }

  get backgroundTime(): number {
    return this.#bursts.totals().time;
  }

  /** Its goals, for those who look. */
  get goals(): ScavengeGoals {
    return this.#goals;
  }

  /** Its bursts, for those who look. */
  get bursts(): ScavengeBursts {
    return this.#bursts;
  }

  init(): void {
    this.#goals.clear();
    this.#bursts.init();
  }

  goalSet(heapGoal: number): void {
    const { sizes, settings, trigger, log } = this.#deps;
    this.#goals.set({
      heapGoal,
      lastHeapGoal: trigger.lastHeapGoal,
      lastHeapInUse: log.columns.lastHeapInUse[0],
      memoryLimit: settings.memoryLimit,
      mappedReady: sizes.mappedReady,
      heapInUse: sizes.heapInUse,
      heapFree: sizes.heapFree,
    });
  }

  sweepDrained(): void {
    const { counters } = this.#deps.state;
    const bursts = this.#bursts;
    const eager = counters.releasedEager[0];
    const eagerSince = eager - counters.eagerTold[0];
    counters.eagerTold[0] = eager;
    this.#deps.trace.sweepDrained(bursts.takeReleased(), eagerSince, bursts.takeControllerReset());
    bursts.ready();
  }

  cycleBegins(): void {
    this.#bursts.ready();
  }

  growing(): void {}

  inExchange(grown: number, scavenged: number): void {
    // Asked for every span: the limit may have been lowered below what is ready. So it is short.
    const overLimit = scavenged + this.#sizes.mappedReady > this.#settings.memoryLimit;
    if ((overLimit || grown !== 0) && this.#enabled) this.#payForSpan(grown, scavenged);
  }

  #payForSpan(grown: number, scavenged: number): void {
    const { pages, state, sizes, settings, limiter, log, trace } = this.#deps;
    const byLimit = limiter.limiting() ? 0 : limitDebt(scavenged, sizes.mappedReady, settings.memoryLimit);
    // Where fresh memory counts as backed, the growth is retained already.
    const before = this.#heapRetained() - (pages.freshScavenged ? 0 : grown);
    const byGrowth = grown === 0 ? 0 : this.#goals.growthDebt(grown, before);
    const debt = Math.max(byLimit, byGrowth);
    if (debt <= 0) return;
    const start = log.now();
    const released = pages.release(bytes(debt), byLimit > 0, () => limiter.limiting());
    limiter.addScavengeTime(log.now() - start);
    state.counters.releasedEager[0] += released;
    if (released > 0) trace.released('eager', released);
  }

  isDue(now: number): boolean {
    return this.#bursts.dueAt <= now;
  }

  step(): number {
    if (!this.#enabled) return Infinity;
    const { counters } = this.#deps.state;
    const before = counters.heapReleased[0];
    const wait = this.#bursts.step();
    const released = counters.heapReleased[0] - before;
    if (released > 0) {
      counters.releasedBackground[0] += released;
      this.#deps.trace.released('bg', released);
    }
    return wait;
  }

  releaseAll(): number {
    const { pages, state, trace } = this.#deps;
    const released = releaseEverything(pages);
    state.counters.releasedForced[0] += released;
    trace.forced(released);
    return released;
  }

  #heapRetained(): number {
    return this.#deps.sizes.heapInUse + this.#deps.sizes.heapFree;
  }
}
