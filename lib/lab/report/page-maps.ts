/**
 * Page maps for a page of a report: what each moment's pages were believed and known to be, and how the two meet.
 *
 * The bytes of a moment (page-pairs.ts) are deflated (a map is mostly runs) and stand in the report as
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
import { type PackedMap, packPages, rangesOf, tally } from './page-pairs.ts';

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
