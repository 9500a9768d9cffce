/**
 * Levels: the shape of the radix tree of summaries, as numbers.
 *
 *   level   one entry covers      pages
 *     0     16 GiB            2,097,152   root: as many entries as the reach needs
 *     1      2 GiB              262,144
 *     2    256 MiB               32,768
 *     3     32 MiB                4,096
 *     4      4 MiB                  512   leaf: one chunk of the bitmaps
 *
 * Below the root each entry has eight children. All levels lie one after the other in one column, so
 * an entry is a single number, its *node*. With R root entries level l starts at R·(8^l − 1)/7, and
 * since each start is eight times the former plus R, the walk up and the walk down need no table:
 *
 *   first child of a node = 8·node + R          parent of a node = (node − R) >> 3
 *
 * Page 0 is the heap's origin, a multiple of 16 GiB, so an entry here covers the same addresses as
 * the runtime's own, and the root needs no entries for the address space below the heap.
 *
 * Not here: what an entry says (summaries.ts).
 */

import { fatal } from '../../base/errors.ts';
import { chunkPages, chunkPagesShift, originAlign, pageSize } from '../../base/units.ts';

export const levels = 5;
/** log2 of the children an entry has. */
export const fanoutShift = 3;
export const fanout = 1 << fanoutShift;
/** log2 of the pages a root entry covers. */
export const rootShift = chunkPagesShift + (levels - 1) * fanoutShift;
export const rootPages = 1 << rootShift;
/** log2 of the chunks a root entry covers. */
export const rootChunksShift = rootShift - chunkPagesShift;

/** Words of 32 pages in a chunk's bitmap, and log2 of them. */
export const chunkWordsShift = chunkPagesShift - 5;
export const chunkWords = 1 << chunkWordsShift;

if (rootPages * pageSize !== originAlign) fatal('a root entry must cover what origins are aligned to');
if (chunkWords * 32 !== chunkPages) fatal('a chunk must be a whole number of words');

/** Root entries that a reach of so many pages needs. */
export function rootsFor(reachPages: number): number {
  return Math.ceil(reachPages / rootPages);
}

/** log2 of the pages that an entry of a level covers. */
export function levelShift(level: number): number {
  return rootShift - level * fanoutShift;
}

/** The node of a level's first entry. */
export function levelStart(level: number, roots: number): number {
  return (roots * (fanout ** level - 1)) / (fanout - 1);
}

/** Nodes of all levels together. */
export function nodesFor(roots: number): number {
  return levelStart(levels, roots);
}
