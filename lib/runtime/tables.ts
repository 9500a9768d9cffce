/**
 * The tables of a whole heap: which there are, how many rows each has, and what the threads of a heap
 * must agree on beside the tables of its parts.
 *
 * The layout follows from three numbers alone (origin, reach, Ps), so that a thread that attaches finds
 * every table from the header. The parts a heap was made of stand in `heapTable`; a table that only
 * another choice of parts would use is address space without memory.
 *
 * Not here: what the tables mean (each is declared by the part that uses it).
 */
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
import { cpuLimiterStateLength } from '../gc/cpu-limiter.ts';
import { cycleTable } from '../gc/cycle.ts';
import { pacerStateLength } from '../gc/pacer.ts';
import { sweepPaceStateLength } from '../gc/sweep-pace.ts';
import { sweeperTable } from '../gc/sweeper.ts';
import { timeHistogramStateLength } from '../gc/time-histogram.ts';
import { counterTable } from '../heap/counters.ts';
import { freeListTable } from '../heap/free-lists.ts';
import { gcBitsArenaRows, gcBitsArenaTable, gcBitsStateTable, gcBitsTable } from '../heap/gc-bits.ts';
import { heapBitmapTable, mostBitmapPages } from '../heap/heap-bitmap.ts';
import { listBooksTable } from '../heap/list-registry.ts';
import { setBooksTable } from '../heap/set-registry.ts';
import { spanLinkTable, spanListsFor, spanListTable } from '../heap/span-lists.ts';
import {
  setsPerSpanClass,
  spanBlockPoolTable,
  spanBlocksFor,
  spanBlockTable,
  spanSetTable,
} from '../heap/span-sets.ts';
import { sweepStateTable } from '../heap/sweep-state.ts';
import { f64, i32, table, u8, type Views } from '../meta/column.ts';
import type { Capacity } from '../meta/memory-map.ts';
import { freeRunCapacities } from '../pages/free-runs.ts';
import { listsCapacities } from '../pages/lists/columns.ts';
import { radixCapacities } from '../pages/radix/columns.ts';
import { treapCapacities } from '../pages/treap/columns.ts';
import { ageStateLength } from '../scavenge/age.ts';
import { backgroundStateLength } from '../scavenge/background.ts';
import { scavengeGoalsStateLength } from '../scavenge/goals.ts';
import { growthCreditStateLength } from '../scavenge/growth.ts';
import { arenaStateTable, arenaTable } from '../spans/arenas.ts';
import { pageTable } from '../spans/page-table.ts';
import { spanPoolTable, spanTable } from '../spans/span-table.ts';

/** The state of the policies, each a stretch of doubles that its class lays out. */
export const policyTable = table('policies', 'other', {
  pacer: f64('heap', pacerStateLength),
  sweepPace: f64('heap', sweepPaceStateLength),
  limiter: f64('heap', cpuLimiterStateLength),
  scavengeGoals: f64('heap', scavengeGoalsStateLength),
  background: f64('heap', backgroundStateLength),
  growthCredit: f64('heap', growthCreditStateLength),
  age: f64('heap', ageStateLength),
  pauses: f64('heap', timeHistogramStateLength),
});

/** What the threads of a heap must agree on, beside the tables of its parts. */
export const heapTable = table('heap', 'other', {
  /** The heap's lock. */
  lock: i32('atomic', 16),
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
    [policyTable, 1],
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
    [spanSetTable, numSpanClasses * setsPerSpanClass],
    [setBooksTable, 1],
    [listBooksTable, 1],
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
    [tinyStartsTable, Math.min(pages, maxTinyRows)],
    [gcBitsTable, gcBitsWords],
  ];
}

export const smallTables = [heapTable, policyTable, counterTable, mcacheTable] as const;

/** The place of 'own' among page heaps, after the built-in ones. */
const ownPageHeap = generations.length;

/** Writes down what a heap was asked for, for those that attach. */
export function recordOptions(heap: Views<typeof heapTable>, options: ResolvedOptions): void {
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

function recordParts(heap: Views<typeof heapTable>, parts: Parts): void {
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
