/**
 * What a rule for dense chunks keeps: a heap of huge pages in which two pages of a hundred are free, here and there, is
 * scavenged without force, once with Go's rule and once without one; then what lives is read at random.
 */
import { runtimeOf } from '../../../api/heap.ts';
import { bytes as byteCount, chunkBytes, pageSize } from '../../../base/units.ts';
import { neverDense } from '../../../design/tuning.ts';
import { Heap } from '../../../index.ts';
import { threadCpuClock } from '../../../os/clock.ts';
import { Residency } from '../../../os/residency.ts';
import { Mulberry32 } from '../../workloads/random.ts';
import { type Measurement, middleOf } from './measurement.ts';

export interface DenseOutcome {
  readonly label: string;
  readonly released: number;
  /** Bytes of huge pages before and after the scavenge; NaN where the kernel does not tell. */
  readonly hugeBefore: number;
  readonly hugeAfter: number;
  readonly inUse: number;
  /** Nanoseconds of a read at a random place of what lives: the quickest of the rounds, and the middle one. */
  readonly read: number;
  readonly readMiddle: number;
}

/** Reads that depend on each other, so that each waits for the one before. @returns nanoseconds a read */
function readAtRandom(views: readonly Uint8Array[], reads: number): number {
  const random = new Mulberry32(5);
  const places = Int32Array.from({ length: reads }, () => random.below(views.length));
  const offsets = Int32Array.from({ length: reads }, () => random.below(pageSize - 1));
  let last = 0;
  const start = threadCpuClock.now();
  for (let i = 0; i < reads; i++) {
    const view = views[places[i] as number] as Uint8Array;
    // What was read is 1, and so the place is the one that was drawn.
    last = view[(offsets[i] as number) + last - last] as number;
  }
  const ns = threadCpuClock.now() - start;
  return last >= 0 ? ns / reads : Number.NaN;
}

/** Reads after which V8 has compiled the loop. */
const compiled = 500_000;

function outcome(label: string, densePages: number, mib: number, rounds: number): DenseOutcome {
  const kernel = new Residency();
  using heap = new Heap({
    ...{ collect: false, scavenge: false, environment: false, reach: '4GiB' },
    ...{ hugePageAdvice: 'hugepage', densePages, denseGenerations: 0 },
  });
  const perChunk = chunkBytes / pageSize;
  const objects = Array.from({ length: Math.max(1, Math.round(mib / 4)) * perChunk }, () =>
    heap.malloc(pageSize),
  );
  for (const at of objects) heap.fill(at, pageSize, 1);
  const hugeOf = (): number => {
    try {
      return kernel.mappedUse(heap.ranges()).anonHugePages;
    } catch {
      return Number.NaN;
    }
  };
  const live: number[] = [];
  objects.forEach((at, i) => {
    if (i % 64 === 32) heap.drop(at);
    else live.push(at);
  });
  heap.gc();
  heap.gc();
  const hugeBefore = hugeOf();
  const released = runtimeOf(heap).pages.release(byteCount(Number.MAX_SAFE_INTEGER), false);
  const hugeAfter = hugeOf();
  const views = live.map((at) => heap.view(at, pageSize));
  const reads = live.length * 8;
  // What V8 compiles is not to be counted.
  readAtRandom(views, Math.max(reads, compiled));
  const took = Array.from({ length: rounds }, () => readAtRandom(views, reads));
  return {
    ...{ label, released, hugeBefore, hugeAfter, inUse: heap.sample().heapInuse },
    ...{ read: Math.min(...took), readMiddle: middleOf(took) },
  };
}

export const denseChunks: Measurement<{ mib: number; rounds: number }, DenseOutcome[]> = {
  name: 'dense-chunks',
  measure: ({ mib, rounds }) => [
    outcome("Go's rule: 496 of 512 pages", 496, Math.min(mib, 1024), rounds),
    outcome('no chunk is dense', neverDense, Math.min(mib, 1024), rounds),
  ],
};
