import { describe, expect, it } from 'vitest';
import { plainViews } from '../../lib/meta/column.ts';
import { AgeRounds, ageTable } from '../../lib/scavenge/age-rounds.ts';
import { GrowthCredit, growthCreditTable } from '../../lib/scavenge/growth-credit.ts';
import { formatScvgTrace } from '../../lib/scavenge/scvgtrace.ts';

describe('growth credit', () => {
  it.each<[string, readonly (readonly [ask: number, owed: number, got: number])[], number]>([
    ['owes what is asked', [[100, 100, 100]], 0],
    ['keeps a surplus', [[100, 100, 160]], 60],
    [
      'pays from the surplus',
      [
        [100, 100, 160],
        [40, 0, 0],
      ],
      20,
    ],
    [
      'pays a part from it',
      [
        [100, 100, 160],
        [90, 30, 30],
      ],
      0,
    ],
    ['forgives what could not be released', [[100, 100, 10]], 0],
    [
      'pays it all when it is just enough',
      [
        [100, 100, 160],
        [60, 0, 0],
      ],
      0,
    ],
  ])('%s', (_what, steps, left) => {
    const credit = new GrowthCredit(plainViews(growthCreditTable));
    for (const [ask, owed, got] of steps) {
      expect(credit.ask(ask)).toBe(owed);
      if (owed > 0) credit.released(owed, got);
    }
    expect(credit.credit).toBe(left);
  });
});

it('looks every half of the age, and counts its rounds from 0', () => {
  const age = new AgeRounds(plainViews(ageTable), 300);
  age.init(1000);
  expect(age.dueAt).toBe(1150);
  expect(age.begin(1170)).toBe(0);
  expect(age.dueAt).toBe(1320);
  expect(age.begin(1320)).toBe(1);
});

it('the scvg lines are Go’s', () => {
  const mib = 2 ** 20;
  const t = {
    round: 3,
    releasedNow: 12.5 * mib,
    inUse: 5.9 * mib,
    idle: 58 * mib,
    sys: 63.9 * mib,
    released: 58 * mib,
  };
  expect(formatScvgTrace(t)).toBe(
    'scvg3: 12 MB released\nscvg3: inuse: 5, idle: 58, sys: 63, released: 58, consumed: 5 (MB)',
  );
  expect(formatScvgTrace({ ...t, round: -1, releasedNow: 0 })).toBe(
    'scvg-1: inuse: 5, idle: 58, sys: 63, released: 58, consumed: 5 (MB)',
  );
});
