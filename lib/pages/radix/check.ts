/**
 * The radix page allocator's check: everything derived is derived again, slowly, and compared.
 *
 *   level 1  scalars and ranges fit together; no page is allocated and scavenged; the scavenge index
 *            counts what the bitmaps hold; nothing is free below the search page, and no run that is
 *            looked for from `fit` on starts below it
 *   level 2  each leaf is its chunk's bitmap, summarized bit by bit
 *   level 3  each entry above is the merge of its eight children; nothing outside the heap is free
 *
 * What does not fit is `fatal`, with the numbers that show it.
 *
 * Not here: whether the spans above agree with the bitmaps, and the kernel with the scavenged ones.
 */
import { fatal } from '../../base/errors.ts';
import { chunkPages, chunkPagesShift } from '../../base/units.ts';
import { countRange, rangesText } from './bitmap.ts';
import { nodesOfChunks, noSearch, stateWord } from './columns.ts';
import { unpackDensity } from './density.ts';
import { chunkWords, fanout, levelShift, levelStart, levels } from './levels.ts';
import type { PageState } from './page-state.ts';

interface Sum {
  readonly start: number;
  readonly max: number;
  readonly end: number;
}

export function checkRadix(pages: PageState, level: 1 | 2 | 3): void {
  checkScalars(pages);
  for (const chunk of chunksOf(pages)) checkChunk(pages, chunk);
  checkFit(pages);
  if (level >= 2) for (const chunk of chunksOf(pages)) checkLeaf(pages, chunk);
  if (level >= 3) checkLevels(pages);
}

function* chunksOf(pages: PageState): Generator<number> {
  for (const [page, npages] of pages.inUse()) {
    for (let c = page >> chunkPagesShift; c < (page + npages) >> chunkPagesShift; c++) yield c;
  }
}

function checkScalars(pages: PageState): void {
  const { ranges } = pages;
  const { state } = pages.memory;
  const end = state[stateWord.end] << chunkPagesShift;
  let previous = -1;
  for (let i = 0; i < ranges.count; i++) {
    const [base, limit] = [ranges.baseOf(i), ranges.limitOf(i)];
    const isAligned = base % chunkPages === 0 && limit % chunkPages === 0;
    if (base <= previous || limit <= base || !isAligned) {
      fatal('page ranges are not sorted, apart and whole chunks', { i, base, limit, previous });
    }
    previous = limit;
  }
  if (previous < 0 ? end !== 0 : previous !== end)
    fatal('the heap does not end where its last range does', { end, previous });
  if (previous < 0) return;
  const search = state[stateWord.search];
  if (search !== noSearch && !ranges.contains(search, search + 1)) {
    fatal('the search page is not in the heap', { search });
  }
  for (const cursor of ['freeHwm', 'backgroundCursor', 'forceCursor'] as const) {
    const page = state[stateWord[cursor]];
    if (page !== -1 && !ranges.contains(page, page + 1))
      fatal('a scavenge cursor is not in the heap', { cursor, page });
  }
}

function checkChunk(pages: PageState, chunk: number): void {
  const { allocated, scavenged } = pages.memory.chunks;
  const base = chunk * chunkWords;
  for (let w = base; w < base + chunkWords; w++) {
    if ((allocated[w]! & scavenged[w]!) !== 0) {
      fatal('a page is allocated and scavenged', {
        chunk,
        allocated: rangesText(allocated, chunk),
        scavenged: rangesText(scavenged, chunk),
      });
    }
  }
  const inUse = countRange(allocated, base, 0, chunkPages);
  const density = unpackDensity(pages.index.density[chunk]);
  if (density.inUse !== inUse) {
    fatal('the scavenge index does not count the allocated pages', {
      chunk,
      inUse,
      indexed: density.inUse,
    });
  }
  const toScavenge = chunkPages - inUse - countRange(scavenged, base, 0, chunkPages);
  if (inUse === chunkPages && density.hasFree) {
    fatal('the scavenge index sees free pages in a full chunk', { chunk, toScavenge });
  }
  const search = pages.memory.state[stateWord.search];
  for (let page = chunk * chunkPages; page < Math.min(search, (chunk + 1) * chunkPages); page++) {
    if (((allocated[page >> 5]! >>> (page & 31)) & 1) === 0) {
      fatal('a page below the search page is free', { page, search });
    }
  }
}

function checkFit(pages: PageState): void {
  const { state } = pages.memory;
  const { allocated } = pages.memory.chunks;
  const [fit, fitPages] = [state[stateWord.fit], state[stateWord.fitPages]];
  if (fit === 0) return;
  if (!pages.ranges.contains(fit, fit + 1))
    fatal('the page to look for longer runs from is not in the heap', { fit });
  for (const [page, npages] of pages.inUse()) {
    let run = 0;
    for (let at: number = page; at < page + npages; at++) {
      run = ((allocated[at >> 5]! >>> (at & 31)) & 1) === 0 ? run + 1 : 0;
      const start = at + 1 - run;
      if (start >= fit) break;
      if (run >= fitPages) fatal('a run starts below the page to look for it from', { fit, fitPages, start });
    }
  }
}

function checkLeaf(pages: PageState, chunk: number): void {
  const { allocated } = pages.memory.chunks;
  const first = chunk * chunkPages;
  let [start, max, run] = [-1, 0, 0];
  for (let page = first; page < first + chunkPages; page++) {
    if (((allocated[page >> 5]! >>> (page & 31)) & 1) === 0) {
      run++;
      if (run > max) max = run;
    } else {
      if (start < 0) start = run;
      run = 0;
    }
  }
  const found = { start: start < 0 ? run : start, max, end: run };
  expectSum(pages, pages.sums.leaves + chunk, levels - 1, found);
}

function checkLevels(pages: PageState): void {
  const { sums } = pages;
  const chunks = new Set(chunksOf(pages));
  for (const blocks of blocksOf(pages)) {
    blocks.forEach(([from, to], level) => {
      for (let node = from; node < to; node++) {
        if (level === levels - 1) {
          if (!chunks.has(node - sums.leaves)) expectSum(pages, node, level, { start: 0, max: 0, end: 0 });
        } else if (sums.max[node] !== 0 || hasCommittedChildren(pages, node, level, chunks)) {
          expectSum(pages, node, level, mergeChildren(pages, node, level));
        }
      }
    });
  }
}

/** The nodes that have memory, by range and level. */
function* blocksOf(pages: PageState): Generator<[number, number][]> {
  for (const [page, npages] of pages.inUse()) {
    yield nodesOfChunks(page >> chunkPagesShift, (page + npages) >> chunkPagesShift, pages.sums.roots);
  }
}

function hasCommittedChildren(
  pages: PageState,
  node: number,
  level: number,
  chunks: ReadonlySet<number>,
): boolean {
  const entryChunks = 1 << (levelShift(level) - chunkPagesShift);
  const first = (node - levelStart(level, pages.sums.roots)) * entryChunks;
  for (let chunk = first; chunk < first + entryChunks; chunk++) if (chunks.has(chunk)) return true;
  return false;
}

function mergeChildren(pages: PageState, node: number, level: number): Sum {
  const { start, max, end, roots } = pages.sums;
  const size = 1 << levelShift(level + 1);
  const first = fanout * node + roots;
  let sum: Sum = { start: start[first]!, max: max[first]!, end: end[first]! };
  for (let i = 1; i < fanout; i++) {
    const child = first + i;
    sum = {
      start: sum.start === i * size ? sum.start + start[child]! : sum.start,
      max: Math.max(sum.max, max[child]!, sum.end + start[child]!),
      end: end[child] === size ? sum.end + size : end[child]!,
    };
  }
  return sum;
}

function expectSum(pages: PageState, node: number, level: number, expected: Sum): void {
  const { start, max, end } = pages.sums;
  if (start[node] !== expected.start || max[node] !== expected.max || end[node] !== expected.end) {
    fatal('a summary does not say what it summarizes', {
      level,
      entry: node - levelStart(level, pages.sums.roots),
      stored: `${start[node]}, ${max[node]}, ${end[node]}`,
      found: `${expected.start}, ${expected.max}, ${expected.end}`,
    });
  }
}
