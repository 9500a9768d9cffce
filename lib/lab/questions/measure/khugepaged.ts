/**
 * Two heaps from which nearly all was given back, and what the kernel's huge pages make of that: first by khugepaged, as long
 * as is waited for, then by MADV_COLLAPSE, which does at once what khugepaged does in time.
 *
 * One heap leaves its memory allowed for huge pages, as Go 1.21.1 does where huge pages are for all; the other keeps huge
 * pages away from the chunks that it breaks (hugePageAdvice 'hugepage', as Go 1.21.0). In each huge page one page of 8 KiB lives.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { runtimeOf } from '../../../api/heap.ts';
import { MiB, pageSize } from '../../../base/units.ts';
import { Heap, type HeapOptions } from '../../../index.ts';
import { Residency } from '../../../os/residency.ts';
import { readSystemText } from '../../../os/system-text.ts';
import type { Measurement } from './measurement.ts';
import { alignment } from './raw-memory.ts';

/** What is resident of each heap, milliseconds after the release. */
export interface KeptSample {
  readonly t: number;
  readonly allowed: number;
  readonly kept: number;
}

export interface Khugepaged {
  /** Bytes of each heap before anything was given back. */
  readonly filled: number;
  readonly released: number;
  readonly samples: readonly KeptSample[];
  /** Whole scans that khugepaged made meanwhile; undefined where it does not tell. */
  readonly scans: number | undefined;
  readonly collapsed: number | undefined;
  /** Resident after MADV_COLLAPSE of everything, and how many of the pieces the kernel took. */
  readonly afterCollapse: {
    readonly allowed: number;
    readonly kept: number;
    readonly taken: number;
    readonly refused: number;
  };
  /** Resident after another freeOSMemory of the first. */
  readonly afterFree: number;
}

class AllowHuge {
  advise(_range: unknown, state: string) {
    return state === 'fresh'
      ? ('hugepage' as const)
      : state === 'released'
        ? ('dontneed' as const)
        : ('none' as const);
  }
}

const counter = (name: string): number | undefined => {
  const text = readSystemText(`/sys/kernel/mm/transparent_hugepage/khugepaged/${name}`);
  return text === undefined ? undefined : Number(text);
};

const since = (name: string, before: number | undefined): number | undefined => {
  const now = counter(name);
  return now === undefined || before === undefined ? undefined : now - before;
};

/** A heap of which one page in each huge page lives, and the rest was given back. */
function sparseHeap(bytes: number, options: HeapOptions): Heap {
  const heap = new Heap({ collect: false, scavenge: false, environment: false, reach: '1GiB', ...options });
  const objects = Array.from({ length: bytes / pageSize }, () => heap.malloc(pageSize));
  for (const at of objects) heap.fill(at, pageSize, 1);
  const every = alignment / pageSize;
  objects.forEach((at, i) => {
    if (i % every !== every / 2) heap.drop(at);
  });
  return heap;
}

function collapseAll(heap: Heap): { taken: number; refused: number } {
  const { sys } = runtimeOf(heap).memory;
  let [taken, refused] = [0, 0];
  for (const { base, bytes } of heap.ranges())
    for (let at = base; at + alignment <= base + bytes; at += alignment)
      if (sys.hugePageCollapse(at, alignment)) taken++;
      else refused++;
  return { taken, refused };
}

export const khugepaged: Measurement<{ mib: number; waitMs: number }, Khugepaged> = {
  name: 'khugepaged',
  async measure({ mib, waitMs }) {
    const kernel = new Residency();
    const bytes = Math.max(4, 4 * Math.round(mib / 4)) * MiB;
    using allowed = sparseHeap(bytes, { advicePolicy: AllowHuge });
    using kept = sparseHeap(bytes, { hugePageAdvice: 'hugepage' });
    const resident = (heap: Heap): number => kernel.residentBytes(heap.ranges());
    const filled = resident(allowed);
    for (const heap of [allowed, kept]) heap.freeOSMemory();
    const [scans, collapsed] = [counter('full_scans'), counter('pages_collapsed')];
    const samples: KeptSample[] = [];
    const start = performance.now();
    for (;;) {
      const t = performance.now() - start;
      samples.push({ t, allowed: resident(allowed), kept: resident(kept) });
      if (t >= waitMs || samples[samples.length - 1].allowed >= 0.9 * filled) break;
      await pause(Math.min(500, waitMs / 10));
    }
    const seen = { scans: since('full_scans', scans), collapsed: since('pages_collapsed', collapsed) };
    const { taken, refused } = collapseAll(allowed);
    collapseAll(kept);
    const afterCollapse = { allowed: resident(allowed), kept: resident(kept), taken, refused };
    allowed.freeOSMemory();
    return {
      ...{ filled, samples, ...seen, afterCollapse },
      released: allowed.sample().heapReleased,
      afterFree: resident(allowed),
    };
  },
};
