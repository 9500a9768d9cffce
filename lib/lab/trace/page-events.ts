/**
 * Page traces: which pages a heap allocated, freed and gave back, in the binary format of Go's pagetrace (heap/page-trace.ts
 * has it). Written by `GOEXPERIMENT=pagetrace` programs, and by heaps of this package.
 *
 * The whole trace is read before it is replayed: pages are few beside objects. An error names the event by its number,
 * as its line. Buffers of several Ps follow one another, so events are put in the order of their times.
 */
import { pageSize } from '../../base/units.ts';
import { lostTimeBits, type PageEventKind } from '../../heap/page-trace.ts';
import { openBytes, shownName, standardInput } from './bytes.ts';
import { traceError } from './grammar.ts';

const wordBytes = 8;
const headBytes = 2 * wordBytes;
const timeUnit = 2 ** lostTimeBits;
/** More Ps than a program has. */
const mostPs = 2 ** 16;
/** Events of a trace that can be replayed. */
const mostEvents = 2 ** 26;

export interface PageEvents {
  readonly count: number;
  readonly kinds: Uint8Array;
  /** Addresses of first pages. */
  readonly bases: Float64Array;
  readonly pages: Float64Array;
  /** Nanoseconds since the first event. */
  readonly times: Float64Array;
  /** Ps that have events. */
  readonly ps: number;
  /** Bytes at the end that are no whole event. */
  readonly cutBytes: number;
}

/** A word from bit 3 on. */
const above = (low: number, high: number): number => high * 2 ** 29 + (low >>> 3);

/** Whether a file begins as a page trace does: the number of a P, then a time. */
function beginsSo(head: Uint8Array): boolean {
  if (head.length < headBytes) return false;
  const words = new DataView(head.buffer, head.byteOffset, headBytes);
  const [low, high] = [words.getUint32(0, true), words.getUint32(4, true)];
  const isP = (low & 7) === 4 && (above(low, high) < mostPs || high === 0xffffffff);
  return (
    isP &&
    (words.getUint32(8, true) & 7) === 0 &&
    above(words.getUint32(8, true), words.getUint32(12, true)) > 0
  );
}

/** Whether a trace, by its first bytes, is one of pages. What cannot be opened, or read twice, is none. */
export async function isPageTrace(path: string): Promise<boolean> {
  if (path === standardInput) return false;
  try {
    const source = await openBytes(path, 2 ** 16);
    try {
      if (source.size === undefined) return false;
      const first = await source.next();
      return first !== undefined && beginsSo(first);
    } finally {
      await source.close();
    }
  } catch {
    // Whoever reads it in earnest finds out.
    return false;
  }
}

/** Reads a page trace. @throws PageHeapError ERR_TRACE · ERR_FILE */
export async function readPageEvents(path: string): Promise<PageEvents> {
  const parser = new PageEventParser(shownName(path));
  const source = await openBytes(path);
  try {
    for (let bytes = await source.next(); bytes !== undefined; bytes = await source.next())
      parser.feed(bytes);
  } finally {
    await source.close();
  }
  return parser.end();
}

export class PageEventParser {
  readonly #file: string;
  #count = 0;
  #kinds = new Uint8Array(1024);
  #bases = new Float64Array(1024);
  #pages = new Float64Array(1024);
  #times = new Float64Array(1024);
  readonly #ps = new Set<number>();
  #p = -1;
  /** The time base; −1 before the first. */
  #base = -1;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(file: string) {
    this.#file = file;
  }

  /** @throws PageHeapError ERR_TRACE */
  feed(chunk: Uint8Array): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (at + wordBytes <= bytes.length) {
      const low = words.getUint32(at, true);
      const high = words.getUint32(at + 4, true);
      const kind = low & 3;
      const isLarge = (low & 4) !== 0;
      if (kind === 0) {
        if (isLarge) this.#p = above(low, high);
        else this.#base = above(low, high);
        at += wordBytes;
        continue;
      }
      if (isLarge && at + 2 * wordBytes > bytes.length) break;
      const npages = isLarge
        ? words.getUint32(at + 12, true) * 2 ** 32 + words.getUint32(at + 8, true)
        : (low >>> 3) & 0x3ff;
      this.#add(
        kind as PageEventKind,
        (high & 0xffff) * 2 ** 32 + (low - (low % pageSize)),
        npages,
        high >>> 16,
      );
      at += isLarge ? 2 * wordBytes : wordBytes;
    }
    this.#rest = bytes.slice(at);
  }

  end(): PageEvents {
    const n = this.#count;
    const times = this.#times;
    const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => times[a] - times[b] || a - b);
    const first = n === 0 ? 0 : times[order[0]];
    return {
      count: n,
      kinds: Uint8Array.from(order, (i) => this.#kinds[i]),
      bases: Float64Array.from(order, (i) => this.#bases[i]),
      pages: Float64Array.from(order, (i) => this.#pages[i]),
      times: Float64Array.from(order, (i) => times[i] - first),
      ps: this.#ps.size,
      cutBytes: this.#rest.length,
    };
  }

  #add(kind: PageEventKind, base: number, npages: number, units: number): void {
    const n = this.#count++;
    if (this.#base < 0 || npages === 0 || base === 0 || npages > 2 ** 34)
      traceError(
        this.#file,
        n + 1,
        `no event of a page trace: ${npages} pages at 0x${base.toString(16)}${this.#base < 0 ? ', before any time' : ''}`,
      );
    if (n === mostEvents) traceError(this.#file, n + 1, `a page trace of more than ${mostEvents} events`);
    if (n === this.#kinds.length) this.#grow();
    this.#ps.add(this.#p);
    this.#kinds[n] = kind;
    this.#bases[n] = base;
    this.#pages[n] = npages;
    this.#times[n] = (this.#base + units) * timeUnit;
  }

  #grow(): void {
    const length = 2 * this.#kinds.length;
    const longer = <T extends Uint8Array | Float64Array>(into: T, from: T): T => {
      into.set(from);
      return into;
    };
    this.#kinds = longer(new Uint8Array(length), this.#kinds);
    this.#bases = longer(new Float64Array(length), this.#bases);
    this.#pages = longer(new Float64Array(length), this.#pages);
    this.#times = longer(new Float64Array(length), this.#times);
  }
}
