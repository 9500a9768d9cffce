/**
 * How fast memory goes back by force, in three shapes, by the CPU time of the thread; and whether all of it does.
 *
 * What a call of the page heap is asked for is not what one madvise gives back: a huge page that is wholly free goes in one
 * piece. So where 64 KiB a call are to be measured, one page lives in each huge page; and the bytes of a madvise are counted.
 */
import { runtimeOf } from '../../../api/heap.ts';
import { bytes, pageSize } from '../../../base/units.ts';
import type { Generation } from '../../../design/design.ts';
import { Heap } from '../../../index.ts';
import { threadCpuClock } from '../../../os/clock.ts';
import { Residency } from '../../../os/residency.ts';
import type { Measurement } from './measurement.ts';
import { alignment } from './raw-memory.ts';

/** What the background scavenger asks for at a time. */
export const quantumBytes = 64 * 1024;

export interface ReleaseRate {
  readonly label: string;
  readonly bytes: number;
  readonly ns: number;
  readonly calls: number;
}

function filled(pages: number, generation: Generation): { heap: Heap; objects: number[] } {
  const heap = new Heap({ collect: false, scavenge: false, environment: false, reach: '1GiB', generation });
  const objects = Array.from({ length: pages }, () => heap.malloc(pageSize));
  for (const at of objects) heap.fill(at, pageSize, 1);
  return { heap, objects };
}

function rateOf(
  label: string,
  pages: number,
  quantum: number,
  lives: (page: number) => boolean,
): ReleaseRate {
  const { heap, objects } = filled(pages, 'radix');
  using _ = heap;
  objects.forEach((at, i) => {
    if (!lives(i)) heap.drop(at);
  });
  heap.gc();
  const { pages: pageHeap } = runtimeOf(heap);
  const before = heap.sample();
  const start = threadCpuClock.now();
  while (pageHeap.release(bytes(quantum), true) > 0);
  const ns = threadCpuClock.now() - start;
  const { heapReleased, madviseCalls } = heap.sample();
  return { label, bytes: heapReleased - before.heapReleased, ns, calls: madviseCalls - before.madviseCalls };
}

export const releaseRates: Measurement<{ mib: number }, ReleaseRate[]> = {
  name: 'release-rates',
  measure({ mib }) {
    const pages = Math.max(512, Math.round((mib * 2 ** 20) / pageSize));
    const perHugePage = alignment / pageSize;
    const everySecond = (i: number): boolean => i % 2 === 1;
    // What V8 compiles is not to be counted.
    rateOf('', 512, quantumBytes, everySecond);
    return [
      rateOf('chunks that are wholly free', pages, Number.MAX_SAFE_INTEGER, () => false),
      rateOf('64 KiB at a time', pages, quantumBytes, (i) => i % perHugePage === 0),
      rateOf('holes of one page', pages, quantumBytes, everySecond),
    ];
  },
};

export interface ForcedFree {
  readonly label: Generation;
  readonly idle: number;
  readonly released: number;
  readonly inUse: number;
  readonly resident: number;
  /** The same before the call. */
  readonly releasedBefore: number;
  readonly residentBefore: number;
}

export const forcedFree: Measurement<{ mib: number }, ForcedFree[]> = {
  name: 'forced-free',
  measure({ mib }) {
    const kernel = new Residency();
    return (['lists', 'treap', 'radix'] as const).map((label) => {
      const { heap, objects } = filled(Math.max(512, Math.round((mib * 2 ** 20) / pageSize)), label);
      using _ = heap;
      objects.forEach((at, i) => {
        if (i % 16 !== 0) heap.drop(at);
      });
      heap.gc();
      const before = heap.sample();
      const residentBefore = kernel.residentBytes(heap.ranges());
      heap.freeOSMemory();
      const { heapIdle, heapReleased, heapInuse } = heap.sample();
      return {
        ...{ label, idle: heapIdle, released: heapReleased, inUse: heapInuse },
        resident: kernel.residentBytes(heap.ranges()),
        ...{ releasedBefore: before.heapReleased, residentBefore },
      };
    });
  },
};
