/**
 * The replay: operations of a trace, carried out on an allocator.
 *
 * What a traced program's allocator did becomes what this one does: an allocation is allocated and
 * written as the program would have written it, a free drops the object. A realloc stays in place
 * where the new size falls into the same size class; otherwise it allocates, copies and drops.
 *
 * - Tiny objects (below `tinySize`) share a block with others, so that one never grows in place even
 *   where its rounded size is the same: the bytes after it may be another's.
 * - A free of an address that is not live is counted, and so is an allocation at one that is: which object a free
 *   kills then is told in owed-frees.ts. In strict mode both are errors.
 * - Ids are a driver's table of pointers (used-ids.ts): the realloc of one that was never used, or was freed, is an
 *   allocation; the free of one that was never used is free(NULL); a realloc to 0 is a free; and an allocation of a
 *   live id loses the old object, which is garbage then.
 * - Of an mtrace realloc nothing happens before its second line: without it, the object stays.
 *
 * `run` is the hot loop: nothing is allocated in it, and errors of the allocator are given their
 * place in the trace once, where it is left.
 *
 * Not here: when to replay how much (pacing.ts), what the allocator is (subject/target.ts).
 */
import { PageHeapError } from '../../base/errors.ts';
import type { TouchMode } from '../subject/subject-options.ts';
import type { ReplayTarget } from '../subject/target.ts';
import {
  type OperationBatch,
  opAllocate,
  opFailedMove,
  opFree,
  opMoveFrom,
  opMoveTo,
  opResize,
  opWrite,
  pointerName,
} from '../trace/operations.ts';
import { dueAt, owe, pay } from './owed-frees.ts';
import { PointerTable } from './pointer-table.ts';
import { UsedIds } from './used-ids.ts';

export interface ReplayOptions {
  /** Default: all. */
  readonly touch?: TouchMode;
  /** Unknown frees, live reuse and writes to nothing are errors. Default: they are counted. */
  readonly strict?: boolean;
  /** What errors call the trace. */
  readonly file?: string;
}

/** What the operations of a trace came to. `realloc` counts those that succeeded in the program. */
export interface ReplayCounts {
  readonly allocs: number;
  readonly frees: number;
  readonly reallocs: number;
  /** Frees, and reallocs, of a pointer that was not live; of ids those that had been freed. */
  readonly unknownFrees: number;
  /** Allocations at an address, or of an id, that was live. */
  readonly liveReuse: number;
  /** Of these, those whose free came after all: it killed nothing. */
  readonly lateFrees: number;
  readonly failedReallocs: number;
  /** Allocations that failed in the program. */
  readonly nilAllocs: number;
  /** Writes to an object that was not live. */
  readonly unknownWrites: number;
}

/** Objects of fewer bytes may lie in one block with others (Go's maxTinySize). */
const tinySize = 16;

export class Replay {
  /** Operations carried out: lines of the trace, so that an mtrace realloc is two. */
  ops = 0;
  /** Bytes that the program asked for and has not freed, and the most there were at once. */
  liveBytes = 0;
  peakLiveBytes = 0;
  readonly table = new PointerTable();
  readonly #target: ReplayTarget;
  readonly #touch: TouchMode;
  readonly #strict: boolean;
  readonly #file: string;
  #allocs = 0;
  #frees = 0;
  #reallocs = 0;
  #unknownFrees = 0;
  #liveReuse = 0;
  #lateFrees = 0;
  #failedReallocs = 0;
  #nilAllocs = 0;
  #unknownWrites = 0;
  /** The pointer of the last `<`, for its `>`. */
  #movedFrom = 0;
  /** Of the batch at hand. */
  #ids = false;
  readonly #used = new UsedIds();

  constructor(target: ReplayTarget, options: ReplayOptions = {}) {
    this.#target = target;
    this.#touch = options.touch ?? 'all';
    this.#strict = options.strict ?? false;
    this.#file = options.file ?? 'trace';
  }

  get counts(): ReplayCounts {
    return {
      allocs: this.#allocs,
      frees: this.#frees,
      reallocs: this.#reallocs,
      unknownFrees: this.#unknownFrees,
      liveReuse: this.#liveReuse,
      lateFrees: this.#lateFrees,
      failedReallocs: this.#failedReallocs,
      nilAllocs: this.#nilAllocs,
      unknownWrites: this.#unknownWrites,
    };
  }

  /** Objects alive now. */
  get liveObjects(): number {
    return this.table.size;
  }

  /**
   * Carries out rows [from, to) of a batch, in order; successive calls must go on where the last ended.
   * @throws PageHeapError with file and line: ERR_TRACE in strict mode, and whatever the target throws
   */
  run(batch: OperationBatch, from: number, to: number): void {
    const { kinds, pointers, sizes } = batch;
    this.#ids = batch.ids;
    let i = from;
    try {
      for (; i < to; i++) {
        const pointer = pointers[i];
        const size = sizes[i];
        switch (kinds[i]) {
          case opAllocate:
            this.#allocate(pointer, size);
            break;
          case opFree:
            this.#free(pointer);
            break;
          case opMoveFrom:
            this.#movedFrom = pointer;
            // Here the line is that of the mistake.
            if (this.#strict && pointer !== 0 && this.table.find(pointer) < 0) this.#unknown(pointer);
            break;
          case opMoveTo:
            this.#move(this.#movedFrom, pointer, size);
            break;
          case opResize:
            this.#resize(pointer, size);
            break;
          case opWrite:
            this.#write(pointer, size);
            break;
          case opFailedMove:
            this.#failedReallocs++;
            break;
        }
      }
    } catch (error) {
      throw this.#placed(error, batch, i);
    } finally {
      this.ops += i - from;
    }
  }

  #allocate(pointer: number, size: number): void {
    if (pointer === 0) {
      this.#nilAllocs++;
      return;
    }
    this.#put(pointer, this.#target.malloc(size), size);
    this.#allocs++;
  }

  #free(pointer: number): void {
    if (pointer === 0) return;
    const row = this.table.find(pointer);
    if (row < 0) {
      this.#unknown(pointer);
      return;
    }
    if (this.table.owedAt(row) !== 0 && this.#isLate(row)) {
      this.#frees++;
      return;
    }
    const address = this.table.addressAt(row);
    this.liveBytes -= this.table.sizeAt(row);
    this.table.removeAt(row);
    this.#target.drop(address);
    this.#frees++;
  }

  /** Whether a free of this row's pointer is one that was owed; then it is paid. */
  #isLate(row: number): boolean {
    const owed = this.table.owedAt(row);
    if (dueAt(owed, this.#allocs) === 0) return false;
    this.table.setOwedAt(row, pay(owed));
    this.#lateFrees++;
    return true;
  }

  #resize(pointer: number, size: number): void {
    if (size > 0) this.#move(pointer, pointer, size);
    else this.#free(pointer);
  }

  /** A realloc. What is not live, or was freed by the time its address was used again, is moved from nowhere. */
  #move(from: number, to: number, size: number): void {
    const row = from === 0 ? -1 : this.table.find(from);
    if (row < 0 || (this.table.owedAt(row) !== 0 && this.#isLate(row))) {
      if (row < 0 && from !== 0) this.#unknown(from);
      this.#put(to, this.#target.malloc(size), size);
      if (this.#ids) this.#allocs++;
      else this.#reallocs++;
      return;
    }
    this.#reallocs++;
    const old = this.table.addressAt(row);
    const oldSize = this.table.sizeAt(row);
    if (this.#fitsInPlace(oldSize, size)) {
      this.#rename(row, oldSize);
      this.#enter(to, old, size);
      if (size > oldSize) this.#fill(old, oldSize, size - oldSize);
      return;
    }
    const address = this.#target.malloc(size);
    this.#rename(row, oldSize);
    this.#enter(to, address, size);
    const kept = Math.min(oldSize, size);
    if (this.#touch === 'all') {
      if (kept > 0) this.#target.copy(address, old, kept);
      this.#fill(address, kept, size - kept);
    } else {
      this.#fill(address, 0, size);
    }
    this.#target.drop(old);
  }

  /** Takes an object out of the table that goes on under another pointer. */
  #rename(row: number, size: number): void {
    this.table.removeAt(row);
    this.liveBytes -= size;
  }

  #write(pointer: number, size: number): void {
    const row = pointer === 0 ? -1 : this.table.find(pointer);
    if (row < 0) {
      if (this.#strict) this.#refuse(`a write to ${this.#name(pointer)}, which is not live`, pointer);
      this.#unknownWrites++;
      return;
    }
    this.#fill(this.table.addressAt(row), 0, Math.min(size, this.table.sizeAt(row)));
  }

  /** A new object under a pointer: in the table, and written. */
  #put(pointer: number, address: number, size: number): void {
    this.#enter(pointer, address, size);
    this.#fill(address, 0, size);
  }

  #enter(pointer: number, address: number, size: number): void {
    const row = this.table.add(pointer, address, size);
    if (row >= 0) this.#reuse(row, pointer, address, size);
    if (this.#ids) this.#used.add(pointer);
    this.liveBytes += size;
    if (this.liveBytes > this.peakLiveBytes) this.peakLiveBytes = this.liveBytes;
  }

  /** An allocation at a pointer that is live. */
  #reuse(row: number, pointer: number, address: number, size: number): void {
    if (this.#strict) {
      this.#target.drop(address);
      this.#refuse(`an allocation at ${this.#name(pointer)}, which is live`, pointer);
    }
    const old = this.table.addressAt(row);
    this.liveBytes -= this.table.sizeAt(row);
    this.#liveReuse++;
    this.table.setAt(row, address, size);
    // What an id stands for is in the order of the file; no free of it comes late.
    if (!this.#ids) this.table.setOwedAt(row, owe(this.table.owedAt(row), this.#allocs));
    this.#target.drop(old);
  }

  #unknown(pointer: number): void {
    if (this.#ids && !this.#used.has(pointer)) return;
    if (this.#strict) this.#refuse(`a free of ${this.#name(pointer)}, which is not live`, pointer);
    this.#unknownFrees++;
  }

  #name(pointer: number): string {
    return this.#ids ? `the id ${pointerName(pointer, true)}` : pointerName(pointer, false);
  }

  #refuse(message: string, value: number): never {
    throw new PageHeapError('ERR_TRACE', message, { value: this.#ids ? value - 1 : value });
  }

  #fitsInPlace(oldSize: number, size: number): boolean {
    if (size > oldSize && oldSize < tinySize) return false;
    return size === oldSize || this.#target.roundUpSize(size) === this.#target.roundUpSize(oldSize);
  }

  #fill(address: number, from: number, bytes: number): void {
    if (bytes === 0 || this.#touch === 'none') return;
    if (this.#touch === 'all') this.#target.touch(address, from, bytes);
    else this.#target.touchPages(address, from, bytes);
  }

  #placed(error: unknown, batch: OperationBatch, row: number): unknown {
    if (!(error instanceof PageHeapError) || error.line !== undefined) return error;
    return new PageHeapError(error.code, `${error.message} (${batch.textOf(row)})`, {
      file: this.#file,
      line: batch.lineOf(row),
      value: error.value,
      cause: error,
      ...(error.errno === undefined ? {} : { errno: error.errno }),
      ...(error.syscall === undefined ? {} : { syscall: error.syscall }),
    });
  }
}
