/**
 * Field memory: the heap's pages as typed arrays, for who reads and writes fields of objects.
 *
 * Of one window of 4 GiB, the *near* one, where the heap begins, everything is at hand; an address elsewhere takes a
 * call, and so does one that is none. Whether an object is there at all, nobody asks: it is as with a view. But where
 * user arenas are, which is never near, it is asked whether the arena was freed; and behind an electric fence nothing is near.
 *
 * A pointer is stored as a 64-bit address, the lower half first. Storing one goes the long way where `storeBytes` is 0:
 * under the heap's lock, where other threads collect; and through the write barrier while a cycle marks.
 *
 * Not here: where in an object a field lies (fields.ts).
 */

import { describe } from '../base/describe.ts';
import { hex } from '../base/hex.ts';
import type { WriteBarrier } from '../gc/mark/barrier.ts';
import { type ObjectMemory, windowPagesShift } from '../spans/object-memory.ts';
import { checkAddress, refuse } from './arguments.ts';
import type { FreedMemory } from './freed-memory.ts';

const windowBytes = 2 ** 32;
const perWindow = 1 / windowBytes;
/** What an address is multiplied by for its upper half. */
export const perHigh = 1 / windowBytes;

/** One window, as arrays of every kind. */
export class FieldWindow {
  /** The address of its first byte. */
  readonly base: number;
  readonly u8: Uint8Array;
  readonly i8: Int8Array;
  readonly u16: Uint16Array;
  readonly i16: Int16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly u64: BigUint64Array;
  readonly i64: BigInt64Array;

  constructor(base: number, buffer: ArrayBuffer) {
    this.base = base;
    this.u8 = new Uint8Array(buffer);
    this.i8 = new Int8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.i16 = new Int16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.i64 = new BigInt64Array(buffer);
  }
}

/** Runs a store as the heap's mode demands. @throws ERR_DISPOSED */
export type Guarded = (operation: () => void) => void;

export interface FieldMemoryDeps {
  readonly memory: ObjectMemory;
  /** The heap's: the address of page 0, bytes of address space, the first page in use. */
  readonly bounds: { readonly origin: number; readonly reach: number; readonly first: number };
  readonly freed: FreedMemory;
  readonly isShared: boolean;
  readonly guarded: Guarded;
  /** What is told of stores while a cycle marks, where the heap traces. */
  readonly barrier: WriteBarrier | undefined;
}

export class FieldMemory {
  /** The near window. */
  readonly near: FieldWindow;
  /** Bytes of it that can be reached without a call; 0 once the heap was disposed of. */
  nearBytes: number;
  /** Bytes of it into which a pointer is stored by a plain store: all of them or none. */
  storeBytes = 0;
  /** Stores a pointer where that takes more than a store. @throws ERR_INVALID_ADDRESS · ERR_DISPOSED */
  readonly storePointer: (addr: number, value: number) => void;
  #isShared: boolean;
  readonly #barrier: WriteBarrier | undefined;
  readonly #memory: ObjectMemory;
  readonly #origin: number;
  readonly #reach: number;
  readonly #freed: FreedMemory;
  readonly #guarded: Guarded;
  readonly #windows: (FieldWindow | undefined)[] = [];

  constructor({ memory, bounds, freed, isShared, guarded, barrier }: FieldMemoryDeps) {
    const { origin, reach, first } = bounds;
    this.#memory = memory;
    this.#origin = origin;
    this.#reach = reach;
    this.#freed = freed;
    this.#guarded = guarded;
    this.#isShared = isShared;
    this.#barrier = barrier;
    this.near = this.#window(first >>> windowPagesShift);
    this.storePointer = FieldMemory.#storing(this);
    this.nearBytes = Math.max(0, Math.min(this.near.u8.length, freed.from - this.near.base));
    if (barrier !== undefined) barrier.hooks = { isOnChanged: () => this.#openStores() };
    this.#openStores();
  }

  /** Whether other threads collect, too. */
  get isShared(): boolean {
    return this.#isShared;
  }

  /** From now on other threads collect, too. */
  share(): void {
    this.#isShared = true;
    this.#openStores();
  }

  #openStores(): void {
    this.storeBytes = this.#isGuarded ? 0 : this.nearBytes;
  }

  /** Whether a store takes the heap's lock, or goes through the barrier. */
  get #isGuarded(): boolean {
    return this.#isShared || this.#barrier?.isOn === true;
  }

  /** The window that an address lies in. @throws ERR_INVALID_ADDRESS · ERR_ARENA_FREED · ERR_NOT_ALLOCATED · ERR_DISPOSED */
  far(addr: number): FieldWindow {
    const offset = addr - this.#origin;
    // Objects of user arenas come here each time: a heap that is there, and an address that is one, need no more.
    const window = offset >= 0 && offset < this.#reach ? this.#windows[(offset * perWindow) | 0] : undefined;
    if (window !== undefined && Math.floor(addr) === addr && !this.#freed.isFreed(addr)) return window;
    // Also says so where the heap is gone.
    this.#guarded(() => {
      checkAddress(addr);
      if (addr < this.#origin || addr >= this.#origin + this.#reach)
        refuse('ERR_INVALID_ADDRESS', `not an address of this heap: ${hex(addr)}`, addr);
      this.#freed.explain(addr);
    });
    return this.#window(Math.floor((addr - this.#origin) / windowBytes));
  }

  /** A function, not a method: what it knows is constant to the engine (HACKING.md, "What V8 does"). */
  static #storing(memory: FieldMemory): (addr: number, value: number) => void {
    const barrier = memory.#barrier;
    const near = memory.near.i32;
    const { base } = memory.near;
    const store = (words: Int32Array, i: number, value: number): void => {
      if (barrier?.isOn === true)
        barrier.replace((words[i + 1] >>> 0) * 4294967296 + (words[i] >>> 0), value);
      words[i] = value | 0;
      words[i + 1] = (value * perHigh) | 0;
    };
    const storeFar = (addr: number, value: number): void => {
      if (!Number.isSafeInteger(value) || value < 0)
        refuse('ERR_INVALID_ADDRESS', `not an address: ${describe(value)}`, value);
      const { base: from, i32 } = memory.far(addr);
      const i = (addr - from) / 4;
      if (memory.#isShared) memory.#guarded(() => store(i32, i, value));
      else store(i32, i, value);
    };
    return function storePointer(addr, value) {
      const at = addr - base;
      // While a cycle marks all stores come here: those of one thread, into its near window, need no more.
      if (!memory.#isShared && at >= 0 && at < memory.nearBytes && Number.isSafeInteger(value) && value >= 0)
        store(near, at >>> 2, value);
      else storeFar(addr, value);
    };
  }

  /** Nothing can be reached any more. */
  close(): void {
    this.nearBytes = 0;
    this.storeBytes = 0;
    this.#windows.length = 0;
  }

  #window(index: number): FieldWindow {
    return (this.#windows[index] ??= new FieldWindow(
      this.#origin + index * windowBytes,
      this.#memory.window(index * 2 ** windowPagesShift).buffer as ArrayBuffer,
    ));
  }
}
