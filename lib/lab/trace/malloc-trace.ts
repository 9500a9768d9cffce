/**
 * The raw traces of glibc-malloc-trace-utils: records of 64 bytes, without a header.
 *
 *   i32 thread · u32 of which the lowest 8 bits are the type · ptr1 · ptr2 · size · size2 · size3 · two words unused
 *
 *   1 malloc · 2 calloc · 3 free · 4 realloc · 5 memalign · 6 valloc · 7 pvalloc · 8 posix_memalign · 255 a mark
 *
 * An argument is in ptr1, an answer in ptr2; of a call that has only one of them it is the one that is not 0. Of a realloc
 * whose ptr1 is not alive and whose ptr2 is, they are taken the other way round.
 */
import type { BinaryGrammar } from './binary.ts';
import type { TraceFaults } from './faults.ts';
import { maxTraceSize, pointerEnd } from './grammar.ts';
import {
  leastRows,
  type OperationBatch,
  opAllocate,
  opFailedMove,
  opFree,
  opMoveFrom,
  opMoveTo,
  wayAligned,
  wayPlain,
  wayZeroed,
} from './operations.ts';

const recordBytes = 64;
const kCalloc = 2;
const kFree = 3;
const kRealloc = 4;
const kValloc = 6;
const kPvalloc = 7;
const kPosixMemalign = 8;
const kMark = 255;
const threadNumbers = 2 ** 16;

const wordAt = (view: DataView, at: number): number =>
  view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);

function isRecord(view: DataView, at: number): boolean {
  const type = view.getUint32(at + 4, true) & 255;
  if (view.getInt32(at, true) <= 0 || !((type >= 1 && type <= kPosixMemalign) || type === kMark))
    return false;
  const [first, second, size] = [wordAt(view, at + 8), wordAt(view, at + 16), wordAt(view, at + 24)];
  return (
    first < pointerEnd &&
    second < pointerEnd &&
    (size <= maxTraceSize || second === 0) &&
    first + second + size > 0
  );
}

/** Whether a file begins so: with a whole record, which text is not. */
export function isMallocTrace(bytes: Uint8Array): boolean {
  if (bytes.length < recordBytes) return false;
  return isRecord(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
}

export class MallocTraceGrammar implements BinaryGrammar {
  readonly format = 'malloc-trace';
  readonly announcedOps = undefined;
  lines = 0;
  readonly #faults: TraceFaults;
  readonly #threads = new Map<number, number>();
  readonly #living = new Set<number>();

  constructor(faults: TraceFaults) {
    this.#faults = faults;
  }

  parse(bytes: Uint8Array, from: number, to: number, batch: OperationBatch): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    batch.ids = false;
    let at = from;
    for (; at + recordBytes <= to && batch.count + leastRows <= batch.rows; at += recordBytes) {
      this.lines++;
      if (isRecord(view, at)) this.#read(view, at, batch);
      else if (wordAt(view, at) !== 0)
        this.#faults.malformed(
          this.lines,
          `no record of malloc-trace-utils at byte ${(this.lines - 1) * recordBytes}`,
        );
    }
    return at;
  }

  finish(rest: number): void {
    if (rest === 0) return;
    const line = this.lines + 1;
    this.#faults.add('cutLine', line, 'the file ends in the middle of a record', line);
  }

  #read(view: DataView, at: number, batch: OperationBatch): void {
    const type = view.getUint32(at + 4, true) & 255;
    if (type === kMark) return;
    const thread = this.#numberOf(view.getInt32(at, true));
    const [ptr1, ptr2, size, size2] = [8, 16, 24, 32].map((offset) => wordAt(view, at + offset));
    const add = (kind: number, pointer: number, bytes: number, way = wayPlain): void => {
      const n = batch.count++;
      batch.kinds[n] = kind;
      batch.pointers[n] = pointer;
      batch.sizes[n] = bytes;
      batch.threads[n] = thread;
      batch.ways[n] = way;
      batch.lineOffsets[n] = this.lines - batch.firstLine;
      if (kind === opAllocate || kind === opMoveTo) this.#living.add(pointer);
      else if (kind !== opFailedMove) this.#living.delete(pointer);
    };
    batch.threaded ||= thread > 0;
    batch.hasWays = true;
    if (type === kFree) {
      if (ptr1 + ptr2 !== 0) add(opFree, ptr1 || ptr2, 0);
    } else if (type === kRealloc) {
      const isTurned = ptr1 !== 0 && ptr2 !== 0 && !this.#living.has(ptr1) && this.#living.has(ptr2);
      const [old, pointer] = isTurned ? [ptr2, ptr1] : [ptr1, ptr2];
      if (old === 0) add(opAllocate, pointer, size);
      else if (pointer === 0) add(size === 0 ? opFree : opFailedMove, old, size);
      else {
        add(opMoveFrom, old, 0);
        add(opMoveTo, pointer, size);
      }
    } else {
      const bytes = type === kCalloc && size2 > 0 ? size * size2 : size;
      const isOfPages = type === kValloc || type === kPvalloc;
      const way = type === kCalloc ? wayZeroed : isOfPages ? wayAligned(4096) : wayPlain;
      add(opAllocate, ptr2 || ptr1, bytes, way);
    }
  }

  #numberOf(id: number): number {
    let n = this.#threads.get(id);
    if (n === undefined) {
      n = this.#threads.size % threadNumbers;
      this.#threads.set(id, n);
    }
    return n;
  }
}
