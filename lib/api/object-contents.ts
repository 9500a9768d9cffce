/**
 * What objects and stacks hold: reading, writing and viewing the bytes of one, anywhere in it and never beyond.
 *
 * Not here: locks and modes (heap.ts); the system calls (os/).
 */
import type { Stacks } from '../alloc/stacks.ts';
import { PageHeapError } from '../base/errors.ts';
import { pageSize } from '../base/units.ts';
import type { ObjectFinder } from '../heap/find-object.ts';
import type { HeapMemory } from '../runtime/heap-memory.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Arenas } from '../spans/arenas.ts';
import { type ObjectMemory, windowPageMask } from '../spans/object-memory.ts';
import { bytesOf, checkAddress, checkByte, refuse } from './arguments.ts';

export class ObjectContents {
  readonly #memory: HeapMemory;
  readonly #objects: ObjectMemory;
  readonly #arenas: Arenas;
  readonly #finder: ObjectFinder;
  readonly #stacks: Stacks;

  constructor({ memory, state, spans, alloc }: Runtime) {
    this.#memory = memory;
    this.#objects = spans.memory;
    this.#arenas = state.arenas;
    this.#finder = alloc.finder;
    this.#stacks = alloc.stacks;
  }

  /** The bytes themselves. @throws as `within`; ERR_OUT_OF_RANGE across a multiple of 4 GiB */
  view(addr: number, length: number): Uint8Array {
    this.#within(addr, length);
    const arenas = this.#arenas;
    if (addr === this.#memory.zeroBase) return new Uint8Array(0);
    const page = arenas.pageOf(addr);
    const window = this.#objects.bytes(page);
    const offset = (page & windowPageMask) * pageSize + (addr - arenas.addressOf(page));
    if (offset + length > window.length) {
      throw new PageHeapError('ERR_OUT_OF_RANGE', 'a view cannot cross a multiple of 4 GiB', {
        value: addr,
      });
    }
    return window.subarray(offset, offset + length);
  }

  /** A copy. @throws as `within`; ERR_FAULT where the memory is not there */
  read(addr: number, length: number): Uint8Array {
    this.#within(addr, length);
    const out = length === 0 ? new Uint8Array(0) : this.#memory.sys.peek(addr, length);
    return out ?? refuse('ERR_FAULT', 'the memory cannot be read', addr);
  }

  /** @throws as `read`; ERR_INVALID_ARGUMENT for what is no Uint8Array, or one whose memory is gone */
  write(addr: number, data: Uint8Array): void {
    const bytes = bytesOf(data);
    this.#within(addr, bytes.length);
    if (!this.#memory.sys.poke(addr, bytes)) refuse('ERR_FAULT', 'the memory cannot be written', addr);
  }

  /** @throws as `within`; ERR_INVALID_ARGUMENT for what is no whole number */
  fill(addr: number, length: number, byte: number): void {
    checkByte(byte);
    this.#within(addr, length);
    this.#memory.sys.fill(addr, length, byte);
  }

  /** From one to another; they may overlap. @throws as `within` */
  copy(to: number, from: number, length: number): void {
    this.#within(to, length);
    this.#within(from, length);
    this.#memory.sys.copy(to, from, length);
  }

  /**
   * Throws unless [addr, addr + length) lies within one object or stack. The empty object holds no bytes.
   * @throws ERR_INVALID_SIZE · ERR_INVALID_ADDRESS · ERR_NOT_ALLOCATED · ERR_OUT_OF_RANGE
   */
  #within(addr: number, length: number): void {
    if (!Number.isInteger(length) || length < 0) refuse('ERR_INVALID_SIZE', 'not a length', length);
    if (addr === this.#memory.zeroBase && length === 0) return;
    checkAddress(addr);
    const { base, size } = this.#finder.owner(addr) ?? this.#stacks.find(addr) ?? this.#refuseAddress(addr);
    if (addr + length > base + size) {
      throw new PageHeapError(
        'ERR_OUT_OF_RANGE',
        `${length} bytes at 0x${addr.toString(16)} reach beyond the ${size} bytes at 0x${base.toString(16)}`,
        { value: addr + length },
      );
    }
  }

  #refuseAddress(addr: number): never {
    const shown = `0x${addr.toString(16)}`;
    return this.#finder.isOfHeap(addr)
      ? refuse('ERR_NOT_ALLOCATED', `no object is there: ${shown}`, addr)
      : refuse('ERR_INVALID_ADDRESS', `not an address of this heap: ${shown}`, addr);
  }
}
