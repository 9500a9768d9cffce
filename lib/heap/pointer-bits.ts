/**
 * Pointer bits: how the heap knows which of its words hold pointers.
 *
 * Each generation has its own: four bits a word in 2014 (heap-bitmap.ts), two in 2019 (pair-bits.ts), one since 2023
 * (single-bits.ts). All of them cost the same whatever the types are: a 16th, a 32nd, a 64th of the heap. They are
 * written when an object is allocated, for all of its size class, so that nothing of a former one stays; and they are
 * read by marking, 32 words at a time, as one number.
 *
 * Words are 8 bytes. An object is told by its offset from the heap's origin, in bytes; a word to be read by a page,
 * mostly the first of a window of object memory, and its number from there.
 *
 * Only objects that may hold pointers have bits that mean anything. Where a span holds objects of both kinds, the bits of
 * the first word tell them apart (`holdsNone`).
 */
import type { PointerMap } from './pointer-map.ts';

export interface PointerBits {
  /** Puts memory behind the bits of fresh pages. False when there is none. */
  ensure(page: number, npages: number): boolean;
  /** A span of objects was allocated. */
  write(s: number): void;
  /** It is freed. */
  clear(s: number): void;
  /** An object was allocated, of a size class of 32 words at most. @param mask which words are pointers */
  putSmall(offset: number, slot: number, mask: number): void;
  /** An object of whatever size was allocated: `slot` words. */
  put(offset: number, slot: number, map: PointerMap): void;
  /** One whose words may each be a pointer. */
  putAll(offset: number, slot: number): void;
  /** The pointers among n words of one object, 32 at most, from a word counted from a page: as ones. */
  mask(page: number, word: number, n: number): number;
  /**
   * Whether an object, which goes on for more than 32 words from this one, holds no pointers beyond them. To be asked from
   * the object's first word on, until it says so.
   */
  endsAfter(page: number, word: number): boolean;
  /** Whether an object that begins at a word is known to hold no pointers, so that the bits behind mean nothing. */
  holdsNone(page: number, word: number): boolean;
  /** `fatal` where the bits of a span contradict themselves. */
  check(s: number): void;
}

/** Words of a page. */
export const wordsPerPage = 1024;
