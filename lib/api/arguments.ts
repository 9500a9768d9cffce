/**
 * Arguments: what the public heap is given, checked before anything happens; and how it refuses.
 */
import { type ErrorCode, PageHeapError } from '../base/errors.ts';
import { shown } from '../base/shown.ts';
import { userAddressEnd } from '../base/units.ts';
import type { CheckLevel } from '../inspect/check.ts';
import { outOfMemory } from '../os/out-of-memory.ts';
import type { Runtime } from '../runtime/runtime.ts';

export function refuse(code: ErrorCode, message: string, value: unknown): never {
  throw new PageHeapError(code, message, { value });
}

/** Passes a whole number. */
export function checkAddress(addr: number): void {
  if (!Number.isInteger(addr)) refuse('ERR_INVALID_ADDRESS', `not an address: ${shown(addr)}`, addr);
}

/** Passes a whole number from 0 to the address space. */
export function checkSize(size: number): void {
  if (!Number.isInteger(size) || size < 0 || size > userAddressEnd) {
    refuse('ERR_INVALID_SIZE', `a size is a whole number of bytes from 0 to 2^47, not ${shown(size)}`, size);
  }
}

export function checkLevel(level: CheckLevel): void {
  if (level !== 1 && level !== 2 && level !== 3)
    refuse('ERR_INVALID_ARGUMENT', `a level is 1, 2 or 3, not ${shown(level)}`, level);
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
export function refuseMemory({ memory: { sys } }: Runtime, message: string, value: number): never {
  throw outOfMemory(sys, message, value);
}
