/** The numbers of the design: each is obeyed where its part is, refused by name where it is not, and told where it is not Go's. */
import { describe, expect, it } from 'vitest';
import { runtimeOf } from '../../lib/api/heap.ts';
import type { Options } from '../../lib/design/option.ts';
import { resolveOptions } from '../../lib/design/options.ts';
import { otherThanGo, recordedOptions } from '../../lib/design/recorded.ts';
import { tuningOptions } from '../../lib/design/tuning.ts';
import { CpuLimiter, cpuLimiterTable } from '../../lib/gc/cpu-limiter.ts';
import { goGoalTuning } from '../../lib/gc/heap-goals.ts';
import { Heap, type HeapOptions, ManualClock } from '../../lib/index.ts';
import { plainViews } from '../../lib/meta/column.ts';
import { densePages } from '../../lib/pages/radix/scavenge-index.ts';
import { goBurstTuning } from '../../lib/scavenge/bursts.ts';
import { reduceExtraPercent, retainExtraPercent } from '../../lib/scavenge/goals.ts';

const MiB = 2 ** 20;
const names = Object.keys(tuningOptions) as (keyof typeof tuningOptions)[];
const resolved = (options: HeapOptions) => resolveOptions({ environment: false, ...options });

it('what nobody says is Go’s', () => {
  const options = resolved({});
  expect({
    percent: options.scavengePercent,
    quantum: options.scavengeQuantum,
    pi: {
      ...{ kp: options.controllerKp, ti: options.controllerTi, tt: options.controllerTt },
      ...{ min: options.controllerMin, max: options.controllerMax },
    },
  }).toEqual(goBurstTuning);
  expect(options).toMatchObject({
    ...goGoalTuning,
    ...{ retainExtra: retainExtraPercent, limitMargin: reduceExtraPercent, densePages, gcCpuLimit: 50 },
  });
  const recorded = recordedOptions(options);
  expect(names.filter((name) => name in recorded)).toEqual([]);
  expect(otherThanGo(recorded)).toEqual([]);
});

it('what is not Go’s is told', () => {
  const recorded = recordedOptions(resolved({ retainExtra: 20, densePages: 513, heapMinimum: '4MiB' }));
  expect(recorded).toMatchObject({ retainExtra: 20, densePages: 513 });
  expect(otherThanGo(recorded)).toEqual(['retainExtra', 'densePages']);
});

describe.each(names)('%s', (name) => {
  it('is refused by name by the design of 2014, which has no such thing', () => {
    const { default: value } = tuningOptions[name];
    expect(() => resolved({ generation: 'lists', [name]: value })).toThrow(
      new RegExp(`^option ${name}: is (?:of|for the sake of) .*(?:'age'|'live'|'lists')`),
    );
  });

  it('has a range', () => {
    expect(() => resolved({ [name]: -1 })).toThrow(new RegExp(`^option ${name}: must be .*, not -1`));
    expect(() => resolved({ [name]: Number.NaN })).toThrow(
      new RegExp(`^option ${name}: must be .*, not NaN`),
    );
    const { kind, default: value, help, more } = (tuningOptions as Options)[name];
    expect(kind.parse(kind.format(value))).toBe(value);
    expect(help).not.toMatch(/\.$/);
    // The question that it answers.
    expect(more).toMatch(/\?$/);
  });
});

/** Heap and clock; nearly everything dropped and collected twice, so that a part is free and can go. */
function emptied(options: HeapOptions): { heap: Heap; clock: ManualClock } {
  const clock = new ManualClock(1e9);
  const heap = new Heap({ environment: false, reach: '256MiB', clock, ...options });
  heap.dropAll(Array.from({ length: 1500 }, () => heap.malloc(30_000)).slice(100));
  heap.gc();
  heap.gc();
  return { heap, clock };
}

/** Lets the background scavenger work for so many seconds. @returns bytes released, and pauses in ns */
function scavenged(options: HeapOptions, seconds: number): { bytes: number; waits: number[] } {
  const { heap, clock } = emptied(options);
  const before = heap.sample().heapReleased;
  const waits: number[] = [];
  for (const end = clock.now() + seconds * 1e9; clock.now() < end; ) {
    const wait = heap.step();
    if (wait === Infinity) break;
    if (wait > 0) waits.push(wait);
    clock.advance(Math.max(wait, 1e4));
  }
  heap.check(3);
  const bytes = heap.sample().heapReleased - before;
  heap.dispose();
  return { bytes, waits };
}

describe('the background scavenger', () => {
  it('takes the share of a CPU that it may', () => {
    const one = scavenged({ scavengePercent: 1 }, 3).bytes;
    const ten = scavenged({ scavengePercent: 10 }, 3).bytes;
    expect(ten).toBeGreaterThan(2 * one);
  });

  it('begins with the least ratio, and sleeps as the controller has it', () => {
    expect(scavenged({}, 1).waits[0]).toBeGreaterThan(900e6);
    expect(scavenged({ controllerMin: 0.01 }, 1).waits[0]).toBeLessThan(200e6);
  });

  it('gives back a quantum at a time', () => {
    // Where no time passes a burst is over with 100 physical pages: in whole quanta.
    const released = (options: HeapOptions): number => {
      const { heap } = emptied(options);
      const { bursts } = runtimeOf(heap).scavenger as unknown as {
        bursts: { run(): { released: number } };
      };
      const { released: bytes } = bursts.run();
      heap.dispose();
      return bytes;
    };
    expect(released({})).toBe(448 * 1024);
    expect(released({ scavengeQuantum: '128KiB' })).toBe(512 * 1024);
  });

  it('keeps over its goal what it is told', () => {
    const goalOf = (retainExtra: number): number => {
      const { heap } = emptied({ retainExtra });
      const { goals } = runtimeOf(heap).scavenger as unknown as { goals: { gcPercentGoal: number } };
      const { gcPercentGoal } = goals;
      heap.dispose();
      return gcPercentGoal;
    };
    const [none, some] = [goalOf(0), goalOf(50)];
    expect(some / none).toBeCloseTo(1.5, 1);
  });
});

describe('goals of collections', () => {
  it('are at least the least heap', () => {
    const goalOf = (options: HeapOptions): number => {
      using heap = new Heap({ environment: false, reach: '64MiB', ...options });
      return heap.sample().goal;
    };
    expect(goalOf({})).toBe(4 * MiB);
    expect(goalOf({ heapMinimum: '1MiB' })).toBe(MiB);
    expect(goalOf({ heapMinimum: '1MiB', gcPercent: 50 })).toBe(MiB / 2);
  });

  it('leave the headroom below a limit that they are told', () => {
    const goalOf = (limitHeadroom: number): number => {
      using heap = new Heap({
        ...{ environment: false, reach: '256MiB', gcPercent: -1, memoryLimit: '200MiB' },
        limitHeadroom,
      });
      return heap.sample().goal;
    };
    expect(goalOf(3) - goalOf(13)).toBeGreaterThan(17 * MiB);
    expect(goalOf(3) - goalOf(13)).toBeLessThan(21 * MiB);
  });
});

it.each([
  [10, 9],
  [50, 1],
  [80, 0.25],
])('a CPU limit of %i %% is full when the program has less than its part', (percent, part) => {
  const limiter = new CpuLimiter(plainViews(cpuLimiterTable), percent);
  limiter.resetCapacity(0, 1);
  // A second of collecting fills the bucket; so much of the program for each nanosecond of it empties it.
  limiter.accumulate(0, 1e9);
  expect(limiter.limiting()).toBe(true);
  limiter.accumulate(part * 1e9, 0);
  expect(limiter.fill).toBeCloseTo(0, 3);
  expect(limiter.limiting()).toBe(false);
});

it('a CPU limit of 100 % never limits', () => {
  const limiter = new CpuLimiter(plainViews(cpuLimiterTable), 100);
  limiter.resetCapacity(0, 1);
  for (let i = 0; i < 5; i++) limiter.accumulate(0, 1e9);
  expect(limiter.limiting()).toBe(false);
  expect(limiter.fill).toBe(0);
});
