/**
 * Zombies: objects that are free and marked. The program has kept a reference to what was freed, and stored it where a
 * type says that there is a pointer; or a mark went astray. Reported in the words of the Go runtime.
 */
import { fatal } from '../base/errors.ts';
import { objectSize } from '../spans/span-table.ts';
import type { HeapState } from './heap-state.ts';

export type ZombieReport = Readonly<Record<string, number | string>>;

const hex = (address: number): string => `0x${address.toString(16)}`;

/** What is told of one. */
export function zombieReport({ spans, arenas }: HeapState, s: number, index: number): ZombieReport {
  const c = spans.columns;
  const base = arenas.addressOf(c.startPage[s]);
  return {
    object: hex(base + index * objectSize(c, s)),
    span: hex(base),
    elemsize: objectSize(c, s),
    freeindex: c.freeIndex[s],
    index,
  };
}

export function throwZombie(report: ZombieReport): never {
  return fatal('found pointer to free object', report);
}
