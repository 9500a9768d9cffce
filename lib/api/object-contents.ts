/**
 * What objects and stacks hold: reading, writing and viewing the bytes of one, anywhere in it and never beyond.
 *
 * Not here: locks and modes (heap.ts); the system calls (os/).
 */
import { constants } from 'node:buffer';
import type { Stacks } from '../alloc/stacks.ts';
import { describe } from '../base/describe.ts';
import { PageHeapError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { WriteBarrier } from '../gc/mark/barrier.ts';
import type { BumpMemory } from '../heap/bump-memory.ts';
import type { ObjectFinder } from '../heap/find-object.ts';
import type { HeapMemory } from '../runtime/heap-memory.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ObjectMemory } from '../spans/object-memory.ts';
import { SpanBuffers } from '../spans/span-buffers.ts';
import { spanState } from '../spans/span-table.ts';
import { bytesOf, checkAddress, checkByte, refuse, refuseFreed } from './arguments.ts';

/** An object as `findObject` describes it. */
export interface HeapObject {
  /** Address of its first byte. */
  readonly base: number;
  /** Bytes it really has: those of its size class, or whole pages. */
  readonly size: number;
  readonly spanClass: number;
  readonly noscan: boolean;
}

export class ObjectContents {
  readonly #memory: HeapMemory;
  readonly #objects: ObjectMemory;
  readonly #buffers: SpanBuffers;
  readonly #finder: ObjectFinder;
  readonly #stacks: Stacks;
  readonly #bump: BumpMemory | undefined;
  readonly #barrier: WriteBarrier | undefined;

  constructor({ memory, state, spans, alloc, gc }: Runtime) {
    this.#memory = memory;
    this.#objects = spans.memory;
    this.#bump = alloc.bump;
    this.#buffers = new SpanBuffers(memory.sys, memory.origin, (page) => {
      const block = alloc.bump?.extentOf(page);
      if (block !== undefined) return block;
      const { columns } = state.spans;
      const s = state.pageColumns.spanOf[page];
      const isThere = columns.state[s] === spanState.inUse || columns.state[s] === spanState.manual;
      return { startPage: columns.startPage[s], pages: isThere ? columns.pages[s] : 0 };
    });
    this.#finder = alloc.finder;
    this.#stacks = alloc.stacks;
    this.#barrier = gc.tracing?.barrier;
  }

  /** The object around an address; undefined where there is none. */
  describe(addr: number): HeapObject | undefined {
    const found = this.#finder.find(addr);
    if (found === undefined) return undefined;
    const { base, size, spanClass } = found;
    return { base, size, spanClass, noscan: this.#finder.holdsNoPointers(found) };
  }

  /** The bytes themselves. @throws as `within`; ERR_INVALID_SIZE beyond 4 GiB */
  view(addr: number, length: number): Uint8Array {
    this.#within(addr, length);
    if (length === 0) return new Uint8Array(0);
    const view = this.#buffers.view(addr, length);
    this.#barrier?.viewed(addr, length);
    return view;
  }

  /** Takes every view that was given out its memory. */
  detach(): void {
    this.#buffers.detach();
  }

  /** A copy. @throws as `within`; ERR_OUT_OF_MEMORY; ERR_FAULT where the memory is not there */
  read(addr: number, length: number): Uint8Array {
    this.#within(addr, length);
    const out = roomFor(length);
    if (!this.#memory.sys.peekInto(addr, out)) refuse('ERR_FAULT', 'the memory cannot be read', addr);
    return out;
  }

  /** @throws as `read`; ERR_INVALID_ARGUMENT for what is no Uint8Array, or one whose memory is gone */
  write(addr: number, data: Uint8Array): void {
    const bytes = bytesOf(data);
    this.#within(addr, bytes.length);
    this.#storing(addr, bytes.length, () => {
      if (!this.#memory.sys.poke(addr, bytes)) refuse('ERR_FAULT', 'the memory cannot be written', addr);
    });
  }

  /** @throws as `within`; ERR_INVALID_ARGUMENT for what is no whole number */
  fill(addr: number, length: number, byte: number): void {
    checkByte(byte);
    this.#within(addr, length);
    this.#storing(addr, length, () => this.#objects.fill(addr, length, byte));
  }

  /** From one to another; they may overlap. @throws as `within` */
  copy(to: number, from: number, length: number): void {
    this.#within(to, length);
    this.#within(from, length);
    this.#storing(to, length, () => this.#objects.copy(to, from, length));
  }

  /** Stores bytes, which may be pointers: while a cycle marks, both those that are overwritten and those stored are shaded. */
  #storing(addr: number, length: number, store: () => void): void {
    const barrier = this.#barrier;
    if (barrier?.isOn !== true) {
      store();
      return;
    }
    barrier.shadeRange(addr, length);
    store();
    barrier.shadeRange(addr, length);
  }

  /**
   * Throws unless [addr, addr + length) lies within one object or stack, or what was handed out of a block of bump memory.
   * The empty object holds no bytes.
   * @throws ERR_INVALID_SIZE · ERR_INVALID_ADDRESS · ERR_NOT_ALLOCATED · ERR_ARENA_FREED · ERR_OUT_OF_RANGE
   */
  #within(addr: number, length: number): void {
    if (!Number.isInteger(length) || length < 0)
      refuse('ERR_INVALID_SIZE', `not a length: ${describe(length)}`, length);
    if (addr === this.#memory.zeroBase && length === 0) return;
    checkAddress(addr);
    const { base, size } =
      this.#finder.owner(addr) ??
      this.#stacks.find(addr) ??
      this.#bump?.find(addr) ??
      this.#refuseAddress(addr);
    if (addr + length > base + size) {
      throw new PageHeapError(
        'ERR_OUT_OF_RANGE',
        `${length} bytes at ${hex(addr)} reach beyond the ${size} bytes at ${hex(base)}`,
        { value: addr + length },
      );
    }
  }

  #refuseAddress(addr: number): never {
    refuseFreed(this.#finder, addr);
    const shown = hex(addr);
    return this.#finder.isOfHeap(addr)
      ? refuse('ERR_NOT_ALLOCATED', `no object is there: ${shown}`, addr)
      : refuse('ERR_INVALID_ADDRESS', `not an address of this heap: ${shown}`, addr);
  }
}

/** Memory of the engine's for a copy. @throws ERR_INVALID_SIZE: it has no array of that length · ERR_OUT_OF_MEMORY */
function roomFor(length: number): Uint8Array {
  if (length > constants.MAX_LENGTH)
    refuse('ERR_INVALID_SIZE', `a copy of ${length} bytes is longer than the engine's arrays`, length);
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new PageHeapError('ERR_OUT_OF_MEMORY', `the engine has no memory for a copy of ${length} bytes`, {
      value: length,
      cause,
    });
  }
}
