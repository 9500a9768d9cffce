/**
 * Object memory: typed-array windows over the heap's own pages.
 *
 * JavaScript reaches memory through ArrayBuffers, and each that is made over foreign memory provokes
 * a V8 collection, since V8 counts its length. So there are few: one window for each 4 GiB of the
 * reach (the most one may span on Node 20), made when a span in it is first touched. A window spans
 * mapped and unmapped pages alike; only pages of live spans may be touched through it, anything else
 * is SIGSEGV. Callers have a span in hand and so know.
 *
 * Indexes: a page's window is page >>> 19; within it the page starts at double (page & mask) << 10.
 */
import { type Address, address, bytes, pageShift, pageSize } from '../base/units.ts';
import type { Sys } from '../os/sys.ts';

/** log2 of the pages in a window of 4 GiB. */
export const windowPagesShift = 32 - pageShift;
export const windowPageMask = (1 << windowPagesShift) - 1;
/** log2 of the doubles in a page. */
export const pageDoublesShift = pageShift - 3;
/** log2 of the 32-bit words in a page. */
export const pageWordsShift = pageShift - 2;
const windowBytes = 2 ** 32;

export class ObjectMemory {
  readonly #sys: Sys;
  readonly #origin: Address;
  readonly #reachBytes: number;
  readonly #windows: (Float64Array | undefined)[];
  readonly #byteWindows: (Uint8Array<ArrayBuffer> | undefined)[];
  readonly #wordWindows: (Int32Array | undefined)[];

  constructor(sys: Sys, origin: Address, reachBytes: number) {
    this.#sys = sys;
    this.#origin = origin;
    this.#reachBytes = reachBytes;
    this.#windows = new Array(Math.ceil(reachBytes / windowBytes)).fill(undefined);
    this.#byteWindows = this.#windows.map(() => undefined);
    this.#wordWindows = this.#windows.map(() => undefined);
  }

  /** The window that a page lies in, as doubles. */
  window(page: number): Float64Array {
    return this.#windows[page >>> windowPagesShift] ?? this.#open(page >>> windowPagesShift);
  }

  /** The window that a page lies in, as bytes. */
  bytes(page: number): Uint8Array {
    const index = page >>> windowPagesShift;
    return (this.#byteWindows[index] ??= new Uint8Array(this.window(page).buffer as ArrayBuffer));
  }

  /** The window that a page lies in, as 32-bit words. */
  words(page: number): Int32Array {
    const index = page >>> windowPagesShift;
    return (this.#wordWindows[index] ??= new Int32Array(this.window(page).buffer as ArrayBuffer));
  }

  /** Zeroes `size` bytes (a multiple of 8) at byte `offset` of a span's first page. */
  zero(page: number, offset: number, size: number): void {
    const end = offset + size;
    // A large object may cross windows; memset does not care.
    if ((page & windowPageMask) * pageSize + end > windowBytes) {
      this.#sys.zero(address(this.#origin + page * pageSize + offset), bytes(size));
      return;
    }
    const from = ((page & windowPageMask) << pageDoublesShift) + offset / 8;
    this.window(page).fill(0, from, from + size / 8);
  }

  /** Fills `size` bytes at byte `offset` of a span's first page with a 32-bit word; both are multiples of 4. */
  fillWords(page: number, offset: number, size: number, word: number): void {
    const end = page * pageSize + offset + size;
    for (let at = end - size; at < end; ) {
      const index = Math.floor(at / windowBytes);
      const base = index * windowBytes;
      const stop = Math.min(end, base + windowBytes);
      this.words(index * 2 ** windowPagesShift).fill(word, (at - base) / 4, (stop - base) / 4);
      at = stop;
    }
  }

  /** Detaches every window: a view used afterwards has length 0 instead of reaching into nothing. */
  detach(): void {
    for (const window of this.#windows)
      if (window !== undefined) this.#sys.detach(window.buffer as ArrayBuffer);
    this.#windows.fill(undefined);
    this.#byteWindows.fill(undefined);
    this.#wordWindows.fill(undefined);
  }

  #open(index: number): Float64Array {
    const size = Math.min(windowBytes, this.#reachBytes - index * windowBytes);
    const window = new Float64Array(this.#sys.view(address(this.#origin + index * windowBytes), bytes(size)));
    this.#windows[index] = window;
    return window;
  }
}
