/**
 * The tables of a whole heap: which there are, how many rows each has, and what the threads of a heap
 * must agree on beside those.
 *
 * The layout follows from a few numbers (origin, reach, Ps, which pointer bits there are, whether the heap is traced, and
 * whether nothing is ever freed), so that a thread that attaches finds every table from the header. What a heap was made
 * with stands in `optionTable`; a table that only another design would use is address space without memory.
 *
 * Not here: what the tables mean (each is declared by the layer that uses it).
 */
import { liveTable, tinyRowTable } from '../alloc/explicit-liveness.ts';
import { freeListCacheTable } from '../alloc/freelist-mcache.ts';
import { mcacheTable } from '../alloc/mcache.ts';
import { profileSampleTable } from '../alloc/profiling-malloc.ts';
import { lastAllocatedTable } from '../alloc/scanning-malloc.ts';
import { numSpanClasses } from '../alloc/size-classes.ts';
import { stackCacheTable, stackPoolSizes, stackPoolTable, stackSpanTable } from '../alloc/stack-pools.ts';
import { tinyStartsPoolTable, tinyStartsTable } from '../alloc/tiny-starts.ts';
import { tracedSpanTable } from '../alloc/tracing-liveness.ts';
import { mostUserArenas, userArenaPoolTable, userArenaTable } from '../alloc/user-arenas.ts';
import { arenaBytes, pageSize } from '../base/units.ts';
import { pointerBitStyles } from '../design/design.ts';
import { optionTable } from '../design/option-table.ts';
import { callbackQueueTable, callbackStateTable } from '../gc/callback-queue.ts';
import { cpuLimiterTable } from '../gc/cpu-limiter.ts';
import { cycleTable } from '../gc/cycle-log.ts';
import { gcSettingsTable } from '../gc/gc-settings.ts';
import { liveTriggerTable } from '../gc/live-trigger.ts';
import { grayTable, markTable } from '../gc/mark/mark-state.ts';
import { pacerTable } from '../gc/pacer-table.ts';
import {
  frameStackPoolTable,
  frameStackTable,
  globalTable,
  mostFrameStacks,
  mostGlobals,
  mostRoots,
  rootPoolTable,
  rootTable,
} from '../gc/roots.ts';
import { runningCycleTable } from '../gc/running-cycle.ts';
import { sweepPaceTable } from '../gc/sweep-pace.ts';
import { sweeperTable } from '../gc/sweeper.ts';
import { pauseTable } from '../gc/time-histogram.ts';
import { bumpArenaTable, bumpChunkTable, bumpPageTable, bumpTable } from '../heap/bump-memory.ts';
import { counterTable } from '../heap/counters.ts';
import { freeListTable } from '../heap/free-lists.ts';
import { gcBitsArenaRows, gcBitsArenaTable, gcBitsStateTable, gcBitsTable } from '../heap/gc-bits.ts';
import { heapBitmapTable, mostBitmapPages } from '../heap/heap-bitmap.ts';
import { listRegistryTable } from '../heap/list-registry.ts';
import { pairBitsTable } from '../heap/pair-bits.ts';
import {
  mostProfileBuckets,
  profileBucketTable,
  profileHashes,
  profileHashTable,
  profileStateTable,
  profileTextBytes,
  profileTextTable,
} from '../heap/profile.ts';
import { setRegistryTable } from '../heap/set-registry.ts';
import { singleBitsTable } from '../heap/single-bits.ts';
import { spanLinkTable, spanListsFor, spanListTable } from '../heap/span-lists.ts';
import {
  setsPerSpanClass,
  spanBlockPoolTable,
  spanBlocksFor,
  spanBlockTable,
  spanSetTable,
} from '../heap/span-sets.ts';
import {
  mostSpecialIndexes,
  mostSpecials,
  specialIndexPoolTable,
  specialIndexTable,
  specialPageTable,
  specialPoolTable,
  specialSpanTable,
  specialTable,
} from '../heap/specials.ts';
import { sweepStateTable } from '../heap/sweep-state.ts';
import { mostWeakHandles, weakPoolTable, weakTable } from '../heap/weak-handles.ts';
import { f64, i32, table, u8 } from '../meta/column.ts';
import type { Capacity } from '../meta/memory-map.ts';
import { freeRunCapacities } from '../pages/free-runs.ts';
import { listsCapacities } from '../pages/lists/columns.ts';
import { radixCapacities } from '../pages/radix/columns.ts';
import { treapCapacities } from '../pages/treap/columns.ts';
import { ageTable } from '../scavenge/age-rounds.ts';
import { burstTable } from '../scavenge/bursts.ts';
import { scavengeGoalTable } from '../scavenge/goals.ts';
import { growthCreditTable } from '../scavenge/growth-credit.ts';
import { piTable } from '../scavenge/pi-controller.ts';
import { arenaStateTable, arenaTable } from '../spans/arenas.ts';
import { pageTable } from '../spans/page-table.ts';
import { spanPoolTable, spanTable } from '../spans/span-table.ts';
import { mostChunks, userChunkStateTable, userChunkTable, userSpaceTable } from '../spans/user-space.ts';

/** What the threads of a heap must agree on beside the tables of the layers, and beside its options. */
export const heapTable = table('heap', 'other', {
  /** The heap's lock. */
  lock: i32('atomic', 16),
  /** The id of the thread that made the heap. */
  owner: i32('setup'),
  /** 1: operations take the lock. */
  shared: i32('atomic'),
  /** Where objects of no bytes are. */
  zeroBase: f64('setup'),
  persistentUsed: f64('heap'),
  persistentCommitted: f64('heap'),
});

export const persistentTable = table('persistent', 'other', { bytes: u8('heap') });

const persistentBytes = 16 * 1024 * 1024;
/** The longest a table may be: 4 GiB. */
const maxGcBitsWords = 2 ** 30;
const maxTinyRows = 2 ** 21;

// Parameters of the layout, in the header.
export const parameterOrigin = 0;
export const parameterReach = 1;
export const parameterPs = 2;
/** Which bits tell what words are pointers: one more than their place among the styles; 0: none. */
export const parameterPointerBits = 3;
/** 1: the heap traces. */
export const parameterTracing = 4;
/** 1: objects come from bump memory. */
export const parameterBump = 5;

/** Every table of a heap, with its rows. */
export function capacities(parameters: readonly number[]): readonly Capacity[] {
  const reach = parameters[parameterReach];
  const ps = parameters[parameterPs];
  const pages = reach / pageSize;
  const arenas = reach / arenaBytes;
  // Every span has a page; ids start at one, and rows are committed by the batch.
  const spans = pages + 256;
  // Three bitmaps of 1024 bits are the most a page can have alive: being marked, allocated, about to be freed.
  const gcBitsWords = Math.min(pages * 32 * 3 + 2 ** 16, maxGcBitsWords);
  const pointerBits = pointerBitStyles[parameters[parameterPointerBits] - 1];
  const traced = parameters[parameterTracing] === 1;
  const bumped = parameters[parameterBump] === 1;
  /** A table that a heap without it has a row of. */
  const where = (has: boolean, rows: number): number => (has ? rows : 1);
  return [
    [heapTable, 1],
    [optionTable, 1],
    [gcSettingsTable, 1],
    [pacerTable, 1],
    [liveTriggerTable, 1],
    [sweepPaceTable, 1],
    [cpuLimiterTable, 1],
    [pauseTable, 1],
    [scavengeGoalTable, 1],
    [burstTable, 1],
    [piTable, 1],
    [growthCreditTable, 1],
    [ageTable, 1],
    [counterTable, 1],
    [sweepStateTable, 1],
    [sweeperTable, 1],
    [cycleTable, 1],
    [arenaStateTable, 1],
    [spanPoolTable, 1],
    [gcBitsStateTable, 1],
    [spanBlockPoolTable, 1],
    [tinyStartsPoolTable, 1],
    [specialPoolTable, 1],
    [specialIndexPoolTable, 1],
    [weakPoolTable, 1],
    [profileStateTable, 1],
    [profileSampleTable, ps],
    [profileHashTable, profileHashes],
    [callbackStateTable, 1],
    [callbackQueueTable, ps],
    [mcacheTable, ps],
    [freeListCacheTable, ps],
    [stackCacheTable, ps],
    [stackPoolTable, stackPoolSizes],
    [spanSetTable, numSpanClasses * setsPerSpanClass],
    [setRegistryTable, 1],
    [listRegistryTable, 1],
    [spanListTable, spanListsFor(numSpanClasses)],
    [userSpaceTable, 1],
    [userChunkStateTable, mostChunks(reach)],
    [userArenaPoolTable, 1],
    [persistentTable, persistentBytes],
    [arenaTable, arenas],
    ...radixCapacities(pages, ps),
    [spanTable, spans],
    [spanBlockTable, spanBlocksFor(numSpanClasses, spans) + 1],
    [gcBitsArenaTable, gcBitsArenaRows(gcBitsWords) + 1],
    [pageTable, pages],
    [liveTable, pages],
    [tinyRowTable, spans],
    [tinyStartsTable, Math.min(pages, maxTinyRows)],
    [specialSpanTable, spans],
    [specialPageTable, pages],
    [weakTable, Math.min(pages * 16, mostWeakHandles)],
    // The two largest tables come in this order so that, with the default reach, all lie in two windows.
    [spanLinkTable, spans],
    [freeListTable, spans],
    [specialTable, Math.min(pages * 64, mostSpecials)],
    [specialIndexTable, Math.min(pages, mostSpecialIndexes)],
    [profileBucketTable, mostProfileBuckets],
    [profileTextTable, profileTextBytes],
    [heapBitmapTable, where(pointerBits === 'nibbles', Math.min(pages, mostBitmapPages))],
    [pairBitsTable, where(pointerBits === 'pairs', pages)],
    [singleBitsTable, where(pointerBits === 'bits', pages)],
    [grayTable, where(traced, gcBitsWords)],
    [lastAllocatedTable, ps],
    [markTable, 1],
    [runningCycleTable, 1],
    [rootPoolTable, 1],
    [rootTable, where(traced, mostRoots)],
    [globalTable, where(traced, mostGlobals)],
    [frameStackPoolTable, 1],
    [frameStackTable, where(traced, mostFrameStacks)],
    [userArenaTable, mostUserArenas],
    [userChunkTable, mostChunks(reach)],
    [tracedSpanTable, where(traced, spans)],
    ...freeRunCapacities(spans),
    ...listsCapacities(spans),
    ...treapCapacities(spans),
    [stackSpanTable, spans],
    [bumpTable, 1],
    [bumpChunkTable, where(bumped, ps)],
    [bumpArenaTable, where(bumped, arenas)],
    [bumpPageTable, where(bumped, pages)],
    [gcBitsTable, gcBitsWords],
  ];
}

/** Tables of a row, or of a row a P, which every heap has memory behind from the start. */
export const smallTables = [
  heapTable,
  optionTable,
  gcSettingsTable,
  pacerTable,
  liveTriggerTable,
  sweepPaceTable,
  cpuLimiterTable,
  scavengeGoalTable,
  burstTable,
  piTable,
  growthCreditTable,
  ageTable,
  mcacheTable,
  profileSampleTable,
  userSpaceTable,
  userChunkStateTable,
  userArenaPoolTable,
] as const;
