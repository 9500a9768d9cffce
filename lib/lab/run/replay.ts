/**
 * The replay: operations of a trace, carried out on an allocator.
 *
 * What a traced program's allocator did becomes what this one does: an allocation is allocated and
 * written as the program would have written it, a free drops the object. A realloc stays in place
 * where the new size falls into the same size class; otherwise it allocates, copies and drops.
 *
 * - Tiny objects (below `tinySize`) share a block with others, so that one never grows in place even
 *   where its rounded size is the same: the bytes after it may be another's.
 * - A free of a pointer that is not live, and an allocation at one that is (its free was not traced:
 *   the old object is dropped), are counted; in strict mode they are errors.
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
} from '../trace/operations.ts';
import { PointerTable } from './pointer-table.ts';

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
  /** Frees, and reallocs, of a pointer that was not live. */
  readonly unknownFrees: number;
  /** Allocations at a pointer that was live. */
  readonly liveReuse: number;
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
  #failedReallocs = 0;
  #nilAllocs = 0;
  #unknownWrites = 0;
  /** The object that a `<` took out of the table, until its `>`: its address, −1 for none. */
  #movedAddress = -1;
  #movedSize = 0;

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
            this.#moveFrom(pointer);
            break;
          case opMoveTo:
            this.#moveTo(pointer, size);
            break;
          case opResize:
            this.#moveFrom(pointer);
            this.#moveTo(pointer, size);
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
      throw this.#placed(error, batch.lineOf(i));
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
    const address = this.table.addressAt(row);
    this.liveBytes -= this.table.sizeAt(row);
    this.table.removeAt(row);
    this.#target.drop(address);
    this.#frees++;
  }

  #moveFrom(pointer: number): void {
    this.#movedAddress = -1;
    if (pointer === 0) return;
    const row = this.table.find(pointer);
    if (row < 0) {
      this.#unknown(pointer);
      return;
    }
    this.#movedAddress = this.table.addressAt(row);
    this.#movedSize = this.table.sizeAt(row);
    this.table.removeAt(row);
    this.liveBytes -= this.#movedSize;
  }

  #moveTo(pointer: number, size: number): void {
    const old = this.#movedAddress;
    const oldSize = this.#movedSize;
    this.#reallocs++;
    if (old < 0) {
      this.#put(pointer, this.#target.malloc(size), size);
      return;
    }
    this.#movedAddress = -1;
    if (this.#fitsInPlace(oldSize, size)) {
      this.#enter(pointer, old, size);
      if (size > oldSize) this.#fill(old, oldSize, size - oldSize);
      return;
    }
    const address = this.#target.malloc(size);
    this.#enter(pointer, address, size);
    const kept = Math.min(oldSize, size);
    if (this.#touch === 'all') {
      if (kept > 0) this.#target.copy(address, old, kept);
      this.#fill(address, kept, size - kept);
    } else {
      this.#fill(address, 0, size);
    }
    this.#target.drop(old);
  }

  #write(pointer: number, size: number): void {
    const row = pointer === 0 ? -1 : this.table.find(pointer);
    if (row < 0) {
      if (this.#strict)
        throw new PageHeapError('ERR_TRACE', `a write to ${show(pointer)}, which is not live`);
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
    this.liveBytes += size;
    if (this.liveBytes > this.peakLiveBytes) this.peakLiveBytes = this.liveBytes;
  }

  /** An allocation at a pointer that is live: its free was not traced. */
  #reuse(row: number, pointer: number, address: number, size: number): void {
    if (this.#strict) {
      this.#target.drop(address);
      throw new PageHeapError('ERR_TRACE', `an allocation at ${show(pointer)}, which is live`, {
        value: pointer,
      });
    }
    const old = this.table.addressAt(row);
    this.liveBytes -= this.table.sizeAt(row);
    this.#liveReuse++;
    this.table.setAt(row, address, size);
    this.#target.drop(old);
  }

  #unknown(pointer: number): void {
    if (this.#strict) {
      throw new PageHeapError('ERR_TRACE', `a free of ${show(pointer)}, which is not live`, {
        value: pointer,
      });
    }
    this.#unknownFrees++;
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

  #placed(error: unknown, line: number): unknown {
    if (!(error instanceof PageHeapError) || error.line !== undefined) return error;
    return new PageHeapError(error.code, error.message, {
      file: this.#file,
      line,
      value: error.value,
      cause: error,
      ...(error.errno === undefined ? {} : { errno: error.errno }),
      ...(error.syscall === undefined ? {} : { syscall: error.syscall }),
    });
  }
}

function show(pointer: number): string {
  return `0x${pointer.toString(16)}`;
}
