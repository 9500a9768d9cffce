/**
 * What the record at the start of a malloc trace tells of pages and spans: which are taken, what lives in them, and who keeps
 * each span in use.
 *
 * Not here: the record's lines (malloc-trace.ts), the heap that is made of it (malloc-heap.ts).
 */
import { numSpanClasses } from '../../alloc/size-classes.ts';
import { chunkPagesShift, maxPs, pageSize } from '../../base/units.ts';
import { goldenError } from './golden.ts';
import type { HeapRecord, MallocSnapshot, SpanRecord } from './malloc-trace.ts';

/** The P that allocates. */
export const replayP = 0;

/** Whether a page is set in a record's bitmaps; pages outside its ranges are not. */
export function isRecordedAllocated(record: HeapRecord, page: number): boolean {
  let chunk = 0;
  for (const [from, to] of record.inUse) {
    if (page < from / pageSize) return false;
    if (page < to / pageSize) {
      const bit = page - from / pageSize + (chunk << chunkPagesShift);
      return ((record.allocated[bit >>> 5]! >>> (bit & 31)) & 1) === 1;
    }
    chunk += (to - from) / pageSize / (1 << chunkPagesShift);
  }
  return false;
}

/** A page of a page cache. */
export const bitOf = ([low, high]: readonly [number, number], bit: number): boolean =>
  (((bit < 32 ? low : high) >>> (bit & 31)) & 1) === 1;

/** Where each span is kept: a P's cache (0 and up), or a swept set. */
export type Keeper = number | 'partial' | 'full';

/** Whether a span can only have come after a collection. */
export const isYounger = ({ manual, allocCount }: SpanRecord): boolean => !manual && allocCount === 0;

/** The objects of a span that a record has, by windows of 32. */
export function livingIn({ nelems, freeIndex, allocBits }: SpanRecord): Int32Array {
  const living = new Int32Array((nelems + 31) >>> 5);
  for (let i = 0; i < nelems; i++)
    if (i < freeIndex || ((allocBits[i >>> 3]! >>> (i & 7)) & 1) === 1) living[i >>> 5]! |= 1 << (i & 31);
  return living;
}

/** Who keeps each span in use, and how many Ps there must be. */
export function findKeepers(
  file: string,
  snapshot: MallocSnapshot,
): { keepers: Map<SpanRecord, Keeper>; ps: number } {
  const { heap, line } = snapshot;
  const byPage = new Map(snapshot.spans.map((record) => [record.page, record]));
  const keepers = new Map<SpanRecord, Keeper>();
  const keep = (page: number, spanClass: number, keeper: Keeper): void => {
    const record = byPage.get(page);
    if (record === undefined || record.manual || record.spanClass !== spanClass || keepers.has(record)) {
      throw goldenError(file, line, 'a list leads to no span of its class, or to one twice', page);
    }
    if (keeper === 'partial' && record.allocCount === record.nelems)
      throw goldenError(file, record.line, 'a span among those with free objects has none', page);
    keepers.set(record, keeper);
  };
  if (heap.mcache.length !== numSpanClasses)
    throw goldenError(file, line, `not ${numSpanClasses} span classes`, heap.mcache.length);
  heap.mcache.forEach((page, spanClass) => {
    if (page >= 0) keep(page, spanClass, replayP);
  });
  for (const [spanClass, pages] of snapshot.partialSwept)
    for (const page of pages) keep(page, spanClass, 'partial');
  const others = new Uint16Array(numSpanClasses);
  let ps = 1;
  for (const record of snapshot.spans) {
    if (record.manual || keepers.has(record)) continue;
    const isFull = record.allocCount === record.nelems;
    keepers.set(record, isFull ? 'full' : ++others[record.spanClass]!);
    ps = Math.max(ps, 1 + others[record.spanClass]!);
  }
  if (ps > maxPs) throw goldenError(file, line, `spans with free objects in no list need ${ps} Ps`, ps);
  return { keepers, ps };
}
