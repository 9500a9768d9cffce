/**
 * Moments: when a run keeps a map of its pages and a table of its size classes, and what they are.
 *
 * Kept are the peaks, the state after each collection asked for, the end of the replay and the end.
 * That a moment was a peak is known only when it is over: so with new maxima of the heap in use a
 * snapshot is taken and held, and written once the heap has fallen by a fifth. A heap that then grows
 * by a quarter from its lowest is on its way to the next peak. Snapshots cost milliseconds, and must
 * not disturb what is measured: after one there is none for fifty times its own cost, so that a peak
 * is met as closely as 2 % of the time allows. Peaks less than a second after another are passed over
 * unless they are higher than any before.
 */
import { pageSize } from '../../base/units.ts';
import type { RunClasses, RunMap } from '../record/lines.ts';
import type { ClassRow, PageStates } from '../subject/target.ts';

const fall = 0.8;
const rise = 1.25;
const leastGapMs = 1000;
const restAfterSnapshot = 50;

/** The pages at one moment, as they were then. */
export interface PageSnapshot {
  /** Milliseconds since the start. */
  readonly t: number;
  readonly states: PageStates;
  /** Of each range of `states`, a byte for each physical page: 1 if resident; undefined where that is not known. */
  readonly physical: readonly (Uint8Array | undefined)[];
  /** The size classes, where the heap tells of them. */
  readonly classes?: readonly ClassRow[] | undefined;
}

export class PeakWatch {
  readonly #take: () => PageSnapshot | undefined;
  readonly #write: (snapshot: PageSnapshot) => void;
  readonly #clock: () => number;
  #climbing = true;
  #peak = 0;
  #lowest = 0;
  #highest = 0;
  #lastWritten = Number.NEGATIVE_INFINITY;
  #nextSnapshot = Number.NEGATIVE_INFINITY;
  #held: PageSnapshot | undefined;

  /**
   * @param take a snapshot of this moment; undefined if the heap has none to give
   * @param clock what the cost of a snapshot is measured by, in milliseconds
   */
  constructor(
    take: () => PageSnapshot | undefined,
    write: (snapshot: PageSnapshot) => void,
    clock: () => number = () => performance.now(),
  ) {
    this.#take = take;
    this.#write = write;
    this.#clock = clock;
  }

  /** Called on every beat. @param inUse bytes of the heap in use */
  see(t: number, inUse: number): void {
    if (this.#climbing) {
      if (inUse > this.#peak) {
        this.#peak = inUse;
        if (t >= this.#nextSnapshot) this.#hold(t);
      } else if (inUse < this.#peak * fall) {
        this.#finish(t);
        this.#climbing = false;
        this.#lowest = inUse;
      }
      return;
    }
    this.#lowest = Math.min(this.#lowest, inUse);
    if (inUse > this.#lowest * rise) {
      this.#climbing = true;
      this.#peak = 0;
      this.see(t, inUse);
    }
  }

  #hold(t: number): void {
    const begin = this.#clock();
    this.#held = this.#take() ?? this.#held;
    this.#nextSnapshot = t + restAfterSnapshot * (this.#clock() - begin);
  }

  #finish(t: number): void {
    const snapshot = this.#held;
    this.#held = undefined;
    if (snapshot === undefined) return;
    if (t - this.#lastWritten < leastGapMs && this.#peak <= this.#highest) return;
    this.#highest = Math.max(this.#highest, this.#peak);
    this.#lastWritten = t;
    this.#write(snapshot);
  }
}

/** What mincore says of the pages of a range: one byte a physical page, 1 if resident; undefined: it is forbidden. */
export type ResidentPages = (base: number, bytes: number) => Uint8Array | undefined;

/** A page of which nobody knows whether it is resident. */
const unknown = 255;

/** Asks the kernel for the residency of the pages whose states were taken just now. */
export function snapshotPages(
  t: number,
  states: PageStates,
  residentPages: ResidentPages,
  classes?: readonly ClassRow[],
): PageSnapshot {
  const physical = states.ranges.map(([first, pages]) =>
    residentPages(states.origin + first * pageSize, pages * pageSize),
  );
  return { t, states, physical, classes };
}

/** Physical pages resident of each page of the heap, as if there were two; 0 to 2, or unknown. */
export function residentOf(
  { states, physical }: Pick<PageSnapshot, 'states' | 'physical'>,
  physicalPage: number,
): Uint8Array {
  const out = new Uint8Array(states.state.length);
  let at = 0;
  for (const [r, [, pages]] of states.ranges.entries()) {
    const vector = physical[r];
    if (vector === undefined) out.fill(unknown, at, at + pages);
    for (let i = 0; vector !== undefined && i < pages; i++) {
      // Physical pages may be smaller than the heap's or larger.
      const from = Math.floor((i * pageSize) / physicalPage);
      const to = Math.max(from + 1, Math.floor(((i + 1) * pageSize) / physicalPage));
      let resident = 0;
      for (let p = from; p < to; p++) resident += vector[p];
      out[at + i] = Math.round((2 * resident) / (to - from));
    }
    at += pages;
  }
  return out;
}

/** The line of a run file that holds a snapshot. @param physicalPage bytes of the machine's page */
export function mapLine(label: string, snapshot: PageSnapshot, physicalPage: number): RunMap {
  const { t, states } = snapshot;
  return {
    k: 'map',
    t,
    label,
    origin: states.origin,
    pages: states.state.length,
    ranges: states.ranges,
    bits: {
      state: Buffer.from(states.state).toString('base64'),
      resident: Buffer.from(residentOf(snapshot, physicalPage)).toString('base64'),
    },
  };
}

/** The line of a run file with the size classes of a snapshot, if it has them. */
export function classesLine(label: string, { t, classes }: PageSnapshot): RunClasses | undefined {
  return classes === undefined ? undefined : { k: 'classes', t, label, rows: classes };
}
