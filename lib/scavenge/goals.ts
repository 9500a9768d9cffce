/**
 * What the scavenger aims at: how much memory may stay with the process.
 *
 * Two goals, both set after each cycle and whenever GOGC or the limit changes; the background scavenger
 * works as long as one of them is not met.
 *
 *   GOGC           what the heap held at the end of the last cycle (heapInUse then), in proportion to how
 *                  the goal has moved since (heapGoal / lastHeapGoal), and 10 % more unless told otherwise, rounded up to whole
 *                  physical pages. Held against heapRetained = heapInUse + heapFree. The tenth is kept so
 *                  that allocation does not always fall on memory just given back.
 *   memory limit   the limit less 5 % (unless told otherwise), held against mappedReady: near its limit the scavenger has to run
 *                  ahead of allocation.
 *
 * A goal already met when it is set is `noGoal`, and so is the GOGC goal before the first cycle.
 *
 * In Go 1.19 to 1.21 the limit's goal is 95 times the limit instead of 95 %, for want of a division
 * (golang/go issue 62449): in the background the limit is never scavenged for, only by allocations that
 * pass it. `historical: true` does the same; otherwise it is corrected.
 *
 * Allocation scavenges at once in two cases, which are here too, since they are the same goals: `limitDebt`, when
 * memory is over the limit, or would be with what the allocation takes back into use (asked for every span); and
 * `growthDebt`, when the heap has grown because no free run was large enough: then as much is released from elsewhere.
 *
 *     const goals = new ScavengeGoals(meta.views(scavengeGoalTable), { physPageSize });
 *     goals.set({ heapGoal, lastHeapGoal, lastHeapInUse, memoryLimit, mappedReady, heapInUse, heapFree });
 *     shouldStop = () => goals.met(heapInUse + heapFree, mappedReady);
 *
 * Source: the runtime of Go 1.21, mgcscavenge.go (gcPaceScavenger) and mheap.go (allocSpan).
 *
 * Not here: the pace of background work (bursts.ts), which pages are released.
 */

import type { HeapSizes } from '../gc/heap-sizes.ts';
import { f64, table, type Views } from '../meta/column.ts';

/** What the scavenger keeps over the GOGC goal in Go, in percent. */
export const retainExtraPercent = 10;
/** How far below the memory limit the scavenger aims in Go, in percent. */
export const reduceExtraPercent = 5;
/** A goal that any heap meets. */
export const noGoal = Infinity;

/** Bytes. */
export const scavengeGoalTable = table('scavengeGoals', 'other', {
  gcPercentGoal: f64('heap'),
  memoryLimitGoal: f64('heap'),
});

/** What the goals are computed from; all in bytes. */
export interface ScavengeSnapshot extends Pick<HeapSizes, 'mappedReady' | 'heapInUse' | 'heapFree'> {
  readonly heapGoal: number;
  /** The goal in force when the last cycle ended; 0 before the first. */
  readonly lastHeapGoal: number;
  /** heapInUse when the last cycle ended. */
  readonly lastHeapInUse: number;
  readonly memoryLimit: number;
}

export interface ScavengeGoalsOptions {
  /** A power of two; 4096 by default. */
  readonly physPageSize?: number;
  /** Computes the memory limit's goal as Go 1.19 to 1.21 do, 95 times the limit. */
  readonly historical?: boolean;
  /** What is kept over the GOGC goal, in percent; 10. */
  readonly retainExtra?: number;
  /** How far below the memory limit it aims, in percent; 5. */
  readonly limitMargin?: number;
}

export class ScavengeGoals {
  readonly #columns: Views<typeof scavengeGoalTable>;
  readonly #physPageSize: number;
  readonly #historical: boolean;
  readonly #retainExtra: number;
  readonly #limitMargin: number;

  /** The creator of the columns calls `clear`. */
  constructor(columns: Views<typeof scavengeGoalTable>, options: ScavengeGoalsOptions = {}) {
    this.#columns = columns;
    this.#physPageSize = options.physPageSize ?? 4096;
    this.#historical = options.historical ?? false;
    this.#retainExtra = options.retainExtra ?? retainExtraPercent;
    this.#limitMargin = options.limitMargin ?? reduceExtraPercent;
  }

  /** No goal: nothing is scavenged in the background. */
  clear(): void {
    this.#columns.gcPercentGoal[0] = noGoal;
    this.#columns.memoryLimitGoal[0] = noGoal;
  }

  /** Bytes of heapRetained to come down to; `noGoal` where nothing is to do. */
  get gcPercentGoal(): number {
    return this.#columns.gcPercentGoal[0];
  }

  /** Bytes of mappedReady to come down to; `noGoal` where nothing is to do. */
  get memoryLimitGoal(): number {
    return this.#columns.memoryLimitGoal[0];
  }

  /** Sets both goals. */
  set(now: ScavengeSnapshot): void {
    const c = this.#columns;
    const limitGoal = scavengeLimitGoal(now.memoryLimit, this.#historical, this.#limitMargin);
    c.memoryLimitGoal[0] = now.mappedReady <= limitGoal ? noGoal : limitGoal;
    if (now.lastHeapGoal === 0) {
      c.gcPercentGoal[0] = noGoal;
      return;
    }
    const page = this.#physPageSize;
    let goal = Math.floor(now.lastHeapInUse * (now.heapGoal / now.lastHeapGoal));
    goal += Math.floor(goal / (100 / this.#retainExtra));
    goal = Math.ceil(goal / page) * page;
    // Less than a page over the goal is met: no smaller piece can be released.
    const retained = now.heapInUse + now.heapFree;
    c.gcPercentGoal[0] = retained - goal < page ? noGoal : goal;
  }

  /** Whether both goals are met: what stops the background scavenger. */
  met(heapRetained: number, mappedReady: number): boolean {
    return heapRetained <= this.#columns.gcPercentGoal[0] && mappedReady <= this.#columns.memoryLimitGoal[0];
  }

  /**
   * Bytes to release because the heap grew by `growth`, at most that many; 0 if the goal allows it.
   *
   * @param heapRetained heapInUse + heapFree, without the growth.
   */
  growthDebt(growth: number, heapRetained: number): number {
    const goal = this.#columns.gcPercentGoal[0];
    return Math.max(0, Math.min(growth, heapRetained + growth - goal));
  }
}

/** The memory limit's goal in bytes, whether or not it is met. */
export function scavengeLimitGoal(
  memoryLimit: number,
  historical: boolean,
  margin = reduceExtraPercent,
): number {
  const kept = 100 - margin;
  return Math.floor(historical ? memoryLimit * kept : memoryLimit * (kept / 100));
}

/**
 * Bytes that an allocation must release (by force, dense chunks included) before it takes `scavenged` bytes of
 * released memory into use, which may be 0, so that the limit holds; 0 if it holds anyway. Not to be obeyed while the
 * CPU limiter is limiting.
 */
export function limitDebt(scavenged: number, mappedReady: number, memoryLimit: number): number {
  return Math.max(0, scavenged + mappedReady - memoryLimit);
}
