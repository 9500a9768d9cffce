/**
 * Size classes and span classes as malloc looks them up: the `go121` table in typed arrays, and every
 * generation's table in one form (`SizeClasses`), of which a heap uses one, with the shape of each class's spans.
 *
 * A request of up to 32 KiB is rounded up to its size class by one table look-up: in steps of 8
 * bytes up to 1 KiB, of 128 bytes above. Larger requests have size class 0 and are whole pages. A
 * *span class* is a size class and one bit: noscan, the objects hold no pointers. Spans that hold
 * pointers and spans that do not are kept apart, so that a mark phase need not look into the latter.
 *
 * Not here: the rules behind the table (size-class-generator.ts), the table itself
 * (size-class-table.ts, generated).
 */
import { alignUp, pageSize, userAddressEnd } from '../base/units.ts';
import { largeNoscanShape, largeScanShape, type SpanShape, smallShape } from '../heap/span-shape.ts';
import { largeSizeDiv, maxSmallSize, smallSizeDiv, smallSizeMax } from './size-class-generator.ts';
import {
  go14Pages,
  go14Sizes,
  go112Pages,
  go112Sizes,
  go121DivMagic,
  go121Pages,
  go121Sizes,
  go121SizeToClass8,
  go121SizeToClass128,
} from './size-class-table.ts';

export { maxSmallSize };

/** Bytes of an object, by size class; 0 for class 0. */
export const classToSize = Int32Array.from(go121Sizes);
/** Pages of a span, by size class; 0 for class 0. */
export const classToPages = Int32Array.from(go121Pages);
/** ⌈2^32 / size⌉, by size class: see `objectIndex`. */
export const classToDivMagic = Float64Array.from(go121DivMagic);
/** The class of a size up to 1024, by ⌈size / 8⌉. */
export const sizeToClass8 = Uint8Array.from(go121SizeToClass8);
/** The class of a size from 1024 to 32768, by ⌈(size − 1024) / 128⌉. */
export const sizeToClass128 = Uint8Array.from(go121SizeToClass128);

/** Size classes, class 0 included: 68. */
export const numSizeClasses = classToSize.length;
/** Span classes: each size class with and without pointers. */
export const numSpanClasses = numSizeClasses << 1;

/** Objects of a span, by size class; 0 for class 0. */
export const classToObjects = Int32Array.from(go121Sizes, (size, c) =>
  size === 0 ? 0 : Math.floor((go121Pages[c] * pageSize) / size),
);
/** Bytes at a span's end in which no object fits, by size class. */
export const classToTailWaste = Int32Array.from(
  go121Sizes,
  (size, c) => go121Pages[c] * pageSize - size * classToObjects[c],
);
/** The most objects a span can hold: 1024, of 8 bytes. */
export const maxObjectsPerSpan = Math.max(...classToObjects);

/** Objects below this size that hold no pointers share blocks of this size: 16 bytes. */
export const maxTinySize = 16;
/** The size class of tiny blocks. */
export const tinySizeClass = 2;
/** The span class of tiny blocks: size class 2, noscan. */
export const tinySpanClass = (tinySizeClass << 1) | 1;

/** The size class of a request of 0 to 32768 bytes; 0 for 0. The caller has checked the range. */
export function sizeClassOf(size: number): number {
  return size <= smallSizeMax - smallSizeDiv
    ? sizeToClass8[(size + (smallSizeDiv - 1)) >>> 3]
    : sizeToClass128[(size - smallSizeMax + (largeSizeDiv - 1)) >>> 7];
}

/**
 * The index of the object that holds the byte at `offset` of a span of this size class, 1 to 67;
 * 0 ≤ offset ≤ span bytes. Exact for every offset (the generator tries them all): the product
 * stays below 2^49, so doubles lose nothing.
 */
export function objectIndex(offset: number, sizeClass: number): number {
  return (offset * classToDivMagic[sizeClass] * 2 ** -32) | 0;
}

/** The span class of a size class. */
export function makeSpanClass(sizeClass: number, noscan: boolean): number {
  return (sizeClass << 1) | (noscan ? 1 : 0);
}

/** The size class of a span class; 0 for large objects. */
export function sizeClassOfSpan(spanClass: number): number {
  return spanClass >> 1;
}

/** Whether objects of this span class hold no pointers. */
export function isNoscan(spanClass: number): boolean {
  return (spanClass & 1) === 1;
}

/**
 * A table of size classes as a heap uses it. Class 0 is no class, class 2 is 16 bytes in every table.
 */
export interface SizeClasses {
  /** Classes, class 0 included. */
  readonly count: number;
  /** Bytes of an object, pages of a span, objects of a span, by class. */
  readonly sizes: Int32Array;
  readonly pages: Int32Array;
  readonly objects: Int32Array;
  /**
   * The span class of every small size, by ⌈size / 8⌉, for objects with pointers; or it with 1 for objects
   * without. Where both share their spans the bit is set already.
   */
  readonly spanClassBy8: Uint8Array;
  /** Spans of small objects hold those with pointers and those without, and the span class does not tell which. */
  readonly shared: boolean;
  /** The shape of a span, by span class; those of class 0 are of large objects. */
  readonly shapes: readonly SpanShape[];
}

/** The shapes of all span classes of a table. */
function shapesOf(sizes: readonly number[], objects: Int32Array): SpanShape[] {
  const shapes = [largeScanShape, largeNoscanShape];
  for (let spanClass = 2; spanClass < sizes.length * 2; spanClass++) {
    const sizeClass = spanClass >> 1;
    shapes.push(smallShape(spanClass, sizes[sizeClass], objects[sizeClass]));
  }
  return shapes;
}

function sizeClassesOf(sizes: readonly number[], pages: readonly number[], shared = false): SizeClasses {
  const spanClassBy8 = new Uint8Array(maxSmallSize / 8 + 1);
  let c = 0;
  for (let i = 0; i < spanClassBy8.length; i++) {
    while (sizes[c] < 8 * i) c++;
    spanClassBy8[i] = (c << 1) | (shared ? 1 : 0);
  }
  const objects = Int32Array.from(sizes, (size, i) =>
    size === 0 ? 0 : Math.floor((pages[i] * pageSize) / size),
  );
  return {
    count: sizes.length,
    sizes: Int32Array.from(sizes),
    pages: Int32Array.from(pages),
    objects,
    spanClassBy8,
    shared,
    shapes: shapesOf(sizes, objects),
  };
}

/** The tables of the three generations, with spans of their own for objects without pointers. */
export const sizeClassTablesByName = {
  'go1.4': sizeClassesOf(go14Sizes, go14Pages),
  'go1.12': sizeClassesOf(go112Sizes, go112Pages),
  'go1.21': sizeClassesOf(go121Sizes, go121Pages),
} as const;

/** The table of 2014 as it was: objects with pointers and without share their spans. */
const sharedSpans2014 = sizeClassesOf(go14Sizes, go14Pages, true);

/**
 * The table that a heap uses. The classes of 2014 share spans only beside the heap bitmap, which says of each object
 * whether it holds pointers; without it nothing but the span class could.
 */
export function sizeClassesFor(name: keyof typeof sizeClassTablesByName, shared: boolean): SizeClasses {
  return name === 'go1.4' && shared ? sharedSpans2014 : sizeClassTablesByName[name];
}

/** How many bytes a request really gets by a table: its class's size, or whole pages above 32 KiB. 0 for 0. */
export function roundUpSizeBy(classes: SizeClasses, size: number): number {
  if (size <= maxSmallSize) return classes.sizes[classes.spanClassBy8[(size + 7) >>> 3] >>> 1];
  return size > userAddressEnd ? size : alignUp(size, pageSize);
}

/** The span class of objects of a size; 0 for those that malloc treats otherwise: empty, tiny and large ones. */
export function smallSpanClass(classes: SizeClasses, size: number, noscan: boolean): number {
  if (size === 0 || size > maxSmallSize || (size < maxTinySize && noscan)) return 0;
  return classes.spanClassBy8[(size + 7) >> 3] | (noscan ? 1 : 0);
}

/** A table of the user's own, which was found sound. */
export function customSizeClasses(
  table: readonly { readonly size: number; readonly pages: number }[],
  shared: boolean,
): SizeClasses {
  // Class 0 is no class.
  return sizeClassesOf(
    [0, ...table.map(({ size }) => size)],
    [0, ...table.map(({ pages }) => pages)],
    shared,
  );
}
