/**
 * Goals beyond 2^53, held against the same formulas in BigInt. What lies below it is in pacer.test.ts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GcSettings, gcSettingsTable, noMemoryLimit } from '../../lib/gc/gc-settings.ts';
import { HeapGoals, heapMinimumOf } from '../../lib/gc/heap-goals.ts';
import { pacerTable } from '../../lib/gc/pacer-table.ts';
import { plainViews } from '../../lib/meta/column.ts';
import { sizesOf } from './sizes.ts';

const bytes = fc.maxSafeNat().map((n) => Math.floor(n / 64));

/** The goals after a cycle that marked so much, all swept. */
function goalsAfter(marked: number, percent: number, limit: number, roots = 0): HeapGoals {
  const settings = new GcSettings(plainViews(gcSettingsTable));
  const goals = new HeapGoals(plainViews(pacerTable), settings);
  settings.init(percent, limit);
  goals.init();
  goals.endCycle(marked, sizesOf({}));
  goals.commit(marked, roots, true);
  return goals;
}

/** A goal with what it was rounded by. */
function exactly(goals: HeapGoals, sizes = sizesOf({})): bigint {
  const goal = goals.heapGoal(sizes);
  const exact = BigInt(goal) + BigInt(goals.restOf(goal, sizes));
  expect(Number(exact)).toBe(goal);
  return exact;
}

describe('a goal beyond 2^53 is exact in two parts', () => {
  it('of a limit that is off or as good as off', () => {
    const limits = fc.constantFrom(noMemoryLimit, 2 ** 62, 3 * 2 ** 55 + 2048, 2 ** 53 + 2);
    fc.assert(
      fc.property(limits, bytes, bytes, (limit, objects, beside) => {
        const sizes = sizesOf({ mappedReady: objects + beside, heapAlloc: objects });
        const most = limit === noMemoryLimit ? 2n ** 63n - 1n : BigInt(limit);
        const room = most - BigInt(beside);
        expect(exactly(goalsAfter(7, -1, limit), sizes)).toBe(room - (room / 100n) * 3n);
      }),
    );
  });

  it('of a GOGC that is off for those who have no other word for it: the product wraps at 2^64', () => {
    fc.assert(
      fc.property(bytes, bytes, fc.integer({ min: 10_000, max: 2 ** 31 - 1 }), (marked, roots, percent) => {
        const product = BigInt.asUintN(64, BigInt(marked + roots) * BigInt(percent));
        const exact = BigInt(marked) + product / 100n;
        const least = BigInt(heapMinimumOf(percent));
        expect(exactly(goalsAfter(marked, percent, noMemoryLimit, roots))).toBe(
          exact > least ? exact : least,
        );
      }),
    );
  });
});

it('the goal in reach is the goal, up to 2^52; beyond it, it is beyond it', () => {
  const limits = fc.oneof(bytes, fc.constant(noMemoryLimit), fc.constant(2 ** 60));
  fc.assert(
    fc.property(bytes, limits, fc.integer({ min: -1, max: 10_000_000 }), (marked, limit, percent) => {
      const goals = goalsAfter(marked, percent, limit);
      const sizes = sizesOf({ mappedReady: marked, heapAlloc: marked });
      const [goal, near] = [goals.heapGoal(sizes), goals.goalInReach(sizes)];
      if (goal <= 2 ** 52) expect(near).toBe(goal);
      else expect(near).toBeGreaterThan(2 ** 52);
    }),
  );
});
