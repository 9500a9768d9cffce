/**
 * Stacks of frames: roots for recursive programs, as goroutine stacks are Go's. The fastest kind.
 *
 *     const stack = heap.newStack(64 * 1024);
 *     const at = stack.push(2);       // a frame of two slots, which hold nothing
 *     stack.set(at, heap.new(node));
 *     stack.set(at + 1, heap.new(node));
 *     stack.hold(heap.new(node));     // a frame of one slot, which holds that
 *     stack.pop(3);
 *
 * The slots lie in a real stack of the heap (alloc/stacks.ts), 8 bytes each; marking reads those below the top. What a
 * slot holds is not checked: an address of nothing keeps nothing.
 *
 * One thread uses a stack: the one that made it. On a shared heap storing takes the heap's lock, since another thread
 * may be marking; pushing and popping does not: a slot is cleared before the top passes it. While a cycle marks, what is
 * stored is shaded, what it overwrites, and what is popped (gc/mark/barrier.ts).
 */
import { describe } from '../base/describe.ts';
import { PageHeapError } from '../base/errors.ts';
import { partsOf, WrittenOnce } from '../base/written-once.ts';
import type { WriteBarrier } from '../gc/mark/barrier.ts';
import { refuse } from './arguments.ts';
import { type FieldMemory, perHigh as perUpperHalf } from './field-memory.ts';
import type { RootHost } from './root.ts';

const perHigh = perUpperHalf;
const slotBytes = 8;
const gone = -1;

export interface FrameStackDeps {
  readonly host: RootHost;
  readonly memory: FieldMemory;
  /** Its number among the heap's. */
  readonly id: number;
  readonly base: number;
  readonly bytes: number;
  readonly barrier: WriteBarrier;
  /** Gives its memory back. */
  readonly free: (base: number) => void;
}

const given = partsOf<FrameStackDeps>;

export class FrameStack extends WrittenOnce {
  /** Slots that it has. */
  readonly capacity = slotsOf(given(this));
  #id = given(this).id;
  readonly #deps = given(this);
  readonly #memory = given(this).memory;
  readonly #words = given(this).memory.far(given(this).base).i32;
  /** The word of the first slot. */
  readonly #first = firstWordOf(given(this));
  readonly #tops = given(this).host.roots.tops;
  readonly #barrier = given(this).barrier;
  /** [0]: not 0 while a cycle marks. */
  readonly #marking = given(this).barrier.isOnWord;

  constructor(deps: FrameStackDeps) {
    super(deps);
  }

  /** Slots in use. @throws ERR_DISPOSED */
  get top(): number {
    return this.#tops[this.#id] ?? this.#refuseGone();
  }

  /**
   * A frame of n slots, which hold 0.
   * @returns the number of its first slot
   * @throws ERR_OUT_OF_RANGE: the stack is too small · ERR_INVALID_SIZE · ERR_DISPOSED
   */
  push(n: number): number {
    const { top } = this;
    if (!(Number.isInteger(n) && n >= 0 && top + n <= this.capacity)) this.#refusePush(n);
    const end = top + n;
    const words = this.#words;
    for (let at = this.#first + 2 * top, stop = at + 2 * n; at < stop; at++) words[at] = 0;
    this.#tops[this.#id] = end;
    return top;
  }

  /**
   * A frame of one slot, which holds an address, or 0 for none.
   * @returns the slot's number
   * @throws ERR_OUT_OF_RANGE: the stack is too small · ERR_INVALID_ADDRESS · ERR_DISPOSED
   */
  hold(address: number): number {
    const top = this.#tops[this.#id];
    if (!(top < this.capacity && this.#memory.storeBytes !== 0 && isAddress(address)))
      return this.#holdSlowly(address);
    const words = this.#words;
    const at = this.#first + 2 * top;
    words[at] = address | 0;
    words[at + 1] = (address * perHigh) | 0;
    this.#tops[this.#id] = top + 1;
    return top;
  }

  #holdSlowly(address: number): number {
    if (!isAddress(address)) refuse('ERR_INVALID_ADDRESS', `not an address: ${describe(address)}`, address);
    const slot = this.push(1);
    this.set(slot, address);
    return slot;
  }

  /** Takes the last n slots away. @throws ERR_OUT_OF_RANGE: there are fewer · ERR_INVALID_SIZE · ERR_DISPOSED */
  pop(n: number): void {
    const top = this.#tops[this.#id];
    if (!(Number.isInteger(n) && n >= 0 && n <= top)) this.#refusePop(n);
    if (this.#marking[0] !== 0) this.#shade(top - n, top);
    this.#tops[this.#id] = top - n;
  }

  /** The address in a slot; 0: none. @throws ERR_OUT_OF_RANGE · ERR_DISPOSED */
  get(slot: number): number {
    if (!(Number.isInteger(slot) && slot >= 0 && slot < this.#tops[this.#id])) this.#refuseSlot(slot);
    return this.#slot(slot);
  }

  #slot(slot: number): number {
    const words = this.#words;
    const at = this.#first + 2 * slot;
    return (words[at + 1] >>> 0) * 4294967296 + (words[at] >>> 0);
  }

  /** Holds an address, or 0 for none. @throws ERR_OUT_OF_RANGE · ERR_INVALID_ADDRESS · ERR_DISPOSED */
  set(slot: number, address: number): void {
    if (!(Number.isInteger(slot) && slot >= 0 && slot < this.#tops[this.#id])) this.#refuseSlot(slot);
    if (!(this.#memory.storeBytes !== 0 && isAddress(address))) {
      this.#memory.storePointer(this.#deps.base + slot * slotBytes, address);
      return;
    }
    const words = this.#words;
    const at = this.#first + 2 * slot;
    words[at] = address | 0;
    words[at + 1] = (address * perHigh) | 0;
  }

  /** Gives its memory back. Again is harmless. */
  dispose(): void {
    const { host, base, free } = this.#deps;
    const id = this.#id;
    if (id === gone) return;
    this.#id = gone;
    if (!host.isUsable) return;
    host.guarded(() => {
      for (let slot = host.roots.tops[id]; slot > 0; slot--) host.replaced(this.#slot(slot - 1), 0);
      host.roots.removeStack(id);
      free(base);
    });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** While a cycle marks, what was held when it began must not be lost to it. */
  #shade(from: number, end: number): void {
    if (this.#memory.isShared) this.#deps.host.guarded(() => this.#shadeSlots(from, end));
    else this.#shadeSlots(from, end);
  }

  #shadeSlots(from: number, end: number): void {
    const barrier = this.#barrier;
    for (let slot = from; slot < end; slot++) barrier.replace(this.#slot(slot), 0);
  }

  #refuseGone(): never {
    this.#deps.host.guarded(() => undefined);
    throw new PageHeapError('ERR_DISPOSED', 'the stack was disposed of');
  }

  #refusePush(n: number): never {
    checkCount(n);
    return refuse(
      'ERR_OUT_OF_RANGE',
      `the stack overflows: ${this.top} of its ${this.capacity} slots are in use`,
      n,
    );
  }

  #refusePop(n: number): never {
    const { top } = this;
    checkCount(n);
    return refuse('ERR_OUT_OF_RANGE', `only ${top} slots are in use`, n);
  }

  #refuseSlot(slot: number): never {
    const { top } = this;
    return refuse('ERR_OUT_OF_RANGE', `no slot ${describe(slot)} of ${top} in use`, slot);
  }
}

function checkCount(n: number): void {
  if (!Number.isInteger(n) || n < 0)
    refuse('ERR_INVALID_SIZE', `slots are a whole number from 0, not ${describe(n)}`, n);
}

/** Whether a slot can hold that. */
function isAddress(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Where a stack's first slot lies, in 32-bit words of its window. */
function firstWordOf({ memory, base }: FrameStackDeps): number {
  return (base - memory.far(base).base) / 4;
}

/** Slots of a stack. What lies beyond its window cannot be reached in a hurry. */
function slotsOf({ memory, base, bytes }: FrameStackDeps): number {
  const { base: from, i32 } = memory.far(base);
  return Math.floor(Math.min(bytes, i32.length * 4 - (base - from)) / slotBytes);
}
