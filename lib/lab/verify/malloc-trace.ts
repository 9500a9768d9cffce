/**
 * The lines of a golden trace of malloc, read into types: the header, the heap as it was at the start
 * (in several lines), then one line an allocation, and the heap as it was at the end. A line of another
 * shape is `ERR_GOLDEN`, as is a trace that ends before its end.
 *
 *     {"k":"hdr","mode":"fresh" | "gc" | "unswept","n":…,"seed":…,"arenaBase":…}   n: allocations
 *     {"k":"heap0",…}              HeapRecord
 *     {"k":"partialSwept",…}       swept spans with free objects, by class, as they are taken
 *     {"k":"beforeCollection",…}   PlacesBefore, where it is known
 *     {"k":"span",…}               each span: SpanRecord
 *     [size, 1 if it may hold pointers, place, the span's page, pages, class, bytes]   each allocation
 *     {"k":"heap1",…}              HeapRecord
 *
 * Where a collection has only marked (`unswept`), the header tells the pace of its sweep (`sweepWithin`, `pagesSwept`), and a span
 * that is not swept its marks (`markBits`).
 *
 * Not here: what the lines mean to a heap (malloc-heap.ts), replaying (malloc.ts).
 */

import { chunkBytes, originAlign, userAddressEnd } from '../../base/units.ts';
import { type GoldenLine, goldenError, readGolden } from './golden.ts';
import { parseWord64, type Word64 } from './word64.ts';

export interface MallocHeader {
  /** How the heap came to be: 'fresh', 'gc', or 'unswept' where that collection has only marked. */
  readonly mode: string;
  readonly seed: number;
  /** Allocations in the trace. */
  readonly allocations: number;
  /** Where nothing is swept: bytes within which allocations sweep it; 0: they sweep only what they need. */
  readonly sweepWithin: number;
  /** Pages that were swept since the last collection, of spans that are gone, too. */
  readonly pagesSwept: number;
  /** The address from which all are counted: a multiple of 16 GiB. */
  readonly arenaBase: number;
}

/** A heap as a trace tells it. Byte offsets are from the arena base. */
export interface HeapRecord {
  /** The free part of the arena space, as a byte range. */
  readonly curArena: readonly [from: number, to: number];
  readonly cache: { readonly base: number; readonly free: Word64; readonly scavenged: Word64 };
  /** −1 when no page is free. */
  readonly searchPage: number;
  /** The tiny block's start, −1 for none, and the first unused byte in it. */
  readonly tiny: readonly [block: number, offset: number];
  /** The grown ranges in bytes, whole chunks, sorted. */
  readonly inUse: readonly (readonly [from: number, to: number])[];
  /** For each span class the first page of the cached span, −1 for none. */
  readonly mcache: readonly number[];
  /** The allocation bitmaps of the grown chunks in order, 16 words each. */
  readonly allocated: Int32Array;
}

export interface SpanRecord {
  readonly line: number;
  readonly page: number;
  readonly npages: number;
  readonly spanClass: number;
  readonly manual: boolean;
  readonly nelems: number;
  readonly freeIndex: number;
  readonly allocCount: number;
  readonly needZero: boolean;
  /** A bit an object, bytes with the lowest bit first. */
  readonly allocBits: Uint8Array;
  /** Of a span that is not swept: the objects that are marked. */
  readonly markBits: Uint8Array | undefined;
}

/** Where spans stood before the last collection: their first pages; in each list what was put there first stands first. */
export interface PlacesBefore {
  /** For each span class that of the cached span, −1 for none. */
  readonly mcache: readonly number[];
  readonly full: ReadonlyMap<number, readonly number[]>;
  readonly partial: ReadonlyMap<number, readonly number[]>;
}

export interface MallocSnapshot {
  /** The line of `heap0`. */
  readonly line: number;
  readonly heap: HeapRecord;
  /** By address. */
  readonly spans: readonly SpanRecord[];
  /** The first pages of the swept spans with free objects, by span class; the first is taken first. */
  readonly partialSwept: ReadonlyMap<number, readonly number[]>;
  /** Undefined where it is not recorded. */
  readonly before: PlacesBefore | undefined;
}

export interface Allocation {
  readonly size: number;
  readonly noscan: boolean;
  /** The object's place, in bytes from the arena base. */
  readonly offset: number;
  readonly spanPage: number;
  readonly npages: number;
  readonly spanClass: number;
  readonly elemSize: number;
}

export interface MallocLine {
  readonly line: number;
  /** The line as it stands. */
  readonly text: string;
  readonly step: Allocation | HeapRecord;
}

export interface MallocTrace {
  readonly header: MallocHeader;
  readonly snapshot: MallocSnapshot;
  /** The allocations, and the heap at the end. */
  readonly lines: AsyncGenerator<MallocLine>;
}

type Fields = Readonly<Record<string, unknown>>;

const chunkHex = /^[0-9a-f]{128}$/;
const maxPage = 2 ** 31 - 1;

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** Whether a value is that of a line of this kind. */
export function isMallocLine(value: unknown, kind: string): boolean {
  return fieldsOf(value)?.k === kind;
}

const isWhole = (n: unknown, low: number, high: number): n is number =>
  Number.isInteger(n) && (n as number) >= low && (n as number) <= high;

const isOffset = (n: unknown): n is number => isWhole(n, 0, userAddressEnd);

function isRange(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(isOffset) && value[0] <= value[1];
}

/** Pages, −1 for none. */
function isPages(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((page) => isWhole(page, -1, maxPage));
}

function header(file: string, { line, value }: GoldenLine): MallocHeader {
  const fields = fieldsOf(value);
  if (fields?.k !== 'hdr') throw goldenError(file, line, 'a trace begins with its header', value);
  const { mode, seed, n, arenaBase, sweepWithin, pagesSwept } = fields;
  if (!isWhole(n, 0, 2 ** 31))
    throw goldenError(file, line, 'the header does not say how many operations follow', n);
  const base = typeof arenaBase === 'string' ? Number(arenaBase) : Number.NaN;
  if (!isWhole(base, 1, userAddressEnd) || base % originAlign !== 0)
    throw goldenError(file, line, 'the arena base is not a multiple of 16 GiB', arenaBase);
  return {
    mode: typeof mode === 'string' ? mode : '',
    seed: typeof seed === 'number' ? seed : 0,
    allocations: n,
    sweepWithin: isOffset(sweepWithin) ? sweepWithin : 0,
    pagesSwept: isWhole(pagesSwept, 0, maxPage) ? pagesSwept : 0,
    arenaBase: base,
  };
}

/** The heap that a line describes; undefined if the line is malformed. */
function heap(fields: Fields): HeapRecord | undefined {
  const { curArena, pcache, searchPage, tiny, inUse, mcache, alloc } = fields;
  if (!isRange(curArena) || !Array.isArray(pcache) || !isWhole(pcache[0], 0, maxPage)) return undefined;
  const [free, scavenged] = [parseWord64(pcache[1]), parseWord64(pcache[2])];
  if (free === undefined || scavenged === undefined || !Number.isInteger(searchPage)) return undefined;
  if (!Array.isArray(tiny) || tiny.length !== 2 || !tiny.every((n) => Number.isInteger(n))) return undefined;
  if (!Array.isArray(inUse) || !inUse.every(isRange)) return undefined;
  if (!isPages(mcache)) return undefined;
  if (!Array.isArray(alloc) || !alloc.every((hex) => typeof hex === 'string' && chunkHex.test(hex)))
    return undefined;
  let chunks = 0;
  let last = -1;
  for (const [from, to] of inUse) {
    if (from % chunkBytes !== 0 || to % chunkBytes !== 0 || from <= last) return undefined;
    chunks += (to - from) / chunkBytes;
    last = to;
  }
  if (chunks !== alloc.length) return undefined;
  const allocated = new Int32Array(chunks * 16);
  alloc.forEach((hex: string, chunk) => {
    for (let word = 0; word < 8; word++) {
      const at = word * 16;
      allocated[chunk * 16 + word * 2] = Number.parseInt(hex.slice(at + 8, at + 16), 16);
      allocated[chunk * 16 + word * 2 + 1] = Number.parseInt(hex.slice(at, at + 8), 16);
    }
  });
  const page = searchPage as number;
  // An unset address is recorded less the arena base, and the end of all addresses as a page beyond all.
  return {
    curArena,
    cache: { base: pcache[0], free, scavenged },
    searchPage: page < 0 || page > maxPage ? -1 : page,
    tiny: tiny[0] < 0 ? [-1, 0] : [tiny[0], tiny[1]],
    inUse,
    mcache,
    allocated,
  };
}

function span(line: number, fields: Fields): SpanRecord | undefined {
  const { page, npages, state, nelems, freeindex, allocCount, needzero, allocBits, markBits } = fields;
  const spanClass = fields.class;
  const counts = [page, npages, spanClass, nelems, freeindex, allocCount];
  if (!counts.every((n) => isWhole(n, 0, maxPage)) || (state !== 1 && state !== 2)) return undefined;
  const isBits = (bits: unknown): bits is string =>
    typeof bits === 'string' &&
    /^([0-9a-f]{2})*$/.test(bits) &&
    (state !== 1 || bits.length * 4 >= (nelems as number));
  if (!isBits(allocBits) || (markBits !== undefined && !isBits(markBits))) return undefined;
  return {
    line,
    page: page as number,
    npages: npages as number,
    spanClass: spanClass as number,
    manual: state === 2,
    nelems: nelems as number,
    freeIndex: freeindex as number,
    allocCount: allocCount as number,
    needZero: needzero === 1,
    allocBits: Uint8Array.from(Buffer.from(allocBits, 'hex')),
    markBits: markBits === undefined ? undefined : Uint8Array.from(Buffer.from(markBits, 'hex')),
  };
}

function spanLists(value: unknown): ReadonlyMap<number, readonly number[]> | undefined {
  const byClass = fieldsOf(value);
  if (byClass === undefined) return undefined;
  const lists = new Map<number, number[]>();
  for (const [spanClass, pages] of Object.entries(byClass)) {
    if (!isWhole(Number(spanClass), 0, 255) || !Array.isArray(pages)) return undefined;
    if (!pages.every((page) => isWhole(page, 0, maxPage))) return undefined;
    lists.set(Number(spanClass), pages as number[]);
  }
  return lists;
}

function placesBefore({ mcache, full, partial }: Fields): PlacesBefore | undefined {
  const lists = [spanLists(full), spanLists(partial)];
  if (lists[0] === undefined || lists[1] === undefined || !isPages(mcache)) return undefined;
  return { mcache, full: lists[0], partial: lists[1] };
}

function allocation(value: readonly unknown[]): Allocation | undefined {
  if (value.length !== 7 || !value.every((n) => Number.isInteger(n))) return undefined;
  const [size, scan, offset, spanPage, npages, spanClass, elemSize] = value as number[];
  if (!isOffset(size) || (scan !== 0 && scan !== 1)) return undefined;
  return {
    size,
    noscan: scan === 0,
    offset: offset!,
    spanPage: spanPage!,
    npages: npages!,
    spanClass: spanClass!,
    elemSize: elemSize!,
  };
}

/** The lines up to the first allocation, and that line. */
async function snapshot(
  file: string,
  values: AsyncGenerator<GoldenLine>,
): Promise<[MallocSnapshot, GoldenLine | undefined]> {
  let start: { line: number; heap: HeapRecord } | undefined;
  let partial: ReadonlyMap<number, readonly number[]> | undefined;
  let before: PlacesBefore | undefined;
  let next: GoldenLine | undefined;
  const spans: SpanRecord[] = [];
  for (;;) {
    const { done, value: item } = await values.next();
    if (done === true) break;
    const { line, value } = item as GoldenLine;
    const fields = fieldsOf(value);
    const kind = fields?.k;
    if (fields === undefined || kind === 'heap1') {
      next = item as GoldenLine;
      break;
    }
    if (kind === 'heap0') {
      const parsed = heap(fields);
      if (parsed !== undefined) start = { line, heap: parsed };
      else throw goldenError(file, line, 'not the state of a heap', value);
    } else if (kind === 'partialSwept') {
      partial = spanLists(fields.byClass);
      if (partial === undefined) throw goldenError(file, line, 'not lists of spans', value);
    } else if (kind === 'beforeCollection') {
      before = placesBefore(fields);
      if (before === undefined) throw goldenError(file, line, 'not places of spans', value);
    } else {
      const parsed = kind === 'span' ? span(line, fields) : undefined;
      if (parsed === undefined) throw goldenError(file, line, 'not a line of a malloc trace', value);
      spans.push(parsed);
    }
  }
  if (start === undefined)
    throw goldenError(file, next?.line ?? 1, 'no heap0: it is not told what the heap was at the start');
  spans.sort((a, b) => a.page - b.page);
  return [{ ...start, spans, partialSwept: partial ?? new Map<number, number[]>(), before }, next];
}

/** Opens a malloc trace: reads what the heap was at the start, and the rest as it is asked for. */
export async function openMallocTrace(file: string): Promise<MallocTrace> {
  const values = readGolden(file);
  const first = await values.next();
  if (first.done === true) throw goldenError(file, 1, 'an empty trace');
  const head = header(file, first.value);
  const [start, next] = await snapshot(file, values);
  async function* lines(): AsyncGenerator<MallocLine> {
    let item = next;
    let allocations = 0;
    let last = start.line;
    while (item !== undefined) {
      const { line, value } = item;
      last = line;
      const fields = fieldsOf(value);
      const step = Array.isArray(value)
        ? allocation(value)
        : fields?.k === 'heap1'
          ? heap(fields)
          : undefined;
      if (step === undefined) throw goldenError(file, line, 'not an operation of a malloc trace', value);
      if ('size' in step) allocations++;
      else if (allocations !== head.allocations)
        throw goldenError(file, line, `the header tells of ${head.allocations} operations`, allocations);
      yield { line, text: JSON.stringify(value), step };
      const following = await values.next();
      if (!('size' in step)) {
        if (following.done === true) return;
        throw goldenError(file, following.value.line, 'more after the state at the end');
      }
      item = following.done === true ? undefined : following.value;
    }
    throw goldenError(file, last, 'the trace ends without the state at the end (heap1)');
  }
  return { header: head, snapshot: start, lines: lines() };
}
