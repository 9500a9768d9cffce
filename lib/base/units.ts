/**
 * Units: the quantities of a page heap, each its own type.
 *
 * A number of pages, a page's index and a number of bytes are all numbers to the machine, and
 * confusing two of them is the classic defect of allocators. Here each is a *branded* number: the
 * compiler refuses to pass one for another, and the brand costs nothing at run time. Arithmetic
 * yields a plain number; turning a plain number back into a unit happens only through the
 * constructors in this file, so that every such claim can be found by looking for their names.
 *
 * Addresses are doubles: Linux user addresses have 47 bits, doubles are exact to 53. Page indexes
 * count 8 KiB pages from a heap's *origin* (a multiple of 16 GiB at or below its first arena), so
 * that they fit 32-bit integers, which V8 handles several times faster than doubles.
 *
 * Not here: bit operations (bits.ts), what the sizes of objects are (alloc/size-classes.ts).
 */

declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };

/** A virtual address of this process; 0 is none. */
export type Address = Unit<'Address'>;
/** A number of bytes. */
export type Bytes = Unit<'Bytes'>;
/** The index of an 8 KiB page, counted from the heap's origin. */
export type PageIndex = Unit<'PageIndex'>;
/** A number of 8 KiB pages. */
export type PageCount = Unit<'PageCount'>;
/** A span's id, a row of the span columns; 0 is none. */
export type SpanId = Unit<'SpanId'>;
/** A processor's id: the row of one mcache and one page cache. */
export type PId = Unit<'PId'>;
/** A point on the injected monotonic clock, in nanoseconds. */
export type Nanotime = Unit<'Nanotime'>;

export const address = (n: number): Address => n as Address;
export const bytes = (n: number): Bytes => n as Bytes;
export const pageIndex = (n: number): PageIndex => n as PageIndex;
export const pageCount = (n: number): PageCount => n as PageCount;
export const spanId = (n: number): SpanId => n as SpanId;
export const pId = (n: number): PId => n as PId;
export const nanotime = (n: number): Nanotime => n as Nanotime;

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;
export const TiB = 1024 * GiB;

/** In nanoseconds, as times are. */
export const second = 1e9;

/** log2 of the page size. */
export const pageShift = 13;
/** The heap's page: 8 KiB, whatever the machine's physical page is. */
export const pageSize = 1 << pageShift;

/** log2 of the pages in a chunk. */
export const chunkPagesShift = 9;
/** Pages in a chunk, the unit of the radix page allocator's bitmaps. */
export const chunkPages = 1 << chunkPagesShift;
export const chunkBytes = chunkPages * pageSize;

/** An arena: the unit in which address space is asked of the system. */
export const arenaBytes = 64 * MiB;
export const pagesPerArena = arenaBytes / pageSize;

/** The smallest step by which a heap grows; also of the 1 MiB that the 2014 design asks for at least. */
export const growthStep = 64 * KiB;

/** The most Ps of a heap: threads that work on it at a time. */
export const maxPs = 64;

/** A heap's origin is a multiple of this: what one root entry of the radix summaries covers. */
export const originAlign = 16 * GiB;

/** One past the highest user address of Linux on x86-64. */
export const userAddressEnd = 2 ** 47;

/** Rounds down to a multiple of `align`, any positive number. */
export function alignDown(n: number, align: number): number {
  return n - (n % align);
}

/** Rounds up to a multiple of `align`, any positive number. */
export function alignUp(n: number, align: number): number {
  const rest = n % align;
  return rest === 0 ? n : n + (align - rest);
}

/** n divided by d, rounded up. */
export function divRoundUp(n: number, d: number): number {
  return Math.ceil(n / d);
}
