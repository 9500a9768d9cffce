/**
 * Size-class statistics: what each size class holds now, by walking the spans.
 *
 * A span's memory is objects, free slots, and a tail in which no object fits. Rows are in order of
 * class; class 0 stands for the large objects, one a span. Nothing is flushed, so a sampler may ask:
 * counts of allocations and frees lag behind by what caches have not handed in, all else is exact.
 */
import { popcount32 } from '../base/bits.ts';
import { pageSize } from '../base/units.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { spanState } from '../spans/span-table.ts';

export interface SizeClassRow {
  readonly class: number;
  /** Bytes of an object; 0 for the large. */
  readonly size: number;
  readonly spans: number;
  /** Allocated and not swept. */
  readonly objects: number;
  /** Bytes of those objects. */
  readonly inuseBytes: number;
  /** Bytes of free slots in its spans. */
  readonly freeBytes: number;
  /** Bytes at its spans' ends in which no object fits. */
  readonly tailWaste: number;
  /** Objects allocated and freed since the beginning, as of the last refills. */
  readonly mallocs: number;
  readonly frees: number;
  /** Of one span: bytes, objects, and bytes of the tail; 0 for the large. */
  readonly spanBytes: number;
  readonly objectsPerSpan: number;
  readonly tailOfSpan: number;
}

/** One row for each size class that was ever used. The caller holds the heap. */
export function sizeClassStats(runtime: Runtime): SizeClassRow[] {
  const { spans, counters } = runtime.state;
  const { mcache, classes } = runtime.alloc;
  const c = spans.columns;
  const { open } = mcache.columns;
  const spanCount = new Float64Array(classes.count);
  const objects = new Float64Array(classes.count);
  const bytes = new Float64Array(classes.count);
  for (let s = 1; s < spans.end; s++) {
    if (c.state[s] !== spanState.inUse) continue;
    const sizeClass = c.spanClass[s] >>> 1;
    const untaken = c.cachedAt[s] === 0 ? 0 : popcount32(open[c.cachedAt[s] - 1]);
    spanCount[sizeClass]++;
    objects[sizeClass] += c.allocCount[s] - untaken;
    bytes[sizeClass] += c.pages[s] * pageSize;
  }
  const rows: SizeClassRow[] = [];
  for (let i = 0; i < classes.count; i++) {
    const size = classes.sizes[i];
    const mallocs = i === 0 ? counters.largeAllocCount[0] : counters.smallAllocCount[i];
    const frees = i === 0 ? counters.largeFreeCount[0] : counters.smallFreeCount[i];
    if (spanCount[i] === 0 && mallocs === 0) continue;
    const spanBytes = classes.pages[i] * pageSize;
    const tailOfSpan = spanBytes - classes.objects[i] * size;
    const inuseBytes = i === 0 ? bytes[0] : objects[i] * size;
    // A page heap that rounds up makes spans longer than their class asks for.
    const tailWaste = i === 0 ? 0 : bytes[i] - spanCount[i] * classes.objects[i] * size;
    rows.push({
      class: i,
      size,
      spans: spanCount[i],
      objects: objects[i],
      inuseBytes,
      freeBytes: bytes[i] - inuseBytes - tailWaste,
      tailWaste,
      mallocs,
      frees,
      spanBytes,
      objectsPerSpan: classes.objects[i],
      tailOfSpan,
    });
  }
  return rows;
}
