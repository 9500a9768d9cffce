/**
 * Span parts by name: how spans in use are written down, and how the free objects of one are told.
 *
 * Not here: the parts (heap/), the page heaps (page-heaps.ts).
 */
import { FreeListMCache } from '../alloc/freelist-mcache.ts';
import { numSpanClasses } from '../alloc/size-classes.ts';
import type { Design } from '../design/design.ts';
import { FreeLists } from '../heap/free-lists.ts';
import { HeapBitmap } from '../heap/heap-bitmap.ts';
import { ListBooks, listBooksTable } from '../heap/list-registry.ts';
import { SetBooks, setBooksTable } from '../heap/set-registry.ts';
import { SpanLists } from '../heap/span-lists.ts';
import type { SpanBooks } from '../heap/span-registry.ts';
import type { SpanSets } from '../heap/span-sets.ts';
import type { SweepState } from '../heap/sweep-state.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { ObjectMemory } from '../spans/object-memory.ts';
import type { SpanTable } from '../spans/span-table.ts';

/** What they are made from. */
export interface SpanPartsMemory {
  readonly meta: MetaMemory;
  readonly spans: SpanTable;
  readonly sets: SpanSets;
  readonly sweepState: SweepState;
  readonly memory: ObjectMemory;
  readonly origin: number;
}

export interface SpanParts {
  readonly books: SpanBooks;
  /** The busy lists, where pages are reclaimed by them. */
  readonly busy: SpanLists | undefined;
  /** Where free objects are threaded through themselves, and with them the bitmap of 2014. */
  readonly freeLists: FreeLists | undefined;
  readonly heapBitmap: HeapBitmap | undefined;
}

/** Puts memory behind what they need from the start. False when there is none. */
export function prepareSpanParts(meta: MetaMemory, design: Design): boolean {
  return (
    (design.sweep === 'sets' || SpanLists.prepare(meta)) &&
    meta.commit(setBooksTable, 0, 1) &&
    meta.commit(listBooksTable, 0, 1) &&
    (design.objects !== 'freelist' || (FreeLists.prepare(meta) && FreeListMCache.prepare(meta)))
  );
}

export function makeSpanParts(
  { sweep, objects }: Pick<Design, 'sweep' | 'objects'>,
  { meta, spans, sets, sweepState, memory, origin }: SpanPartsMemory,
): SpanParts {
  const lists = sweep === 'sets' ? undefined : new SpanLists(meta, spans, numSpanClasses);
  const heapBitmap = objects === 'freelist' ? new HeapBitmap(meta, spans) : undefined;
  return {
    books:
      lists === undefined
        ? new SetBooks(meta, sets, spans, sweepState, numSpanClasses)
        : new ListBooks(meta, lists, sets, spans, sweepState, sweep === 'stacks'),
    busy: sweep === 'busy' ? lists : undefined,
    freeLists: heapBitmap === undefined ? undefined : new FreeLists(meta, spans, memory, origin, heapBitmap),
    heapBitmap,
  };
}
