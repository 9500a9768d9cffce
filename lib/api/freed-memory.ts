/**
 * Freed memory: where it is to be asked, of an address that a field is read at, whether what was there was freed and faults.
 *
 * Almost nowhere: where user arenas may be, which lies apart from the rest of the heap; and behind an electric fence
 * everywhere.
 */
import type { Runtime } from '../runtime/runtime.ts';
import { refuseFreed } from './arguments.ts';

export interface FreedMemory {
  /** Addresses below need not be asked about. */
  readonly from: number;
  isFreed(addr: number): boolean;
  /** Says what was there. @throws ERR_ARENA_FREED · ERR_NOT_ALLOCATED, unless nothing was freed there */
  explain(addr: number): void;
}

export function freedMemoryOf({ memory, alloc }: Runtime): FreedMemory {
  const { finder, userArenas } = alloc;
  const explain = (addr: number): void => refuseFreed(finder, addr);
  const space = userArenas?.chunks.space;
  if (memory.options.efence)
    return {
      from: memory.origin,
      isFreed: (addr) => finder.isFenced(addr) || space?.isFreed(addr) === true,
      explain,
    };
  return space === undefined
    ? { from: Infinity, isFreed: () => false, explain }
    : { from: space.base, isFreed: (addr) => space.isFreed(addr), explain };
}
