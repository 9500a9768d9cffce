/**
 * The density word: what the scavenge index keeps of a chunk, in 32 bits.
 *
 *     bit  27 26  25 ─────── 16  15 ─ 10  9 ─────── 0
 *          │  │   last in use    –        in use
 *          │  has free
 *          no huge page
 *
 * Not here: when a word changes (scavenge-index.ts).
 */
import { fatal } from '../../base/errors.ts';
import { chunkPages } from '../../base/units.ts';

export const inUseMask = 0x3ff;
export const lastInUseShift = 16;
export const hasFree = 1 << 26;
export const noHugePage = 1 << 27;

if (chunkPages > inUseMask) fatal('the pages in use of a chunk must fit their field');

/** What a density word says of a chunk. */
export interface Density {
  /** Allocated pages: 0 to 512. */
  readonly inUse: number;
  /** The same when the generation last changed. */
  readonly lastInUse: number;
  /** It may hold pages to release. */
  readonly hasFree: boolean;
  /** The scavenger has broken its huge page. */
  readonly noHugePage: boolean;
}

export function packDensity(density: Density): number {
  return (
    density.inUse |
    (density.lastInUse << lastInUseShift) |
    (density.hasFree ? hasFree : 0) |
    (density.noHugePage ? noHugePage : 0)
  );
}

export function unpackDensity(word: number): Density {
  return {
    inUse: inUseOf(word),
    lastInUse: (word >>> lastInUseShift) & inUseMask,
    hasFree: (word & hasFree) !== 0,
    noHugePage: (word & noHugePage) !== 0,
  };
}

/** The allocated pages alone. */
export function inUseOf(word: number): number {
  return word & inUseMask;
}

/** The flags alone, as a number: 1 has free, 2 no huge page. */
export function flagsOf(word: number): number {
  return word >>> 26;
}
