/**
 * The trigger of 2014: a collection when the heap has grown by GOGC percent of what lives.
 *
 *     goal = (objects at the end of the last cycle − freed since + own) × (100 + GOGC) / 100 − own
 *
 * When a cycle ends nobody knows yet what lives, since sweeping only begins: all that is there counts, and what
 * a sweep frees is taken off, with what it would have let the heap grow by. So the goal is high at first and
 * falls to the live heap's as the sweep goes on. There is no least goal. The heap's size is that of its objects,
 * garbage that is not freed yet among them; an mcache's span counts when it is exchanged.
 *
 * `own`: the real runtime keeps some objects of its own alive, 29,720 bytes in Go 1.4.3 after a program had
 * dropped everything. They are not in this heap, but count as if they were, or a program with hardly anything
 * alive would collect for every few bytes. With 100,000 bytes alive the goal is 229,720.
 *
 * Roots, memory limit and triggers before the goal came later (pacer.ts).
 *
 * Source: the runtime of Go 1.4, mgc0.c and malloc.go.
 */
import { Pacer, pacerSlot } from './pacer.ts';

/** Bytes that the runtime of Go 1.4.3 itself keeps alive. */
export const runtimeObjects = 29_720;

export class LiveTrigger extends Pacer {
  readonly #freed: () => number;

  /** @param state as the pacer's. @param freed bytes of objects that sweeps have freed, ever */
  constructor(state: Float64Array, freed: () => number) {
    super(state);
    this.#freed = freed;
  }

  /** Bytes of objects; what the memory limit goes by does not matter. */
  override heapGoal(): number {
    return this.gcPercentGoal();
  }

  override gcPercentGoal(): number {
    const { s } = this;
    const percent = s[pacerSlot.gcPercent];
    if (percent < 0) return Infinity;
    const alive = s[pacerSlot.aliveThen] - (this.#freed() - s[pacerSlot.freedThen]);
    const grown = (alive + runtimeObjects) * (1 + percent / 100);
    return Math.max(0, Math.floor(grown - runtimeObjects));
  }

  override shouldCollect(
    _heapLive: number,
    _mappedReady: number,
    _heapFree: number,
    heapAlloc: number,
  ): boolean {
    return heapAlloc >= this.gcPercentGoal();
  }

  override endCycle(bytesMarked: number, mappedReady: number, heapFree: number, heapAlloc: number): void {
    super.endCycle(bytesMarked, mappedReady, heapFree, heapAlloc);
    this.s[pacerSlot.aliveThen] = heapAlloc;
    this.s[pacerSlot.freedThen] = this.#freed();
  }
}
