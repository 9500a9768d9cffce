/**
 * The pacer of cycles that mark beside the program: when to start one so that marking is done when the heap reaches
 * its goal, and how much of the marking who allocates must do.
 *
 * Marking and allocating race. How far one gets while the other does a byte of work is measured at the end of each
 * cycle, both per nanosecond of CPU:
 *
 *     cons/mark = allocated / (CPU left to the program) ÷ scanned / (CPU of background marking, assists, idle Ps)
 *
 * and the estimate is the highest of the last five: a start that is too early costs less than one that is too late. So:
 *
 *     runway    = cons/mark × 3 × work expected      bytes the program allocates while a quarter of the CPU marks
 *     trigger   = goal − runway                      at least 45/64 of the way from what was marked to the goal; at
 *                                                    most 61/64 of it, or 4 MiB before the goal if that is later
 *     work expected: scanned by the last cycle in heap and stacks, and all globals
 *
 * While a cycle marks, each byte allocated is charged with scan work, so that what is left of it is done when
 * the heap reaches its goal. `revise` sets the charge again whenever the heap has grown:
 *
 *     work per byte = (work expected − work done, at least 1000) / (goal − heap size, at least 1)
 *
 * More work done than expected means that the heap grows: then all that is scannable is expected, and the goal moves
 * on in proportion, up to GOGC percent beyond itself. A heap beyond even that goal gets a tenth more of it, and
 * all that is scannable is expected.
 *
 * A quarter of the CPU marks in the background: as many *dedicated* workers as whole Ps of it, rounded, and where
 * rounding misses the quarter by more than 30 %, one worker less than too many and a *fractional goal*, the share of
 * its time that each other P gives.
 *
 *     trigger.startCycle(sizes);
 *     pacer.startMark(sizes, now, procs);                 // the program runs on
 *     pacer.addWork(heap, stacks, globals);               // scanned since the last call
 *     pacer.revise(sizes);                                // the heap has grown, or its goal was moved
 *     pacer.endMark(sizes, { now, assist, idle });        // the program stands again
 *     trigger.endCycle(bytesMarked, sizes);               // from here heapScan = the heap's scan work
 *     trigger.commit(sizes, false);
 *
 * Invariants: marked ≤ trigger ≤ goal, unless the goal is below what was marked, which then is all there is to it.
 *
 * Sizes, work and times are whole numbers below 2^52. Some results are not: nearly nothing was expected or scanned, a
 * goal is off. Those are what int64 and uint64 make of them in Go on x86-64: quotients that do not fit become −2^63,
 * and a distance from there to the heap's size wraps (base/int64.ts). Sums that pass 2^53 are kept as a double and
 * the small rest that is added to it last, so that each answer is rounded once.
 *
 * Source: the runtime of Go 1.21, mgcpacer.go; equal to it bit for bit: `pageheap verify` replays what it answered
 * (lab/verify/pacer.ts).
 *
 * Not here: the goal (heap-goals.ts); who marks, and when a P gives the share that is its own; how many
 * idle Ps may mark; credit between the background and those who allocate.
 */
import { exactBelow, toInt64, toUint64 } from '../base/int64.ts';
import { f64, type Table, type Views } from '../meta/column.ts';
import { backgroundUtilization } from './cpu-limiter.ts';
import type { GcSettings } from './gc-settings.ts';
import { defaultHeapMinimum, type HeapGoals } from './heap-goals.ts';
import type { HeapSizes } from './heap-sizes.ts';
import type { ConcurrentTrigger, MarkTimes } from './trigger.ts';

/** The trigger's bounds as parts of the way from what was marked to the goal. */
const wayParts = 64;
const leastParts = 45;
const mostParts = 61;
/** Past measurements of cons/mark that the estimate is the most of, with the newest. */
const pastMeasurements = 4;
/** How far rounding to whole workers may miss the share of marking. */
const mostUtilizationError = 0.3;
/** The growth that counts where GOGC is off and a cycle was forced, in percent. */
const percentWhenOff = 100_000;
/** By how much a heap that passed its goal may pass it. */
const overshoot = 1.1;
/** Scan work that is left at least, whatever the estimate says: bytes. */
const leastWorkLeft = 1000;
const lowest = -(2 ** 63);

/** What a cycle might have to scan, at most: bytes. It is read when it is needed. */
export interface Scannable {
  /** Of objects with pointers, without the tails that hold none; it stands still while a cycle runs. */
  readonly heap: number;
  /** Of stacks, as allocated. */
  readonly stacks: number;
  /** Of globals. */
  readonly globals: number;
}

export const concurrentPacerColumns = {
  /** Bytes that a cycle is to start before its goal. */
  runway: f64('heap'),
  /** The estimate, and what was measured in the last cycles, the newest last. */
  consMark: f64('heap'),
  lastConsMark: f64('heap', pastMeasurements),
  /** Bytes scanned by the last cycle. */
  lastHeapScan: f64('heap'),
  lastStackScan: f64('heap'),
  /** Bytes scanned by the running cycle. */
  heapScanWork: f64('heap'),
  stackScanWork: f64('heap'),
  globalsScanWork: f64('heap'),
  /** When marking started, in nanoseconds, and with how many Ps. */
  markStart: f64('heap'),
  procs: f64('heap'),
  dedicatedWorkers: f64('heap'),
  fractionalGoal: f64('heap'),
  assistWorkPerByte: f64('heap'),
  assistBytesPerWork: f64('heap'),
} as const;

/** The arithmetic over a state that others may share. The creator calls `init`, those who attach do not. */
export class ConcurrentPacer implements ConcurrentTrigger {
  readonly #columns: Views<Table<typeof concurrentPacerColumns>>;
  readonly #goals: HeapGoals;
  readonly #settings: GcSettings;
  readonly #scannable: Scannable;

  constructor(
    columns: Views<Table<typeof concurrentPacerColumns>>,
    goals: HeapGoals,
    settings: GcSettings,
    scannable: Scannable,
  ) {
    this.#columns = columns;
    this.#goals = goals;
    this.#settings = settings;
    this.#scannable = scannable;
  }

  /** Roots and a runway are measured, not given. */
  init(): void {
    for (const column of Object.values(this.#columns)) column.fill(0);
    this.#goals.init();
    this.commit({ heapLive: 0 }, true);
  }

  get heapMarked(): number {
    return this.#goals.heapMarked;
  }

  get lastHeapGoal(): number {
    return this.#goals.lastHeapGoal;
  }

  get triggered(): number {
    return this.#goals.triggered;
  }

  /** Bytes that the next cycle is to start before its goal. */
  get runway(): number {
    return this.#columns.runway[0];
  }

  /** Bytes allocated for each byte scanned, were the CPU shared equally: the estimate for the next cycle. */
  get consMark(): number {
    return this.#columns.consMark[0];
  }

  get lastHeapScan(): number {
    return this.#columns.lastHeapScan[0];
  }

  get lastStackScan(): number {
    return this.#columns.lastStackScan[0];
  }

  get heapScanWork(): number {
    return this.#columns.heapScanWork[0];
  }

  get dedicatedWorkers(): number {
    return this.#columns.dedicatedWorkers[0];
  }

  get fractionalGoal(): number {
    return this.#columns.fractionalGoal[0];
  }

  get assistWorkPerByte(): number {
    return this.#columns.assistWorkPerByte[0];
  }

  get assistBytesPerWork(): number {
    return this.#columns.assistBytesPerWork[0];
  }

  commit({ heapLive }: Pick<HeapSizes, 'heapLive'>, sweepDone: boolean): void {
    const c = this.#columns;
    this.#goals.commit(heapLive, c.lastStackScan[0] + this.#scannable.globals, sweepDone);
    const perByte = (c.consMark[0] * (1 - backgroundUtilization)) / backgroundUtilization;
    c.runway[0] = toUint64(perByte * this.#workExpected());
  }

  heapGoal(sizes: HeapSizes): number {
    return this.#goals.heapGoal(sizes);
  }

  heapTrigger(sizes: HeapSizes): number {
    const goal = this.#goals.heapGoal(sizes);
    return this.#triggerOf(goal, this.#goals.restOf(goal, sizes));
  }

  shouldCollect(sizes: HeapSizes, limited = false): boolean {
    const goal = limited ? this.#goals.gcPercentGoal() : this.#goals.goalInReach(sizes);
    return goal <= exactBelow && sizes.heapLive >= this.#triggerOf(goal, 0);
  }

  startCycle({ heapLive }: Pick<HeapSizes, 'heapLive'>): void {
    this.#goals.startCycle(heapLive);
  }

  startMark(sizes: HeapSizes, now: number, procs: number): void {
    const c = this.#columns;
    c.heapScanWork[0] = 0;
    c.stackScanWork[0] = 0;
    c.globalsScanWork[0] = 0;
    c.markStart[0] = now;
    c.procs[0] = procs;
    this.#setWorkers(procs);
    this.revise(sizes);
  }

  addWork(heap: number, stacks: number, globals: number): void {
    const c = this.#columns;
    c.heapScanWork[0] += heap;
    c.stackScanWork[0] += stacks;
    c.globalsScanWork[0] += globals;
  }

  revise(sizes: HeapSizes): void {
    const c = this.#columns;
    const { heap, stacks, globals } = this.#scannable;
    const { heapLive } = sizes;
    const done = this.#workDone();
    const most = heap + stacks + globals;
    let expected = this.#workExpected();
    // The goal is `goal + rest`: two doubles, where their sum may be none.
    let goal = this.#goals.heapGoal(sizes);
    let rest = this.#goals.restOf(goal, sizes);
    if (done > expected) {
      const triggered = this.#goals.triggered;
      const percent = this.#settings.gcPercent;
      const hard = toInt64((1 + (percent < 0 ? percentWhenOff : percent) / 100) * goal);
      const further = toInt64(((goal + (rest - triggered)) / expected) * most);
      const isBeyond = further - hard > -triggered;
      goal = isBeyond ? hard : further;
      rest = isBeyond ? 0 : triggered;
      expected = most;
    }
    if (heapLive - rest > goal) {
      goal = toInt64((goal + rest) * overshoot);
      rest = 0;
      expected = most;
    }
    const workLeft = Math.max(expected - done, leastWorkLeft);
    // From the lowest integer, the distance to any heap wraps.
    const isWrapped = goal === lowest && heapLive > rest;
    const bytesLeft = Math.max((isWrapped ? -goal : goal) + (rest - heapLive), 1);
    c.assistWorkPerByte[0] = workLeft / bytesLeft;
    c.assistBytesPerWork[0] = bytesLeft / workLeft;
  }

  endMark({ heapLive }: Pick<HeapSizes, 'heapLive'>, { now, assist, idle }: MarkTimes): void {
    const c = this.#columns;
    const allocated = heapLive - this.#goals.triggered;
    // A cycle so short that nothing was allocated says nothing of the rate.
    if (allocated <= 0) return;
    const cpu = (now - c.markStart[0]) * c.procs[0];
    const marking = backgroundUtilization + (cpu > 0 ? assist / cpu : 0);
    const idling = cpu > 0 ? idle / cpu : 0;
    const measured = (allocated * (marking + idling)) / (this.#workDone() * (1 - marking));
    const past = c.lastConsMark;
    let estimate = measured;
    for (let i = 0; i < pastMeasurements; i++) if (past[i] > estimate) estimate = past[i];
    c.consMark[0] = estimate;
    past.copyWithin(0, 1);
    past[pastMeasurements - 1] = measured;
  }

  endCycle(bytesMarked: number, sizes: HeapSizes): void {
    const c = this.#columns;
    this.#goals.endCycle(bytesMarked, sizes);
    c.lastHeapScan[0] = c.heapScanWork[0];
    c.lastStackScan[0] = c.stackScanWork[0];
  }

  /** Bytes that a cycle is expected to scan. */
  #workExpected(): number {
    const c = this.#columns;
    return c.lastHeapScan[0] + c.lastStackScan[0] + this.#scannable.globals;
  }

  /** Bytes that the running cycle has scanned. */
  #workDone(): number {
    const c = this.#columns;
    return c.heapScanWork[0] + c.stackScanWork[0] + c.globalsScanWork[0];
  }

  #setWorkers(procs: number): void {
    const c = this.#columns;
    const share = procs * backgroundUtilization;
    let dedicated = Math.floor(share + 0.5);
    let fractional = 0;
    if (Math.abs(dedicated / share - 1) > mostUtilizationError) {
      if (dedicated > share) dedicated--;
      fractional = (share - dedicated) / procs;
    }
    c.dedicatedWorkers[0] = dedicated;
    c.fractionalGoal[0] = fractional;
  }

  /** @param rest what the exact goal has beyond `goal`: 0 below 2^53 */
  #triggerOf(goal: number, rest: number): number {
    const marked = this.#goals.heapMarked;
    if (marked >= goal) return goal;
    const forSweep = this.#goals.sweepMinTrigger(goal);
    const least = Math.max(forSweep, marked, partOfWay(marked, goal, rest, leastParts));
    const latest = Math.max(partOfWay(marked, goal, rest, mostParts), before(goal, rest, defaultHeapMinimum));
    return Math.min(Math.max(before(goal, rest, this.#columns.runway[0]), least), Math.max(latest, least));
  }
}

/** Rounded once: the exact goal less `bytes`, a whole number. */
function before(goal: number, rest: number, bytes: number): number {
  return goal <= exactBelow ? goal - bytes : Number(BigInt(goal) + BigInt(rest) - BigInt(bytes));
}

/** Rounded once: marked + floor((goal − marked) / 64) × parts. */
function partOfWay(marked: number, goal: number, rest: number, parts: number): number {
  if (goal <= exactBelow) return marked + Math.floor((goal - marked) / wayParts) * parts;
  const way = BigInt(goal) + BigInt(rest) - BigInt(marked);
  return Number(BigInt(marked) + (way / BigInt(wayParts)) * BigInt(parts));
}
