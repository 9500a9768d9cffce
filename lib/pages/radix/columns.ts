/**
 * The columns of the radix page allocator: all of its state.
 *
 *   radix sums     one row a node of the summary tree     start, max, end: free pages at the entry's
 *                                                         first page, in a row anywhere, at its last
 *   radix chunks   one row a chunk of 512 pages           allocated, scavenged: a bit a page;
 *                                                         density and generation: see scavenge-index.ts
 *   radix ranges   one row a range of pages ever grown    base, limit; sorted, never touching
 *   radix state    one row                                the scalars
 *   page caches    one row a P                            64 pages each, see page-cache.ts
 *
 * Zero is every column's initial state: no entry has free pages, no chunk exists. What a scalar is
 * that cannot begin as zero is set by the first growth.
 *
 * Memory is committed for whole blocks of eight sibling entries, since a walk reads a whole block;
 * the root is one block. Rows of chunks that were never grown may have no memory behind them.
 *
 * Not here: where the tables lie (meta/memory-map.ts).
 */
import { fatal } from '../../base/errors.ts';
import { chunkPages, divRoundUp } from '../../base/units.ts';
import { bitmap, i32, line, plainViews, table, type Views } from '../../meta/column.ts';
import type { Capacity } from '../../meta/memory-map.ts';
import type { MetaMemory } from '../../meta/meta-memory.ts';
import { fanout, fanoutShift, levelStart, levels, nodesFor, rootsFor } from './levels.ts';

export const radixSums = table('radix sums', 'other', {
  start: i32('heap'),
  max: i32('heap'),
  end: i32('heap'),
});

export const radixChunks = table('radix chunks', 'other', {
  allocated: bitmap('heap', chunkPages),
  scavenged: bitmap('heap', chunkPages),
  density: i32('heap'),
  generation: i32('heap'),
});

export const radixRanges = table('radix ranges', 'other', {
  base: i32('heap'),
  limit: i32('heap'),
});

/** The search page of a heap without a free page: above every page. */
export const noSearch = 0x7fffffff;

/** One row, in one cache line: an allocation reads two of its words, a free four. */
export const radixState = table('radix state', 'other', {
  line: line(
    'heap',
    /** The page to start searching at; every grown page below it is allocated. `noSearch` if all are. */
    'search',
    /** One past the highest chunk ever grown; 0 before the first growth. */
    'end',
    /** Rows of `radix ranges` that are used. */
    'ranges',
    /** The scavenge index's generation. */
    'generation',
    /** The highest page freed in this generation, −1 for none. */
    'freeHwm',
    /** Where scavenging goes on from, downwards; −1 when there is nothing more. */
    'backgroundCursor',
    /** 1: the cursor was raised by a free and not yet followed down. */
    'backgroundMarked',
    'forceCursor',
    'forceMarked',
    /** No run of `fitPages` pages or more starts below the page `fit`: a search for so many begins there. */
    'fitPages',
    'fit',
  ),
});

/** Where each word stands in the state. */
export const stateWord = radixState.columns.line.word;

/** The same as numbers for the hot paths: the build puts them in place of the names (scripts/bundle.js). */
export const searchWord = 0;
export const endWord = 1;
export const generationWord = 3;
export const freeHwmWord = 4;
export const forceCursorWord = 7;
export const forceMarkedWord = 8;
export const fitPagesWord = 9;
export const fitWord = 10;

const isInPlace =
  stateWord.search === searchWord &&
  stateWord.end === endWord &&
  stateWord.generation === generationWord &&
  stateWord.freeHwm === freeHwmWord &&
  stateWord.forceCursor === forceCursorWord &&
  stateWord.forceMarked === forceMarkedWord &&
  stateWord.fitPages === fitPagesWord &&
  stateWord.fit === fitWord;
if (!isInPlace) fatal('the words of the state are not where the hot paths look for them');

export const pageCaches = table('page caches', 'other', {
  line: line(
    'p',
    /** The block's first page. */
    'base',
    /** Pages of the block that are free, as ones: the lower and the upper 32. */
    'freeLow',
    'freeHigh',
    /** Those of them that are scavenged. */
    'scavengedLow',
    'scavengedHigh',
  ),
});

/** Where each word stands in a page cache. */
export const baseWord = 0;
export const freeLowWord = 1;
export const freeHighWord = 2;
export const scavengedLowWord = 3;
export const scavengedHighWord = 4;

/** What the allocator needs of a reach (in pages, from the origin) and a number of Ps. */
export function radixCapacities(reachPages: number, ps: number): readonly Capacity[] {
  const chunks = divRoundUp(reachPages, chunkPages);
  return [
    [radixState, 1],
    [pageCaches, ps],
    [radixSums, nodesFor(rootsFor(reachPages))],
    [radixRanges, divRoundUp(chunks, 2) + 1],
    [radixChunks, chunks],
  ];
}

/** The allocator's memory: its views, and the way to put memory behind more rows. */
export interface RadixMemory {
  readonly reachPages: number;
  /** Ps, each with a page cache. */
  readonly ps: number;
  readonly sums: Views<typeof radixSums>;
  readonly chunks: Views<typeof radixChunks>;
  readonly ranges: Views<typeof radixRanges>;
  /** The state's words; `stateWord` says where each stands. */
  readonly state: Int32Array;
  readonly caches: Views<typeof pageCaches>;
  /**
   * Puts memory behind the rows of the chunks [from, to), of every summary block above them, and
   * behind the first `ranges` rows of ranges. False when there is none; may be called again for the
   * same rows.
   */
  commit(from: number, to: number, ranges: number): boolean;
}

/** The nodes, level by level, that chunks [from, to) need: whole blocks; the root is one block. */
export function nodesOfChunks(from: number, to: number, roots: number): [from: number, to: number][] {
  const nodes: [number, number][] = [[0, roots]];
  for (let level = 1; level < levels; level++) {
    const shift = (levels - 1 - level) * fanoutShift;
    const first = levelStart(level, roots);
    const low = Math.floor(from / 2 ** (shift + fanoutShift)) * fanout;
    const high = divRoundUp(to, 2 ** (shift + fanoutShift)) * fanout;
    nodes.push([first + low, first + high]);
  }
  return nodes;
}

/** The allocator's tables in a heap's meta memory. The state and the caches are committed here; false when that fails. */
export function commitRadixSetup(meta: MetaMemory): boolean {
  return meta.commit(radixState, 0, 1) && meta.commit(pageCaches, 0, meta.rows(pageCaches));
}

/** Views of the allocator's tables in a heap's meta memory: for the thread that made it, and for those that attach. */
export function radixMemory(meta: MetaMemory, reachPages: number): RadixMemory {
  const roots = rootsFor(reachPages);
  return {
    reachPages,
    ps: meta.rows(pageCaches),
    sums: meta.views(radixSums),
    chunks: meta.views(radixChunks),
    ranges: meta.views(radixRanges),
    state: meta.views(radixState).line,
    caches: meta.views(pageCaches),
    commit: (from, to, ranges) =>
      meta.commit(radixChunks, from, to) &&
      meta.commit(radixRanges, 0, ranges) &&
      nodesOfChunks(from, to, roots).every(([low, high]) => meta.commit(radixSums, low, high)),
  };
}

/** The same tables as ordinary typed arrays: for replays on arithmetic addresses, and tests. */
export function plainRadixMemory(reachPages: number, ps: number): RadixMemory {
  const chunks = divRoundUp(reachPages, chunkPages);
  return {
    reachPages,
    ps,
    sums: plainViews(radixSums, nodesFor(rootsFor(reachPages))),
    chunks: plainViews(radixChunks, chunks),
    ranges: plainViews(radixRanges, divRoundUp(chunks, 2) + 1),
    state: plainViews(radixState).line,
    caches: plainViews(pageCaches, ps),
    commit: () => true,
  };
}
