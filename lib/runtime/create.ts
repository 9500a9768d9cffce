/**
 * Making a heap, and attaching to one that another thread made.
 *
 * A heap is made with the largest reach the system allows, of those tried; what was reserved for a try that fails is
 * given back. Everything a heap needs from the start is committed before it is wired. Where no reach is asked for, the one
 * that is taken leaves as much beside its tables as the next smaller one could use: with a limit of address space the tables
 * of a large one leave no room for objects. The least of them is taken as it is.
 */
import { ExplicitLiveness } from '../alloc/explicit-liveness.ts';
import { StackPools } from '../alloc/stack-pools.ts';
import { TracingLiveness } from '../alloc/tracing-liveness.ts';
import { type Address, arenaBytes } from '../base/units.ts';
import { pointerBitsOf } from '../design/consequences.ts';
import { pointerBitStyles } from '../design/design.ts';
import { refuseOption } from '../design/option.ts';
import { optionTable, recordOptions } from '../design/option-table.ts';
import { defaultReaches, type ResolvedOptions } from '../design/options.ts';
import { CycleLog } from '../gc/cycle-log.ts';
import type { Watch } from '../gc/events.ts';
import { markTable } from '../gc/mark/mark-state.ts';
import { Roots } from '../gc/roots.ts';
import { runningCycleTable } from '../gc/running-cycle.ts';
import { Sweeper } from '../gc/sweeper.ts';
import { BumpMemory } from '../heap/bump-memory.ts';
import { HeapState } from '../heap/heap-state.ts';
import { MetaMemory } from '../meta/meta-memory.ts';
import { outOfMemory } from '../os/out-of-memory.ts';
import type { Sys } from '../os/sys.ts';
import { type FirstArena, reserveFirstArena } from '../spans/arenas.ts';
import { HeapMemory } from './heap-memory.ts';
import { preparePageHeap } from './page-heaps.ts';
import { nothingBrought } from './parts.ts';
import { Runtime } from './runtime.ts';
import { prepareSpanStructures } from './span-structures.ts';
import { prepareSpecials } from './special-side.ts';
import { capacities, smallTables } from './tables.ts';

/**
 * Makes a heap.
 * @throws ERR_OUT_OF_MEMORY when the system has no memory or address space for one · ERR_INVALID_OPTION for physical
 *   pages smaller than the machine's
 */
export function createRuntime(sys: Sys, options: ResolvedOptions, watch: Watch): Runtime {
  const { physPageSize = sys.physPageSize } = options;
  if (physPageSize < sys.physPageSize)
    refuseOption('physPageSize', `this machine's are larger, of ${sys.physPageSize} bytes`, physPageSize);
  const reaches = options.reach === undefined ? defaultReaches : [options.reach];
  for (const [i, reach] of reaches.entries()) {
    // The next one would leave no more than itself.
    const room = reaches[i + 1] ?? 0;
    const runtime = tryCreate(sys, reach, room, options, watch);
    if (runtime !== undefined) return runtime;
  }
  throw outOfMemory(sys, 'the system has no address space or memory for a heap', reaches.at(-1));
}

/** This thread's view of a heap that another thread of the process made and shared. */
export function attachRuntime(sys: Sys, base: Address, watch: Watch): Runtime {
  const meta = MetaMemory.attach(sys, capacities, base);
  try {
    return new Runtime(new HeapMemory(sys, meta, watch), nothingBrought);
  } catch (error) {
    meta.detach();
    throw error;
  }
}

/** Whether so much address space can be had now. */
function hasRoom(sys: Sys, length: number): boolean {
  if (length === 0) return true;
  const base = sys.reserve(0, length);
  if (base === 0) {
    // That is an answer here.
    sys.forgetErrno();
    return false;
  }
  sys.free(base, length, 'other', 'reserved');
  return true;
}

/** @param room address space that is to be left for objects; 0: whatever is */
function tryCreate(
  sys: Sys,
  reach: number,
  room: number,
  options: ResolvedOptions,
  watch: Watch,
): Runtime | undefined {
  const first = reserveFirstArena(sys, reach);
  if (first === undefined) return undefined;
  let meta: MetaMemory | undefined;
  let made: Runtime | undefined;
  const bits = pointerBitsOf(options.design);
  try {
    meta = MetaMemory.create(sys, capacities, [
      first.origin,
      reach,
      options.ps,
      bits === undefined ? 0 : pointerBitStyles.indexOf(bits) + 1,
      options.design.liveness === 'tracing' ? 1 : 0,
      options.sbrk ? 1 : 0,
    ]);
    if (meta !== undefined && prepare(meta, options) && hasRoom(sys, room))
      made = begin(sys, meta, first, options, watch);
  } finally {
    // Also where a custom page heap threw, or the caller's clock.
    if (made === undefined) {
      sys.free(first.base, arenaBytes, 'heap', 'reserved');
      meta?.release();
    }
  }
  return made;
}

/** Commits what every heap has from the start, and writes its options down. False when there is no memory. */
function prepare(meta: MetaMemory, options: ResolvedOptions): boolean {
  const prepared =
    smallTables.every((small) => meta.commit(small, 0, meta.rows(small))) &&
    HeapState.prepare(meta) &&
    prepareSpanStructures(meta, options.design) &&
    (options.design.liveness === 'tracing'
      ? TracingLiveness.prepare(meta) &&
        Roots.prepare(meta) &&
        meta.commit(markTable, 0, 1) &&
        meta.commit(runningCycleTable, 0, 1)
      : ExplicitLiveness.prepare(meta)) &&
    prepareSpecials(meta) &&
    StackPools.prepare(meta) &&
    (!options.sbrk || BumpMemory.prepare(meta)) &&
    Sweeper.prepare(meta) &&
    CycleLog.prepare(meta) &&
    preparePageHeap(options.design.pageHeap, meta);
  if (prepared) recordOptions(meta.setupViews(optionTable), options);
  return prepared;
}

/** Wires a heap over prepared tables, and gives it its first arena. Undefined when there is no memory. */
function begin(
  sys: Sys,
  meta: MetaMemory,
  first: FirstArena,
  options: ResolvedOptions,
  watch: Watch,
): Runtime | undefined {
  const memory = new HeapMemory(sys, meta, watch);
  if (!memory.begin()) return undefined;
  const runtime = new Runtime(memory, { pageHeap: options.design.pageHeapClass, parts: options.parts });
  if (!runtime.state.arenas.prepare(first.base)) return undefined;
  const { settings, trigger, limiter, log } = runtime.gc;
  log.begin();
  settings.init(options.gcPercent, options.memoryLimit);
  trigger.init(options.rootBytes, options.triggerRatio);
  limiter.resetCapacity(log.columns.begun[0], 1);
  runtime.scavenger.init();
  return runtime;
}
