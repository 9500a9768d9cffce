/**
 * A heap under a memory limit, whose living bytes go up in steps, with as much garbage beside: what it takes at most, by its
 * own account and by the kernel's, which is asked about the heap's memory and about that of its metadata.
 */
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import { KiB, MiB } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { Residency } from '../../lib/os/residency.ts';

export interface LimitPeaks {
  /** Sys − HeapReleased, at most. Bytes. */
  readonly taken: number;
  /** Resident bytes of heap and metadata, by mincore, at most. */
  readonly resident: number;
  readonly collections: number;
}

/** Bytes of what is allocated, in turn: small with a pointer, more of them, some large. */
const sizes = [64, 64, 512, 64, 2048, 64, 512, 64, 64, 8192, 64, 512, 64, 64, 64, 48 * KiB];

/**
 * Steps from a tenth of the limit to eight tenths, and churns at each.
 * @param looks bytes that are allocated between two looks
 */
export function stepUp(options: HeapOptions, limit: number, looks: number): LimitPeaks {
  const heap = new Heap({ environment: false, memoryLimit: limit, ...options });
  try {
    const kernel = new Residency();
    const { meta } = runtimeOf(heap).memory;
    const metadata = { base: meta.base, bytes: meta.map.bytes };
    let taken = 0;
    let resident = 0;
    let unseen = 0;
    const traces = options.liveness === 'tracing';
    const root = traces ? heap.root() : undefined;
    const allocate = (size: number, lives: boolean): void => {
      const at = heap.malloc(size, false, true);
      // A list through the first words, or garbage.
      if (root === undefined) {
        if (!lives) heap.drop(at);
      } else if (lives) {
        heap.write(at, new Uint8Array(new BigUint64Array([BigInt(root.address)]).buffer));
        root.address = at;
      }
      unseen += size;
      if (unseen < looks) return;
      unseen = 0;
      // The memory is there: each page of it was written to by zeroing, or is not resident.
      const { Sys, HeapReleased } = heap.readMemStats();
      taken = Math.max(taken, Sys - HeapReleased);
      resident = Math.max(resident, kernel.residentBytes([...heap.ranges(), metadata]));
    };
    let living = 0;
    for (let tenths = 1; tenths <= 8; tenths++) {
      let churned = 0;
      for (let i = 0; living < (limit * tenths) / 10 || churned < limit / 10; i++) {
        const size = sizes[i % sizes.length]!;
        const lives = living < (limit * tenths) / 10;
        allocate(size, lives);
        allocate(size, false);
        if (lives) living += size;
        else churned += 2 * size;
      }
    }
    return { taken, resident, collections: heap.sample().numGC };
  } finally {
    heap.dispose();
  }
}

/** Heaps that know a limit: without a percent, with Go's. */
export const limited: readonly HeapOptions[] = ([-1, 100] as const).flatMap((gcPercent) => [
  { gcPercent },
  { gcPercent, liveness: 'tracing' as const, marking: 'stop-the-world' as const },
  { gcPercent, liveness: 'tracing' as const, marking: 'incremental' as const },
]);

/** What a heap may take beyond its limit. */
export const beyond = 16 * MiB;
