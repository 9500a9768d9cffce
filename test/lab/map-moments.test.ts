import { describe, expect, it } from 'vitest';
import { mapLine, PeakWatch } from '../../lib/lab/map-moments.ts';
import type { RunMap } from '../../lib/lab/report/run-data.ts';

/** The heap in use at each written map, for a heap in use that goes through these values, one a second. */
function peaksOf(values: readonly number[], gapMs = 1000): { written: number[]; taken: number } {
  const written: number[] = [];
  let now = 0;
  let taken = 0;
  const watch = new PeakWatch(
    () => {
      taken++;
      return { k: 'map', t: values[now], bits: { state: '', resident: '' } };
    },
    (map: RunMap) => written.push(map.t),
  );
  for (; now < values.length; now++) watch.see(now * gapMs, values[now]);
  return { written, taken };
}

describe('peaks', () => {
  it.each([
    ['a climb that never ends has none', [1, 2, 3, 4], []],
    ['a fall of less than a fifth is none', [100, 81, 100, 81], []],
    ['a fall of more than a fifth is one', [50, 100, 79], [100]],
    ['two climbs', [10, 100, 50, 20, 60, 90, 30], [100, 90]],
    ['after a fall, only a rise of a quarter begins a climb', [100, 50, 60, 40, 49, 30], [100]],
    ['a slow fall', [100, 95, 90, 85, 79.9, 70], [100]],
    ['an empty heap', [0, 0, 0], []],
  ])('%s', (_what, values, peaks) => {
    expect(peaksOf(values).written).toEqual(peaks);
  });

  it('takes no map for growth of less than 2 %', () => {
    const { written, taken } = peaksOf([100, 101, 101.5, 102, 50]);
    expect([written, taken]).toEqual([[102], 2]);
  });

  it('passes over a lower peak that comes too soon', () => {
    expect(peaksOf([100, 50, 90, 50, 120, 50, 110, 50], 100).written).toEqual([100, 120]);
  });
});

describe('the line of a map', () => {
  const states = {
    origin: 2 ** 34,
    ranges: [
      [4, 3],
      [100, 1],
    ] as const,
    state: Uint8Array.of(3, 1, 2, 4),
  };
  const bytesOf = (text: string): number[] => [...Buffer.from(text, 'base64')];

  it.each([
    [
      '4 KiB',
      4096,
      [
        [1, 1, 0, 1, 0, 0],
        [1, 1],
      ],
      [2, 1, 0, 2],
    ],
    ['8 KiB', 8192, [[1, 0, 1], [0]], [2, 0, 2, 0]],
    ['16 KiB', 16_384, [[1, 0], [1]], [2, 2, 0, 2]],
    [
      '2 KiB',
      2048,
      [
        [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 1],
      ],
      [2, 1, 0, 1],
    ],
  ])('with physical pages of %s', (_what, physical, vectors, resident) => {
    const asked: number[][] = [];
    const map = mapLine(5, 'peak', states, physical, (base, bytes) => {
      asked.push([base - states.origin, bytes]);
      return Uint8Array.from(vectors[asked.length - 1]);
    });
    expect(asked).toEqual([
      [4 * 8192, 3 * 8192],
      [100 * 8192, 8192],
    ]);
    expect(map).toMatchObject({
      k: 'map',
      t: 5,
      label: 'peak',
      origin: 2 ** 34,
      pages: 4,
      ranges: [
        [4, 3],
        [100, 1],
      ],
    });
    expect(bytesOf(map.bits.state)).toEqual([3, 1, 2, 4]);
    expect(bytesOf(map.bits.resident)).toEqual(resident);
  });
});
