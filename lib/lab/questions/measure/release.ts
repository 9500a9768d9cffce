/** How fast memory goes back by force, in three shapes, by the CPU time of the thread; and whether all of it does. */
import { runtimeOf } from '../../../api/heap.ts';
import { bytes, pageSize } from '../../../base/units.ts';
import type { Generation } from '../../../design/design.ts';
import { Heap } from '../../../index.ts';
import { threadCpuClock } from '../../../os/clock.ts';
import { Residency } from '../../../os/residency.ts';
import type { Measurement } from './measurement.ts';

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

function rateOf(label: string, pages: number, quantum: number, every: number): ReleaseRate {
  const { heap, objects } = filled(pages, 'radix');
  using _ = heap;
  objects.forEach((at, i) => {
    if (i % every === 0) heap.drop(at);
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
    // What V8 compiles is not to be counted.
    rateOf('', 512, 65536, 2);
    return [
      rateOf('all at once', pages, Number.MAX_SAFE_INTEGER, 1),
      rateOf('64 KiB at a time', pages, 65536, 1),
      rateOf('holes of one page', pages, 65536, 2),
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
