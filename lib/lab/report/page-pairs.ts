/**
 * Page maps as they are sent to a page: belief and residency of every page in one byte, `state × 4 + residency`, residency
 * 0 to 2 physical pages and 3 for unknown; and how often each pair occurs.
 *
 * A map of more pages than is worth sending is made coarser: a cell is a power of two of pages, and shows the pair that most
 * of them have; of two pairs as many pages have, the one in which belief and kernel disagree.
 *
 * Works in a browser, too: nothing of Node is used here. Not here: packing (page-maps.ts).
 */
import type { RunMap } from '../record/lines.ts';

/** States of a page, in the numbering of the run file. */
export const stateNames = ['unmapped', 'free', 'released', 'in use', 'manual', 'trapped'] as const;
export const stateCount = stateNames.length;
/** Residency of a page: none, one of two physical pages, both, unknown. */
export const residencyCount = 4;

/** One moment as the page has it. */
export interface PackedMap {
  readonly t: number;
  readonly label: string;
  /** Address of page 0. */
  readonly origin: number;
  /** Pages in all ranges. */
  readonly pages: number;
  /** [first page, pages], in the order of the bytes. */
  readonly ranges: readonly (readonly [number, number])[];
  /** Pages of each state (row) and residency (column): state × 4 + residency. */
  readonly tally: readonly number[];
  /** Deflated bytes in base64. */
  readonly data: string;
}

/** state × 4 + residency of every page, in the order of the ranges. */
export function packPages(state: Uint8Array, resident: Uint8Array): Uint8Array {
  const pages = Math.min(state.length, resident.length);
  const packed = new Uint8Array(pages);
  for (let i = 0; i < pages; i++) {
    packed[i] =
      Math.min(state[i], stateCount - 1) * residencyCount + Math.min(resident[i], residencyCount - 1);
  }
  return packed;
}

/** How many pages have each state and residency. */
export function tally(packed: Uint8Array): number[] {
  const counts = new Array<number>(stateCount * residencyCount).fill(0);
  for (const pair of packed) {
    counts[pair]++;
  }
  return counts;
}

/** The ranges of a map, cut to the pages that have bytes. */
export function rangesOf(map: RunMap, pages: number): (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  let left = pages;
  for (const [first, length] of map.ranges ?? [[0, pages] as const]) {
    const taken = Math.min(length, left);
    if (taken > 0) {
      ranges.push([first, taken]);
    }
    left -= taken;
  }
  if (left > 0) {
    const last = ranges.at(-1);
    ranges.push([last === undefined ? 0 : last[0] + last[1], left]);
  }
  return ranges;
}

/** A map of one moment, in cells. */
export interface Cells {
  /** Pages in a cell: a power of two. */
  readonly scale: number;
  /** [first cell, cells], in the order of the bytes. */
  readonly ranges: readonly (readonly [number, number])[];
  readonly pairs: Uint8Array;
}

/**
 * The verdict on a pair: 0 agree, 1 resident although released or unmapped, 2 held but not resident,
 * 3 unknown. Free and in use both mean "held": such a page may be resident, and is not until touched.
 */
export function verdictOf(pair: number): number {
  const state = pair >> 2;
  const residency = pair & 3;
  if (residency === 3) {
    return state === 0 ? 0 : 3;
  }
  const held = state !== 0 && state !== 2;
  return held ? (residency === 0 ? 2 : 0) : residency > 0 ? 1 : 0;
}

/** Whether belief and kernel disagree. */
const disagrees = (pair: number): boolean => [1, 2].includes(verdictOf(pair));

/** The pair that most pages of a cell have. */
function prevailing(pairs: Uint8Array, from: number, to: number, counts: Uint32Array): number {
  counts.fill(0);
  for (let i = from; i < to; i++) counts[pairs[i]]++;
  let best = pairs[from];
  for (let pair = 0; pair < counts.length; pair++)
    if (counts[pair] > counts[best] || (counts[pair] === counts[best] && counts[pair] > 0 && disagrees(pair)))
      best = pair;
  return best;
}

/** The same map in at most so many cells, or a few more where ranges begin within a cell. */
export function cellsOf(
  pairs: Uint8Array,
  ranges: readonly (readonly [number, number])[],
  most: number,
): Cells {
  let scale = 1;
  while (pairs.length / scale > most) scale *= 2;
  if (scale === 1) return { scale, ranges, pairs };
  const counts = new Uint32Array(stateCount * residencyCount);
  const cells: number[] = [];
  const coarse: [number, number][] = [];
  let at = 0;
  for (const [first, pages] of ranges) {
    const firstCell = Math.floor(first / scale);
    const lastCell = Math.ceil((first + pages) / scale);
    for (let cell = firstCell; cell < lastCell; cell++) {
      const from = Math.max(cell * scale, first) - first;
      const to = Math.min((cell + 1) * scale, first + pages) - first;
      cells.push(prevailing(pairs, at + from, at + to, counts));
    }
    coarse.push([firstCell, lastCell - firstCell]);
    at += pages;
  }
  return { scale, ranges: coarse, pairs: Uint8Array.from(cells) };
}
