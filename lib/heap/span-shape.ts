/**
 * Span shapes: what a span is made for, apart from where it lies and how long it is.
 *
 * A shape is frozen and made once: of each span class by the size classes (alloc/), of large objects and of manual
 * spans here. Its numbers are copied into the span's row when the span is allocated.
 *
 * Not here: the rows (spans/span-table.ts).
 */
import { type ManualUse, perObjectOf, type SpanUse, spanUse } from '../spans/span-table.ts';

export interface SpanShape {
  readonly use: SpanUse;
  /** Size class << 1 | noscan. */
  readonly spanClass: number;
  /** Bytes of an object; 0: one large object, or none. */
  readonly elemSize: number;
  /** Objects: 0 in manual spans. */
  readonly nelems: number;
  /** What an offset is multiplied by for an object's number. */
  readonly perObject: number;
}

/** The shape of a span of small objects. */
export function smallShape(spanClass: number, elemSize: number, nelems: number): SpanShape {
  return Object.freeze({
    use: spanUse.heap,
    spanClass,
    elemSize,
    nelems,
    perObject: perObjectOf(elemSize),
  });
}

const objectless = (use: SpanUse, spanClass: number, nelems: number): SpanShape =>
  Object.freeze({ use, spanClass, elemSize: 0, nelems, perObject: 0 });

/** One large object that may hold pointers. */
export const largeScanShape = objectless(spanUse.heap, 0, 1);
/** One large object that holds none. */
export const largeNoscanShape = objectless(spanUse.heap, 1, 1);

/** A chunk of a user arena: as a large object that may hold pointers. */
export const userChunkShape = objectless(spanUse.userArena, 0, 1);

/** Manual spans by their use; none for the heap's own. */
export const manualShapes: Readonly<Record<ManualUse, SpanShape>> = {
  [spanUse.stack]: objectless(spanUse.stack, 0, 0),
  [spanUse.pointerBits]: objectless(spanUse.pointerBits, 0, 0),
  [spanUse.workBuffer]: objectless(spanUse.workBuffer, 0, 0),
};
