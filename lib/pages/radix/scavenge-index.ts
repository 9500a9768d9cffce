/**
 * The scavenge index: in which chunks it is worth looking for pages to release.
 *
 * A chunk has two words.
 *
 *   density     what of it is in use, now and when the generation last changed, and two flags: density.ts
 *   generation  that of its last change
 *
 * A chunk that is dense (496 of 512 pages in use, unless told otherwise) in this generation or was in the last is left to
 * the huge page that probably backs it, unless the release is forced. A chunk whose generation is an
 * old one was not touched since, so that what it has in use now is also what it had then. A rule of the user's may
 * decide instead (dense-rule.ts). Allocating always marks a chunk by Go's number: its flag for huge pages goes by that.
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
import type { Part } from '../../base/part.ts';
import { chunkPages, chunkPagesShift } from '../../base/units.ts';
import type { AddressRanges } from './address-ranges.ts';
import {
  forceCursorWord,
  forceMarkedWord,
  freeHwmWord,
  generationWord,
  type RadixMemory,
  stateWord,
} from './columns.ts';
import { type DenseRule, keepsDense } from './dense-rule.ts';
import {
  hasFree as hasFreeFlag,
  inUseMask as inUse,
  lastInUseShift as lastShift,
  noHugePage as noHugeFlag,
} from './density.ts';

/** The share of a chunk in use from which it counts as dense in Go: pages. */
export const densePages = chunkPages - chunkPages / 32;

/** How dense chunks are told from others. */
export interface Denseness {
  /** Pages in use from which a chunk is dense; more than 512: none is. */
  readonly pages: number;
  /** Whether one that was dense in the last generation is left alone in this one, too. */
  readonly remembers: boolean;
  /** What is asked instead. */
  readonly rule: Part<DenseRule> | undefined;
}

export const goDenseness: Denseness = { pages: densePages, remembers: true, rule: undefined };

const flags = hasFreeFlag | noHugeFlag;
const { backgroundCursor: backgroundCursorWord, backgroundMarked: backgroundMarkedWord } = stateWord;

export class ScavengeIndex {
  readonly #density: Int32Array;
  readonly #generation: Int32Array;
  readonly #state: Int32Array;
  readonly #ranges: AddressRanges;
  readonly #densePages: number;
  readonly #remembers: boolean;
  readonly #rule: Part<DenseRule> | undefined;
  /** The highest page of the chunks that a rule has kept in this generation. */
  #keptUpTo = -1;

  constructor(memory: RadixMemory, ranges: AddressRanges, dense: Denseness = goDenseness) {
    this.#densePages = dense.pages;
    this.#remembers = dense.remembers;
    this.#rule = dense.rule;
    this.#density = memory.chunks.density;
    this.#generation = memory.chunks.generation;
    this.#state = memory.state;
    this.#ranges = ranges;
  }

  get density(): Int32Array {
    return this.#density;
  }

  get generation(): Int32Array {
    return this.#generation;
  }

  /** n pages of the chunk were allocated. */
  alloc(chunk: number, n: number): void {
    const density = this.#density;
    const generation = this.#state[generationWord];
    let d = density[chunk]!;
    if (this.#generation[chunk] !== generation) {
      this.#generation[chunk] = generation;
      d = (d & flags) | ((d & inUse) * 0x10001);
    }
    d += n;
    const used = d & inUse;
    if (used >= densePages) {
      if (used > chunkPages) fatal('more pages are allocated in a chunk than it has', { chunk, used, n });
      if (used > densePages) d &= ~noHugeFlag;
      if (used === chunkPages) d &= ~hasFreeFlag;
    }
    density[chunk] = d;
  }

  /** n pages of the chunk were freed, `last` is the highest of them. */
  free(chunk: number, last: number, n: number): void {
    const density = this.#density;
    const state = this.#state;
    const generation = state[generationWord];
    let d = density[chunk]!;
    if ((d & inUse) < n)
      fatal('more pages are freed in a chunk than are allocated', { chunk, used: d & inUse, n });
    if (this.#generation[chunk] !== generation) {
      this.#generation[chunk] = generation;
      d = (d & flags) | ((d & inUse) * 0x10001);
    }
    density[chunk] = (d - n) | hasFreeFlag;
    if (last > state[freeHwmWord]) state[freeHwmWord] = last;
    if (last > state[forceCursorWord]) {
      state[forceCursorWord] = last;
      state[forceMarkedWord] = 1;
    }
  }

  /** Whether a scavenge looks into the chunk. */
  isWorthwhile(chunk: number, force: boolean): boolean {
    const d = this.#density[chunk]!;
    if ((d & hasFreeFlag) === 0) return false;
    if (force) return true;
    if (this.#rule?.usable === true) return !this.#isKept(this.#rule, chunk, d);
    if ((d & inUse) >= this.#densePages) return false;
    if (!this.#remembers || this.#generation[chunk] !== this.#state[generationWord]) return true;
    return ((d >>> lastShift) & inUse) < this.#densePages;
  }

  /** Asks the rule that was brought. */
  #isKept(rule: Part<DenseRule>, chunk: number, d: number): boolean {
    const age = this.#state[generationWord] - this.#generation[chunk]!;
    const keeps = keepsDense(rule, {
      chunk,
      inUse: d & inUse,
      lastInUse: age === 0 ? (d >>> lastShift) & inUse : d & inUse,
      changed: age === 0,
      age,
      broken: (d & noHugeFlag) !== 0,
    });
    const isKept = keeps ?? (d & inUse) >= this.#densePages;
    if (isKept) this.#keptUpTo = Math.max(this.#keptUpTo, ((chunk + 1) << chunkPagesShift) - 1);
    return isKept;
  }

  /**
   * The page to search downwards from, in the highest chunk that is worth it at or below the cursor;
   * −1 when there is none. Moves the cursor to it.
   */
  find(force: boolean): number {
    const state = this.#state;
    const ranges = this.#ranges;
    const cursorWord = force ? forceCursorWord : backgroundCursorWord;
    const markedWord = force ? forceMarkedWord : backgroundMarkedWord;
    const cursor = state[cursorWord];
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
      state[cursorWord] = page;
      state[markedWord] = 0;
      return page;
    }
    if (state[markedWord] === 0) state[cursorWord] = -1;
    return -1;
  }

  /** Begins a generation. Once a cycle, or oftener to have more released. */
  nextGeneration(): void {
    const state = this.#state;
    state[generationWord]++;
    if (state[freeHwmWord] > state[backgroundCursorWord]) {
      state[backgroundCursorWord] = state[freeHwmWord];
      state[backgroundMarkedWord] = 1;
    }
    // What a rule has kept may be long past its last free: it is asked about it again.
    if (this.#keptUpTo > state[backgroundCursorWord]) {
      state[backgroundCursorWord] = this.#keptUpTo;
      state[backgroundMarkedWord] = 1;
    }
    this.#keptUpTo = -1;
    state[freeHwmWord] = -1;
  }

  /** The scavenger found nothing more in the chunk. */
  setEmpty(chunk: number): void {
    this.#density[chunk]! &= ~hasFreeFlag;
  }

  /** The scavenger has released a part of the chunk. */
  setNoHugePage(chunk: number): void {
    this.#density[chunk]! |= noHugeFlag;
  }

  #highest(top: number, bottom: number, force: boolean): number {
    for (let chunk = top; chunk >= bottom; chunk--) {
      if (this.isWorthwhile(chunk, force)) return chunk;
    }
    return -1;
  }
}
