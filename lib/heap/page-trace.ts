/**
 * The page trace: which pages were allocated, freed and given back, and when, in the binary format of the Go runtime
 * (GOEXPERIMENT=pagetrace, GODEBUG=pagetrace=FILE).
 *
 * Little-endian words of 64 bits. An event:
 *
 *   bits 0–1    what: 1 allocated, 2 freed, 3 given back
 *   bit 2       1: the number of pages is in the next word
 *   bits 3–12   the number of pages, else
 *   bits 13–47  the address of the first, in place
 *   bits 48–63  nanoseconds since the time base, by 128
 *
 * What 0 is no event: with bit 2 the rest is the number of a P, without it a new time base, both from bit 3. A buffer of
 * 32 KiB begins with both. A base is written anew when the time since does not fit.
 *
 * Not here: who is told of pages (page-traced-heap.ts); reading (lab/trace/page-events.ts).
 */

const bufferBytes = 32 * 1024;
export const pageEvent = { allocated: 1, freed: 2, released: 3 } as const;
export type PageEventKind = (typeof pageEvent)[keyof typeof pageEvent];
/** Who is told of pages: a trace of them, or what poisons those that are free. */
export interface PageObserver {
  /** @param address of the first page */
  add(kind: PageEventKind, address: number, npages: number): void;
}

/** log2 of the nanoseconds that a unit of time is. */
export const lostTimeBits = 7;
const timeUnit = 2 ** lostTimeBits;
/** Units of time that fit an event. */
const mostUnits = 2 ** 16;
/** Pages that fit an event. */
const mostPages = 2 ** 10;
const largeFlag = 4;

/** Bytes that an event takes at most, with a new time base. */
const mostEventBytes = 24;

export class PageTrace implements PageObserver {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #now: () => number;
  readonly #p: number;
  #words = new DataView(new ArrayBuffer(bufferBytes));
  #at = 0;
  /** The time base, in units. */
  #base = 0;

  /** @param now nanoseconds @param p the number of the P that it is of @param write takes a buffer, which stays as it is */
  constructor(write: (bytes: Uint8Array) => void, now: () => number, p: number) {
    this.#write = write;
    this.#now = now;
    this.#p = p;
  }

  /** @param address of the first page */
  add(kind: PageEventKind, address: number, npages: number): void {
    const time = Math.floor(this.#now() / timeUnit);
    if (this.#at + mostEventBytes > bufferBytes) this.flush();
    if (this.#at === 0) {
      this.#put(largeFlag + this.#p * 8);
      this.#putBase(time);
    } else if (time - this.#base >= mostUnits || time < this.#base) {
      this.#putBase(time);
    }
    const isLarge = npages >= mostPages;
    const low = address % 2 ** 32;
    const high = (address - low) / 2 ** 32;
    this.#words.setUint32(this.#at, low + kind + (isLarge ? largeFlag : npages * 8), true);
    this.#words.setUint32(this.#at + 4, high + (time - this.#base) * 2 ** 16, true);
    this.#at += 8;
    if (isLarge) this.#put(npages);
  }

  /** Writes what there is. */
  flush(): void {
    if (this.#at === 0) return;
    this.#write(new Uint8Array(this.#words.buffer, 0, this.#at));
    this.#words = new DataView(new ArrayBuffer(bufferBytes));
    this.#at = 0;
  }

  #putBase(time: number): void {
    this.#base = time;
    this.#put(time * 8);
  }

  #put(word: number): void {
    const low = word % 2 ** 32;
    this.#words.setUint32(this.#at, low, true);
    this.#words.setUint32(this.#at + 4, (word - low) / 2 ** 32, true);
    this.#at += 8;
  }
}
