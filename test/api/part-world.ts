/** A heap with parts of the user's own, with a clock that is moved by hand, checked whole when it is over. */
import { Heap, type HeapOptions, ManualClock, type PageHeapError } from '../../lib/index.ts';

export const MiB = 2 ** 20;

export interface World {
  readonly heap: Heap;
  readonly clock: ManualClock;
  readonly told: string[];
}

/** A heap of 64 MiB at most, with a clock of its own; checked whole when it is over. */
export function inHeap<T>(options: HeapOptions, body: (world: World) => T): T {
  const clock = new ManualClock(1e9);
  const told: string[] = [];
  const heap = new Heap({
    ...{ environment: false, reach: 256 * MiB, clock, debug: true },
    warn: (text) => told.push(text),
    ...options,
  });
  try {
    return body({ heap, clock, told });
  } finally {
    heap.check(3);
    heap.dispose();
  }
}

/** Allocates, drops every other object, collects and sweeps. @throws what a part did wrong meanwhile */
export function work({ heap }: World, objects = 400, bytes = 30_000): void {
  const all = Array.from({ length: objects }, () => heap.malloc(bytes));
  heap.dropAll(all.filter((_, i) => i % 2 === 0));
  heap.gc();
}

/** What is thrown by the first operation that may fail. */
export function faultOf(world: World): PageHeapError {
  const { heap } = world;
  try {
    work(world, 50);
    for (let i = 0; i < 300; i++) heap.step();
  } catch (error) {
    return error as PageHeapError;
  }
  throw new Error('nothing was told');
}
