/**
 * Object memory: typed-array windows over the heap's own pages.
 *
 * JavaScript reaches memory through ArrayBuffers. There are few: one window for each 4 GiB of the
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
/** Bytes up to which `storeZeros` is faster than a call to fill: 128 in 6 ns beside 19, 512 in 21 beside 23, 768 in 30 beside 23. */
const mostStoredBytes = 512;

/**
 * Zeroes the doubles [from, end) of a window by stores, eight a turn: that takes half the time of one a turn, in which the
 * loop's own work and each store's check of the bounds count for more than the store.
 */
function storeZeros(window: Float64Array, from: number, end: number): void {
  let i = from;
  for (const last = end - 8; i <= last; i += 8) {
    window[i] = 0;
    window[i + 1] = 0;
    window[i + 2] = 0;
    window[i + 3] = 0;
    window[i + 4] = 0;
    window[i + 5] = 0;
    window[i + 6] = 0;
    window[i + 7] = 0;
  }
  for (; i < end; i++) window[i] = 0;
}

/** Bytes of a window that lie before an offset from the origin: all of it at a window's end. */
const inWindowBefore = (end: number): number => end % windowBytes || windowBytes;

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
    // A large object may cross windows.
    if ((page & windowPageMask) * pageSize + offset + size > windowBytes) {
      this.fill(this.#origin + page * pageSize + offset, size, 0);
      return;
    }
    const from = ((page & windowPageMask) << pageDoublesShift) + offset / 8;
    const window = this.window(page);
    const end = from + size / 8;
    if (size <= mostStoredBytes) storeZeros(window, from, end);
    else window.fill(0, from, end);
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

  /** Fills [at, at + size), addresses of live spans, with the low eight bits of `byte`. */
  fill(at: number, size: number, byte: number): void {
    for (let done = 0; done < size; ) {
      const from = at + done - this.#origin;
      const inWindow = from % windowBytes;
      const n = Math.min(size - done, windowBytes - inWindow);
      this.#bytesAt(from).fill(byte, inWindow, inWindow + n);
      done += n;
    }
  }

  /** Copies between addresses of live spans; the ranges may overlap. */
  copy(to: number, from: number, size: number): void {
    const target = to - this.#origin;
    const source = from - this.#origin;
    // Where the end of the source would be overwritten before it is read, the end goes first.
    const backward = target > source;
    for (let done = 0; done < size; ) {
      const left = size - done;
      // A piece ends where either side comes to the end of its window, or backward, to its beginning.
      const n = backward
        ? Math.min(left, inWindowBefore(source + left), inWindowBefore(target + left))
        : Math.min(
            left,
            windowBytes - ((source + done) % windowBytes),
            windowBytes - ((target + done) % windowBytes),
          );
      const at = backward ? left - n : done;
      this.#copyPiece(target + at, source + at, n);
      done += n;
    }
  }

  #copyPiece(target: number, source: number, size: number): void {
    const to = this.#bytesAt(target);
    const from = this.#bytesAt(source);
    const at = source % windowBytes;
    if (to === from) to.copyWithin(target % windowBytes, at, at + size);
    else to.set(from.subarray(at, at + size), target % windowBytes);
  }

  /** The window, as bytes, of an offset from the origin. */
  #bytesAt(offset: number): Uint8Array {
    return this.bytes(Math.floor(offset / pageSize));
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
    const window = new Float64Array(
      this.#sys.window(address(this.#origin + index * windowBytes), bytes(size)),
    );
    this.#windows[index] = window;
    return window;
  }
}
