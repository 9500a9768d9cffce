import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GiB, KiB, MiB } from '../../lib/base/units.ts';
import { plainViews } from '../../lib/meta/column.ts';
import {
  limitDebt,
  noGoal,
  ScavengeGoals,
  type ScavengeSnapshot,
  scavengeGoalTable,
  scavengeLimitGoal,
} from '../../lib/scavenge/goals.ts';
import { readGolden } from '../gc/read-golden.ts';

const fresh = (historical = false, physPageSize = 4096): ScavengeGoals => {
  const goals = new ScavengeGoals(plainViews(scavengeGoalTable), { historical, physPageSize });
  goals.clear();
  return goals;
};

const calm: ScavengeSnapshot = {
  heapGoal: 100 * MiB,
  lastHeapGoal: 100 * MiB,
  lastHeapInUse: 60 * MiB,
  memoryLimit: 2 ** 63,
  mappedReady: 210 * MiB,
  heapInUse: 50 * MiB,
  heapFree: 150 * MiB,
};

describe('against gcPaceScavenger of Go 1.21.13', () => {
  it('sets the same goals, the historical limit’s included', () => {
    const { lines } = readGolden('scavenge/scavenge-goals');
    expect(lines).toHaveLength(1500);
    const goals = fresh(true);
    let set = 0;
    for (const line of lines) {
      const [memoryLimit, heapGoal, lastHeapGoal, lastHeapInUse, mappedReady, heapInUse, heapFree] =
        line as number[];
      goals.set({ memoryLimit, heapGoal, lastHeapGoal, lastHeapInUse, mappedReady, heapInUse, heapFree });
      expect([goals.gcPercentGoal, goals.memoryLimitGoal], JSON.stringify(line)).toEqual([
        line[7] ?? noGoal,
        line[8] ?? noGoal,
      ]);
      set += (line[7] === null ? 0 : 1) + (line[8] === null ? 0 : 1);
    }
    expect(set).toBeGreaterThan(1000);
  });
});

describe('the GOGC goal', () => {
  it.each([
    ['a tenth over what was in use', {}, 66 * MiB],
    ['grows with the goal', { heapGoal: 150 * MiB }, 99 * MiB],
    ['shrinks with the goal', { heapGoal: 50 * MiB }, 33 * MiB],
    ['rounded up to a physical page', { lastHeapInUse: 60 * MiB + 8 * KiB }, 66 * MiB + 12 * KiB],
    ['none before the first cycle', { lastHeapGoal: 0 }, noGoal],
    ['none when met', { heapFree: 16 * MiB }, noGoal],
    ['none when met but for less than a page', { heapFree: 16 * MiB + 4095 }, noGoal],
    ['one page over', { heapFree: 16 * MiB + 4096 }, 66 * MiB],
  ] as [string, Partial<ScavengeSnapshot>, number][])('%s', (_, change, goal) => {
    const goals = fresh();
    goals.set({ ...calm, ...change });
    expect(goals.gcPercentGoal).toBe(goal);
  });

  it('is rounded to the page it is told of', () => {
    const goals = fresh(false, 64 * KiB);
    goals.set({ ...calm, lastHeapInUse: 60 * MiB + 8 * KiB });
    expect(goals.gcPercentGoal).toBe(66 * MiB + 64 * KiB);
  });
});

describe('the memory limit’s goal', () => {
  it('is 95 % of the limit', () => {
    expect(scavengeLimitGoal(GiB, false)).toBe(1_020_054_732);
    const goals = fresh();
    goals.set({ ...calm, memoryLimit: 200 * MiB });
    expect(goals.memoryLimitGoal).toBe(190 * MiB);
    goals.set({ ...calm, memoryLimit: 200 * MiB, mappedReady: 190 * MiB });
    expect(goals.memoryLimitGoal).toBe(noGoal);
    goals.set(calm);
    expect(goals.memoryLimitGoal).toBe(noGoal);
  });

  it('was once 95 times the limit, which nothing reaches', () => {
    const goals = fresh(true);
    goals.set({ ...calm, memoryLimit: 200 * MiB });
    expect(goals.memoryLimitGoal).toBe(noGoal);
    expect(scavengeLimitGoal(GiB, true)).toBe(95 * GiB);
  });
});

describe('meeting them', () => {
  it('takes both', () => {
    const goals = fresh();
    expect(goals.met(2 ** 40, 2 ** 40)).toBe(true);
    goals.set({ ...calm, memoryLimit: 200 * MiB });
    expect(goals.met(66 * MiB, 190 * MiB)).toBe(true);
    expect(goals.met(66 * MiB + 1, 190 * MiB)).toBe(false);
    expect(goals.met(66 * MiB, 190 * MiB + 1)).toBe(false);
  });
});

describe('what an allocation owes', () => {
  it('to the limit: what passes it', () => {
    expect(limitDebt(8 * KiB, 100 * MiB, 100 * MiB)).toBe(8 * KiB);
    expect(limitDebt(0, 100 * MiB, 100 * MiB)).toBe(0);
    expect(limitDebt(8 * KiB, 120 * MiB, 100 * MiB)).toBe(20 * MiB + 8 * KiB);
    expect(limitDebt(GiB, 100 * MiB, 2 ** 63)).toBe(0);
  });

  it.each([
    // growth, retained, owed, with the goal at 66 MiB
    ['below the goal nothing', 4 * MiB, 60 * MiB, 0],
    ['up to the goal nothing', 4 * MiB, 62 * MiB, 0],
    ['what passes the goal', 4 * MiB, 63 * MiB, MiB],
    ['at most the growth', 4 * MiB, 90 * MiB, 4 * MiB],
    ['no growth, nothing', 0, 90 * MiB, 0],
  ])('to growth: %s', (_, growth, retained, owed) => {
    const goals = fresh();
    expect(goals.growthDebt(growth, retained)).toBe(0);
    goals.set(calm);
    expect(goals.growthDebt(growth, retained)).toBe(owed);
  });
});

it('a goal is whole pages, at least a tenth over, and less than a page is never asked for', () => {
  const bytes = fc.nat({ max: 2 ** 27 }).map((n) => n * 8192);
  fc.assert(
    fc.property(bytes, bytes, bytes, bytes, (goal, lastInUse, heapInUse, heapFree) => {
      const goals = fresh();
      goals.set({
        ...calm,
        heapGoal: goal + 1,
        lastHeapGoal: goal + 1,
        lastHeapInUse: lastInUse,
        heapInUse,
        heapFree,
      });
      const got = goals.gcPercentGoal;
      if (got === noGoal) {
        expect(heapInUse + heapFree).toBeLessThan(lastInUse * 1.1 + 2 * 4096);
      } else {
        expect(got % 4096).toBe(0);
        expect(got).toBeGreaterThanOrEqual(Math.floor(lastInUse * 1.1) - 1);
        expect(heapInUse + heapFree - got).toBeGreaterThanOrEqual(4096);
      }
    }),
  );
});
