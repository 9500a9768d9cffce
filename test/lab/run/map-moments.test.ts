import { describe, expect, it } from 'vitest';
import { mapLine, PeakWatch, snapshotPages } from '../../../lib/lab/run/map-moments.ts';

/** The heap in use at each written snapshot, for a heap in use that goes through these values. */
function peaksOf(
  values: readonly number[],
  gapMs = 1000,
  costMs = 0,
): { written: number[]; taken: number[] } {
  const written: number[] = [];
  const taken: number[] = [];
  let now = 0;
  let clock = 0;
  const watch = new PeakWatch(
    () => {
      clock += costMs;
      taken.push(values[now]);
      return { t: values[now], states: { origin: 0, ranges: [], state: new Uint8Array(0) }, physical: [] };
    },
    ({ t }) => {
      written.push(t);
    },
    () => clock,
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

  it('takes snapshots no oftener than their cost allows', () => {
    // 5 ms each: none for 250 ms after one.
    const { written, taken } = peaksOf([10, 11, 12, 13, 14, 15, 16, 5], 100, 5);
    expect([written, taken]).toEqual([[16], [10, 13, 16]]);
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
    const snapshot = snapshotPages(5, states, (base, bytes) => {
      asked.push([base - states.origin, bytes]);
      return Uint8Array.from(vectors[asked.length - 1]);
    });
    const map = mapLine('peak', snapshot, physical);
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
