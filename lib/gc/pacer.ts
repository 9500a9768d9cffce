/**
 * The pacer: how large the heap may grow before the next collection.
 *
 * Two goals, and the smaller one holds:
 *
 *   GOGC           marked + marked × GOGC / 100, at least 4 MiB × GOGC / 100. To what grows, Go
 *                  adds the roots: stacks and globals. Here they are as many bytes as the caller says.
 *   memory limit   what the limit leaves for objects:
 *                      limit − (mappedReady − heapFree − heapAlloc) − max(0, mappedReady − limit)
 *                  less 3 % of that or 1 MiB, whichever is more, as headroom. Never below what was
 *                  marked: a goal that the live heap already passes cannot be met. When all but objects
 *                  exceeds the limit alone, the goal is what was marked.
 *
 * Under the GOGC goal two minimums apply, which a memory limit overrides: from the heap's size at the
 * last commit, 1 MiB for the sweeper to finish in (only while spans are unswept), and while a cycle
 * runs, 64 KiB beyond the heap's size at its start.
 *
 * A cycle here marks within one pause and needs no runway, so the heap triggers at the goal itself, unless
 * it is told to at a share of the way there (`triggerRatio`): Go triggers earlier, at 0.7 to 0.95 of the way,
 * and lets allocation and marking race to the goal.
 *
 *     const pacer = new Pacer(new Float64Array(pacerStateLength));
 *     pacer.init(100, noMemoryLimit);
 *     if (pacer.shouldCollect(heapLive, mappedReady, heapFree, heapAlloc, !limiter.affords(lastPauseNs))) {
 *       pacer.startCycle(heapLive);
 *       …mark…
 *       pacer.endCycle(bytesMarked, mappedReady, heapFree, heapAlloc);  // from here heapLive = bytesMarked
 *       pacer.commit(bytesMarked, false);                               // false: the sweep is still to come
 *     }
 *
 * Source: the runtime of Go 1.21, mgcpacer.go; every number equals its own for the same inputs
 * (test/gc/pacer.test.ts replays what it answered). Quantities are whole numbers below 2^53 in doubles;
 * only with the limit off (2^63) is a limit's goal rounded.
 *
 * Not here: the trigger of 2014 (live-trigger.ts); the assist ratio and the cons/mark estimate of concurrent
 * marking; how fast sweeping follows (sweep-pace.ts); what a collection may cost (cpu-limiter.ts).
 */
import { PageHeapError } from '../base/errors.ts';
import { KiB, MiB } from '../base/units.ts';

/** The memory limit that limits nothing: the largest int64, as the nearest double. */
export const noMemoryLimit = 2 ** 63;

/** The least GOGC goal at GOGC = 100, in bytes; other percentages scale it. */
export const defaultHeapMinimum = 4 * MiB;
/** Bytes of allocation that the sweeper is given at least, to sweep what is left of a cycle. */
export const sweepMinHeapDistance = 1 * MiB;
/** Bytes that a goal lies beyond the heap's size when its cycle began, at least. */
export const minRunway = 64 * KiB;
/** The memory limit's goal is lowered by this share of it, in percent … */
export const limitHeadroomPercent = 3;
/** … and by this many bytes at least. */
export const limitHeadroomMin = 1 * MiB;

/** Where each number of the pacer's state lies. Written under the heap's lock; read by anyone. */
export const pacerSlot = {
  /** GOGC; −1 when off. */
  gcPercent: 0,
  /** Bytes. */
  memoryLimit: 1,
  /** 4 MiB × GOGC / 100. */
  heapMinimum: 2,
  /** The GOGC goal of the last commit; Infinity when off. */
  gcPercentGoal: 3,
  /** The size the sweep needs the heap to reach; 0 when all is swept. */
  sweepMinTrigger: 4,
  /** The heap's size when the running cycle began; Infinity outside a cycle. */
  triggered: 5,
  /** Bytes marked by the last cycle. */
  heapMarked: 6,
  /** The goal in force when the last cycle ended; 0 before the first. */
  lastHeapGoal: 7,
  /** Bytes of roots that a collection scans beside the heap. */
  roots: 8,
  /** The share of the way from the bytes marked to the goal at which a cycle starts. */
  triggerRatio: 9,
  /** Of live-trigger.ts: bytes of objects when the last cycle ended, and those freed ever until then. */
  aliveThen: 10,
  freedThen: 11,
} as const;

/** Slots the pacer needs. */
export const pacerStateLength = 12;

const maxInt32 = 2 ** 31 - 1;

/** The arithmetic over a state that others may share. The creator calls `init`, those who attach do not. */
export class Pacer {
  protected readonly s: Float64Array;

  /** @param state `pacerStateLength` slots, see `pacerSlot`. */
  constructor(state: Float64Array) {
    this.s = state;
  }

  /**
   * Starts afresh: nothing marked, all swept. Arguments as `setGCPercent` and `setMemoryLimit` take them.
   * @param roots bytes of globals and stacks that a collection scans: they count for the goal as live bytes do
   * @param triggerRatio the share of the way to the goal at which a cycle starts; 1: at the goal
   */
  init(gcPercent: number, memoryLimit: number, roots = 0, triggerRatio = 1): void {
    const s = this.s;
    s.fill(0, 0, pacerStateLength);
    s[pacerSlot.memoryLimit] = noMemoryLimit;
    s[pacerSlot.triggered] = Infinity;
    s[pacerSlot.roots] = roots;
    s[pacerSlot.triggerRatio] = triggerRatio;
    this.setGCPercent(gcPercent);
    this.setMemoryLimit(memoryLimit);
    this.commit(0, true);
  }

  /** GOGC in percent; −1 when off. */
  get gcPercent(): number {
    return this.s[pacerSlot.gcPercent];
  }

  /** The memory limit in bytes; `noMemoryLimit` when off. */
  get memoryLimit(): number {
    return this.s[pacerSlot.memoryLimit];
  }

  /** Whether neither GOGC nor a memory limit sets a goal: `heapGoal` is then a number nobody reaches. */
  get isOff(): boolean {
    return this.gcPercent < 0 && this.memoryLimit >= noMemoryLimit;
  }

  /** Bytes marked by the last cycle; 0 before the first. */
  get heapMarked(): number {
    return this.s[pacerSlot.heapMarked];
  }

  /** The goal in force when the last cycle ended, in bytes; 0 before the first. */
  get lastHeapGoal(): number {
    return this.s[pacerSlot.lastHeapGoal];
  }

  /** The heap's size when the running cycle began, in bytes; Infinity outside a cycle. */
  get triggered(): number {
    return this.s[pacerSlot.triggered];
  }

  /**
   * Sets GOGC and returns the previous value. Takes effect with the next `commit`.
   *
   * @param percent an int32; negative turns the GOGC goal off and counts as −1.
   * @throws ERR_INVALID_ARGUMENT for anything else; nothing is changed.
   */
  setGCPercent(percent: number): number {
    if (!Number.isInteger(percent) || percent > maxInt32) {
      throw new PageHeapError('ERR_INVALID_ARGUMENT', 'the GC percent must be an integer below 2^31', {
        value: percent,
      });
    }
    const s = this.s;
    const previous = s[pacerSlot.gcPercent];
    const now = percent < 0 ? -1 : percent;
    s[pacerSlot.gcPercent] = now;
    s[pacerSlot.heapMinimum] = now < 0 ? 0 : Math.floor((defaultHeapMinimum * now) / 100);
    return previous;
  }

  /**
   * Sets the memory limit and returns the previous one. Takes effect at once.
   *
   * @param limit bytes, an integer; negative only reads; `noMemoryLimit` or more, Infinity too, is none.
   * @throws ERR_INVALID_ARGUMENT for anything else; nothing is changed.
   */
  setMemoryLimit(limit: number): number {
    if (
      typeof limit !== 'number' ||
      Number.isNaN(limit) ||
      (Number.isFinite(limit) && !Number.isInteger(limit))
    ) {
      throw new PageHeapError('ERR_INVALID_ARGUMENT', 'the memory limit must be a whole number of bytes', {
        value: limit,
      });
    }
    const previous = this.s[pacerSlot.memoryLimit];
    if (limit >= 0) {
      this.s[pacerSlot.memoryLimit] = Math.min(limit, noMemoryLimit);
    }
    return previous;
  }

  /**
   * Recomputes what follows from GOGC, the bytes marked and the heap's size. To be called after
   * `setGCPercent`, `setMemoryLimit` and `endCycle`, and followed by the sweeper's and the scavenger's
   * own pacing.
   *
   * @param heapLive bytes marked by the last cycle and allocated since.
   * @param sweepDone whether every span of the last cycle is swept.
   */
  commit(heapLive: number, sweepDone: boolean): void {
    const s = this.s;
    s[pacerSlot.sweepMinTrigger] = sweepDone ? 0 : heapLive + sweepMinHeapDistance;
    const percent = s[pacerSlot.gcPercent];
    s[pacerSlot.gcPercentGoal] =
      percent < 0
        ? Infinity
        : Math.max(
            s[pacerSlot.heapMarked] + percentOf(s[pacerSlot.heapMarked] + s[pacerSlot.roots], percent),
            s[pacerSlot.heapMinimum],
          );
  }

  /**
   * The heap's goal in bytes, at which a cycle starts unless `triggerOf` says earlier. Cheap: meant for every refill of an mcache.
   *
   * @param mappedReady bytes mapped and not released, for every purpose: what the limit limits.
   * @param heapFree bytes in no span and not released.
   * @param heapAlloc bytes of objects allocated and not yet swept.
   */
  heapGoal(mappedReady: number, heapFree: number, heapAlloc: number): number {
    const limitGoal = this.memoryLimitGoal(mappedReady, heapFree, heapAlloc);
    return limitGoal < this.s[pacerSlot.gcPercentGoal] ? limitGoal : this.gcPercentGoal();
  }

  /** The GOGC goal in bytes with its minimums for sweeping and for a running cycle; Infinity when off. */
  gcPercentGoal(): number {
    const s = this.s;
    const goal = Math.max(s[pacerSlot.gcPercentGoal], s[pacerSlot.sweepMinTrigger]);
    const triggered = s[pacerSlot.triggered];
    return triggered === Infinity ? goal : Math.max(goal, triggered + minRunway);
  }

  /**
   * The memory limit's goal in bytes. Arguments as for `heapGoal`. Counters that another thread is just
   * changing may seem to have more in the heap than is mapped; that counts as nothing beside the heap.
   */
  memoryLimitGoal(mappedReady: number, heapFree: number, heapAlloc: number): number {
    const s = this.s;
    const limit = s[pacerSlot.memoryLimit];
    const marked = s[pacerSlot.heapMarked];
    const beside = Math.max(0, mappedReady - heapFree - heapAlloc);
    const over = Math.max(0, mappedReady - limit);
    if (beside + over >= limit) {
      return marked;
    }
    const room = limit - (beside + over);
    const headroom = Math.max(Math.floor(room / 100) * limitHeadroomPercent, limitHeadroomMin);
    // With less room than two headrooms the goal is one headroom: small limits must not collect at zero.
    return Math.max(room - headroom < headroom ? headroom : room - headroom, marked);
  }

  /**
   * Whether a collection is due at this heap size.
   *
   * @param limited the CPU limiter forbids to collect for the limit's sake: then only GOGC counts, and
   *   the heap may pass its limit, which is soft. Go lets allocation outrun the goal in the same case.
   */
  shouldCollect(
    heapLive: number,
    mappedReady: number,
    heapFree: number,
    heapAlloc: number,
    limited = false,
  ): boolean {
    const goal = limited ? this.gcPercentGoal() : this.heapGoal(mappedReady, heapFree, heapAlloc);
    return heapLive >= this.triggerOf(goal);
  }

  /** The size at which a cycle with this goal starts, bytes: the goal itself, unless cycles are to start earlier. */
  triggerOf(goal: number): number {
    const ratio = this.s[pacerSlot.triggerRatio];
    const marked = this.s[pacerSlot.heapMarked];
    return ratio === 1 || goal === Infinity ? goal : marked + (goal - marked) * ratio;
  }

  /**
   * Whether the periodic collection is due.
   *
   * @param now the clock, in nanoseconds.
   * @param lastEnd when the last cycle ended, by the same clock; 0 if there was none, and then none is due.
   * @param period nanoseconds; Go's is two minutes.
   */
  periodicDue(now: number, lastEnd: number, period: number): boolean {
    return this.gcPercent >= 0 && lastEnd !== 0 && now - lastEnd > period;
  }

  /** A cycle begins at this heap size. */
  startCycle(heapLive: number): void {
    this.s[pacerSlot.triggered] = heapLive;
  }

  /**
   * A cycle has marked: remembers the goal it ran under, and what it marked. The caller's heapLive is
   * `bytesMarked` from here. `commit` must follow, once the sweep of this cycle has begun.
   */
  endCycle(bytesMarked: number, mappedReady: number, heapFree: number, heapAlloc: number): void {
    const s = this.s;
    s[pacerSlot.lastHeapGoal] = this.heapGoal(mappedReady, heapFree, heapAlloc);
    s[pacerSlot.heapMarked] = bytesMarked;
    s[pacerSlot.triggered] = Infinity;
  }
}

/** floor(n × percent / 100), without the product, which may pass 2^53 where the quotient does not. */
function percentOf(n: number, percent: number): number {
  const hundreds = Math.floor(n / 100);
  return hundreds * percent + Math.floor(((n - hundreds * 100) * percent) / 100);
}
