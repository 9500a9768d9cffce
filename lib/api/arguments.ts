/**
 * Arguments: what the public heap is given, checked before anything happens.
 */
import { type ErrorCode, PageHeapError } from '../base/errors.ts';
import { userAddressEnd } from '../base/units.ts';
import type { Runtime } from '../runtime/runtime.ts';

export function refuse(code: ErrorCode, message: string, value: unknown): never {
  throw new PageHeapError(code, message, { value });
}

/** Passes a whole number. */
export function checkAddress(addr: number): void {
  if (!Number.isInteger(addr)) refuse('ERR_INVALID_ADDRESS', `not an address: ${String(addr)}`, addr);
}

/** Passes a whole number from 0 to the address space. */
export function checkSize(size: number): void {
  if (!Number.isInteger(size) || size < 0 || size > userAddressEnd) {
    refuse('ERR_INVALID_SIZE', `a size is a whole number of bytes from 0 to 2^47, not ${String(size)}`, size);
  }
}

/** Passes a heap that others may attach to. */
export function requireShared(runtime: Runtime): void {
  if (runtime.memory.isShared) return;
  refuse('ERR_NOT_SHARED', 'the heap is not shared: call share() first', runtime.memory.meta.base);
}
