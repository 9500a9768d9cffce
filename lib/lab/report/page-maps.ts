/**
 * Page maps, packed for the page: which moments are shown, and how belief and residency meet.
 *
 * Both bytes of a page become one: `state × 4 + residency`, residency 0 to 2 physical pages and 3 for
 * unknown. The bytes of all moments are deflated (a map is mostly runs) and stand in the report as
 * base64; the browser inflates them with DecompressionStream. `tally` counts every pair, which is
 * what the table of agreement shows; it is computed here so that it stands in the page as text.
 *
 * A run with more moments than the report's budget allows loses some in the middle: the first, the
 * last and the one nearest the RSS peak stay.
 */

import { deflateRawSync } from 'node:zlib';
import type { RunMap } from '../record/lines.ts';
import { momentName } from '../record/moments.ts';
import type { RunData } from '../record/run-data.ts';
import { spread } from './downsample.ts';

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
function rangesOf(map: RunMap, pages: number): (readonly [number, number])[] {
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

/** A moment as the page has it. */
export function packMap(map: RunMap): PackedMap {
  const state = Buffer.from(map.bits.state, 'base64');
  const resident = Buffer.from(map.bits.resident, 'base64');
  const packed = packPages(state, resident);
  return {
    t: map.t,
    label: momentName(map.label),
    origin: map.origin ?? 0,
    pages: packed.length,
    ranges: rangesOf(map, packed.length),
    tally: tally(packed),
    data: deflateRawSync(packed, { level: 9 }).toString('base64'),
  };
}

/** The moments that the report shows: at most `most`, and at most `budget` characters of base64. */
export function packMaps(run: RunData, peakTime: number, most = 24, budget = 2_000_000): PackedMap[] {
  const peak = run.maps.reduce<RunMap | undefined>(
    (best, map) =>
      best === undefined || Math.abs(map.t - peakTime) < Math.abs(best.t - peakTime) ? map : best,
    undefined,
  );
  for (let moments = Math.min(most, run.maps.length); ; moments = Math.floor(moments / 2)) {
    const packed = spread(run.maps, moments, (map) => map === peak || map === run.maps.at(-1)).map(packMap);
    const size = packed.reduce((sum, map) => sum + map.data.length, 0);
    if (size <= budget || moments <= 1) {
      return packed;
    }
  }
}
