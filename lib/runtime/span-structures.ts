/**
 * Span structures by name: where spans in use are entered, and how the free objects of one are told.
 *
 * Not here: the structures (heap/), the page heaps (page-heaps.ts).
 */
import { FreeListMCache } from '../alloc/freelist-mcache.ts';
import { numSpanClasses } from '../alloc/size-classes.ts';
import { pointerBitsOf, sharesSpans } from '../design/consequences.ts';
import type { Design, PointerBitStyle } from '../design/design.ts';
import { FreeLists } from '../heap/free-lists.ts';
import { HeapBitmap } from '../heap/heap-bitmap.ts';
import type { HeapState } from '../heap/heap-state.ts';
import { ListRegistry, listRegistryTable } from '../heap/list-registry.ts';
import { PairBits } from '../heap/pair-bits.ts';
import type { PointerBits } from '../heap/pointer-bits.ts';
import { SetRegistry, setRegistryTable } from '../heap/set-registry.ts';
import { SingleBits } from '../heap/single-bits.ts';
import { SpanLists } from '../heap/span-lists.ts';
import type { SpanRegistry } from '../heap/span-registry.ts';
import { SpanSets } from '../heap/span-sets.ts';
import type { IdOrder } from '../meta/id-pool.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { ObjectMemory } from '../spans/object-memory.ts';
import type { SpanTable } from '../spans/span-table.ts';

export interface SpanStructures {
  readonly registry: SpanRegistry;
  readonly sets: SpanSets;
  /** The busy lists, where pages are reclaimed by them. */
  readonly busy: SpanLists | undefined;
  /** Where free objects are threaded through themselves. */
  readonly freeLists: FreeLists | undefined;
  /** What tells which words are pointers, where anything does. */
  readonly pointerBits: PointerBits | undefined;
  /** The same, where it also tells objects with pointers from those without: in spans that both share. */
  readonly sharedBitmap: HeapBitmap | undefined;
}

/** Puts memory behind what they need from the start. False when there is none. */
export function prepareSpanStructures(meta: MetaMemory, design: Pick<Design, 'sweep' | 'objects'>): boolean {
  return (
    SpanSets.prepare(meta) &&
    (design.sweep === 'sets' || SpanLists.prepare(meta)) &&
    meta.commit(setRegistryTable, 0, 1) &&
    meta.commit(listRegistryTable, 0, 1) &&
    (design.objects !== 'freelist' || (FreeLists.prepare(meta) && FreeListMCache.prepare(meta)))
  );
}

type Structured = Pick<Design, 'sweep' | 'objects' | 'liveness' | 'pointerBits' | 'sizeClasses'>;
/** The 2014 design sweeps spans in the order of their rows; so which row a span has decides what is freed when. */
export function idOrder({ sweep }: Pick<Design, 'sweep'>): IdOrder {
  return sweep === 'busy' ? 'recent' : 'neighbours';
}

export function makeSpanStructures(
  design: Structured,
  meta: MetaMemory,
  { spans, sweepState, arenas }: HeapState,
  memory: ObjectMemory,
): SpanStructures {
  const { sweep, objects } = design;
  const sets = new SpanSets(meta);
  const lists = sweep === 'sets' ? undefined : new SpanLists(meta, spans, numSpanClasses);
  const pointerBits = makePointerBits(pointerBitsOf(design), meta, spans);
  const heapBitmap = pointerBits instanceof HeapBitmap ? pointerBits : undefined;
  return {
    registry:
      lists === undefined
        ? new SetRegistry(meta, sets, spans, sweepState, numSpanClasses)
        : new ListRegistry(meta, lists, sets, spans, sweepState, sweep === 'stacks'),
    sets,
    busy: sweep === 'busy' ? lists : undefined,
    freeLists:
      objects === 'freelist' ? new FreeLists(meta, spans, memory, arenas.origin, heapBitmap) : undefined,
    pointerBits,
    sharedBitmap: sharesSpans(design) ? heapBitmap : undefined,
  };
}

function makePointerBits(
  style: PointerBitStyle | undefined,
  meta: MetaMemory,
  spans: SpanTable,
): PointerBits | undefined {
  switch (style) {
    case 'nibbles':
      return new HeapBitmap(meta, spans);
    case 'pairs':
      return new PairBits(meta, spans);
    case 'bits':
      return new SingleBits(meta, spans);
    case undefined:
      return undefined;
  }
}
