/**
 * Arguments: what the public heap is given, checked before anything happens; and how it refuses.
 */
import { types } from 'node:util';
import { describe } from '../base/describe.ts';
import { type ErrorCode, PageHeapError } from '../base/errors.ts';
import { grouped } from '../base/grouped.ts';
import { hex } from '../base/hex.ts';
import { pageSize, userAddressEnd } from '../base/units.ts';
import { sizeInWords } from '../design/kinds.ts';
import type { ObjectFinder } from '../heap/find-object.ts';
import type { CheckLevel } from '../inspect/check.ts';
import type { PoolRoom } from '../meta/id-pool.ts';
import { outOfMemory } from '../os/out-of-memory.ts';
import type { Runtime } from '../runtime/runtime.ts';

export function refuse(code: ErrorCode, message: string, value: unknown): never {
  throw new PageHeapError(code, message, { value });
}

/** Passes a whole number. */
export function checkAddress(addr: number): void {
  if (!Number.isInteger(addr)) refuse('ERR_INVALID_ADDRESS', `not an address: ${describe(addr)}`, addr);
}

/**
 * A batch of addresses, copied. Whatever the caller's iterator, getters or proxies do is done when it returns; and nobody
 * can change the copy, as another thread may change shared memory.
 * @throws ERR_INVALID_ARGUMENT for what cannot be iterated, and where the memory behind it is gone · ERR_INVALID_ADDRESS
 * for what is no number
 */
export function addressesOf(given: Iterable<number>): Float64Array {
  if (types.isTypedArray(given)) {
    // An address has up to 47 bits: in 32, or as a float of 32, it would be another's.
    if (!types.isFloat64Array(given))
      refuse('ERR_INVALID_ARGUMENT', `addresses need a Float64Array, not ${describe(given)}`, given);
    try {
      return new Float64Array(given);
    } catch (cause) {
      if (cause instanceof RangeError)
        throw new PageHeapError('ERR_OUT_OF_MEMORY', 'the engine has no memory for a copy of the addresses', {
          cause,
        });
      refuse('ERR_INVALID_ARGUMENT', 'no addresses: the memory behind them is gone', given);
    }
  }
  if (typeof (given as Iterable<number> | undefined | null)?.[Symbol.iterator] !== 'function')
    refuse(
      'ERR_INVALID_ARGUMENT',
      `addresses are an array or another iterable, not ${describe(given)}`,
      given,
    );
  const list: number[] = [];
  for (const addr of given) {
    if (typeof addr !== 'number')
      refuse(
        'ERR_INVALID_ADDRESS',
        `address ${list.length} of the batch: not an address: ${describe(addr)}`,
        addr,
      );
    list.push(addr);
  }
  return Float64Array.from(list);
}

/** Passes a whole number from 0 to the address space. */
export function checkSize(size: number): void {
  if (!Number.isInteger(size) || size < 0 || size > userAddressEnd) {
    refuse(
      'ERR_INVALID_SIZE',
      `a size is a whole number of bytes from 0 to 2^47, not ${describe(size)}`,
      size,
    );
  }
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
/** What a typed array is, whatever its class says of itself. */
const inner = <T>(name: string | symbol): ((array: unknown) => T) => {
  const { get } = Object.getOwnPropertyDescriptor(typedArray, name) as { get(): T };
  return (array) => get.call(array);
};
const nameOf = inner<string | undefined>(Symbol.toStringTag);
const lengthOf = inner<number>('length');
const offsetOf = inner<number>('byteOffset');
const bufferOf = inner<ArrayBufferLike>('buffer');
const { values } = Uint8Array.prototype;

/** What was given instead of bytes. */
function inWords(value: unknown): string {
  const name = nameOf(value) ?? (ArrayBuffer.isView(value) ? 'DataView' : undefined);
  if (name !== undefined)
    return `${name}; of a view v they are new Uint8Array(v.buffer, v.byteOffset, v.byteLength)`;
  return types.isAnyArrayBuffer(value) ? 'ArrayBuffer' : describe(value);
}

/**
 * The bytes of a Uint8Array (a Buffer is one), as a plain one that says of itself what is true; those of shared
 * memory are a copy. @throws ERR_INVALID_ARGUMENT for anything else, and where the memory behind it is gone
 */
export function bytesOf(data: unknown): Uint8Array {
  if (!types.isUint8Array(data))
    refuse('ERR_INVALID_ARGUMENT', `bytes are a Uint8Array, not ${inWords(data)}`, data);
  try {
    // Throws where the buffer was detached, or has become too short for the view.
    values.call(data as Uint8Array<ArrayBuffer>);
  } catch {
    refuse('ERR_INVALID_ARGUMENT', 'the memory behind the bytes is gone: detached, or resized', data);
  }
  const buffer = bufferOf(data);
  const bytes = new Uint8Array(buffer, offsetOf(data), lengthOf(data));
  return types.isSharedArrayBuffer(buffer) ? new Uint8Array(bytes) : bytes;
}

/** Passes what a byte can be made of. */
export function checkByte(byte: number): void {
  if (!Number.isInteger(byte)) refuse('ERR_INVALID_ARGUMENT', `not a byte: ${describe(byte)}`, byte);
}

export function checkLevel(level: CheckLevel): void {
  if (level !== 1 && level !== 2 && level !== 3)
    refuse('ERR_INVALID_ARGUMENT', `a level is 1, 2 or 3, not ${describe(level)}`, level);
}

/** Passes a heap that others may attach to. */
export function requireShared(runtime: Runtime): void {
  if (runtime.memory.isShared) return;
  refuse('ERR_NOT_SHARED', 'the heap is not shared: call share() first', runtime.memory.meta.base);
}

export function refuseReentry(): never {
  throw new PageHeapError(
    'ERR_REENTRANT',
    'the heap is in the middle of an operation: its clock and its page heap cannot use it',
  );
}

/** The system gave no memory. @throws ERR_OUT_OF_MEMORY, with the reason as far as it is known */
export function refuseMemory(
  { memory: { sys } }: Runtime,
  message: string,
  value: number,
  otherwise?: string,
): never {
  throw outOfMemory(sys, message, value, otherwise);
}

/** The same for what a heap has only so many of. */
export function refuseMore(runtime: Runtime, what: string, things: string, room: PoolRoom): never {
  if (!room.isFull) refuseMemory(runtime, `no memory for ${what}`, 0);
  const most = grouped(room.most);
  throw new PageHeapError('ERR_OUT_OF_MEMORY', `no more ${things}: ${most} are the most`, {
    value: room.most,
  });
}

/** The same for an object: where the system refused nothing, it is the reach that is used up. */
export function refuseObject(runtime: Runtime, size: number): never {
  const reach = runtime.state.arenas.reachPages * pageSize;
  refuseMemory(
    runtime,
    `no memory for an object of ${size} bytes`,
    size,
    `the heap's reach of ${sizeInWords(reach)} has no room for it`,
  );
}

/** The same for an object of a user arena, all of whose address space may be taken while the heap has room. */
export function refuseArenaObject(runtime: Runtime, size: number): never {
  const space = runtime.alloc.userArenas?.chunks.space;
  if (space === undefined || !space.isFull()) refuseObject(runtime, size);
  const freed = space.state.quarantined[0];
  const waits = `; ${sizeInWords(freed)} of it are of arenas that were freed, and wait for a collection to find no pointer into them`;
  refuseMemory(
    runtime,
    `no memory for an object of ${size} bytes: the address space of user arenas, ${sizeInWords(space.bytes)}, is taken${freed === 0 ? '' : waits}`,
    size,
  );
}

/** Passes an address where nothing was made to fault. @throws ERR_ARENA_FREED · ERR_NOT_ALLOCATED */
export function refuseFreed(finder: ObjectFinder, addr: number): void {
  if (finder.isFreedArena(addr))
    refuse('ERR_ARENA_FREED', `the user arena there was freed: ${hex(addr)}`, addr);
  if (finder.isFenced(addr)) refuse('ERR_NOT_ALLOCATED', `the object there was freed: ${hex(addr)}`, addr);
}
