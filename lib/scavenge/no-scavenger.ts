/** No scavenger: memory goes back only when the program asks for all of it. */
import type { HeapState } from '../heap/heap-state.ts';
import type { PageHeap } from '../pages/contract.ts';
import type { ScavengeTrace } from './scavenge-trace.ts';
import { releaseEverything, type Scavenger } from './scavenger.ts';

export class NoScavenger implements Scavenger {
  readonly #pages: PageHeap;
  readonly #state: HeapState;
  readonly #trace: ScavengeTrace;

  constructor(pages: PageHeap, state: HeapState, trace: ScavengeTrace) {
    this.#pages = pages;
    this.#state = state;
    this.#trace = trace;
  }

  get backgroundTime(): number {
    return 0;
  }

  init(): void {}

  goalSet(): void {}

  sweepDrained(): void {}

  cycleBegins(): void {}

  growing(): void {}

  inExchange(): void {}

  isDue(): boolean {
    return false;
  }

  step(): number {
    return Infinity;
  }

  releaseAll(): number {
    const released = releaseEverything(this.#pages);
    this.#state.counters.releasedForced[0] += released;
    this.#trace.forced(released);
    return released;
  }
}
