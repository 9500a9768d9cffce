/**
 * What a public heap is made of, before there is one: the runtime, this thread's P and what works with it.
 *
 * Not here: making or attaching to the runtime (opening.ts).
 */
import { ToldAllocator } from '../alloc/alloc-free-trace.ts';
import { BumpLiveness } from '../alloc/bump-malloc.ts';
import type { Liveness } from '../alloc/liveness.ts';
import type { ProfilingMalloc } from '../alloc/profiling-malloc.ts';
import type { Allocator } from '../alloc/scanning-malloc.ts';
import type { Stacks } from '../alloc/stacks.ts';
import { crashHeapOf } from '../inspect/crash-heap.ts';
import { RankedLock } from '../meta/lock.ts';
import { CrashReport } from '../os/crash.ts';
import { guardRuntime } from '../runtime/guards.ts';
import { Holders } from '../runtime/holders.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { heapTable } from '../runtime/tables.ts';
import { refuseReentry, requireShared } from './arguments.ts';
import type { EventQueue } from './event-queue.ts';
import { ObjectContents } from './object-contents.ts';
import type { OpenedHeap } from './opening.ts';

export interface HeapParts {
  readonly opened: OpenedHeap;
  readonly runtime: Runtime;
  readonly events: EventQueue;
  readonly lock: RankedLock;
  readonly holders: Holders;
  /** One a heap, of its maker: it tells of the heap whichever thread crashes. */
  readonly crash: CrashReport | undefined;
  /** The P of this thread. */
  readonly p: number;
  readonly fast: Pick<Allocator, 'malloc'>;
  /** What hands out objects of types: where the heap traces, the same. */
  readonly maker: Allocator;
  /** The same, where it is sampled for the memory profile. */
  readonly profiled: ProfilingMalloc | undefined;
  readonly liveness: Pick<Liveness, 'drop' | 'dropAll' | 'explain'>;
  readonly stacks: Stacks;
  readonly contents: ObjectContents;
}

/** Takes a P of what was opened; the runtime is given back where there is none. @throws ERR_NO_P · ERR_NOT_SHARED */
export function takeParts(opened: OpenedHeap): HeapParts {
  const { runtime, debug, events, owner } = opened;
  const { memory } = runtime;
  const lockAt = memory.meta.addressOf(heapTable, 'lock');
  const lock = new RankedLock('heap', memory.table.lock, lockAt, memory.sys.addon, debug);
  const holders = new Holders(runtime);
  let crash: CrashReport | undefined;
  let p: number;
  try {
    crash = owner ? new CrashReport(memory.sys, crashHeapOf(runtime)) : undefined;
    p = owner ? holders.acquire() : underLock(lock, () => acquireShared(runtime, holders));
  } catch (error) {
    if (owner) runtime.dispose();
    else runtime.detach();
    opened.closeTraces();
    throw error;
  } finally {
    if (events.pending) events.tell();
  }
  const malloc = runtime.mallocOf(p);
  const inner = runtime.allocatorOf(malloc);
  if (debug) guardRuntime(runtime, malloc, inner, lock);
  const profiled = runtime.profiled(inner, p);
  const { allocFree } = runtime.memory.watch;
  const typed = profiled ?? inner;
  const quick = profiled ?? (runtime.isTraced ? inner : malloc);
  const told = allocFree === undefined ? undefined : new ToldAllocator(quick, typed, allocFree);
  const maker = told ?? typed;
  const fast = told ?? quick;
  const { bump, stacks } = runtime.alloc;
  const liveness =
    bump === undefined
      ? runtime.alloc.liveness
      : new BumpLiveness(bump, runtime.alloc.liveness, memory.zeroBase);
  const contents = new ObjectContents(runtime);
  const own = { p, fast, maker, profiled, liveness, stacks, contents };
  return { opened, runtime, events, lock, holders, crash, ...own };
}

function acquireShared(runtime: Runtime, holders: Holders): number {
  // The maker may have disposed of the heap, or be about to, since it was looked at.
  requireShared(runtime);
  return holders.acquire();
}

/** Runs an operation that holds the heap's lock. @throws ERR_REENTRANT · ERR_OWNER_DEAD */
export function underLock<T>(lock: RankedLock, operation: () => T): T {
  // Another view of the same heap, of this thread, is in the middle of an operation.
  if (lock.held) refuseReentry();
  lock.lock();
  try {
    return operation();
  } finally {
    lock.unlock();
  }
}
