import { describe, expect, test } from 'vitest';
import {
  type Density,
  flagsOf,
  inUseOf,
  packDensity,
  unpackDensity,
} from '../../../lib/pages/radix/density.ts';
import { packRun, runSize, runStart } from '../../../lib/pages/radix/scavenge-candidate.ts';

describe('the density word', () => {
  const counts = [0, 1, 511, 512];
  const flags = [false, true];
  const all = counts.flatMap((inUse) =>
    counts.flatMap((lastInUse) =>
      flags.flatMap((hasFree) =>
        flags.map((noHugePage): Density => ({ inUse, lastInUse, hasFree, noHugePage })),
      ),
    ),
  );

  test('unpacks what was packed, at the extremes of every field beside those of the others', () => {
    for (const density of all) expect(unpackDensity(packDensity(density))).toEqual(density);
    expect(new Set(all.map(packDensity)).size).toBe(all.length);
  });

  test('tells of the pages in use, and of the flags, alone', () => {
    for (const density of all) {
      const word = packDensity(density);
      expect([inUseOf(word), flagsOf(word)]).toEqual([
        density.inUse,
        (density.hasFree ? 1 : 0) + (density.noHugePage ? 2 : 0),
      ]);
    }
  });

  test('of fresh memory, 0, has nothing in use and nothing to release', () => {
    expect(unpackDensity(0)).toEqual({ inUse: 0, lastInUse: 0, hasFree: false, noHugePage: false });
  });
});

test('a run within a chunk unpacks as it was packed, at the extremes', () => {
  for (const start of [0, 1, 510, 511])
    for (const size of [1, 2, 511, 512])
      expect([runStart(packRun(start, size)), runSize(packRun(start, size))]).toEqual([start, size]);
});
