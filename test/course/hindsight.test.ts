/** Points for a cost, by the way from what is plain to hindsight. */
import { describe, expect, it } from 'vitest';
import {
  costText,
  firstWithRoom,
  wayBucketsText,
  wayShare,
  wayText,
} from '../../lib/course/exercises/hindsight.ts';
import { besideOf, bracketsText, figuresText } from '../../lib/course/report/grade-table.ts';

const way = { plain: 300, hindsight: 100 };
const buckets = [20, 35, 50, 60] as const;

describe('the way from what is plain to hindsight', () => {
  it.each([
    [300, 0, '0 % of the way'],
    [300.1, 0, 'worse than plain'],
    [400, 0, 'worse than plain'],
    [260.1, 0, '19 % of the way'],
    [260, 0.25, '20 % of the way'],
    [230, 0.5, '35 % of the way'],
    [200, 0.75, '50 % of the way'],
    [180, 1, '60 % of the way'],
    [100, 1, '100 % of the way'],
  ])('a cost of %d has %d of the points: %s', (cost, share, text) => {
    expect([wayShare(cost, way, buckets), wayText(cost, way)]).toEqual([share, text]);
  });

  it('is told with both ends of it', () => {
    expect(costText(239.6, way)).toBe('cost 240 (plain 300, hindsight 100): 30 % of the way');
    expect(costText(310, way)).toBe('cost 310 (plain 300, hindsight 100): worse than plain');
  });

  it('gives nothing where there is no way', () => {
    expect(wayShare(100, { plain: 100, hindsight: 100 }, buckets)).toBe(0);
    expect(wayShare(90, { plain: 100, hindsight: 110 }, buckets)).toBe(0);
  });

  it('is told with each bucket', () => {
    expect(wayBucketsText(buckets, 'what is plain')).toBe(
      'the way from what is plain to hindsight: 20, 35, 50 and 60 % of it have a quarter, half, three quarters and all of the points',
    );
  });

  it('is of the first program on which it has a length, or of the last that was tried', async () => {
    const tried: string[] = [];
    const of = (hindsight: (n: number) => number) =>
      firstWithRoom('s', async (seed) => {
        tried.push(seed);
        return { plain: 100, hindsight: hindsight(tried.length), n: tried.length };
      });
    expect(await of((n) => 100 - 4 * n)).toMatchObject({ n: 3, hindsight: 88 });
    expect(tried).toEqual(['s 1', 's 2', 's 3']);
    expect(await of(() => 100)).toMatchObject({ n: 43 });
  });
});

describe('beside a figure', () => {
  const row = { name: 'x', points: 1, of: 1, share: 1, buckets: '', other: 'cost 490' };
  it('stands the reference, or hindsight', () => {
    const reference = { ...row, reference: { other: 'cost 300' } };
    const hindsight = { ...row, hindsight: { other: 'cost 200' } };
    expect(figuresText(reference)).toEqual(['cost 490 (the reference cost 300)']);
    expect(figuresText(hindsight)).toEqual(['cost 490 (with hindsight cost 200)']);
    expect(bracketsText({ measures: [row] })).toBeUndefined();
    expect(bracketsText({ measures: [hindsight, row, hindsight] })).toBe('with hindsight');
    const curve = { what: 'x', values: [1], end: '1 s' };
    expect(besideOf({ ...hindsight, hindsightCurve: curve }).curve).toBe(curve);
  });
});
