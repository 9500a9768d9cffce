/**
 * The scavenger by age, of 2014: what was unused for some time goes back, every half of that time.
 *
 * Not here: when a round is due (age-rounds.ts), which runs are old (the page heap's `releaseUnused`).
 */
import type { CycleLog } from '../gc/cycle-log.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { PageHeap } from '../pages/contract.ts';
import type { AgeRounds } from './age-rounds.ts';
import type { ScavengeTrace } from './scavenge-trace.ts';
import { releaseEverything, type Scavenger } from './scavenger.ts';

export interface AgeScavengerDeps {
  readonly pages: PageHeap;
  readonly state: HeapState;
  readonly clock: Pick<CycleLog, 'now'>;
  readonly rounds: AgeRounds;
  readonly trace: ScavengeTrace;
  /** The option `scavenge`: off, only what is forced is released. */
  readonly enabled: boolean;
}

export class AgeScavenger implements Scavenger {
  readonly #deps: AgeScavengerDeps;

  constructor(deps: AgeScavengerDeps) {
    this.#deps = deps;
  }

  get backgroundTime(): number {
    return 0;
  }

  init(): void {
    this.#deps.rounds.init(this.#deps.clock.now());
  }

  goalSet(): void {}

  sweepDrained(): void {}

  cycleBegins(): void {}

  growing(_size: number): void {}

  inExchange(_grown: number, _scavenged: number, _size: number): void {}

  isDue(now: number): boolean {
    return this.#deps.rounds.dueAt <= now;
  }

  step(): number {
    const { enabled, rounds, pages, state, clock, trace } = this.#deps;
    if (!enabled) return Infinity;
    const now = clock.now();
    if (now < rounds.dueAt) return rounds.dueAt - now;
    const round = rounds.begin(now);
    const released = pages.releaseUnused?.(rounds.scavengeAfter) ?? 0;
    state.counters.releasedBackground[0] += released;
    trace.round('bg', round, released);
    return rounds.dueAt - now;
  }

  releaseAll(): number {
    const { pages, state, trace } = this.#deps;
    const released = releaseEverything(pages);
    state.counters.releasedForced[0] += released;
    trace.round('forced', -1, released);
    return released;
  }
}
