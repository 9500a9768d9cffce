/**
 * Span classes as marking looks them up: by span class, from a pointer to an object's number and words.
 *
 * Classes 0 and 1 are large objects: they have no words here and no objects, which sends a pointer to one the long way.
 */
import { numSpanClasses, type SizeClasses } from '../../alloc/size-classes.ts';
import { perObjectOf } from '../../spans/span-table.ts';

export interface MarkClasses {
  /** Words of an object. */
  readonly slotWords: Int32Array;
  /** What an offset in words is multiplied by for an object's number. */
  readonly perWord: Float64Array;
  /** Objects of a span. */
  readonly objects: Int32Array;
  /** 1: none of its objects holds pointers. */
  readonly noscan: Uint8Array;
}

export function markClassesOf(classes: SizeClasses): MarkClasses {
  const slotWords = new Int32Array(numSpanClasses);
  const perWord = new Float64Array(numSpanClasses);
  const objects = new Int32Array(numSpanClasses);
  const noscan = new Uint8Array(numSpanClasses);
  noscan[1] = 1;
  for (let spanClass = 2; spanClass < classes.count * 2; spanClass++) {
    const size = classes.sizes[spanClass >> 1];
    slotWords[spanClass] = size / 8;
    perWord[spanClass] = perObjectOf(size) * 8;
    objects[spanClass] = classes.objects[spanClass >> 1];
    noscan[spanClass] = classes.shared ? 0 : spanClass & 1;
  }
  return { slotWords, perWord, objects, noscan };
}
