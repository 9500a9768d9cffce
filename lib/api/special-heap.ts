/**
 * The public heap, as far as single objects are concerned: what happens when one dies, what keeps it, and the profile of
 * those that were sampled.
 *
 * Finalizers are as old as the three designs. Pins (Go 1.21), weak handles and cleanups (Go 1.24) are newer than the
 * heaps of 2014 and 2019; they work in all of them.
 *
 * Not here: how (special-calls.ts).
 */
import type { HeapParts } from './heap-parts.ts';
import { type Guard, HeapReports } from './heap-reports.ts';
import { MemProfile, type MemProfileRecord } from './mem-profile.ts';
import { SpecialCalls } from './special-calls.ts';
import type { Cleanup, Weak } from './weak.ts';

/** What a heap knows of single objects. Not public. */
export let specialsOf: (heap: SpecialHeap) => SpecialCalls;
/** Its memory profile. Not public. */
export let memProfileOf: (heap: SpecialHeap) => MemProfile;

export class SpecialHeap extends HeapReports {
  readonly #specials: SpecialCalls;
  readonly #profile: MemProfile;
  readonly #guarded: Guard;

  constructor(parts: HeapParts, guarded: Guard) {
    super(parts, guarded);
    this.#guarded = guarded;
    this.#specials = new SpecialCalls(parts.runtime, parts.p, guarded);
    this.#profile = new MemProfile(parts.runtime, this);
    if (parts.profiled !== undefined)
      parts.profiled.hooks = { sampled: (address, bytes) => this.#profile.sampled(address, bytes) };
  }

  static {
    specialsOf = (heap) => heap.#specials;
    memProfileOf = (heap) => heap.#profile;
  }

  /**
   * Sets the function that is called when the object at `address` is garbage; null removes it. It is called once, with
   * the address: from the event loop, or by `runFinalizers`, never inside a call of the heap's. Until it has returned, the
   * object and all it refers to are there.
   *
   * Where the heap traces: what the object refers to is kept for the finalizer, so of objects that refer to each other
   * in a chain the first one's runs first, and in a cycle none ever runs. The finalizer may make the object reachable
   * again, and may set a finalizer again. Where liveness is explicit there is no order, and a dropped object stays dropped:
   * its finalizer is queued by the next sweep, its memory lives a cycle longer.
   *
   * What a finalizer throws becomes an uncaught exception. When the process ends, or the heap is disposed of, what waits
   * is not called. A finalizer belongs to the thread that set it, and ends with that thread's use of the heap.
   * @param address of an object's first byte; of a tiny object (below 16 bytes, without pointers), which shares its block,
   *   any byte of it where the heap traces. Its finalizer is called when the whole block is garbage. The empty object has none
   * @throws ERR_INVALID_ADDRESS · ERR_NOT_ALLOCATED · ERR_INTERIOR_ADDRESS · ERR_ALREADY_DROPPED · ERR_FINALIZER_SET
   *   where it has one · ERR_INVALID_ARGUMENT for what is no function · ERR_OUT_OF_MEMORY · ERR_DISPOSED
   */
  setFinalizer(address: number, finalizer: ((address: number) => unknown) | null): void {
    this.#specials.setFinalizer(address, finalizer);
  }

  /**
   * Calls the finalizers and cleanups of this thread that are due now. What they make due waits for the next call, or the
   * event loop. From within one it does nothing.
   * @returns how many were called
   * @throws ERR_DISPOSED · ERR_REENTRANT
   */
  runFinalizers(): number {
    return this.#specials.runner.run();
  }

  /**
   * Adds a function that is called some time after the object around `address` has died; as many to an object as one
   * likes. Unlike a finalizer it does not keep the object: its memory is free by then. Of an object that has a finalizer,
   * cleanups are called after that has run and the object was found dead once more. In no order; errors and threads as with
   * finalizers. As `AddCleanup` of Go 1.24.
   * @param argument what it is called with; not the object's address
   * @throws ERR_INVALID_ADDRESS · ERR_NOT_ALLOCATED · ERR_ALREADY_DROPPED · ERR_INVALID_ARGUMENT · ERR_OUT_OF_MEMORY
   *   · ERR_DISPOSED
   */
  addCleanup<T = undefined>(address: number, cleanup: (argument: T) => unknown, argument?: T): Cleanup {
    return this.#specials.addCleanup(address, cleanup, argument);
  }

  /**
   * A weak handle: it tells the address as long as the object around it lives, and does not keep it. The same object for
   * the same address, until it is disposed of: it lives as long as the object. Cleared before the object's finalizer is called, and before its
   * memory is used again; where liveness is explicit it answers 0 from the drop on (of a tiny object, when all of its block
   * are dropped). What lives for ever, as the empty object does,
   * has one, too. As `weak.Make` of Go 1.24.
   * @throws ERR_INVALID_ADDRESS · ERR_NOT_ALLOCATED · ERR_ALREADY_DROPPED
   *   · ERR_OUT_OF_MEMORY · ERR_DISPOSED
   */
  weak(address: number): Weak {
    return this.#specials.weak(address);
  }

  /**
   * Pins the object around `address`: until it is unpinned as often as it was pinned it stays, though nothing refers to
   * it, or it is dropped. A drop is accepted and takes effect with the last `unpin`. As Go 1.21's `Pinner`.
   * @throws ERR_INVALID_ADDRESS · ERR_NOT_ALLOCATED · ERR_ALREADY_DROPPED · ERR_OUT_OF_MEMORY · ERR_DISPOSED
   */
  pin(address: number): void {
    this.#specials.pin(address);
  }

  /** Takes one pin away. @throws ERR_NOT_PINNED · ERR_INVALID_ADDRESS · ERR_NOT_ALLOCATED · ERR_DISPOSED */
  unpin(address: number): void {
    this.#specials.unpin(address);
  }

  /** How often the object around `address` is pinned. @throws ERR_INVALID_ADDRESS · ERR_NOT_ALLOCATED · ERR_DISPOSED */
  pins(address: number): number {
    return this.#specials.pins(address);
  }

  /**
   * Runs a whole collection, and answers of each address whether the collection found the object around it alive. One that
   * only its own finalizer keeps for this cycle was not. The empty object always lives.
   * @throws ERR_INVALID_ADDRESS · ERR_NOT_ALLOCATED · ERR_OUT_OF_MEMORY · ERR_DISPOSED
   */
  willSurvive(...addresses: number[]): boolean[] {
    return this.#specials.willSurvive(addresses);
  }

  /**
   * The memory profile: of allocations that were sampled (`memProfileRate`), by place and size, how many there were and how
   * many of them were freed. It tells of the moment when the sweep before last ended, so that garbage which is not swept
   * yet is not taken for living: after `gc()` it is that moment. As Go's `MemProfile`; counts are those of the sample.
   * @param inUseZero tells of places, too, of which all that was sampled was freed
   * @throws ERR_DISPOSED · ERR_REENTRANT
   */
  memProfile(inUseZero = false): MemProfileRecord[] {
    return this.#guarded(() => this.#profile.records(inUseZero));
  }

  /**
   * Sets what allocations of this thread that are sampled from now on are told as, in place of their call sites; null:
   * call sites again.
   * @throws ERR_INVALID_ARGUMENT for what is no text
   */
  setMemProfileLabel(label: string | null): void {
    this.#profile.setLabel(label);
  }
}
