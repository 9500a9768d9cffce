import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  TimeHistogram,
  timeHistogramBoundaries,
  timeHistogramCounts,
  timeHistogramIndex,
} from '../../lib/gc/time-histogram.ts';
import { readGolden } from './read-golden.ts';

const golden = readGolden('gc/formats').lines;

describe('against Go 1.21.13', () => {
  it('puts every recorded duration into the same bucket', () => {
    let seen = 0;
    for (const [kind, ns, bucket] of golden) {
      if (kind === 'h') {
        const expected = bucket === -1 ? 0 : bucket === -2 ? 161 : (bucket as number) + 1;
        expect(timeHistogramIndex(ns as number), `${ns} ns`).toBe(expected);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(1000);
  });

  it('has the same boundaries, bit for bit', () => {
    const finite = golden.find(([kind]) => kind === 'b')?.[1] as number[];
    expect([...timeHistogramBoundaries()]).toEqual([-Infinity, ...finite, Infinity]);
  });
});

it('counts, in the order of the metric', () => {
  const h = new TimeHistogram(new Float64Array(timeHistogramCounts));
  for (const ns of [-5, 0, 63, 64, 1e15]) {
    h.record(ns);
  }
  const counts = h.counts();
  expect(counts).toHaveLength(162);
  expect([counts[0], counts[1], counts[2], counts[161]]).toEqual([1, 2, 1, 1]);
  h.record(0);
  expect(counts[1]).toBe(2);
});

it('a duration lies within its bucket’s boundaries', () => {
  const boundaries = timeHistogramBoundaries();
  fc.assert(
    fc.property(fc.integer({ min: -10, max: 2 ** 50 }), (ns) => {
      const at = timeHistogramIndex(ns);
      expect(ns / 1e9).toBeGreaterThanOrEqual(boundaries[at]);
      expect(ns / 1e9).toBeLessThan(boundaries[at + 1]);
    }),
  );
});
