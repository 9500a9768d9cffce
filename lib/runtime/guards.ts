/**
 * The runtime's guards: in debug mode, everything that works on columns of the heap's lock asserts, at each public
 * member, that the calling thread holds the lock, or owns the heap where it is not shared.
 *
 * Not here: how a member is made to ask (meta/guard.ts).
 */
import type { Malloc } from '../alloc/malloc.ts';
import type { Allocator } from '../alloc/scanning-malloc.ts';
import { guardMembers } from '../meta/guard.ts';
import type { RankedLock } from '../meta/lock.ts';
import type { Runtime } from './runtime.ts';

/** @param malloc the thread's own, which works on its P's row, and on the heap beyond it @param allocator around it */
export function guardRuntime(runtime: Runtime, malloc: Malloc, allocator: Allocator, lock: RankedLock): void {
  const { memory, state, pages, spans, special, alloc, gc, scavenger, due } = runtime;
  const owner = memory.table.owner[0];
  const thread = memory.sys.addon.threadId();
  const mayTouch = (): boolean => (memory.isShared ? lock.held : thread === owner);
  const { registry, sets, busy, freeLists, pointerBits, objects } = spans;
  const { heap, spanSweeper, central, mcache, liveness, finder, stacks, stackPools, bump } = alloc;
  const { settings, trigger, sizes, limiter, log, pace, sweeper, collector, tracing } = gc;
  for (const object of [
    ...[state, state.spans, state.arenas, state.gcBits, state.sweepState, pages],
    ...[registry, sets, busy, freeLists, pointerBits, objects],
    ...[special.specials, special.pins, special.weak, special.sweeping, special.callbacks, special.profile],
    ...[heap, spanSweeper, central, mcache, liveness, finder, stacks, stackPools, bump, malloc, allocator],
    ...[settings, trigger, sizes, limiter, log, pace, sweeper, collector, tracing?.roots, scavenger, due],
  ])
    if (object !== undefined) guardMembers(object, mayTouch);
}
