/**
 * Page traces: which pages a heap allocated, freed and gave back, in the binary format of Go's pagetrace (heap/page-trace.ts
 * has it). Written by `GOEXPERIMENT=pagetrace` programs, and by heaps of this package. Or as text (page-text.ts).
 *
 * The whole trace is read before it is replayed: pages are few beside objects. An error names the event by its number,
 * as its line. Buffers of several Ps follow one another, so events are put in the order of their times.
 */

import { pageSize, second } from '../../base/units.ts';
import { utf8Text } from '../../base/utf8.ts';
import { mayWait } from '../../base/waits.ts';
import { lostTimeBits, type PageEventKind, pageEvent } from '../../heap/page-trace.ts';
import { openBytes, shownName, standardInput } from './bytes.ts';
import { type FaultCounts, TraceFaults } from './faults.ts';
import { traceError } from './grammar.ts';
import { beginsAsPageText, type PageOp, parsePageText } from './page-text.ts';

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

/** Those of a file, and what was wrong with it; what would be a line elsewhere is an event here. */
export interface PageEventsOfFile extends PageEvents {
  readonly faults: FaultCounts;
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
  if (path === standardInput || mayWait(path)) return false;
  try {
    const source = await openBytes(path, 2 ** 16);
    try {
      if (source.size === undefined) return false;
      const first = await source.next();
      return first !== undefined && (beginsSo(first) || beginsAsPageText(first));
    } finally {
      await source.close();
    }
  } catch {
    // Whoever reads it in earnest finds out.
    return false;
  }
}

/**
 * Reads a page trace. One that was cut off counts up to there.
 * @param strict it is an error then
 * @throws PageHeapError ERR_TRACE · ERR_FILE
 */
export async function readPageEvents(path: string, strict = false): Promise<PageEventsOfFile> {
  const faults = new TraceFaults(shownName(path), strict);
  const parser = new PageEventParser(faults.file);
  const source = await openBytes(path);
  const text: Buffer[] = [];
  let isText: boolean | undefined;
  try {
    for (let bytes = await source.next(); bytes !== undefined; bytes = await source.next()) {
      isText ??= beginsAsPageText(bytes);
      if (isText) text.push(Buffer.from(bytes));
      else parser.feed(bytes);
    }
  } finally {
    await source.close();
  }
  const events =
    isText === true ? pageEventsOf(pageOpsOf(utf8Text(Buffer.concat(text)), faults)) : parser.end();
  const last = events.count + 1;
  const { gzipCut, cut } = source.end;
  if (events.cutBytes > 0 && !gzipCut && !cut)
    faults.add('cutLine', last, 'the page trace ends in the middle of an event', last);
  faults.addEnd(source.end, events.count, 'event');
  if (events.count === 0) faults.add('noOperations', last, 'the trace has no operation');
  return { ...events, faults: faults.counts };
}

/** The operations of a text; the last line may have been cut off. */
function pageOpsOf(text: string, faults: TraceFaults): readonly PageOp[] {
  try {
    return parsePageText(text, faults.file);
  } catch (error) {
    const end = text.lastIndexOf('\n') + 1;
    if (end === 0 || end === text.length) throw error;
    const ops = parsePageText(text.slice(0, end), faults.file);
    const line = text.split('\n').length;
    faults.add('cutLine', line, 'the file ends in the middle of a line', line);
    return ops;
  }
}

const millisecond = 1e6;

/** As events, as a run replays them. The addresses only tell allocations apart. */
export function pageEventsOf(ops: readonly PageOp[]): PageEvents {
  const timed = ops.some(({ k }) => k === 'time');
  const pages = new Map<number, number>();
  const rows: [kind: number, base: number, pages: number, time: number][] = [];
  let now = 0;
  for (const op of ops) {
    if (op.k === 'time') {
      now = op.seconds * second;
      continue;
    }
    const time = timed ? now : rows.length * millisecond;
    if (op.k === 'release') rows.push([pageEvent.released, pageSize, op.pages, time]);
    else {
      if (op.k === 'alloc') pages.set(op.id, op.pages);
      const kind = op.k === 'alloc' ? pageEvent.allocated : pageEvent.freed;
      rows.push([kind, (op.id + 1) * pageSize, pages.get(op.id) ?? 1, time]);
    }
  }
  return {
    count: rows.length,
    kinds: Uint8Array.from(rows, ([kind]) => kind),
    bases: Float64Array.from(rows, ([, base]) => base),
    pages: Float64Array.from(rows, ([, , n]) => n),
    times: Float64Array.from(rows, ([, , , time]) => time),
    ps: 1,
    cutBytes: 0,
  };
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
