/** What the report's pictures are made of: thinned samples, page maps and stacked layers. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Layer, stackLayers } from '../../../lib/lab/report/client/chart.ts';
import { verdictOf } from '../../../lib/lab/report/client/page-colours.ts';
import {
  fitLayout,
  layOut,
  pageAt,
  placeOf,
  uniteRanges,
} from '../../../lib/lab/report/client/page-layout.ts';
import { rates, spread, thin } from '../../../lib/lab/report/downsample.ts';
import { packPages, tally } from '../../../lib/lab/report/page-pairs.ts';

describe('thinning', () => {
  it('keeps the extremes of every watched quantity, the ends and the order', () => {
    const run = fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1000 })), {
      minLength: 1,
      maxLength: 400,
    });
    fc.assert(
      fc.property(run, fc.integer({ min: 1, max: 30 }), (values, slices) => {
        const times = values.map((_value, i) => i * 7);
        const kept = thin(times, [(i) => values[i][0], (i) => values[i][1]], slices);
        expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
        expect(kept[0]).toBe(0);
        expect(kept.at(-1)).toBe(values.length - 1);
        for (const part of [0, 1]) {
          const all = values.map((value) => value[part]);
          const left = kept.map((i) => values[i][part]);
          expect([Math.min(...left), Math.max(...left)]).toEqual([Math.min(...all), Math.max(...all)]);
        }
        expect(kept.length).toBeLessThanOrEqual(
          Math.max(values.length <= 2 * slices ? 2 * slices : 0, (slices + 1) * 6),
        );
      }),
    );
  });

  it('spreads evenly and keeps what it must', () => {
    const list = Array.from({ length: 101 }, (_, i) => i);
    expect(spread(list, 5)).toEqual([0, 25, 50, 75, 100]);
    expect(spread(list, 3, (n) => n === 7)).toEqual([0, 7, 50, 100]);
    expect(spread([1, 2], 5)).toEqual([1, 2]);
  });

  it('makes rates whose sum over time is the growth of the counter', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 2, maxLength: 300 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 40 }), (growth, slices) => {
        const times = growth.map((_n, i) => i * 100);
        const counter = growth.map((_n, i) => growth.slice(0, i + 1).reduce((a, b) => a + b));
        const { edges, perSecond } = rates(times, [(i) => counter[i]], slices);
        expect(edges.length).toBe(perSecond[0].length + 1);
        const sum = perSecond[0].reduce((all, rate, i) => all + (rate * (edges[i + 1] - edges[i])) / 1000, 0);
        expect(sum).toBeCloseTo(counter.at(-1)! - counter[0], 6);
      }),
    );
  });
});

describe('page maps', () => {
  it('packs state and residency, and counts every pair', () => {
    const packed = packPages(Uint8Array.of(0, 1, 2, 3, 4, 9), Uint8Array.of(255, 0, 1, 2, 255, 2));
    expect([...packed]).toEqual([3, 4, 9, 14, 19, 22]);
    const counts = tally(packed);
    expect(counts[9]).toBe(1);
    expect(counts.reduce((a, b) => a + b)).toBe(6);
  });

  it.each([
    ['in use, resident', 3, 2, 0],
    ['in use, half', 3, 1, 0],
    ['in use, never touched', 3, 0, 2],
    ['free, never touched', 1, 0, 2],
    ['manual, never touched', 4, 0, 2],
    ['trapped, resident', 5, 2, 0],
    ['trapped, never touched', 5, 0, 2],
    ['released, gone', 2, 0, 0],
    ['released, half there', 2, 1, 1],
    ['released, there', 2, 2, 1],
    ['unmapped, there', 0, 2, 1],
    ['unmapped, unknown', 0, 3, 0],
    ['in use, unknown', 3, 3, 3],
  ])('judges a page that is %s', (_what, state, residency, verdict) => {
    expect(verdictOf(state * 4 + residency)).toBe(verdict);
  });

  it('unites ranges', () => {
    expect(
      uniteRanges([
        [[0, 10]],
        [
          [0, 20],
          [30, 5],
        ],
        [
          [20, 3],
          [32, 8],
        ],
      ]),
    ).toEqual([
      [0, 23],
      [30, 10],
    ]);
  });

  it('finds every page again where it was placed, and nothing in the gaps', () => {
    const layout = layOut(
      [
        [0, 100],
        [500, 40],
      ],
      64,
    );
    expect(layout.rows).toBe(4);
    for (const page of [0, 63, 64, 99, 500, 539]) {
      const place = placeOf(layout, page)!;
      expect(pageAt(layout, place.column, place.row)).toBe(page);
    }
    expect(placeOf(layout, 100)).toBeUndefined();
    expect(pageAt(layout, 40, 1)).toBe(-1);
    expect(pageAt(layout, 0, 2)).toBe(-1);
    expect(pageAt(layout, 64, 0)).toBe(-1);
  });

  it('fits any heap into its place', () => {
    const places = fc.tuple(
      fc.integer({ min: 1, max: 4_000_000 }),
      fc.integer({ min: 64, max: 1400 }),
      fc.integer({ min: 100, max: 900 }),
    );
    fc.assert(
      fc.property(places, ([pages, width, height]) => {
        const fit = fitLayout([[0, pages]], width, height);
        expect(fit.columns * fit.cellWidth).toBeLessThanOrEqual(width + 1e-6);
        expect(fit.rows * fit.cellHeight).toBeLessThanOrEqual(height + 1e-6);
        expect(placeOf(fit, pages - 1)!.row).toBe(fit.rows - 1);
      }),
    );
  });

  it('stacks only the areas that are shown', () => {
    const area = (label: string, values: (number | null)[]): Layer => ({
      label,
      colour: 'ink',
      kind: 'area',
      values,
    });
    const layers = [
      area('a', [1, 2]),
      area('b', [10, null]),
      area('c', [100, 200]),
      { ...area('l', [5, 5]), kind: 'line' as const },
    ];
    expect(stackLayers(layers, new Set())).toEqual([
      [1, 2],
      [11, null],
      [111, 200],
      [5, 5],
    ]);
    expect(stackLayers(layers, new Set([layers[1]]))).toEqual([
      [1, 2],
      [10, null],
      [101, 202],
      [5, 5],
    ]);
  });
});
