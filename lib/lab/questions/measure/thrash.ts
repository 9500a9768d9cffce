/**
 * What retaining over the goal saves: a heap whose size swings, with a pause at its low end in which the background scavenger
 * may do all that it wants. What it gives back is faulted in again when the heap fills up: that is thrash.
 *
 * By a clock of the heap's own, which moves only between steps, so that the figures are the same on a busy machine: what the
 * scavenger wants is measured, not how far it came. The first swings are not counted: a goal follows the cycle before.
 */
import { pageSize } from '../../../base/units.ts';
import { Heap, ManualClock } from '../../../index.ts';
import { Residency } from '../../../os/residency.ts';
import type { Measurement } from './measurement.ts';

export interface Thrash {
  /** Percent that are retained over the goal. */
  readonly retained: number;
  /** Share of the heap that is freed, and filled again. */
  readonly swing: number;
  /** Bytes that are filled again, all counted swings together. */
  readonly filled: number;
  /** Bytes of these that had been given back. */
  readonly again: number;
  /** Page faults of filling: of the whole process, so that some are V8's. */
  readonly faults: number;
}

const counted = 10;
const settling = 2;
/** Of the heap's clock, for each page of the heap: enough for the scavenger to meet its goal at 1 % of a CPU. */
const pauseNsPerPage = 5e6;

function pause(heap: Heap, clock: ManualClock, ns: number): void {
  const end = clock.now() + ns;
  while (clock.now() < end) clock.advance(Math.min(heap.step(), end - clock.now()) || 1e6);
}

function thrashOf(pages: number, swing: number, retained: number): Thrash {
  const kernel = new Residency();
  const clock = new ManualClock(1e9);
  using heap = new Heap({
    ...{ clock, collect: false, environment: false, reach: '1GiB', retainExtra: retained },
  });
  const live: number[] = [];
  const fill = (): void => {
    while (live.length < pages) {
      const at = heap.malloc(pageSize, true, false);
      heap.fill(at, pageSize, 1);
      live.push(at);
    }
  };
  const low = Math.round(pages * (1 - swing));
  let [again, faults] = [0, 0];
  fill();
  for (let round = -settling; round < counted; round++) {
    for (const at of live.splice(low)) heap.drop(at);
    // The second sees what the first freed, and no chunk is dense any longer.
    heap.gc();
    heap.gc();
    pause(heap, clock, pages * pauseNsPerPage);
    const before = { released: heap.sample().heapReleased, faults: kernel.faults().minor };
    fill();
    if (round >= 0) {
      again += before.released - heap.sample().heapReleased;
      faults += kernel.faults().minor - before.faults;
    }
    heap.gc();
  }
  return { retained, swing, filled: counted * (pages - low) * pageSize, again, faults };
}

export const thrash: Measurement<{ mib: number }, Thrash[]> = {
  name: 'thrash',
  measure({ mib }) {
    const pages = Math.min(65_536, Math.max(512, Math.round((mib * 2 ** 20) / pageSize)));
    return [0.06, 0.5].flatMap((swing) => [0, 10, 100].map((retained) => thrashOf(pages, swing, retained)));
  },
};
