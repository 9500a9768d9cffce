import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KiB, MiB } from '../../lib/base/units.ts';
import { GcSettings, gcSettingsTable, noMemoryLimit } from '../../lib/gc/gc-settings.ts';
import { HeapGoals, minRunway } from '../../lib/gc/heap-goals.ts';
import { Pacer } from '../../lib/gc/pacer.ts';
import { pacerTable } from '../../lib/gc/pacer-table.ts';
import { plainViews } from '../../lib/meta/column.ts';
import { times } from '../support/extent.ts';
import { readGolden } from './read-golden.ts';
import { sizesOf } from './sizes.ts';

/** A pacer with its settings, asked by numbers in the order in which the recordings have them. */
class Asked {
  readonly views = { pacer: plainViews(pacerTable), settings: plainViews(gcSettingsTable) };
  private readonly settings = new GcSettings(this.views.settings);
  private readonly goals = new HeapGoals(this.views.pacer, this.settings);
  private readonly pacer = new Pacer(this.views.pacer, this.goals);

  init(gcPercent: number, memoryLimit: number): void {
    this.settings.init(gcPercent, memoryLimit);
    this.pacer.init();
  }

  get gcPercent(): number {
    return this.settings.gcPercent;
  }

  get memoryLimit(): number {
    return this.settings.memoryLimit;
  }

  get lastHeapGoal(): number {
    return this.pacer.lastHeapGoal;
  }

  get heapMarked(): number {
    return this.pacer.heapMarked;
  }

  get triggered(): number {
    return this.goals.triggered;
  }

  setGCPercent(percent: number): number {
    return this.settings.setGCPercent(percent);
  }

  setMemoryLimit(limit: number): number {
    return this.settings.setMemoryLimit(limit);
  }

  commit(heapLive: number, sweepDone: boolean): void {
    this.pacer.commit({ heapLive }, sweepDone);
  }

  startCycle(heapLive: number): void {
    this.pacer.startCycle({ heapLive });
  }

  endCycle(marked: number, mappedReady: number, heapFree: number, heapAlloc: number): void {
    this.pacer.endCycle(marked, sizesOf({ mappedReady, heapFree, heapAlloc }));
  }

  heapGoal(mappedReady: number, heapFree: number, heapAlloc: number): number {
    return this.pacer.heapGoal(sizesOf({ mappedReady, heapFree, heapAlloc }));
  }

  memoryLimitGoal(mappedReady: number, heapFree: number, heapAlloc: number): number {
    return this.goals.memoryLimitGoal(sizesOf({ mappedReady, heapFree, heapAlloc }));
  }

  gcPercentGoal(): number {
    return this.goals.gcPercentGoal();
  }

  shouldCollect(
    heapLive: number,
    mappedReady: number,
    heapFree: number,
    heapAlloc: number,
    limited = false,
  ): boolean {
    return this.pacer.shouldCollect(sizesOf({ heapLive, mappedReady, heapFree, heapAlloc }), limited);
  }
}

function pacer(gcPercent = 100, memoryLimit = noMemoryLimit): Asked {
  const p = new Asked();
  p.init(gcPercent, memoryLimit);
  return p;
}

/** A pacer whose last cycle marked this many bytes, with everything swept. */
function afterCycle(marked: number, gcPercent = 100, memoryLimit = noMemoryLimit): Asked {
  const p = pacer(gcPercent, memoryLimit);
  p.startCycle(marked);
  p.endCycle(marked, marked, 0, marked);
  p.commit(marked, true);
  return p;
}

describe('against the pacer of Go 1.21.13', () => {
  it('answers each recorded goal, step for step', () => {
    const { lines } = readGolden('gc/pacer');
    let p = pacer();
    let [mapped, free, alloc] = [1, 0, 0];
    let goals = 0;
    lines.forEach((line, i) => {
      const [op, a, b, c, expected] = line as [string, number, number, number, number | null];
      const where = `line ${i + 2}: ${JSON.stringify(line)}`;
      const equal = (actual: number, wanted: number | null): void => {
        goals++;
        expect(actual, where).toBe(wanted ?? Infinity);
      };
      if (op === 'n') {
        p = pacer(a, b);
        [mapped, free, alloc] = [1, 0, 0];
      } else if (op === 'p') {
        expect(p.setGCPercent(a), where).toBe(b);
      } else if (op === 'l') {
        expect(p.setMemoryLimit(a), where).toBe(b);
      } else if (op === 'c') {
        p.commit(a, line[2] === true);
      } else if (op === 's') {
        p.startCycle(a);
      } else if (op === 'e') {
        p.endCycle(a, mapped, free, alloc);
        equal(p.lastHeapGoal, b);
      } else {
        [mapped, free, alloc] = [a, b, c];
        equal(p.heapGoal(mapped, free, alloc), expected);
      }
    });
    expect(goals).toBeGreaterThan(2500);
  });
});

describe('the GOGC goal', () => {
  it.each([
    // marked, GOGC, goal
    [0, 100, 4 * MiB],
    [0, 50, 2 * MiB],
    [0, 0, 0],
    [0, 1, 41943],
    [3 * MiB, 100, 6 * MiB],
    [1 * MiB, 100, 4 * MiB],
    [3 * MiB, 0, 3 * MiB],
    [100 * MiB, 50, 150 * MiB],
    [999, 10, 419430],
    [12_345_679, 33, 12_345_679 + 4_074_074],
    // The product marked × GOGC is beyond 2^53, the goal is not.
    [2 ** 44 + 99, 100_000, 2 ** 44 + 99 + (2 ** 44 + 99) * 1000],
  ])('marked %d, GOGC %d: %d', (marked, percent, goal) => {
    expect(afterCycle(marked, percent).heapGoal(marked + MiB, 0, marked)).toBe(goal);
  });

  it('is off below zero, which counts as −1', () => {
    const p = afterCycle(100 * MiB);
    expect(p.setGCPercent(-7)).toBe(100);
    p.commit(100 * MiB, true);
    expect(p.gcPercent).toBe(-1);
    expect(p.gcPercentGoal()).toBe(Infinity);
    expect(p.heapGoal(100 * MiB, 0, 100 * MiB)).toBeGreaterThan(2 ** 62);
  });

  it('leaves the sweeper 1 MiB, until all is swept', () => {
    const p = afterCycle(10 * MiB, 1);
    const goal = 10 * MiB + Math.floor((10 * MiB) / 100);
    p.commit(10 * MiB, false);
    expect(p.gcPercentGoal()).toBe(11 * MiB);
    p.commit(10 * MiB, true);
    expect(p.gcPercentGoal()).toBe(goal);
  });

  it('lies 64 KiB beyond the start of a running cycle', () => {
    const p = afterCycle(4 * MiB);
    p.startCycle(9 * MiB);
    expect(p.triggered).toBe(9 * MiB);
    expect(p.gcPercentGoal()).toBe(9 * MiB + minRunway);
    p.endCycle(5 * MiB, 9 * MiB, 0, 9 * MiB);
    expect(p.triggered).toBe(Infinity);
    expect(p.lastHeapGoal).toBe(9 * MiB + 64 * KiB);
    expect(p.heapMarked).toBe(5 * MiB);
  });
});

describe('the memory limit’s goal', () => {
  it.each([
    // limit, mappedReady, heapFree, heapAlloc, marked, goal
    ['room less 3 %', 1000 * MiB, 200 * MiB, 20 * MiB, 100 * MiB, 0, 935_749_223],
    ['room less 1 MiB where 3 % is less', 20 * MiB, 10 * MiB, 2 * MiB, 4 * MiB, 0, 15 * MiB],
    [
      'over the limit: lowered once more by the excess',
      100 * MiB,
      110 * MiB,
      5 * MiB,
      95 * MiB,
      0,
      81_369_500,
    ],
    ['never below what was marked', 100 * MiB, 110 * MiB, 5 * MiB, 95 * MiB, 90 * MiB, 90 * MiB],
    ['the heap’s surroundings pass the limit alone', 10 * MiB, 30 * MiB, 0, 15 * MiB, 7 * MiB, 7 * MiB],
    ['they reach the limit exactly: no headroom above it', 15 * MiB, 15 * MiB, 0, 0, 512 * KiB, 512 * KiB],
    ['hardly any room: one headroom', 10 * MiB, 9 * MiB, 0, 1 * MiB, 0, 1 * MiB],
    ['a limit of nothing', 0, 9 * MiB, 0, 1 * MiB, 3, 3],
    ['counters caught in a change', 100 * MiB, 50 * MiB, 30 * MiB, 40 * MiB, 0, 101_711_872],
  ])('%s', (_, limit, mapped, free, alloc, marked, goal) => {
    const p = afterCycle(marked, -1, limit);
    expect(p.heapGoal(mapped, free, alloc)).toBe(goal);
  });

  it('yields to a smaller GOGC goal, and goes before the minimums', () => {
    const p = afterCycle(10 * MiB, 100, 100 * MiB);
    expect(p.heapGoal(12 * MiB, 0, 10 * MiB)).toBe(20 * MiB);
    p.setMemoryLimit(18 * MiB);
    p.commit(15 * MiB + 512 * KiB, false);
    expect(p.gcPercentGoal()).toBe(20 * MiB);
    expect(p.heapGoal(12 * MiB, 0, 10 * MiB)).toBe(15 * MiB);
    p.startCycle(15 * MiB);
    expect(p.heapGoal(12 * MiB, 0, 10 * MiB)).toBe(15 * MiB);
  });

  it('is set and read', () => {
    const p = pacer();
    expect(p.setMemoryLimit(-1)).toBe(2 ** 63);
    expect(p.setMemoryLimit(5)).toBe(2 ** 63);
    expect(p.setMemoryLimit(-1)).toBe(5);
    expect(p.setMemoryLimit(Infinity)).toBe(5);
    expect(p.memoryLimit).toBe(noMemoryLimit);
    expect(p.setMemoryLimit(-Infinity)).toBe(noMemoryLimit);
  });

  it.each([Number.NaN, 1.5])('refuses %d', (limit) => {
    const p = pacer();
    expect(() => p.setMemoryLimit(limit)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    expect(p.memoryLimit).toBe(noMemoryLimit);
  });
});

describe('collecting', () => {
  it.each([Number.NaN, 1.5, 2 ** 31, Infinity, -Infinity])('refuses a GC percent of %d', (percent) => {
    const p = pacer(70);
    expect(() => p.setGCPercent(percent)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    expect(p.gcPercent).toBe(70);
  });

  it('is due at the goal', () => {
    const p = afterCycle(10 * MiB);
    expect(p.shouldCollect(20 * MiB - 1, 30 * MiB, 0, 20 * MiB)).toBe(false);
    expect(p.shouldCollect(20 * MiB, 30 * MiB, 0, 20 * MiB)).toBe(true);
  });

  it('leaves the memory limit aside while the limiter forbids', () => {
    const p = afterCycle(10 * MiB, 100, 11 * MiB);
    const at = [12 * MiB, 14 * MiB, 0, 12 * MiB] as const;
    expect(p.shouldCollect(...at, false)).toBe(true);
    expect(p.shouldCollect(...at, true)).toBe(false);
    expect(p.shouldCollect(20 * MiB, 24 * MiB, 0, 20 * MiB, true)).toBe(true);
  });
});

it('lives in its tables alone: another over the same ones answers the same', () => {
  const p = pacer(40, 5 * MiB);
  const { views } = p;
  const other = new Pacer(views.pacer, new HeapGoals(views.pacer, new GcSettings(views.settings)));
  p.startCycle(3 * MiB);
  p.endCycle(2 * MiB, 3 * MiB, 0, 3 * MiB);
  p.commit(2 * MiB, false);
  const sizes = sizesOf({ mappedReady: 3 * MiB, heapAlloc: 2 * MiB });
  expect(other.heapGoal(sizes)).toBe(p.heapGoal(3 * MiB, 0, 2 * MiB));
  expect(other.heapMarked).toBe(2 * MiB);
});

it('never sets a goal below what was marked, nor above either goal’s own', () => {
  const bytes = fc.nat({ max: 2 ** 31 - 1 }).map((n) => n * 64);
  fc.assert(
    fc.property(
      bytes,
      bytes,
      bytes,
      bytes,
      bytes,
      fc.integer({ min: -1, max: 1000 }),
      (marked, free, alloc, rest, limit, percent) => {
        const p = afterCycle(marked, percent, limit);
        const goal = p.heapGoal(free + alloc + rest, free, alloc);
        expect(goal).toBeGreaterThanOrEqual(marked);
        expect(Number.isInteger(goal)).toBe(true);
        expect(goal).toBe(Math.min(p.gcPercentGoal(), p.memoryLimitGoal(free + alloc + rest, free, alloc)));
        // More memory beside the heap never raises the goal.
        expect(p.heapGoal(free + alloc + rest + MiB, free, alloc)).toBeLessThanOrEqual(goal);
      },
    ),
  );
});

it('the GOGC goal is exact where the product is not', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 40 }),
      fc.integer({ min: 0, max: 500_000 }),
      (marked, percent) => {
        const exact = BigInt(marked) + (BigInt(marked) * BigInt(percent)) / 100n;
        const least = (BigInt(4 * MiB) * BigInt(percent)) / 100n;
        expect(BigInt(afterCycle(marked, percent).gcPercentGoal())).toBe(exact > least ? exact : least);
      },
    ),
    { numRuns: times(300, 1000) },
  );
});
