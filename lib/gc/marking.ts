/**
 * Marking beside the program: who marks, and how much at a time.
 *
 * There is one thread for both, so marking is done in slices, within operations of the program:
 *
 *   background   a quarter of the time since marking began (the pacer says how much): by `step`, from the event loop or
 *                called by the program; and, since a busy program never turns the event loop, by who allocates
 *   assist       who allocates owes scan work for each byte (the pacer says how much). What the background has scanned is
 *                credit, and is taken first; what is left of the debt is worked off, and at least 64 KiB at a time
 *
 * Both are looked at where an allocation has taken the slow path, a refill or a large object; malloc's fast path does
 * nothing for them.
 *
 * A slice ends after six tenths of a millisecond; what is left of a debt stays owed. Only while the heap is more than a
 * tenth beyond its goal is the whole debt worked off at once, however long that takes: the goal, or a memory limit, comes
 * first then.
 * Clocks that stand still end no slice; then the work that is owed does.
 *
 * The words of a step are chosen by what the last ones took, so that the clock is looked at every tenth of a millisecond
 * or so, at whatever the memory costs, and however far the engine has compiled.
 *
 * Not here: the cycle (concurrent-cycle.ts), when one is due (collector.ts), the charge (concurrent-pacer.ts).
 */
import type { ConcurrentCycles } from './concurrent-cycle.ts';
import type { CpuLimiter } from './cpu-limiter.ts';
import type { CycleOutcome } from './cycle.ts';
import type { CycleLog } from './cycle-log.ts';
import type { HeapSizes } from './heap-sizes.ts';
import type { RunningCycle } from './running-cycle.ts';
import type { ConcurrentTrigger } from './trigger.ts';

/** Nanoseconds of a slice at most. */
const longestSlice = 0.6e6;
/** After so long a slice does not begin the pause that ends a cycle: the next one does, first of all. */
const lateForFinish = 0.3e6;
/** Bytes that an assist scans at least. */
const leastAssist = 64 * 1024;
/** Bytes that a background slice scans at most where no clock ends it. */
const mostInBackground = 8 * 1024 * 1024;
/** A heap beyond its goal by more than this pays its whole debt. */
const farBeyond = 1.1;
/** Nanoseconds that a step is to take. */
const shortStep = 50e3;
const longStep = 150e3;
/** Words of a step: few enough for when the engine throws its code away in the middle of one. */
const leastWords = 512;
const mostWords = 2 ** 13;
/** Of the first step of a slice, at most: the program has had the caches since. */
const firstWords = 2 ** 11;

export interface MarkingDeps {
  readonly cycles: ConcurrentCycles;
  readonly trigger: ConcurrentTrigger;
  readonly sizes: HeapSizes;
  readonly limiter: CpuLimiter;
  readonly log: CycleLog;
  readonly running: RunningCycle;
  /** Bytes of the heap that the running cycle has scanned. */
  readonly scanned: () => number;
}

/** What became of a slice: it goes on, it had no memory to end the cycle, or the cycle has ended. */
export type Slice = 'goes on' | 'failed' | CycleOutcome;

export class Marking {
  readonly #deps: MarkingDeps;
  /** Words of the next step; each thread finds its own. */
  #words = leastWords;

  constructor(deps: MarkingDeps) {
    this.#deps = deps;
  }

  /** An allocation has taken the slow path while a cycle marks. */
  afterAllocation(): Slice {
    const { trigger, sizes, running, log } = this.#deps;
    const start = log.now();
    const { heapLive } = sizes;
    // What a flush gives back was not allocated.
    running.debt[0] += Math.max(0, heapLive - running.charged[0]) * trigger.assistWorkPerByte;
    running.charged[0] = heapLive;
    let isDone = running.isMarked[0] !== 0;
    if (isDone) return this.#after(true, start);
    const due = trigger.fractionalGoal * (start - running.markStart[0]) - running.background[0];
    if (due > 0)
      isDone = this.#slice(running.background, start, Math.min(due, longestSlice), mostInBackground);
    if (!isDone) isDone = this.#assist(start);
    trigger.revise(sizes);
    return this.#after(isDone, start);
  }

  /** A slice in the background, if it is time for one. @returns nanoseconds until it is; the slice otherwise */
  inBackground(): Slice | number {
    const { trigger, running, log } = this.#deps;
    const start = log.now();
    const share = trigger.fractionalGoal;
    const wait = running.background[0] / share - (start - running.markStart[0]);
    if (wait > 0) return wait;
    if (running.isMarked[0] !== 0) return this.#after(true, start);
    return this.#after(this.#slice(running.background, start, longestSlice, mostInBackground), start);
  }

  /** Marks all that is left and ends the cycle, for who waits for that. */
  finish(): Slice {
    const { running, log } = this.#deps;
    while (!this.#slice(running.waited, log.now(), Infinity, Infinity));
    return this.#deps.cycles.finish(log.now()) ?? 'failed';
  }

  /** Works off what is owed, after what credit there is. @param start when the operation's marking began */
  #assist(start: number): boolean {
    const { running, sizes, trigger, limiter, log } = this.#deps;
    const { debt, credit, assist } = running;
    if (debt[0] <= 0) return false;
    const taken = Math.min(credit[0], debt[0]);
    credit[0] -= taken;
    debt[0] -= taken;
    if (debt[0] <= 0) return false;
    const isBeyond = sizes.heapLive > trigger.heapGoal(sizes) * farBeyond;
    const now = log.now();
    const left = isBeyond ? Infinity : Math.max(0, longestSlice - (now - start));
    const before = assist[0];
    const isDone = this.#slice(assist, now, left, Math.max(debt[0], leastAssist));
    limiter.addMarkTime(assist[0] - before);
    return isDone;
  }

  /**
   * Marks until nothing is gray, or for so many nanoseconds, or bytes.
   * @param account what the time is added to @returns whether nothing is gray
   */
  #slice(account: Float64Array, start: number, most: number, bytes: number): boolean {
    const { cycles, log, scanned, running } = this.#deps;
    const before = scanned();
    let now = start;
    let isDone: boolean;
    this.#words = Math.min(this.#words, firstWords);
    do {
      isDone = cycles.step(Math.min(this.#words, Math.max(leastWords, bytes / 8)));
      const then = now;
      now = log.now();
      this.#adapt(now - then);
    } while (!isDone && now - start < most && scanned() - before < bytes);
    account[0] += now - start;
    const done = scanned() - before;
    if (account === running.assist) running.debt[0] -= done;
    else running.credit[0] += done;
    return isDone;
  }

  #adapt(ns: number): void {
    if (ns < shortStep) this.#words = Math.min(this.#words * 2, mostWords);
    else if (ns > longStep) this.#words = Math.max(this.#words >> 1, leastWords);
  }

  /** After a slice: ends the cycle if nothing is gray and it is not late. */
  #after(isDone: boolean, start: number): Slice {
    const { log, running, cycles } = this.#deps;
    const isTime = running.isMarked[0] !== 0 || log.now() - start < lateForFinish;
    if (isDone && isTime) return cycles.finish(start) ?? 'failed';
    if (isDone) running.isMarked[0] = 1;
    running.longest[0] = Math.max(running.longest[0], log.now() - start);
    return 'goes on';
  }
}
