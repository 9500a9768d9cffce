/**
 * Moments: when a run keeps a map of its pages, and what such a map is.
 *
 * Kept are the peaks, the state after each collection asked for, the end of the replay and the end.
 * That a moment was a peak is known only when it is over: so with each new maximum of the heap in use
 * a map is taken and held, and written once the heap has fallen by a fifth. A heap that then grows by
 * a quarter from its lowest is on its way to the next peak. A map costs about a millisecond for each
 * 500 MiB of heap, so a new one is taken only when the heap grew by 2 % since the last, and peaks
 * less than a second after another are passed over unless they are higher than any before.
 */
import { pageSize } from '../base/units.ts';
import type { RunMap } from './report/run-data.ts';
import type { PageStates } from './target.ts';

const fall = 0.8;
const rise = 1.25;
const growth = 1.02;
const leastGapMs = 1000;

export class PeakWatch {
  private readonly take: () => RunMap | undefined;
  private readonly write: (map: RunMap) => void;
  private climbing = true;
  private peak = 0;
  private lowest = 0;
  private highest = 0;
  private lastWritten = Number.NEGATIVE_INFINITY;
  private held: RunMap | undefined;
  private heldAt = 0;

  /** @param take makes a map of this moment; undefined if the heap has none */
  constructor(take: () => RunMap | undefined, write: (map: RunMap) => void) {
    this.take = take;
    this.write = write;
  }

  /** Called on every beat. @param inUse bytes of the heap in use */
  see(t: number, inUse: number): void {
    if (this.climbing) {
      if (inUse > this.peak) {
        this.peak = inUse;
        if (inUse >= this.heldAt * growth) {
          this.held = this.take();
          this.heldAt = inUse;
        }
      } else if (inUse < this.peak * fall) {
        this.finish(t);
        this.climbing = false;
        this.lowest = inUse;
      }
      return;
    }
    this.lowest = Math.min(this.lowest, inUse);
    if (inUse > this.lowest * rise) {
      this.climbing = true;
      this.peak = this.heldAt = 0;
      this.see(t, inUse);
    }
  }

  private finish(t: number): void {
    const map = this.held;
    this.held = undefined;
    if (map === undefined) return;
    if (t - this.lastWritten < leastGapMs && this.peak <= this.highest) return;
    this.highest = Math.max(this.highest, this.peak);
    this.lastWritten = t;
    this.write(map);
  }
}

/** What mincore says of the pages of a range: one byte a physical page, 1 if resident. */
export type ResidentPages = (base: number, bytes: number) => Uint8Array;

/** Physical pages resident of each page of the heap, as if there were two; 0 to 2. */
function residentOf(states: PageStates, physicalPage: number, residentPages: ResidentPages): Uint8Array {
  const out = new Uint8Array(states.state.length);
  let at = 0;
  for (const [first, pages] of states.ranges) {
    const physical = residentPages(states.origin + first * pageSize, pages * pageSize);
    for (let i = 0; i < pages; i++) {
      // Physical pages may be smaller than the heap's or larger.
      const from = Math.floor((i * pageSize) / physicalPage);
      const to = Math.max(from + 1, Math.floor(((i + 1) * pageSize) / physicalPage));
      let resident = 0;
      for (let p = from; p < to; p++) resident += physical[p];
      out[at + i] = Math.round((2 * resident) / (to - from));
    }
    at += pages;
  }
  return out;
}

/** The line of a run file that holds a map. */
export function mapLine(
  t: number,
  label: string,
  states: PageStates,
  physicalPage: number,
  residentPages: ResidentPages,
): RunMap {
  const resident = residentOf(states, physicalPage, residentPages);
  return {
    k: 'map',
    t,
    label,
    origin: states.origin,
    pages: states.state.length,
    ranges: states.ranges,
    bits: {
      state: Buffer.from(states.state).toString('base64'),
      resident: Buffer.from(resident).toString('base64'),
    },
  };
}
