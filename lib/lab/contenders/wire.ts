/**
 * What is said to a replayer and what it answers: records of 16 bytes one way, lines of JSON the other.
 *
 *     | op, 8 bits | flags, 8 | thread, 16 | slot, 32 | bytes, 64 |        little-endian
 *
 * A replayer (native/replayer.c, native/go/main.go) has the same numbers. An object is a slot, a small number; that of a
 * dead one is given to the next. What is touched goes with the allocation where that is all that was touched.
 *
 * An answer is asked for by a record, and comes when all before it is done. The first line comes unasked: who the
 * allocator is. A line with `failed` is the last.
 */

export const recordBytes = 16;

export const opAllocate = 1;
export const opFree = 2;
/** A realloc; flags say what of the new part is touched. */
export const opResize = 3;
/** The first bytes of an object, or those from where `opTouchFrom` said just before. */
export const opTouch = 4;
export const opTouchFrom = 5;
/** One byte in every `bytes`, and the last. */
export const opTouchEvery = 6;
export const opCollect = 7;
/** Everything free goes back to the system. */
export const opGiveBack = 8;
export const opAnswer = 9;
export const opEnd = 10;
/**
 * The next allocation's alignment: in `slot` its binary logarithm, in `bytes` a size whose objects have it in a heap of Go's size
 * classes.
 */
export const opAlign = 11;

export const flagTouchAll = 1;
export const flagTouchPages = 2;
export const flagZeroed = 4;
/** The new size fits into the size class of the old one: only a replayer without a realloc of its own asks. */
export const flagInPlace = 8;

/** The first line: who the allocator is. */
export interface Hello {
  readonly allocator: string;
  readonly version: string;
  /** The file that malloc is of; empty where it is the program's own. */
  readonly library: string;
  /** Whether answers tell what of its own ranges is resident. */
  readonly ranges?: boolean;
}

/** An answer. Bytes and nanoseconds. */
export interface Answer {
  /** Records carried out. */
  readonly op: number;
  /** Time at work, that is not waiting for records. */
  readonly busyNs: number;
  /** Resident bytes of the replayer's own tables. */
  readonly own: number;
  /** Of these, tables that lie in the allocator's ranges: Go's, or nothing would live. */
  readonly table?: number;
  /** Resident bytes of the allocator's own ranges; −1 where they are not known. */
  readonly resident?: number;
  readonly sys?: number;
  readonly heapSys?: number;
  readonly heapInuse?: number;
  readonly heapIdle?: number;
  readonly heapReleased?: number;
  readonly heapAlloc?: number;
  readonly nextGC?: number;
  readonly numGC?: number;
  readonly numForcedGC?: number;
  readonly pauseTotalNs?: number;
  readonly stackSys?: number;
  readonly mspanSys?: number;
  readonly mcacheSys?: number;
  readonly gcSys?: number;
  readonly otherSys?: number;
}

/** It cannot go on. */
export interface Failure {
  readonly failed: 'memory' | 'table' | 'thread';
  readonly bytes: number;
  readonly op: number;
}
