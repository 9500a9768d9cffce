/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The public heap: arguments checked, locks taken, errors thrown; then the layers below do the work.
 *
 * A heap is in one of four modes. Plain: one thread owns it, nothing is locked. Shared: every
 * operation holds the heap's lock, and other threads attach by the handle. Entered: the user's clock or page
 * heap runs in the middle of an operation; whoever calls the heap from there gets ERR_REENTRANT, and nothing
 * changes. Disposed: every operation throws ERR_DISPOSED. What only looks at what the heap is
 * (`fallbacks`, `roundUpSize`, printing it) works in all of them.
 *
 * A thread works with a P, a row of the caches; the one that makes or attaches to a heap acquires one and gives it back
 * when it disposes of its view (runtime/holders.ts: what if it never does). If it ends in the middle of an operation,
 * holding the lock, the heap is half changed: everyone gets ERR_OWNER_DEAD and can do nothing but dispose.
 *
 * Not here: how anything is done.
 */
import type { TypeShape } from '../alloc/scanning-malloc.ts';
import { roundUpSizeBy } from '../alloc/size-classes.ts';
import { PageHeapError } from '../base/errors.ts';
import { partsOf } from '../base/written-once.ts';
import { type SizeText, valueGiven } from '../design/option.ts';
import { type AttachOptions, type HeapOptions, heapOptions } from '../design/options.ts';
import type { Runtime } from '../runtime/runtime.ts';
import {
  addressesOf,
  checkAddress,
  checkSize,
  refuse,
  refuseMemory,
  refuseObject,
  refuseReentry,
} from './arguments.ts';
import { BackgroundTimer } from './background-timer.ts';
import { type HeapParts, takeParts, underLock } from './heap-parts.ts';
import { type HeapJson, heapJson, heapLine, noHeap } from './heap-shown.ts';
import type { TypeBase } from './heap-type.ts';
import type { HeapObject } from './object-contents.ts';
import { attachHeap, type HeapHandle, OpenedHeap, openHeap, shareHeap } from './opening.ts';
import { collectFully, setGCPercent, setMemoryLimit } from './settings.ts';
import { shown } from './shown.ts';
import { memProfileOf, specialsOf } from './special-heap.ts';
import { TracedHeap, typingOf } from './traced-heap.ts';

const plain = 0;
const shared = 1;
const disposed = 2;
const entered = 3;

/** What a heap is wired from: for tests, and for who looks inside. Not public. */
export let runtimeOf: (heap: Heap) => Runtime;

const given = partsOf<HeapParts>;

/** A page heap. See the options for what can be asked of one. */
export class Heap extends TracedHeap {
  #mode: 0 | 1 | 2 | 3 = given(this).opened.owner ? plain : shared;
  /** The mode that an operation left for the user's code. */
  #outerMode: 0 | 1 | 2 | 3 = plain;
  readonly #runtime = given(this).runtime;
  readonly #lock = given(this).lock;
  readonly #fast = given(this).fast;
  readonly #maker = given(this).maker;
  readonly #typing = typingOf(this);
  readonly #specials = specialsOf(this);
  readonly #liveness = given(this).liveness;
  readonly #stacks = given(this).stacks;
  readonly #contents = given(this).contents;
  readonly #events = given(this).events;
  readonly #clock = given(this).opened.clock;
  readonly #owner = given(this).opened.owner;
  readonly #crash = given(this).crash;
  readonly #holders = given(this).holders;
  readonly #p = given(this).p;
  readonly #timer: BackgroundTimer | undefined;

  /**
   * Makes a heap, owned by the calling thread.
   * @throws ERR_INVALID_OPTION · ERR_FILE of a trace's file · ERR_OUT_OF_MEMORY when the system has no address space for one
   */
  constructor(options: HeapOptions = {}) {
    const parts = takeParts(options instanceof OpenedHeap ? options : openHeap(options));
    super(parts, (operation) => this.#guarded(operation));
    const { foreign } = this.#runtime.memory.watch;
    if (foreign !== undefined) foreign.watcher = (inside) => this.#enterForeignCode(inside);
    if (given(this).opened.background) this.#timer = new BackgroundTimer(() => this.step());
  }

  /**
   * A second thread's heap over the memory of a shared one, with a P of its own.
   * @throws ERR_INVALID_ARGUMENT · ERR_INCOMPATIBLE_HEAP · ERR_NOT_SHARED · ERR_NO_P
   */
  static attach(handle: HeapHandle, options: AttachOptions = {}): Heap {
    return new Heap(attachHeap(handle, options) as HeapOptions);
  }

  static {
    runtimeOf = (heap) => heap.#runtime;
  }

  /**
   * Allocates an object. Answers its address.
   * @param size bytes, a whole number from 0 to 2^47; 0 gives the address all empty objects share
   * @param noscan it will hold no pointers
   * @param zero its memory must be zero
   * @throws ERR_INVALID_SIZE · ERR_OUT_OF_MEMORY · ERR_DISPOSED
   */
  malloc(size: number, noscan = true, zero = true): number {
    if (this.#mode !== plain || typeof size !== 'number' || size >>> 0 !== size)
      return this.#mallocSlowly(size, noscan, zero);
    const addr = this.#fast.malloc(size, noscan, zero);
    if (addr === 0 || this.#events.pending) this.#tellOf(addr, size);
    return addr;
  }

  /** Of an object that was asked for: what happened meanwhile, and that there is none. @throws ERR_OUT_OF_MEMORY for the address 0 */
  #tellOf(addr: number, size: number): void {
    if (this.#events.pending) this.#events.tell();
    if (addr === 0) refuseObject(this.#runtime, size);
  }

  /** Where the fast way does not lead: under the lock, or what is to be looked at first. */
  #mallocSlowly(size: number, noscan: boolean, zero: boolean): number {
    return this.#guarded(() => {
      checkSize(size);
      const addr = this.#fast.malloc(size, noscan, zero);
      return addr === 0 ? refuseObject(this.#runtime, size) : addr;
    });
  }

  /**
   * Allocates an object of a type, zeroed. Where the heap traces, the object that a thread allocated last is kept until it
   * allocates the next; from then on it lives as long as it can be reached from a root.
   * @throws ERR_INVALID_ARGUMENT · ERR_OUT_OF_MEMORY · ERR_DISPOSED
   */
  new(type: TypeBase): number {
    const shape = this.#typing.shapeOf(type);
    if (this.#mode !== plain) return this.#newSlowly(shape);
    const addr = this.#maker.make(shape);
    if (addr === 0 || this.#events.pending) this.#tellOf(addr, shape.size);
    return addr;
  }

  /**
   * Allocates n objects of a type in a row, as one object; `type.layout.size` bytes from one to the next.
   * @throws as `new`; ERR_INVALID_SIZE where n is no length, or their bytes are beyond the address space
   */
  newArray(type: TypeBase, n: number): number {
    return this.#newSlowly(this.#typing.arrayShapeOf(type, n));
  }

  /** Where the fast way does not lead: under the lock, or what is to be looked at first. */
  #newSlowly(shape: TypeShape): number {
    return this.#guarded(() => {
      const addr = this.#maker.make(shape);
      return addr === 0 ? refuseObject(this.#runtime, shape.size) : addr;
    });
  }

  /**
   * Says that the last reference to the object at `addr` is gone: the next cycle's sweep frees it.
   * Dropping the empty object does nothing. A second drop answers ERR_ALREADY_DROPPED; once the object was swept, ERR_NOT_ALLOCATED
   * until its address is used again. Objects below 16 bytes without pointers share blocks of 16: past the first byte of a
   * block (of an object of 16 bytes, too) a wrong address answers ERR_NOT_ALLOCATED, whether an object that was dropped
   * began there or none; at its first byte it is ERR_ALREADY_DROPPED as long as any object of the block lives.
   * @throws ERR_INVALID_ADDRESS · ERR_NOT_ALLOCATED · ERR_ALREADY_DROPPED · ERR_INTERIOR_ADDRESS
   *   · ERR_WRONG_LIVENESS where the heap traces · ERR_DISPOSED
   */
  drop(addr: number): void {
    if (typeof addr !== 'number' || this.#mode !== plain || !this.#liveness.drop(addr))
      this.#dropSlowly(addr);
  }

  #dropSlowly(addr: number): void {
    if (typeof addr !== 'number') checkAddress(addr);
    this.#guarded(() => {
      if (!this.#liveness.drop(addr)) this.#liveness.explain(addr);
    });
  }

  /**
   * Drops a batch; nothing of it where one address is wrong or occurs twice. It is read before the heap is touched.
   * @param addresses an array, a typed array (read without its iterator) or another iterable
   * @throws as `drop`, the message tells the place in the batch · ERR_INVALID_ARGUMENT for what cannot be iterated
   */
  dropAll(addresses: Iterable<number>): void {
    const batch = addressesOf(addresses);
    this.#guarded(() => this.#liveness.dropAll(batch));
  }

  /**
   * The object that holds the byte at `addr`, wherever in it that is; undefined where there is none. An object above
   * 32 KiB, and with `efence` any, ends where what was asked for ends, though it has whole pages.
   */
  findObject(addr: number): HeapObject | undefined {
    if (typeof addr !== 'number') return undefined;
    return this.#guarded(() => this.#contents.describe(addr));
  }

  /** Bytes the object at or around `addr` really has; 0 where there is none. */
  sizeOf(addr: number): number {
    return this.findObject(addr)?.size ?? 0;
  }

  /** Bytes a request of `size` really gets; with `sbrk` those alone that it asks for. @throws ERR_INVALID_SIZE */
  roundUpSize(size: number): number {
    checkSize(size);
    if (this.#runtime.memory.options.sbrk) return size;
    return roundUpSizeBy(this.#runtime.alloc.classes, size);
  }

  // ---------------------------------------------------------------- stacks

  /**
   * Allocates a stack: memory that the collector leaves alone, and does not count for its goal, as the runtime keeps for
   * goroutines. Its contents are undefined. Up to 16 KiB it comes from this thread's cache of stacks, and behind that
   * from a pool; the pool's spans of 32 KiB count in StackInuse whole.
   * @param size bytes, a whole number from 1 to 2^47; rounded up to 2, 4, 8 or 16 KiB, above that to whole pages of 8 KiB
   * @returns its address
   * @throws ERR_INVALID_SIZE · ERR_OUT_OF_MEMORY · ERR_DISPOSED
   */
  allocStack(size: number): number {
    return this.#guarded(() => {
      checkSize(size);
      if (size === 0) refuse('ERR_INVALID_SIZE', 'a stack has at least one byte', size);
      const addr = this.#stacks.alloc(this.#p, size);
      return addr === 0 ? refuseMemory(this.#runtime, `no memory for a stack of ${size} bytes`, size) : addr;
    });
  }

  /**
   * Gives a stack back: one of up to 16 KiB to this thread's cache of stacks, which every collection empties, a larger
   * one to the page heap. Its memory is not the caller's any more: writing to it breaks the heap.
   * @throws ERR_INVALID_ADDRESS · ERR_NOT_ALLOCATED where no stack begins · ERR_DISPOSED
   */
  freeStack(addr: number): void {
    checkAddress(addr);
    this.#guarded(() => {
      if (!this.#stacks.free(this.#p, addr)) refuse('ERR_NOT_ALLOCATED', 'no stack begins there', addr);
    });
  }

  // ---------------------------------------------------------------- their memory

  /**
   * A view of the bytes [addr, addr + length) of an object or a stack, `addr` anywhere in it. It dangles once that is
   * swept or given back, and is detached when the heap is disposed. Its buffer spans its span, and nothing beyond.
   * @param length bytes, at most 4 GiB
   * @throws ERR_INVALID_ADDRESS · ERR_INVALID_SIZE · ERR_NOT_ALLOCATED · ERR_OUT_OF_RANGE · ERR_DISPOSED
   */
  view(addr: number, length: number): Uint8Array {
    return this.#guarded(() => this.#contents.view(addr, length));
  }

  /** A copy of an object's bytes. @throws as `view`; ERR_OUT_OF_MEMORY; ERR_FAULT where the memory is not there */
  read(addr: number, length: number): Uint8Array {
    return this.#guarded(() => this.#contents.read(addr, length));
  }

  /**
   * Writes bytes into an object or a stack.
   * @param data a Uint8Array, such as a Buffer; nothing else is taken for bytes
   * @throws as `read`; ERR_INVALID_ARGUMENT for anything else, and where the memory behind it is gone
   */
  write(addr: number, data: Uint8Array): void {
    this.#guarded(() => this.#contents.write(addr, data));
  }

  /** Fills an object's bytes with a whole number's low eight bits. @throws as `view`; ERR_INVALID_ARGUMENT */
  fill(addr: number, length: number, byte: number): void {
    this.#guarded(() => this.#contents.fill(addr, length, byte));
  }

  /** Copies bytes from one object to another; they may overlap. @throws as `view` */
  copy(to: number, from: number, length: number): void {
    this.#guarded(() => this.#contents.copy(to, from, length));
  }

  // ---------------------------------------------------------------- collecting and scavenging

  /** Runs a whole collection and its sweep. @throws ERR_OUT_OF_MEMORY when there is no memory for its bitmaps · ERR_CLOCK */
  gc(): void {
    this.#timed(() => collectFully(this.#runtime));
  }

  /**
   * Does background work that is due: some sweeping, a burst of scavenging, a periodic collection. A collection for
   * which there is no memory is tried again a second later.
   * @returns nanoseconds until more is due; 0: now; Infinity: not before something happens
   * @throws ERR_CLOCK
   */
  step(): number {
    return this.#timed(() => this.#runtime.due.step());
  }

  /** Collects and gives everything free back to the system. @returns bytes released by it @throws as `gc` */
  freeOSMemory(): number {
    return this.#timed(() => {
      collectFully(this.#runtime);
      return this.#runtime.scavenger.releaseAll();
    });
  }

  /** Sets the GC percent (negative: off) and returns the previous one. @throws ERR_INVALID_ARGUMENT */
  setGCPercent(percent: number): number {
    return this.#guarded(() => setGCPercent(this.#runtime, percent));
  }

  /** Sets the memory limit in bytes (negative: only reads) and returns the previous one. @throws ERR_INVALID_ARGUMENT */
  setMemoryLimit(given: number | SizeText | 'off'): number {
    const limit = valueGiven(heapOptions.memoryLimit, given) as number;
    return this.#guarded(() => setMemoryLimit(this.#runtime, limit));
  }

  // ---------------------------------------------------------------- looking

  /**
   * What the system refused, a clock failed at, or a policy did wrong, and what is done instead, in words; and what the
   * memory profile has no room for.
   */
  fallbacks(): string[] {
    const clock = this.#clock?.fallback;
    const { memory } = this.#runtime;
    return [
      ...memory.sys.fallbacks(),
      ...(clock === undefined ? [] : [clock]),
      ...(memory.watch.faults?.list() ?? []),
      ...memProfileOf(this).missed(),
    ];
  }

  /** One line, for whoever prints a heap: the design, what is in use, free and released. */
  [shown](): string {
    return #runtime in this ? heapLine(this.#runtime, this.#mode === disposed) : noHeap;
  }

  /** The heap in JSON: its sample. */
  toJSON(): HeapJson {
    return #runtime in this ? heapJson(this.#runtime, this.#mode === disposed) : {};
  }

  // ---------------------------------------------------------------- threads and life

  /** Switches to locked operation and tells how other threads attach. Sharing again is harmless. */
  share(): HeapHandle {
    this.#requireUsable();
    const handle = shareHeap(this.#runtime);
    this.#mode = shared;
    this.#typing.share();
    this.#specials.runner.share();
    return handle;
  }

  /**
   * Ends this thread's use of the heap: its views are detached. The thread that made the heap returns all of its memory
   * to the system. Threads that ended do not count as attached. The maker must not dispose while another thread is
   * inside `attach`. Again is harmless, and tries again what the kernel had refused to unmap.
   * @throws ERR_IN_USE while others are attached · ERR_SYSTEM where the kernel refuses to unmap a part · ERR_FILE
   * where a trace of the heap cannot be written
   */
  dispose(): void {
    if (this.#mode !== disposed) this.#end();
    this.#runtime.memory.sys.freeKept();
  }

  #end(): void {
    this.#requireUsable();
    const holders = this.#holders;
    const leave = (): void => {
      if (this.#owner) holders.close(this.#p);
      else {
        this.#specials.leave();
        holders.release(this.#p);
      }
    };
    try {
      this.#guarded(leave);
    } catch (error) {
      // The heap is lost, but its memory need not be. Nobody else can change it any more.
      if (!(error instanceof PageHeapError && error.code === 'ERR_OWNER_DEAD')) throw error;
      if (this.#owner) holders.close(this.#p);
      else holders.abandon(this.#p);
    }
    this.#mode = disposed;
    this.#timer?.stop();
    this.#crash?.dispose();
    this.#contents.detach();
    this.#typing.close();
    this.#specials.close();
    if (this.#owner) this.#runtime.dispose();
    else this.#runtime.detach();
    given(this).opened.closeTraces();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #enterForeignCode(inside: boolean): void {
    if (inside) this.#outerMode = this.#mode;
    this.#mode = inside ? entered : this.#outerMode;
  }

  /** Runs an operation that is about time, once the clock was seen to work. */
  #timed<T>(operation: () => T): T {
    this.#requireUsable();
    this.#clock?.read();
    const result = this.#guarded(operation);
    // What a part of the user's did wrong, in this operation or in one that could not fail.
    this.#runtime.memory.watch.faults?.tell();
    return result;
  }

  /** Runs an operation as the mode demands, and tells what happened in it afterwards. */
  #guarded<T>(operation: () => T): T {
    if (this.#mode === entered) this.#requireUsable();
    try {
      return this.#mode === plain ? operation() : this.#locked(operation);
    } finally {
      if (this.#events.pending) this.#events.tell();
    }
  }

  #locked<T>(operation: () => T): T {
    this.#requireUsable();
    return underLock(this.#lock, operation);
  }

  #requireUsable(): void {
    if (this.#mode === disposed) throw new PageHeapError('ERR_DISPOSED', 'the heap was disposed');
    if (this.#mode === entered) refuseReentry();
  }
}
