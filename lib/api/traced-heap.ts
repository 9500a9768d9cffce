/**
 * The public heap, as far as types, roots and user arenas are concerned.
 *
 * Roots are of heaps that trace: where liveness is explicit they are refused. Types are of both.
 *
 * Not here: allocating (heap.ts); how types and roots work (heap-type.ts, root.ts, frame-stack.ts).
 */
import { partsOf } from '../base/written-once.ts';
import type { FrameStack } from './frame-stack.ts';
import type { HeapParts } from './heap-parts.ts';
import type { Guard } from './heap-reports.ts';
import type { HeapType, StructSpec } from './heap-type.ts';
import type { Root, Scope } from './root.ts';
import { SpecialHeap } from './special-heap.ts';
import { Typing } from './typing.ts';
import type { UserArena } from './user-arena.ts';

/** A heap's types and roots. Not public. */
export let typingOf: (heap: TracedHeap) => Typing;

export class TracedHeap extends SpecialHeap {
  readonly #typing: Typing;

  constructor(parts: HeapParts, guarded: Guard) {
    super(parts, guarded);
    this.#typing = new Typing(parts.runtime, parts.p, guarded);
  }

  static {
    typingOf = (heap) => heap.#typing;
  }

  /**
   * Declares a type: fields by name, in order, each at its own alignment, as in C. A field is a kind (`pointer`, `u8`,
   * `i8`, `u16`, `i16`, `u32`, `i32`, `f32`, `f64`, and as bigints `u64`, `i64`), an array `[what, length]`, a struct
   * `{ … }`, or another type by value. A field is read and written by the type: `node.left.get(addr)`.
   * @throws ERR_INVALID_ARGUMENT for what is no declaration · ERR_DISPOSED
   */
  type<const S extends StructSpec>(fields: S): HeapType<S> {
    return this.#typing.type(fields) as HeapType<S>;
  }

  /**
   * A root: keeps the object that an address points to, and all that can be reached from it, until it is disposed of or
   * its thread has done with the heap.
   * @param address an address of an object, or from within one; 0 for none
   * @throws ERR_INVALID_ADDRESS · ERR_NOT_ALLOCATED · ERR_WRONG_LIVENESS · ERR_OUT_OF_MEMORY · ERR_DISPOSED
   */
  root(address = 0): Root {
    return this.#typing.root(address);
  }

  /**
   * The root of a name, which lives as long as the heap; made, holding 0, if there is none yet. Every thread of a shared
   * heap finds the same.
   * @param name 1 to 63 bytes of UTF-8
   * @throws ERR_INVALID_ARGUMENT · ERR_WRONG_LIVENESS · ERR_OUT_OF_MEMORY: also beyond 4,096 names · ERR_DISPOSED
   */
  global(name: string): Root {
    return this.#typing.global(name);
  }

  /** A root that lives as long as a JavaScript object does, or until it is disposed of. @throws as `root`; ERR_INVALID_ARGUMENT */
  own(owner: object, address: number): Root {
    return this.#typing.own(owner, address);
  }

  /**
   * Calls a function with a scope: roots made in it end when the function returns or throws.
   * @returns what the function returns
   * @throws what the function throws; ERR_INVALID_ARGUMENT where it is asynchronous · ERR_DISPOSED
   */
  scope<T>(operation: (scope: Scope) => T): T {
    return this.#typing.scope(operation);
  }

  /**
   * A stack of frames: slots that are roots as long as they are in use. The fastest kind of roots.
   * @param bytes rounded up as by `allocStack`; 8 a slot
   * @throws ERR_INVALID_SIZE · ERR_WRONG_LIVENESS · ERR_OUT_OF_MEMORY · ERR_DISPOSED
   */
  newStack(bytes: number): FrameStack {
    return this.#typing.stack(bytes);
  }

  /**
   * A user arena: objects that are allocated one after the other, by `new`, `newArray` and `malloc`, and given back all at
   * once by `free()`. One that JavaScript forgot without freeing it is kept alive no longer where the heap traces; else it
   * stays.
   * @throws ERR_WRONG_GENERATION: the design of 2023 has them, with its own pointer bits · ERR_OUT_OF_MEMORY · ERR_DISPOSED
   */
  newArena(): UserArena {
    return this.#typing.arena(partsOf<HeapParts>(this).maker);
  }
}
