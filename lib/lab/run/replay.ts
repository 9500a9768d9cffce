/**
 * The replay: operations of a trace, carried out on an allocator.
 *
 * What a traced program's allocator did becomes what this one does: an allocation is allocated and
 * written as the program would have written it, a free drops the object. A realloc stays in place
 * where the new size falls into the same size class; otherwise it allocates, copies and drops. An allocator that has
 * a realloc of its own does that by itself.
 *
 * - calloc asks for memory that is zero. An alignment is asked for where the allocator can be; a heap of size classes
 *   gets a size whose objects have it (aligned-size.ts).
 * - Tiny objects (below `tinySize`) share a block with others, so that one never grows in place even
 *   where its rounded size is the same: the bytes after it may be another's.
 * - What an operation means, which is found before (resolver.ts), is counted here as it is carried out. In strict mode
 *   an operation on what is not live, and an allocation at what is, are errors.
 *
 * The objects are rows of two doubles, by slot: where the object lies in the heap, and how long it is.
 *
 * `run` is the hot loop: nothing is allocated in it and nothing looked up, and errors of the allocator are given their
 * place in the trace once, where it is left.
 *
 * Not here: when to replay how much (pacing.ts), what the allocator is (subject/target.ts).
 */
import { PageHeapError } from '../../base/errors.ts';
import type { TouchMode } from '../subject/subject-options.ts';
import type { ReplayTarget } from '../subject/target.ts';
import { type OperationBatch, pointerName, wayPlain, wayZeroed } from '../trace/operations.ts';
import { alignedSize } from './aligned-size.ts';
import {
  actAllocate,
  actFailedMove,
  actFree,
  actionMask,
  actMove,
  actNilAllocate,
  actNothing,
  actStop,
  actWrite,
  isLate,
  isOverLive,
  isRealloc,
  isUnknown,
  ResolvedBatch,
  Resolver,
} from './resolver.ts';

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

const firstObjects = 1024;

// As constants of this module they are folded into the loop.
const allocate = actAllocate;
const free = actFree;

export class Replay {
  /** Operations carried out: lines of the trace, so that an mtrace realloc is two. */
  ops = 0;
  /** Bytes that the program asked for and has not freed, and the most there were at once. */
  liveBytes = 0;
  peakLiveBytes = 0;
  /** Objects alive now. */
  liveObjects = 0;
  readonly #target: ReplayTarget;
  readonly #touch: TouchMode;
  readonly #strict: boolean;
  readonly #file: string;
  readonly #resolver = new Resolver();
  #resolved = new ResolvedBatch(0);
  /** By slot: address and size. */
  #objects = new Float64Array(2 * firstObjects);
  #allocs = 0;
  #frees = 0;
  #reallocs = 0;
  #unknownFrees = 0;
  #liveReuse = 0;
  #lateFrees = 0;
  #failedReallocs = 0;
  #nilAllocs = 0;
  #unknownWrites = 0;
  /** Of the batch at hand. */
  #ids = false;

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

  /** Rows of the tables that the replay keeps: they follow the most objects alive, not the length of the trace. */
  get capacity(): { readonly pointers: number; readonly objects: number } {
    return { pointers: this.#resolver.capacity, objects: this.#objects.length / 2 };
  }

  /** Visits every object that lives, in no order; only between a batch that was replayed whole and the next. */
  forEachLive(visit: (pointer: number, address: number, size: number) => void): void {
    this.#resolver.forEachLive((pointer, slot) => {
      visit(pointer, this.#objects[2 * slot], this.#objects[2 * slot + 1]);
    });
  }

  /** Finds out what the operations of a batch mean. Each batch goes through this once, in the order of the trace, before it is run. */
  resolve(batch: OperationBatch): void {
    if (this.#resolved.actions.length < batch.rows) this.#resolved = new ResolvedBatch(batch.rows);
    this.#ids = batch.ids;
    this.#resolver.resolve(batch, this.#resolved);
    const { slotEnd } = this.#resolver;
    if (2 * slotEnd > this.#objects.length) {
      const more = new Float64Array(2 * Math.max(slotEnd, this.#objects.length));
      more.set(this.#objects);
      this.#objects = more;
    }
  }

  /** Resolves a batch and carries out all of it. @throws as `run` */
  runAll(batch: OperationBatch): void {
    this.resolve(batch);
    this.run(batch, 0, batch.count);
  }

  /**
   * Carries out rows [from, to) of the batch resolved last, in order; successive calls must go on where the last ended.
   * @throws PageHeapError with file and line: ERR_TRACE in strict mode, and whatever the target throws
   */
  run(batch: OperationBatch, from: number, to: number): void {
    const select = batch.threaded ? this.#target.selectThread : undefined;
    if (select === undefined) {
      this.#runOne(batch, from, to);
      return;
    }
    // Stretches of one thread.
    const { threads } = batch;
    for (let at = from; at < to; ) {
      const thread = threads[at];
      let end = at + 1;
      while (end < to && threads[end] === thread) end++;
      select.call(this.#target, thread);
      this.#runOne(batch, at, end);
      at = end;
    }
  }

  /** As `run`, rows of one thread. */
  #runOne(batch: OperationBatch, from: number, to: number): void {
    const { sizes } = batch;
    const { actions, slots } = this.#resolved;
    const objects = this.#objects;
    const target = this.#target;
    const written = this.#touch !== 'none';
    const ways = batch.hasWays ? batch.ways : undefined;
    let i = from;
    try {
      for (; i < to; i++) {
        const action = actions[i];
        if (action === allocate) {
          const at = 2 * slots[i];
          const size = sizes[i];
          const address =
            ways === undefined || ways[i] === wayPlain ? target.malloc(size) : this.#ask(ways[i], size);
          objects[at] = address;
          objects[at + 1] = size;
          this.liveObjects++;
          this.#grew(size);
          if (written) this.#fill(address, 0, size);
          this.#allocs++;
        } else if (action === free) {
          const at = 2 * slots[i];
          this.liveObjects--;
          this.liveBytes -= objects[at + 1];
          target.drop(objects[at]);
          this.#frees++;
        } else if (action !== actNothing) {
          this.#rare(action, batch, i);
        }
      }
    } catch (error) {
      throw this.#placed(error, batch, i);
    } finally {
      this.ops += i - from;
    }
  }

  /** What neither allocates a new object nor frees a live one. */
  #rare(action: number, batch: OperationBatch, i: number): void {
    const pointer = batch.pointers[i];
    const size = batch.sizes[i];
    if ((action & isUnknown) !== 0) this.#unknown(action & actionMask, pointer);
    if ((action & isLate) !== 0) this.#lateFrees++;
    switch (action & actionMask) {
      case actAllocate:
        this.#put(action, batch, i);
        break;
      case actFree:
        if ((action & isLate) !== 0) this.#frees++;
        break;
      case actMove:
        this.#move(action, i, pointer, size);
        break;
      case actWrite:
        if ((action & isUnknown) === 0) this.#write(this.#resolved.slots[i], size);
        break;
      case actNilAllocate:
        this.#nilAllocs++;
        break;
      case actFailedMove:
        this.#failedReallocs++;
        break;
      case actStop:
        throw this.#resolved.failure;
    }
  }

  /** Memory that was asked for otherwise than by a plain malloc. */
  #ask(way: number, size: number): number {
    const target = this.#target;
    if (way === wayZeroed) return target.malloc(size, true);
    const alignment = 2 ** way;
    return target.mallocAligned?.(size, alignment) ?? target.malloc(alignedSize(size, alignment, target));
  }

  /** An allocation at a live pointer, or a realloc that is one. */
  #put(action: number, batch: OperationBatch, i: number): void {
    const size = batch.sizes[i];
    const slot = this.#resolved.slots[i];
    const way = batch.hasWays ? batch.ways[i] : wayPlain;
    const address = way === wayPlain ? this.#target.malloc(size) : this.#ask(way, size);
    if ((action & isOverLive) !== 0) this.#reuse(slot, batch.pointers[i], address);
    this.#enter(slot, address, size);
    this.#fill(address, 0, size);
    if ((action & isRealloc) !== 0) this.#reallocs++;
    else this.#allocs++;
  }

  /** A realloc: of the object in the row's slot, which takes the place of another one where there is one. */
  #move(action: number, i: number, pointer: number, size: number): void {
    const slot = this.#resolved.slots[i];
    const isOver = (action & isOverLive) !== 0;
    const other = isOver ? this.#resolved.others[i] : slot;
    this.#reallocs++;
    const old = this.#objects[2 * slot];
    const oldSize = this.#objects[2 * slot + 1];
    const hasOwn = this.#target.resize !== undefined;
    const inPlace = !hasOwn && this.#fitsInPlace(oldSize, size);
    const address = this.#target.resize?.(old, oldSize, size) ?? (inPlace ? old : this.#target.malloc(size));
    this.liveBytes -= oldSize;
    this.liveObjects--;
    if (isOver) this.#reuse(other, pointer, address);
    this.#enter(other, address, size);
    if (inPlace || hasOwn) {
      if (size > oldSize) this.#fill(address, oldSize, size - oldSize);
      return;
    }
    const kept = Math.min(oldSize, size);
    if (this.#touch === 'all') {
      if (kept > 0) this.#target.copy(address, old, kept);
      this.#fill(address, kept, size - kept);
    } else {
      this.#fill(address, 0, size);
    }
    this.#target.drop(old);
  }

  #write(slot: number, size: number): void {
    this.#fill(this.#objects[2 * slot], 0, Math.min(size, this.#objects[2 * slot + 1]));
  }

  /** An object is in a slot from now on. */
  #enter(slot: number, address: number, size: number): void {
    this.#objects[2 * slot] = address;
    this.#objects[2 * slot + 1] = size;
    this.liveObjects++;
    this.#grew(size);
  }

  #grew(size: number): void {
    this.liveBytes += size;
    if (this.liveBytes > this.peakLiveBytes) this.peakLiveBytes = this.liveBytes;
  }

  /** The object of a slot is lost to the one that takes its pointer. */
  #reuse(slot: number, pointer: number, address: number): void {
    if (this.#strict) {
      this.#target.drop(address);
      this.#refuse(`an allocation at ${this.#name(pointer)}, which is live`, pointer);
    }
    this.liveBytes -= this.#objects[2 * slot + 1];
    this.liveObjects--;
    this.#liveReuse++;
    this.#target.drop(this.#objects[2 * slot]);
  }

  /** An operation on a pointer that is not live. */
  #unknown(act: number, pointer: number): void {
    if (act === actWrite) {
      if (this.#strict) this.#refuse(`a write to ${this.#name(pointer)}, which is not live`, pointer);
      this.#unknownWrites++;
      return;
    }
    if (this.#strict) this.#refuse(`a free of ${this.#name(pointer)}, which is not live`, pointer);
    // Of a realloc the second line counts.
    if (act !== actNothing) this.#unknownFrees++;
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
