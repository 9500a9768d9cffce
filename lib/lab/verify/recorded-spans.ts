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

/** Whether a collection has only marked: spans are left to be swept. */
export const isUnswept = ({ spans }: MallocSnapshot): boolean =>
  spans.some(({ markBits }) => markBits !== undefined);

/** What a collection finds in a span and what it leaves there: objects by windows of 32. */
export interface Contents {
  readonly allocated: Int32Array;
  readonly living: Int32Array;
}

/**
 * The objects of a span as a collection finds them. What a record does not tell is taken so: a span that was swept was full,
 * save for one object that is gone where the span stood among those with free objects.
 */
export function contentsOf(record: SpanRecord, place: 'cached' | 'full' | 'partial'): Contents {
  const { nelems, freeIndex, allocBits, markBits } = record;
  const bitsOf = (has: (i: number) => boolean): Int32Array => {
    const bits = new Int32Array((nelems + 31) >>> 5);
    for (let i = 0; i < nelems; i++) if (has(i)) bits[i >>> 5]! |= 1 << (i & 31);
    return bits;
  };
  const isIn = (bits: Uint8Array, i: number): boolean => ((bits[i >>> 3]! >>> (i & 7)) & 1) === 1;
  const isAllocated = (i: number): boolean => i < freeIndex || isIn(allocBits, i);
  if (markBits !== undefined)
    return { allocated: bitsOf(isAllocated), living: bitsOf((i) => isIn(markBits, i)) };
  let gone = 0;
  while (place === 'partial' && gone < nelems && isAllocated(gone)) gone++;
  return { allocated: bitsOf((i) => place !== 'partial' || i !== gone), living: bitsOf(isAllocated) };
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
    if (record.allocCount === record.nelems || record.markBits !== undefined) {
      keepers.set(record, record.allocCount === record.nelems ? 'full' : 'partial');
      continue;
    }
    keepers.set(record, ++others[record.spanClass]!);
    ps = Math.max(ps, 1 + others[record.spanClass]!);
  }
  if (ps > maxPs) throw goldenError(file, line, `spans with free objects in no list need ${ps} Ps`, ps);
  return { keepers, ps };
}

/** What a collection finds: spans by where they stand, and of those in sets by their order. */
export interface FoundSpans {
  readonly cached: readonly SpanRecord[];
  readonly full: readonly SpanRecord[];
  readonly partial: readonly SpanRecord[];
}

/**
 * Where the spans stood that a collection has left, so that the sets are swept into the order of the record. Where it is
 * recorded how they stood, they stand so; else all are full, in the order of their lists.
 *
 * A span that stood nowhere then was made afterwards, by an allocation that found none with free objects. If that was before
 * the collection, it was cached, and what had been cached was full and had come to the end of its set; if it was after the
 * collection, there was no list of its class.
 */
export function foundSpans(
  { spans, partialSwept, before }: MallocSnapshot,
  keepers: ReadonlyMap<SpanRecord, Keeper>,
): FoundSpans {
  const left = new Map<number, SpanRecord>();
  for (const record of spans) if (keepers.has(record) && !isYounger(record)) left.set(record.page, record);
  const take = (pages: readonly number[], spanClass?: number): SpanRecord[] =>
    pages.flatMap((page) => {
      const record = left.get(page);
      if (record === undefined || record.spanClass !== (spanClass ?? record.spanClass)) return [];
      left.delete(page);
      return [record];
    });
  const takeAll = (lists: ReadonlyMap<number, readonly number[]>): SpanRecord[] =>
    [...lists].flatMap(([spanClass, pages]) => take(pages, spanClass));
  const rest = (wanted: (keeper: Keeper) => boolean): SpanRecord[] =>
    take([...left.values()].filter((record) => wanted(keepers.get(record)!)).map(({ page }) => page));
  if (before === undefined) {
    // What caches have was taken before all others.
    const cached = rest((keeper) => typeof keeper === 'number');
    return { cached: [], partial: [], full: [...cached, ...takeAll(partialSwept), ...rest(() => true)] };
  }
  const full = takeAll(before.full);
  const partial = takeAll(before.partial);
  const cached = before.mcache.flatMap((page, spanClass) => take([page], spanClass));
  // Of several only one was cached; what is taken before others is told of those in a list.
  const made = new Map<number, SpanRecord>();
  for (const keeper of ['partial', undefined])
    for (const record of rest((found) => (keeper ?? found) === found))
      if (made.has(record.spanClass)) full.push(record);
      else made.set(record.spanClass, record);
  const isReplaced = ({ spanClass }: SpanRecord): boolean => made.has(spanClass);
  return {
    cached: [...cached.filter((record) => !isReplaced(record)), ...made.values()],
    full: [...full, ...cached.filter(isReplaced)],
    partial,
  };
}
