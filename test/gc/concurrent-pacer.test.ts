import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MiB } from '../../lib/base/units.ts';
import { ConcurrentPacer } from '../../lib/gc/concurrent-pacer.ts';
import { GcSettings, gcSettingsTable, noMemoryLimit } from '../../lib/gc/gc-settings.ts';
import { HeapGoals } from '../../lib/gc/heap-goals.ts';
import type { HeapSizes } from '../../lib/gc/heap-sizes.ts';
import { pacerTable } from '../../lib/gc/pacer-table.ts';
import { plainViews } from '../../lib/meta/column.ts';
import { sizesOf } from './sizes.ts';

/** A pacer over tables that another may be made over, too. */
class Paced {
  readonly views = { settings: plainViews(gcSettingsTable), pacer: plainViews(pacerTable) };
  readonly scannable = { heap: 0, stacks: 0, globals: 0 };
  readonly settings = new GcSettings(this.views.settings);
  readonly pacer = this.another();

  constructor(gcPercent = 100, memoryLimit = noMemoryLimit) {
    this.settings.init(gcPercent, memoryLimit);
    this.pacer.init();
  }

  another(): ConcurrentPacer {
    const settings = new GcSettings(this.views.settings);
    const goals = new HeapGoals(this.views.pacer, settings);
    return new ConcurrentPacer(this.views.pacer, goals, settings, this.scannable);
  }

  /** A cycle from one size of the heap to another that scans so much of it, for a millisecond, on one P. */
  cycle(from: number, to: number, scanned: number, marked: number, assist = 0): void {
    const { pacer } = this;
    pacer.startCycle(at(from));
    pacer.startMark(at(from), 1e9, 1);
    pacer.addWork(scanned, 0, 0);
    pacer.revise(at(to));
    pacer.endMark(at(to), { now: 1e9 + 1e6, assist, idle: 0 });
    pacer.endCycle(marked, at(to));
    this.scannable.heap = pacer.heapScanWork;
    pacer.commit(at(marked), true);
  }
}

const at = (heapLive: number, more: Partial<HeapSizes> = {}): HeapSizes =>
  sizesOf({ heapLive, heapAlloc: heapLive, mappedReady: heapLive, ...more });

describe('background marking', () => {
  it.each([
    // Ps, dedicated workers, share of each other P
    [1, 0, 0.25],
    [2, 0, 0.25],
    [3, 0, 0.25],
    [4, 1, 0],
    [5, 1, 0],
    [6, 1, 0.5 / 6],
    [7, 2, 0],
    [8, 2, 0],
    [9, 2, 0],
    [64, 16, 0],
  ])('on %d Ps: %d workers, and %d of each other P', (procs, workers, share) => {
    const { pacer } = new Paced();
    pacer.startCycle(at(4 * MiB));
    pacer.startMark(at(4 * MiB), 0, procs);
    expect(pacer.dedicatedWorkers).toBe(workers);
    expect(pacer.fractionalGoal).toBeCloseTo(share, 15);
  });
});

describe('the runway', () => {
  it('is what is allocated while a quarter of the CPU scans what is expected', () => {
    const paced = new Paced();
    // At a quarter of the CPU 2 MiB were scanned while 1 MiB was allocated: a sixth of a byte for each byte,
    // CPU by CPU, and three times as much where three quarters of it allocate.
    paced.cycle(40 * MiB, 41 * MiB, 2 * MiB, 20 * MiB);
    expect(paced.pacer.consMark).toBeCloseTo(1 / 6, 15);
    expect(paced.pacer.runway).toBe(1 * MiB);
    expect(paced.pacer.heapGoal(at(0))).toBe(40 * MiB);
    expect(paced.pacer.heapTrigger(at(0))).toBe(39 * MiB);
  });

  it.each([
    // bytes allocated beside 20 MiB of work, MiB marked, trigger of a goal of twice as much
    ['of a byte: 61/64 of the way', 1, 20, 20 + (20 * 61) / 64],
    ['of a byte for a large heap: 4 MiB before the goal', 1, 200, 396],
    ['of more than all: 45/64 of the way', 60 * MiB, 20, 20 + (20 * 45) / 64],
  ])('has bounds, %s', (_, allocated, marked, trigger) => {
    const paced = new Paced();
    paced.cycle(40 * MiB, 40 * MiB + allocated, 20 * MiB, marked * MiB);
    expect(paced.pacer.runway).toBe(allocated);
    expect(paced.pacer.heapTrigger(at(0))).toBe(trigger * MiB);
  });

  it('leaves the sweeper 1 MiB, unless a memory limit cannot', () => {
    const paced = new Paced(10);
    paced.cycle(20 * MiB, 21 * MiB, 40 * MiB, 20 * MiB);
    paced.pacer.commit(at(20.5 * MiB), false);
    expect(paced.pacer.heapTrigger(at(0))).toBe(21.5 * MiB);
    paced.settings.setMemoryLimit(22.5 * MiB);
    expect(paced.pacer.heapGoal(at(20 * MiB))).toBe(21.5 * MiB);
    expect(paced.pacer.heapTrigger(at(20 * MiB))).toBeLessThan(21.5 * MiB);
  });

  it('is for the fastest of the last five cycles', () => {
    const paced = new Paced();
    const runways = [1, 5, 2, 2, 2, 2, 2, 3].map((fast) => {
      paced.cycle(40 * MiB, 40 * MiB + fast * MiB, 30 * MiB, 20 * MiB);
      return Math.round(paced.pacer.runway / MiB);
    });
    expect(runways).toEqual([1, 5, 5, 5, 5, 5, 2, 3]);
  });

  it('counts the CPU of those who helped, and a cycle in which nothing was allocated not at all', () => {
    const paced = new Paced();
    // Half of the CPU scanned as much as half of it allocated.
    paced.cycle(40 * MiB, 48 * MiB, 8 * MiB, 20 * MiB, 250_000);
    expect(paced.pacer.consMark).toBe(1);
    paced.cycle(40 * MiB, 40 * MiB, 8 * MiB, 20 * MiB);
    expect(paced.pacer.consMark).toBe(1);
  });
});

describe('the charge for allocation', () => {
  /** 20 MiB marked, all of it scanned, and a cycle that runs from 38 MiB to the goal of 40. */
  function running(gcPercent = 100): Paced {
    const paced = new Paced(gcPercent);
    paced.cycle(38 * MiB, 39 * MiB, 20 * MiB, 20 * MiB);
    paced.scannable.heap = 38 * MiB;
    paced.pacer.startCycle(at(38 * MiB));
    paced.pacer.startMark(at(38 * MiB), 0, 1);
    return paced;
  }

  it('spreads what is left to scan over what is left to the goal', () => {
    const { pacer } = running();
    expect([pacer.assistWorkPerByte, pacer.assistBytesPerWork]).toEqual([10, 0.1]);
    pacer.addWork(15 * MiB, 0, 0);
    pacer.revise(at(39 * MiB));
    expect(pacer.assistWorkPerByte).toBe(5);
  });

  it('expects all that there is, with a goal that moved on, once more is scanned than expected', () => {
    const { pacer } = running();
    pacer.addWork(20 * MiB, 1, 0);
    pacer.revise(at(39 * MiB));
    // The goal was 2 MiB ahead for 20 MiB of work, and is 3.8 MiB ahead for 38.
    expect(pacer.assistWorkPerByte).toBeCloseTo((18 * MiB - 1) / (2.8 * MiB), 5);
  });

  it('has a tenth more room beyond the goal, for all that there is', () => {
    const { pacer } = running();
    pacer.addWork(10 * MiB, 0, 0);
    pacer.revise(at(41 * MiB));
    expect(pacer.assistWorkPerByte).toBeCloseTo((28 * MiB) / (3 * MiB), 5);
  });

  it('is never nothing, and never without end', () => {
    const { pacer } = running();
    pacer.addWork(38 * MiB, 0, 0);
    pacer.revise(at(38 * MiB));
    expect(pacer.assistWorkPerByte).toBeCloseTo(1000 / (3.8 * MiB), 9);
    pacer.revise(at(900 * MiB));
    expect([pacer.assistWorkPerByte, pacer.assistBytesPerWork]).toEqual([1000, 0.001]);
  });

  it('follows a goal that is set anew', () => {
    const { pacer, settings } = running();
    settings.setGCPercent(200);
    pacer.commit(at(38 * MiB), true);
    pacer.revise(at(38 * MiB));
    expect(pacer.assistWorkPerByte).toBe(20 / 22);
  });
});

describe('collecting', () => {
  it('is due at the trigger', () => {
    const paced = new Paced();
    paced.cycle(40 * MiB, 41 * MiB, 2 * MiB, 20 * MiB);
    const trigger = paced.pacer.heapTrigger(at(0));
    expect(paced.pacer.shouldCollect(at(trigger - 1))).toBe(false);
    expect(paced.pacer.shouldCollect(at(trigger))).toBe(true);
  });

  it('leaves the memory limit aside while the limiter forbids', () => {
    const paced = new Paced(100, 24 * MiB);
    paced.cycle(20 * MiB, 21 * MiB, 2 * MiB, 20 * MiB);
    expect(paced.pacer.shouldCollect(at(23 * MiB))).toBe(true);
    expect(paced.pacer.shouldCollect(at(23 * MiB), true)).toBe(false);
    expect(paced.pacer.shouldCollect(at(39 * MiB), true)).toBe(true);
  });

  it('is never due where GOGC and limit are off', () => {
    const { pacer } = new Paced(-1);
    expect(pacer.shouldCollect(at(2 ** 47))).toBe(false);
    expect(pacer.heapGoal(at(0))).toBe(Number(2n ** 63n - 1n - ((2n ** 63n - 1n) / 100n) * 3n));
  });
});

it('keeps marked ≤ trigger ≤ goal, whatever was measured', () => {
  const bytes = fc.nat({ max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(
      fc.record({ from: bytes, grown: bytes, scanned: bytes, marked: bytes, stacks: bytes, limit: bytes }),
      fc.integer({ min: -1, max: 2000 }),
      fc.nat({ max: 4_000_000 }),
      fc.boolean(),
      ({ from, grown, scanned, marked, stacks, limit }, percent, assist, sweepDone) => {
        const paced = new Paced(percent, limit * 4);
        const { pacer } = paced;
        paced.scannable.stacks = stacks;
        paced.cycle(from, from + grown, scanned, marked, assist);
        pacer.commit(at(marked), sweepDone);
        const [trigger, goal] = [pacer.heapTrigger(at(marked)), pacer.heapGoal(at(marked))];
        expect(trigger).toBeGreaterThanOrEqual(marked);
        expect(trigger).toBeLessThanOrEqual(goal);
        expect(Number.isInteger(trigger)).toBe(true);
        expect(pacer.shouldCollect(at(trigger, { mappedReady: marked, heapAlloc: marked }))).toBe(true);
        expect(pacer.shouldCollect(at(trigger - 1, { mappedReady: marked, heapAlloc: marked }))).toBe(false);
      },
    ),
  );
});

it('lives in its tables alone: another over the same ones goes on where the first was', () => {
  const paced = new Paced(70, 90 * MiB);
  const other = paced.another();
  paced.pacer.startCycle(at(40 * MiB));
  other.startMark(at(40 * MiB), 0, 4);
  paced.pacer.addWork(10 * MiB, 3, 4);
  other.revise(at(41 * MiB));
  expect(paced.pacer.assistWorkPerByte).toBe(other.assistWorkPerByte);
  other.endMark(at(41 * MiB), { now: 1e6, assist: 100, idle: 5 });
  paced.pacer.endCycle(30 * MiB, at(41 * MiB));
  other.commit(at(30 * MiB), false);
  expect(paced.pacer.runway).toBeGreaterThan(0);
  expect([other.runway, other.heapTrigger(at(0)), other.lastHeapGoal]).toEqual([
    paced.pacer.runway,
    paced.pacer.heapTrigger(at(0)),
    paced.pacer.lastHeapGoal,
  ]);
});
