/**
 * The pacer as a whole: programs of every temper race with a collector, as the model has it (marking-race.ts). The
 * bounds are those that Go's design of the pacer states: a quarter of the CPU, 1 % of it more or less, a heap that ends
 * within 5 % of its goal, and soon so again when the program changes.
 */
import { describe, expect, it } from 'vitest';
import { KiB, MiB } from '../../lib/base/units.ts';
import { Random, seedOf } from '../support/random.ts';
import {
  goalOfLimit,
  type History,
  type RacedCycle,
  type RacingProgram,
  race,
  steady,
} from './marking-race.ts';

const seed = seedOf('PAGEHEAP_SEED');

/** By at most `share` more or less than 1, anew in each cycle. */
function jitter(share: number, of: number): History {
  const random = new Random(of);
  return () => 1 + share * (random.below(20_001) / 10_000 - 1);
}

const within = (value: number, low: number, high: number, what: string): void => {
  expect(value, `${what}, seed ${seed}`).toBeGreaterThanOrEqual(low);
  expect(value, `${what}, seed ${seed}`).toBeLessThanOrEqual(high);
};

/** From this cycle on: a quarter of the CPU, no change from cycle to cycle, a heap that ends at its goal. */
function isSettled(cycles: readonly RacedCycle[], from: number, to = cycles.length): void {
  for (let i = from; i < to; i++) {
    const { utilization, goalRatio } = cycles[i];
    within(utilization, 0.245, 0.255, `utilization of cycle ${i}`);
    within(utilization - cycles[i - 1].utilization, -0.005, 0.005, `change of utilization in cycle ${i}`);
    within(goalRatio, 0.95, 1.05, `end by goal of cycle ${i}`);
  }
}

const raced = (change: Partial<RacingProgram>, cycles = 60): RacedCycle[] =>
  race({ ...steady, ...change }, cycles);

describe('a program that stands still', () => {
  it.each<[string, Partial<RacingProgram>]>([
    ['on four Ps', {}],
    ['on one', { procs: 1 }],
    ['on six, which a quarter does not divide', { procs: 6 }],
    ['with stacks of 96 MiB', { stacks: (i) => 12 * MiB * Math.min(i, 8), allocates: () => 0.15 }],
    ['with globals of 96 MiB', { globals: 96 * MiB, allocates: () => 0.15 }],
    ['with GOGC 400', { gcPercent: 400, allocates: () => 0.12 }],
    ['beneath a limit that is far', { memoryLimit: 400 * MiB, beside: 9 * MiB }],
  ])('%s', (_, change) => {
    isSettled(raced(change), 25);
  });

  it('counts stacks and globals for the goal, and starts early enough to scan them', () => {
    const cycles = raced({
      stacks: (i) => 12 * MiB * Math.min(i, 8),
      globals: 32 * MiB,
      allocates: () => 0.15,
    });
    const { live, goal, triggerRatio } = cycles[59];
    expect(goal).toBe(2 * live + 128 * MiB);
    within(triggerRatio, 0.703, 0.9, 'trigger');
  });
});

describe('a program that changes', () => {
  const at = 45;
  it.each<[string, Partial<RacingProgram>]>([
    ['allocates 2.5 times as fast', { allocates: (i) => (i < at ? 0.04 : 0.1) }],
    ['allocates 8 times as fast', { allocates: (i) => (i < at ? 0.04 : 0.32) }],
    ['allocates at a quarter of the speed', { allocates: (i) => (i < at ? 0.12 : 0.03) }],
    ['fills its heap with pointers', { pointers: (i) => (i < at ? 0.15 : 0.75), allocates: () => 0.12 }],
  ])('%s: settles within 25 cycles, as it had before', (_, change) => {
    const cycles = raced(change, 95);
    isSettled(cycles, 25, at);
    // The trigger is never before 45/64 of the way: who allocates faster than that allows goes on helping.
    const last = cycles[94];
    for (let i = at + 25; i < 95; i++) {
      within(cycles[i].goalRatio, 0.95, 1.05, `end by goal of cycle ${i}`);
      within(cycles[i].utilization - last.utilization, -0.005, 0.005, `utilization of cycle ${i}`);
    }
    within(last.utilization, 0.245, last.triggerRatio > 0.7032 ? 0.255 : 1, 'utilization at the end');
  });

  it('is slowed down in the very cycle in which it allocates faster, and in none after it', () => {
    const cycles = raced({ allocates: (i) => (i < at ? 0.04 : 0.1) }, 95);
    within(cycles[at].utilization, 0.4, 0.5, 'utilization of the step');
    within(cycles[at].goalRatio, 0.99, 1.01, 'end by goal of the step');
    within(cycles[at + 1].utilization, 0.245, 0.255, 'utilization after it');
    expect(cycles[at + 1].triggerRatio).toBeLessThan(cycles[at].triggerRatio - 0.1);
  });

  it('grows ninefold within a cycle at GOGC 1200: is not slowed down, and the goal moves on', () => {
    const growth: History = (i) => (i === 30 ? 9 : steady.growth(i));
    const cycles = raced({ gcPercent: 1200, growth, allocates: () => 0.15 });
    for (let i = 20; i < 60; i++) within(cycles[i].utilization, 0.245, 0.28, `utilization of cycle ${i}`);
    within(cycles[30].goalRatio, 0.9, 13, 'end by goal of the growth');
    for (let i = 31; i < 60; i++) within(cycles[i].goalRatio, 0.9, 1.05, `end by goal of cycle ${i}`);
  });
});

describe('a program that is never the same', () => {
  const swings: History = (i) => 0.08 * (1 + 0.19 * Math.sin((i * Math.PI) / 4));
  /** Allocates at a rate that jitters by a tenth; its heap grows and shrinks by a hundredth. */
  const noisy = (rate: number, of: number): Partial<RacingProgram> => {
    const [speed, size] = [jitter(0.1, of), jitter(0.01, of + 1)];
    return { allocates: (i) => rate * speed(i), growth: (i) => steady.growth(i) - 1 + size(i) };
  };

  it('swings: stays near the goal, with little help from who allocates', () => {
    raced({ allocates: swings })
      .slice(13)
      .forEach((cycle, i) => {
        within(cycle.goalRatio, 0.95, 1.05, `end by goal of cycle ${i + 13}`);
        within(cycle.utilization, 0.25, 0.3, `utilization of cycle ${i + 13}`);
      });
  });

  it.each([
    ['by a noise that is always the same: within 2.5 % of the CPU', 15, 0.275],
    ['by any noise: within 5 % of the CPU', seed, 0.3],
  ])('jitters %s', (_, of, most) => {
    raced(noisy(0.14, of))
      .slice(13)
      .forEach((cycle, i) => {
        within(cycle.goalRatio, 0.95, 1.025, `end by goal of cycle ${i + 13}`);
        within(cycle.utilization, 0.25, most, `utilization of cycle ${i + 13}`);
      });
  });

  it('jitters while it allocates a third as fast as is scanned: helps, but evenly', () => {
    const cycles = raced(noisy(0.36, seed));
    for (let i = 14; i < 60; i++) {
      const { goalRatio, utilization } = cycles[i];
      within(goalRatio, 0.95, 1.05, `end by goal of cycle ${i}`);
      within(utilization - cycles[i - 1].utilization, -0.05, 0.05, `change of utilization in cycle ${i}`);
      within(utilization - cycles[12].utilization, -0.05, 0.05, `drift of utilization in cycle ${i}`);
    }
  });
});

describe('a program that hardly allocates', () => {
  const slow: Partial<RacingProgram> = { allocates: () => 0.0012, scans: 2, pointers: () => 0.02 };
  it.each([
    ['a small heap', 3],
    ['a heap ten times as large', 8],
  ])('%s still starts before its goal', (_, doublings) => {
    const cycles = raced({ ...slow, growth: (i) => (i < doublings ? 2 : 1) });
    for (let i = 26; i < 60; i++) {
      within(cycles[i].triggerRatio, 0.925, 0.975, `trigger of cycle ${i}`);
      within(cycles[i].goalRatio, 0.925, 1.025, `end by goal of cycle ${i}`);
      within(cycles[i].utilization, 0.245, 0.255, `utilization of cycle ${i}`);
    }
  });

  it('a large one starts at most 4 MiB before it', () => {
    const cycles = raced({ ...slow, growth: (i) => (i < 12 ? 2 : 1) });
    const { goal, live, triggerRatio } = cycles[59];
    expect(goal).toBeGreaterThan(1000 * MiB);
    within((1 - triggerRatio) * (goal - live), 4 * MiB - 2, 4 * MiB + 2, 'distance from trigger to goal');
  });
});

describe('a memory limit', () => {
  const limit = 300 * MiB;
  /** Growth from the first 512 KiB to so many bytes, in the eleven cycles that follow. */
  const to =
    (bytes: number): History =>
    (i) =>
      i < 12 ? (bytes / (512 * KiB)) ** (1 / 11) : 1;

  it.each([
    ['with GOGC', 100],
    ['with GOGC off', -1],
  ])('is kept %s while what lives has room in it', (_, gcPercent) => {
    const cycles = raced({ gcPercent, memoryLimit: limit, growth: to(180 * MiB) });
    isSettled(cycles, 25);
    for (const { goal, peak } of cycles.slice(14)) {
      expect(goal).toBe(goalOfLimit(limit));
      expect(peak).toBeLessThan(limit);
    }
  });

  it('takes from the goal what is mapped beside the heap', () => {
    const cycles = raced({ gcPercent: -1, memoryLimit: limit, beside: 60 * MiB });
    isSettled(cycles, 25);
    expect(cycles[59].goal).toBe(goalOfLimit(240 * MiB));
  });

  it('lets the heap grow to it where GOGC is off', () => {
    const cycles = raced({ gcPercent: -1, memoryLimit: limit });
    isSettled(cycles, 25);
    expect(cycles[59].live).toBeLessThan(40 * MiB);
    expect(cycles[59].goal).toBe(goalOfLimit(limit));
  });

  it.each([
    ['with GOGC', 100],
    ['with GOGC off', -1],
  ])('that what lives has passed takes all of the CPU, %s', (_, gcPercent) => {
    const cycles = raced({ gcPercent, memoryLimit: limit, growth: to(340 * MiB) });
    for (let i = 25; i < 60; i++) {
      const { goal, live, utilization } = cycles[i];
      expect(goal).toBe(live);
      within(utilization, 0.995, 1, `utilization of cycle ${i}`);
    }
  });
});
