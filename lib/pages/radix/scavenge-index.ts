/**
 * The scavenge index: in which chunks it is worth looking for pages to release.
 *
 * A chunk has two words.
 *
 *   density     bits 0–9 in use: allocated pages; 16–25 last in use: the same when the generation last
 *               changed; 26 has free: may hold pages to release; 27 no huge page: the scavenger has
 *               broken it
 *   generation  that of its last change
 *
 * A chunk that is dense (496 of 512 pages in use) in this generation or was in the last is left to
 * the huge page that probably backs it, unless the release is forced. A chunk whose generation is an
 * old one was not touched since, so that what it has in use now is also what it had then.
 *
 * Two cursors run downwards over the pages, one for background and one for forced releases. The
 * forced one is raised by every free above it; the background one only when a generation begins, to
 * the highest page freed in the last. A cursor so raised is *marked* until a search follows it down,
 * and a marked cursor is not cleared by a search that finds nothing.
 *
 * The zero density is right for fresh memory: nothing in use and, being released, nothing to release.
 *
 * Not here: which pages of a chunk (page-alloc.ts), how many and when (lib/scavenge).
 */
import { fatal } from '../../base/errors.ts';
import { chunkPages, chunkPagesShift } from '../../base/units.ts';
import type { AddressRanges } from './address-ranges.ts';
import {
  type RadixMemory,
  slotBackgroundCursor,
  slotBackgroundMarked,
  slotForceCursor as slotForceCursorOf,
  slotForceMarked as slotForceMarkedOf,
  slotFreeHwm as slotFreeHwmOf,
  slotGeneration as slotGenerationOf,
} from './columns.ts';

export const inUseMask = 0x3ff;
export const lastInUseShift = 16;
export const hasFree = 1 << 26;
export const noHugePage = 1 << 27;

/** The share of a chunk in use from which it counts as dense: pages. */
export const densePages = Math.floor(0.96875 * chunkPages);

if (chunkPages > inUseMask) fatal('the pages in use of a chunk must fit their field');

// A constant of this module is folded into optimised code; an imported one is loaded each time.
const slotFreeHwm = slotFreeHwmOf;
const slotForceCursor = slotForceCursorOf;
const slotForceMarked = slotForceMarkedOf;
const slotGeneration = slotGenerationOf;
const pages = chunkPages;
const dense = densePages;
const inUse = inUseMask;
const flags = hasFree | noHugePage;
const hasFreeFlag = hasFree;
const noHugeFlag = noHugePage;
const lastShift = lastInUseShift;

export class ScavengeIndex {
  readonly density: Int32Array;
  readonly generation: Int32Array;
  readonly #state: Int32Array;
  readonly #ranges: AddressRanges;

  constructor(memory: RadixMemory, ranges: AddressRanges) {
    this.density = memory.chunks.density;
    this.generation = memory.chunks.generation;
    this.#state = memory.state.slots;
    this.#ranges = ranges;
  }

  /** n pages of the chunk were allocated. */
  alloc(chunk: number, n: number): void {
    const density = this.density;
    const generation = this.#state[slotGeneration]!;
    let d = density[chunk]!;
    if (this.generation[chunk] !== generation) {
      this.generation[chunk] = generation;
      d = (d & flags) | ((d & inUse) * 0x10001);
    }
    d += n;
    const used = d & inUse;
    if (used >= dense) {
      if (used > pages) fatal('more pages are allocated in a chunk than it has', { chunk, used, n });
      if (used > dense) d &= ~noHugeFlag;
      if (used === pages) d &= ~hasFreeFlag;
    }
    density[chunk] = d;
  }

  /** n pages of the chunk were freed, `last` is the highest of them. */
  free(chunk: number, last: number, n: number): void {
    const { density } = this;
    const state = this.#state;
    const generation = state[slotGeneration]!;
    let d = density[chunk]!;
    if ((d & inUse) < n)
      fatal('more pages are freed in a chunk than are allocated', { chunk, used: d & inUse, n });
    if (this.generation[chunk] !== generation) {
      this.generation[chunk] = generation;
      d = (d & flags) | ((d & inUse) * 0x10001);
    }
    density[chunk] = (d - n) | hasFreeFlag;
    if (last > state[slotFreeHwm]!) state[slotFreeHwm] = last;
    if (last > state[slotForceCursor]!) {
      state[slotForceCursor] = last;
      state[slotForceMarked] = 1;
    }
  }

  /** Whether a scavenge looks into the chunk. */
  isWorthwhile(chunk: number, force: boolean): boolean {
    const d = this.density[chunk]!;
    if ((d & hasFreeFlag) === 0) return false;
    if (force) return true;
    if ((d & inUse) >= dense) return false;
    if (this.generation[chunk] !== this.#state[slotGeneration]) return true;
    return ((d >>> lastShift) & inUse) < dense;
  }

  /**
   * The page to search downwards from, in the highest chunk that is worth it at or below the cursor;
   * −1 when there is none. Moves the cursor to it.
   */
  find(force: boolean): number {
    const state = this.#state;
    const ranges = this.#ranges;
    const slotCursor = force ? slotForceCursor : slotBackgroundCursor;
    const slotMarked = force ? slotForceMarked : slotBackgroundMarked;
    const cursor = state[slotCursor]!;
    if (cursor < 0) return -1;
    const start = cursor >> chunkPagesShift;
    for (let i = ranges.successor(cursor) - 1; i >= 0; i--) {
      const bottom = ranges.baseOf(i) >> chunkPagesShift;
      const top = (ranges.limitOf(i) >> chunkPagesShift) - 1;
      const chunk = this.#highest(start < top ? start : top, bottom, force);
      if (chunk < 0) continue;
      if (chunk === start) return cursor;
      // The cursor was above this chunk, marked or not, so it comes down to the chunk's last page.
      const page = (chunk << chunkPagesShift) + chunkPages - 1;
      state[slotCursor] = page;
      state[slotMarked] = 0;
      return page;
    }
    if (state[slotMarked] === 0) state[slotCursor] = -1;
    return -1;
  }

  /** Begins a generation. Once a cycle, or oftener to have more released. */
  nextGeneration(): void {
    const state = this.#state;
    state[slotGeneration]!++;
    if (state[slotFreeHwm]! > state[slotBackgroundCursor]!) {
      state[slotBackgroundCursor] = state[slotFreeHwm]!;
      state[slotBackgroundMarked] = 1;
    }
    state[slotFreeHwm] = -1;
  }

  /** The scavenger found nothing more in the chunk. */
  setEmpty(chunk: number): void {
    this.density[chunk]! &= ~hasFree;
  }

  /** The scavenger has released a part of the chunk. */
  setNoHugePage(chunk: number): void {
    this.density[chunk]! |= noHugePage;
  }

  #highest(top: number, bottom: number, force: boolean): number {
    for (let chunk = top; chunk >= bottom; chunk--) {
      if (this.isWorthwhile(chunk, force)) return chunk;
    }
    return -1;
  }
}
