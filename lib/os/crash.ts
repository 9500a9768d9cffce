/**
 * Crash: telling the addon's crash report about a heap.
 *
 * When a raw view is used after its memory went, the process dies of SIGSEGV with no JavaScript left to
 * explain it. The addon's handler explains, from one descriptor of plain memory: the heap's ranges, and
 * where the columns lie that lead from a page to its span and state. native/crash.h has the layout, of
 * which this file is the writer: the offsets below are those of that struct.
 *
 * The handler reads everything through the kernel, so columns may be reserved further than they are
 * committed. It prints only; the process still dies of the signal.
 */
import { PageHeapError } from '../base/errors.ts';
import { pageShift } from '../base/units.ts';
import { ENOSPC, errnoName } from './errno.ts';
import { outOfMemory } from './out-of-memory.ts';
import type { Sys } from './sys.ts';

/** The columns the report can use, in the order of the descriptor. */
export const crashColumns = [
  'pageSpan', // by page: span id, 0 none
  'spanState', // by span: index into stateNames
  'spanBase', // by span: first page, from the origin
  'spanPages', // by span
  'spanClass', // by span
  'elementSize', // by span: bytes
  'allocatedBits', // by chunk of 512 pages: 64 bytes, bit 0 the first page
  'scavengedBits', // by chunk: the same
  'spanUse', // by span: index into useNames
  'pageBlock', // by page: the first page of its block plus one, 0 none; where objects are in blocks and not in spans
] as const;
export type CrashColumnName = (typeof crashColumns)[number];

export interface CrashColumn {
  readonly address: number;
  /** Bytes of one element: 1, 2, 4 or 8 (64 for the bit columns), little-endian, unsigned. */
  readonly elementBytes: number;
  /** Bytes from element to element; elementBytes unless told. */
  readonly stride?: number;
  /** Elements that may be asked for. */
  readonly length: number;
}

export interface CrashRange {
  readonly low: number;
  readonly high: number;
  /** "heap", "metadata": at most 15 ASCII characters. */
  readonly name: string;
}

/** All that a crash report may say about a heap. */
export interface CrashHeap {
  /** Address of page 0. */
  readonly origin: number;
  /** Pages that `pageSpan` spans. */
  readonly pages: number;
  /** At most eight; a fault outside them is none of ours. */
  readonly ranges: readonly CrashRange[];
  readonly columns: Partial<Readonly<Record<CrashColumnName, CrashColumn>>>;
  /** Names of the span states by number, at most eight. */
  readonly stateNames: readonly string[];
  /** What spans are used for, by number: at most eight names of 31 characters. */
  readonly useNames?: readonly string[];
}

const version = 3;
const maxRanges = 8;
const maxStates = 8;
const maxUses = 8;
const nameBytes = 16;
const useNameBytes = 32;
const originAt = 16;
const columnsAt = 40;
const columnBytes = 24;
const rangesAt = columnsAt + columnBytes * crashColumns.length;
const rangeBytes = 16 + nameBytes;
const statesAt = rangesAt + rangeBytes * maxRanges;

const usesAt = statesAt + nameBytes * maxStates;

/** Bytes of a descriptor. */
export const crashDescriptorBytes = usesAt + useNameBytes * maxUses;

/** Writes the descriptor of a heap to zeroed bytes. */
export function writeCrashDescriptor(into: Uint8Array, heap: CrashHeap): void {
  const { useNames = [] } = heap;
  if (heap.ranges.length > maxRanges || heap.stateNames.length > maxStates || useNames.length > maxUses) {
    throw new PageHeapError('ERR_INVALID_ARGUMENT', 'more ranges or states than a crash descriptor holds');
  }
  const out = new DataView(into.buffer, into.byteOffset, crashDescriptorBytes);
  const text = (at: number, value: string, length: number) => {
    for (let i = 0; i < value.length && i < length; i++) into[at + i] = value.charCodeAt(i) & 0x7f;
  };
  const u64 = (at: number, value: number) => out.setBigUint64(at, BigInt(value), true);

  out.setUint32(8, version, true);
  out.setUint32(12, heap.ranges.length, true);
  u64(originAt, heap.origin);
  u64(originAt + 8, heap.pages);
  out.setUint32(originAt + 16, pageShift, true);
  for (const [i, name] of crashColumns.entries()) {
    const column = heap.columns[name];
    if (column === undefined) continue;
    const at = columnsAt + i * columnBytes;
    u64(at, column.address);
    out.setUint32(at + 8, column.elementBytes, true);
    out.setUint32(at + 12, column.stride ?? column.elementBytes, true);
    u64(at + 16, column.length);
  }
  for (const [i, range] of heap.ranges.entries()) {
    const at = rangesAt + i * rangeBytes;
    u64(at, range.low);
    u64(at + 8, range.high);
    text(at + 16, range.name, nameBytes - 1);
  }
  for (const [i, name] of heap.stateNames.entries()) text(statesAt + i * nameBytes, name, nameBytes - 1);
  for (const [i, name] of useNames.entries()) text(usesAt + i * useNameBytes, name, useNameBytes - 1);
  text(0, 'PGHCRASH', 8);
}

/**
 * A registered descriptor, in a page of its own. The first one installs the handler. There are 64 at a time in a
 * process: heaps beyond work without one.
 */
export class CrashReport {
  readonly #sys: Sys;
  #page: number;

  /** @throws ERR_OUT_OF_MEMORY; ERR_SYSTEM if the handler cannot be installed */
  constructor(sys: Sys, heap: CrashHeap) {
    this.#sys = sys;
    this.#page = sys.alloc(sys.physPageSize, 'other');
    if (this.#page === 0) {
      throw outOfMemory(sys, 'no memory for a crash descriptor', sys.physPageSize);
    }
    try {
      const bytes = new Uint8Array(crashDescriptorBytes);
      writeCrashDescriptor(bytes, heap);
      sys.poke(this.#page, bytes);
      const errno = sys.addon.crashRegister(this.#page);
      if (errno === 0) return;
      if (errno !== ENOSPC)
        throw new PageHeapError('ERR_SYSTEM', `crash report: ${errnoName(errno)}`, { errno });
    } catch (error) {
      this.#release();
      throw error;
    }
    this.#release();
  }

  /** Forgets the heap: a fault in its ranges is no longer ours. Again is harmless. */
  dispose(): void {
    if (this.#page === 0) return;
    this.#sys.addon.crashUnregister(this.#page);
    this.#release();
  }

  #release(): void {
    this.#sys.free(this.#page, this.#sys.physPageSize, 'other', 'ready');
    this.#page = 0;
  }
}
