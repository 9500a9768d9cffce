import { describe, expect, it } from 'vitest';
import { Mulberry32 } from '../../../lib/base/random.ts';
import { intervalOf, leastRounds, pairedDifference } from '../../../lib/lab/metrics/intervals.ts';

describe('the interval of a median', () => {
  it.each<[readonly number[], object | undefined]>([
    [[], undefined],
    [[7], { n: 1, median: 7, low: 7, high: 7 }],
    [[3, 1, 2], { n: 3, median: 2, low: 1, high: 3 }],
    [[5, 5, 5, 5], { n: 4, median: 5, low: 5, high: 5 }],
  ])('%j', (values, wanted) => expect(intervalOf(values)).toEqual(wanted));

  it('is the same for the same values, and leaves them in their order', () => {
    const values = [9, 1, 8, 2, 7, 3, 6, 4];
    expect(intervalOf(values)).toEqual(intervalOf(values));
    expect(values).toEqual([9, 1, 8, 2, 7, 3, 6, 4]);
  });

  it('holds the true median about as often as it says', () => {
    const random = new Mulberry32(1);
    let held = 0;
    const times = 300;
    for (let i = 0; i < times; i++) {
      // Skewed: the square of a number between 0 and 1, whose median is a quarter.
      const values = Array.from({ length: 15 }, () => (random.next() / 2 ** 32) ** 2);
      const { low = 1, high = 0 } = intervalOf(values) ?? {};
      if (low <= 0.25 && 0.25 <= high) held++;
    }
    expect(held / times).toBeGreaterThan(0.88);
    expect(held / times).toBeLessThan(0.995);
  });
});

describe('a difference by round', () => {
  const drift = [100, 120, 140, 160, 180, 200, 220];

  it('is shown through a drift that makes the ranges overlap', () => {
    const { median, isShown } = pairedDifference(
      drift,
      drift.map((n, i) => n + 5 + (i % 2)),
    ) ?? { median: 0, isShown: false };
    expect([median, isShown]).toEqual([5, true]);
  });

  it('is not shown where its sign changes, or of few rounds', () => {
    expect(
      pairedDifference(
        drift,
        drift.map((n, i) => n + (i % 2 === 0 ? 5 : -5)),
      )?.isShown,
    ).toBe(false);
    const few = drift.slice(0, leastRounds - 1);
    expect(
      pairedDifference(
        few,
        few.map((n) => n + 5),
      ),
    ).toMatchObject({ low: 5, high: 5, isShown: false });
  });

  it('is of the rounds that both have', () => {
    expect(pairedDifference([1, undefined, 3], [2, 5, null])).toMatchObject({ n: 1, median: 1 });
    expect(pairedDifference([undefined], [1])).toBeUndefined();
  });
});
