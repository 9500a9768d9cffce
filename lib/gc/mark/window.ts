/**
 * The window at hand while a cycle marks: one of the stretches of 4 GiB through which object memory is seen.
 *
 * Within it an address is its lower half, a page a small integer. Those of its pages that need no second look lie in known
 * arenas that follow each other, and in no span that reaches across the window's ends.
 */
import { pagesPerArena } from '../../base/units.ts';
import type { HeapState } from '../../heap/heap-state.ts';
import { type ObjectMemory, windowPageMask } from '../../spans/object-memory.ts';

const windowPages = windowPageMask + 1;
const arenasPerWindow = windowPages / pagesPerArena;
/** More pages than any span of small objects has. */
export const maxSmallSpanPages = 16;

const none = new Int32Array(0);

export class MarkWindow {
  /** Its first page, and its 32-bit words. */
  page0 = 0;
  words: Int32Array = none;
  /** The upper half of its addresses. */
  high = 0;
  /** The pages that need no second look: the first, from the window's own, and how many. */
  quickFrom = 0;
  quickPages = 0;
  readonly #state: HeapState;
  readonly #memory: ObjectMemory;
  #index = -1;
  /** Arenas there were when it was looked at. */
  #arenas = -1;

  constructor(state: HeapState, memory: ObjectMemory) {
    this.#state = state;
    this.#memory = memory;
  }

  /** Makes it the window of that number again, or of none (−1): arenas may have come since, on whichever thread. */
  resume(index: number): void {
    const arenas = this.#state.arenas.state.count[0];
    if (index === this.#index && arenas === this.#arenas) return;
    this.#index = -1;
    this.#arenas = arenas;
    if (index < 0) this.quickPages = 0;
    else this.open(index);
  }

  /** Makes it the window of that number. */
  open(index: number): void {
    if (index === this.#index) return;
    const { arenas } = this.#state;
    const page0 = index * windowPages;
    this.#index = index;
    this.page0 = page0;
    this.words = this.#memory.words(page0);
    this.high = (arenas.addressOf(page0) / 2 ** 32) | 0;
    const isKnown = (arena: number): boolean => arenas.isKnown(page0 + arena * pagesPerArena);
    let first = 0;
    while (first < arenasPerWindow && !isKnown(first)) first++;
    let end = first;
    while (end < arenasPerWindow && isKnown(end)) end++;
    const from = first * pagesPerArena + (first === 0 && index > 0 ? maxSmallSpanPages : 0);
    const to = end * pagesPerArena - (end === arenasPerWindow ? maxSmallSpanPages : 0);
    this.quickFrom = from;
    this.quickPages = Math.max(0, to - from);
  }
}
