/**
 * The scavenger that obeys a policy of the user's.
 *
 * It asks the policy on its occasions, gives back what it answers, and keeps the time it asked for. The design's own
 * scavenger stands behind it: it hears of every goal, and when the policy has failed everything is its business.
 *
 * A sweep may be drained in the middle of an allocation, so `onCycle` waits for the next step.
 *
 * Not here: what a policy may answer (policy.ts); failing (base/part.ts).
 */
import type { Part } from '../base/part.ts';
import { bytes } from '../base/units.ts';
import type { CpuLimiter } from '../gc/cpu-limiter.ts';
import type { CycleLog } from '../gc/cycle-log.ts';
import type { LiveView } from '../gc/heap-view.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { PageHeap } from '../pages/contract.ts';
import { type FullAnswer, noAnswer, nothing, type ScavengePolicy, scavengeReply } from './policy.ts';
import type { ScavengeTrace } from './scavenge-trace.ts';
import { releaseEverything, type Scavenger } from './scavenger.ts';

export interface PolicyScavengerDeps {
  readonly pages: PageHeap;
  readonly state: HeapState;
  readonly log: CycleLog;
  readonly trace: ScavengeTrace;
  readonly limiter: CpuLimiter;
}

/** Nanoseconds below which a time is at once. */
const atOnce = 10e3;
/** How often a policy may ask to be asked at once without a byte released. */
const mostInVain = 100;

type Occasion = 'onTime' | 'onCycle' | 'onGrowth';

export class PolicyScavenger implements Scavenger {
  readonly #deps: PolicyScavengerDeps;
  readonly #policy: Part<ScavengePolicy>;
  readonly #view: LiveView;
  readonly #enabled: boolean;
  /** What does the work when the policy has failed. */
  readonly #own: Scavenger;
  #dueAt = -Infinity;
  #cycleEnded = false;
  #inVain = 0;
  #backgroundTime = 0;
  #sinceLine = 0;

  /** @param enabled the option `scavenge`: off, only what is forced is released */
  constructor(
    deps: PolicyScavengerDeps,
    policy: Part<ScavengePolicy>,
    view: LiveView,
    own: Scavenger,
    enabled: boolean,
  ) {
    this.#deps = deps;
    this.#policy = policy;
    this.#view = view;
    this.#own = own;
    this.#enabled = enabled;
  }

  get backgroundTime(): number {
    return this.#backgroundTime + this.#own.backgroundTime;
  }

  init(): void {
    this.#own.init();
  }

  goalSet(heapGoal: number): void {
    this.#own.goalSet(heapGoal);
  }

  sweepDrained(): void {
    if (!this.#policy.usable) {
      this.#own.sweepDrained();
      return;
    }
    const { counters } = this.#deps.state;
    const eager = counters.releasedEager[0];
    this.#deps.trace.sweepDrained(this.#sinceLine, eager - counters.eagerTold[0], false);
    counters.eagerTold[0] = eager;
    this.#sinceLine = 0;
    this.#cycleEnded = true;
  }

  cycleBegins(): void {
    if (!this.#policy.usable) this.#own.cycleBegins();
  }

  growing(size: number): void {
    if (!this.#policy.usable) this.#own.growing(size);
  }

  inExchange(grown: number, scavenged: number, size: number): void {
    if (!this.#policy.usable) this.#own.inExchange(grown, scavenged, size);
    else if (this.#enabled && (grown !== 0 || scavenged !== 0)) {
      const answer = this.#ask('onGrowth', { grown, reused: scavenged });
      this.#keepTime(answer, this.#obey(answer, 'eager'), 'onGrowth');
    }
  }

  isDue(now: number): boolean {
    return this.#policy.usable ? this.#cycleEnded || this.#dueAt <= now : this.#own.isDue(now);
  }

  step(): number {
    if (!this.#policy.usable) return this.#own.step();
    if (!this.#enabled) return Infinity;
    const { log } = this.#deps;
    if (this.#cycleEnded) {
      this.#cycleEnded = false;
      this.#act('onCycle');
    }
    if (this.#policy.usable && this.#dueAt <= log.now()) {
      this.#dueAt = Infinity;
      this.#act('onTime');
    }
    return this.#policy.usable ? Math.max(0, this.#dueAt - log.now()) : this.#own.step();
  }

  releaseAll(): number {
    const { pages, state, trace } = this.#deps;
    const released = releaseEverything(pages);
    state.counters.releasedForced[0] += released;
    trace.forced(released);
    return released;
  }

  #act(occasion: Occasion): void {
    const start = this.#deps.log.now();
    const answer = this.#ask(occasion);
    const released = this.#obey(answer, 'bg');
    this.#keepTime(answer, released, occasion);
    this.#backgroundTime += this.#deps.log.now() - start;
  }

  #ask(occasion: Occasion, ...news: readonly unknown[]): FullAnswer {
    const view = this.#view;
    const answer = view.during(() => this.#policy.ask(occasion, [view, ...news], scavengeReply, noAnswer));
    if (answer.unusedFor === undefined || this.#deps.pages.releaseUnused !== undefined) return answer;
    this.#policy.refuse(
      occasion,
      'answered unusedFor, and this page heap does not know since when a run is unused',
      answer.unusedFor,
    );
    return noAnswer;
  }

  /** Gives back what was answered. @returns bytes */
  #obey({ release, force, unusedFor }: FullAnswer, by: 'bg' | 'eager'): number {
    if (release === 0 && unusedFor === undefined) return 0;
    const { pages, state, log, trace, limiter } = this.#deps;
    const { counters } = state;
    const start = log.now();
    const asked = Math.min(release, Number.MAX_SAFE_INTEGER);
    const released =
      unusedFor === undefined ? pages.release(bytes(asked), force) : (pages.releaseUnused?.(unusedFor) ?? 0);
    const ns = log.now() - start;
    if (by === 'eager') {
      limiter.addScavengeTime(ns);
      counters.releasedEager[0] += released;
    } else {
      counters.releasedBackground[0] += released;
      this.#sinceLine += released;
    }
    if (released > 0) trace.released(by, released);
    const view = this.#view;
    view.during(() =>
      this.#policy.ask('onReleased', [view, { asked: release, released, ns }], nothing, null),
    );
    return released;
  }

  #keepTime({ again }: FullAnswer, released: number, occasion: Occasion): void {
    if (again === undefined) return;
    this.#dueAt = this.#deps.log.now() + again;
    this.#inVain = again < atOnce && released === 0 ? this.#inVain + 1 : 0;
    if (this.#inVain >= mostInVain)
      this.#policy.refuse(
        occasion,
        `asked to be asked again at once, ${mostInVain} times in a row, and not a byte was released`,
        again,
      );
  }
}
