/**
 * The tables of a whole heap: which there are, how many rows each has, and what the threads of a heap
 * must agree on beside the tables of its parts.
 *
 * The layout follows from four numbers (origin, reach, Ps, and whether free objects are threaded, which needs the
 * heap bitmap), so that a thread that attaches finds every table from the header. The design a heap was made by
 * stands in `heapTable`; a table that only another design would use is address space without memory.
 *
 * Not here: what the tables mean (each is declared by the part that uses it).
 */
import { liveTable, tinyBlockTable, tinyRowTable } from '../alloc/explicit-liveness.ts';
import { freeListCacheTable } from '../alloc/freelist-mcache.ts';
import { mcacheTable } from '../alloc/mcache.ts';
import { numSpanClasses } from '../alloc/size-classes.ts';
import { tinyStartsPoolTable, tinyStartsTable } from '../alloc/tiny-starts.ts';
import { arenaBytes, pageSize } from '../base/units.ts';
import {
  generations,
  objectStyles,
  type Parts,
  type ScavengerKind,
  type SweepStyle,
  scavengers,
  sizeClassTables,
  sweepStyles,
  triggers,
} from '../design/design.ts';
import type { ResolvedOptions } from '../design/options.ts';
import { cpuLimiterTable } from '../gc/cpu-limiter.ts';
import { cycleTable } from '../gc/cycle-log.ts';
import { gcSettingsTable } from '../gc/gc-settings.ts';
import { liveTriggerTable } from '../gc/live-trigger.ts';
import { pacerTable } from '../gc/pacer.ts';
import { sweepPaceTable } from '../gc/sweep-pace.ts';
import { sweeperTable } from '../gc/sweeper.ts';
import { pauseTable } from '../gc/time-histogram.ts';
import { counterTable } from '../heap/counters.ts';
import { freeListTable } from '../heap/free-lists.ts';
import { gcBitsArenaRows, gcBitsArenaTable, gcBitsStateTable, gcBitsTable } from '../heap/gc-bits.ts';
import { heapBitmapTable, mostBitmapPages } from '../heap/heap-bitmap.ts';
import { listRegistryTable } from '../heap/list-registry.ts';
import { setRegistryTable } from '../heap/set-registry.ts';
import { spanLinkTable, spanListsFor, spanListTable } from '../heap/span-lists.ts';
import {
  setsPerSpanClass,
  spanBlockPoolTable,
  spanBlocksFor,
  spanBlockTable,
  spanSetTable,
} from '../heap/span-sets.ts';
import { sweepStateTable } from '../heap/sweep-state.ts';
import { f64, i32, type SetupViews, table, u8, type Views } from '../meta/column.ts';
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

/** What the threads of a heap must agree on, beside the tables of its parts. */
export const heapTable = table('heap', 'other', {
  /** The heap's lock. */
  lock: i32('atomic', 16),
  /** The id of the thread that made the heap. */
  owner: i32('setup'),
  /** 1: operations take the lock. */
  shared: i32('atomic'),
  /** Where objects of no bytes are. */
  zeroBase: f64('setup'),
  /** Nanoseconds between forced cycles. */
  forcedPeriod: f64('setup'),
  /** 1: on. */
  collect: i32('setup'),
  scavenge: i32('setup'),
  /** The parts, by their places in the lists of design/design.ts; growthUnit in bytes, the flags 0 or 1. */
  pageHeap: i32('setup'),
  objects: i32('setup'),
  sweep: i32('setup'),
  scavenger: i32('setup'),
  hugePageHints: i32('setup'),
  growthUnit: i32('setup'),
  scavengeOnReuse: i32('setup'),
  sizeClasses: i32('setup'),
  trigger: i32('setup'),
  generation: i32('setup'),
  /** Nanoseconds after which the scavengers by age release. */
  scavengeAfter: f64('setup'),
  clobberFree: i32('setup'),
  disableHugePages: i32('setup'),
  nameMappings: i32('setup'),
  historicalGoal: i32('setup'),
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
/** 1: free lists through the objects, and with them the heap bitmap of 2014. */
export const parameterFreeLists = 3;

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
  return [
    [heapTable, 1],
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
    [mcacheTable, ps],
    [freeListCacheTable, ps],
    [tinyBlockTable, ps],
    [spanSetTable, numSpanClasses * setsPerSpanClass],
    [setRegistryTable, 1],
    [listRegistryTable, 1],
    [spanListTable, spanListsFor(numSpanClasses)],
    [spanLinkTable, spans],
    [freeListTable, spans],
    [heapBitmapTable, parameters[parameterFreeLists] === 1 ? Math.min(pages, mostBitmapPages) : 1],
    [persistentTable, persistentBytes],
    [arenaTable, arenas],
    ...radixCapacities(pages, ps),
    ...freeRunCapacities(spans),
    ...listsCapacities(spans),
    ...treapCapacities(spans),
    [spanTable, spans],
    [spanBlockTable, spanBlocksFor(numSpanClasses, spans) + 1],
    [gcBitsArenaTable, gcBitsArenaRows(gcBitsWords) + 1],
    [pageTable, pages],
    [liveTable, pages],
    [tinyRowTable, spans],
    [tinyStartsTable, Math.min(pages, maxTinyRows)],
    [gcBitsTable, gcBitsWords],
  ];
}

/** Tables of a row, or of a row a P, which every heap has memory behind from the start. */
export const smallTables = [
  heapTable,
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
] as const;

/** The place of 'own' among page heaps, after the built-in ones. */
const ownPageHeap = generations.length;

/** Writes down what a heap was asked for, for those that attach. */
export function recordOptions(heap: SetupViews<typeof heapTable>, options: ResolvedOptions): void {
  heap.forcedPeriod[0] = options.forcedGCPeriod;
  heap.scavengeAfter[0] = options.scavengeAfter;
  recordParts(heap, options.parts);
  heap.collect[0] = options.collect ? 1 : 0;
  heap.scavenge[0] = options.scavenge ? 1 : 0;
  heap.clobberFree[0] = options.clobberFree ? 1 : 0;
  heap.disableHugePages[0] = options.disableHugePages ? 1 : 0;
  heap.nameMappings[0] = options.nameMappings ? 1 : 0;
  heap.historicalGoal[0] = options.historicalScavengeGoal ? 1 : 0;
}

function recordParts(heap: SetupViews<typeof heapTable>, parts: Parts): void {
  heap.generation[0] = generations.indexOf(parts.generation);
  heap.pageHeap[0] = parts.pageHeap === 'own' ? ownPageHeap : generations.indexOf(parts.pageHeap);
  heap.objects[0] = objectStyles.indexOf(parts.objects);
  heap.sweep[0] = sweepStyles.indexOf(parts.sweep);
  heap.scavenger[0] = scavengers.indexOf(parts.scavenger);
  heap.hugePageHints[0] = parts.hugePageHints ? 1 : 0;
  heap.growthUnit[0] = parts.growthUnit;
  heap.scavengeOnReuse[0] = parts.scavengeOnReuse ? 1 : 0;
  heap.sizeClasses[0] = sizeClassTables.indexOf(parts.sizeClasses);
  heap.trigger[0] = triggers.indexOf(parts.trigger);
}

/** What a heap is made of; how it advises the kernel stands in its handle. */
export function partsOf(heap: Views<typeof heapTable>): Omit<Parts, 'advise' | 'pageHeapClass'> {
  const at = <T>(list: readonly T[], place: number): T => list[place] as T;
  return {
    generation: at(generations, heap.generation[0]),
    pageHeap: heap.pageHeap[0] === ownPageHeap ? 'own' : at(generations, heap.pageHeap[0]),
    objects: at(objectStyles, heap.objects[0]),
    sweep: at<SweepStyle>(sweepStyles, heap.sweep[0]),
    scavenger: at<ScavengerKind>(scavengers, heap.scavenger[0]),
    hugePageHints: heap.hugePageHints[0] === 1,
    growthUnit: heap.growthUnit[0],
    scavengeOnReuse: heap.scavengeOnReuse[0] === 1,
    sizeClasses: at(sizeClassTables, heap.sizeClasses[0]),
    trigger: at(triggers, heap.trigger[0]),
  };
}
