/**
 * Alignments in a heap of size classes: objects of a class lie at multiples of its size from the start of a span, and a span
 * begins at a page. So an object of a class whose size is a multiple of an alignment has that alignment, and this is how
 * Go programs get one: by asking for more.
 *
 * Beyond a page there is none to be had by a size: such an object is one of its own size here.
 */
import { pageSize } from '../../base/units.ts';

/** The sizes that objects really take. */
export interface Rounding {
  roundUpSize(size: number): number;
}

/** What to ask such a heap for, so that the object has an alignment (a power of two). */
export function alignedSize(size: number, alignment: number, heap: Rounding): number {
  if (alignment > pageSize) return size;
  let asked = Math.max(1, Math.ceil(size / alignment)) * alignment;
  // Ends: what is larger than all classes takes whole pages.
  for (let room = heap.roundUpSize(asked); room % alignment !== 0; room = heap.roundUpSize(asked))
    asked = Math.ceil(room / alignment) * alignment;
  return asked;
}
