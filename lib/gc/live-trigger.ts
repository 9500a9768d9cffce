/**
 * The trigger of 2014: a collection when the heap has grown by GOGC percent of what lives.
 *
 *     goal = (objects at the end of the last cycle − swept since) × (100 + GOGC) / 100
 *
 * When a cycle ends nobody knows yet what lives, since sweeping only begins: all that is there counts, and what
 * is swept is taken off, with what it would have let the heap grow by. So the goal is high at first and falls
 * to the live heap's as the sweep goes on. There is no least goal: a program with 100 KB alive collects at 200.
 * The heap's size is that of its objects, those that are not swept yet among them; an mcache's span counts when it
 * is exchanged.
 *
 * The real runtime keeps some objects of its own alive, which keep it from collecting for every few bytes of a
 * program that has hardly any: a program that dropped everything had 29,720 bytes left in Go 1.4.3. They count
 * here too, for trigger and goal, though they are not in the heap.
 *
 * Roots, memory limit and triggers before the goal came later (pacer.ts).
 *
 * Source: the runtime of Go 1.4, mgc0.c and malloc.go.
 */
import { noMemoryLimit, Pacer, pacerSlot } from './pacer.ts';

/** Bytes that the runtime of Go 1.4.3 itself keeps alive. */
export const runtimeObjects = 29_720;

export class LiveTrigger extends Pacer {
  private readonly swept: () => number;

  /** @param state as the pacer's. @param swept bytes of objects swept ever */
  constructor(state: Float64Array, swept: () => number) {
    super(state);
    this.swept = swept;
  }

  /** Bytes of objects; arguments as the pacer's. */
  override heapGoal(): number {
    return this.gcPercentGoal();
  }

  override gcPercentGoal(): number {
    const { s } = this;
    const percent = s[pacerSlot.gcPercent];
    if (percent < 0) return Infinity;
    const alive = s[pacerSlot.aliveThen] - (this.swept() - s[pacerSlot.sweptThen]);
    const grown = (alive + runtimeObjects) * (1 + percent / 100);
    return Math.max(0, Math.floor(grown - runtimeObjects));
  }

  override memoryLimitGoal(): number {
    return noMemoryLimit;
  }

  override shouldCollect(
    _heapLive: number,
    _mappedReady: number,
    _heapFree: number,
    heapAlloc: number,
  ): boolean {
    return heapAlloc >= this.gcPercentGoal();
  }

  override triggerOf(goal: number): number {
    return goal;
  }

  override endCycle(bytesMarked: number, mappedReady: number, heapFree: number, heapAlloc: number): void {
    super.endCycle(bytesMarked, mappedReady, heapFree, heapAlloc);
    this.s[pacerSlot.aliveThen] = heapAlloc;
    this.s[pacerSlot.sweptThen] = this.swept();
  }
}
