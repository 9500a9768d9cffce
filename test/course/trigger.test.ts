/** Exercise 11: goals beside recorded ones and the package's own, the collector's account, the reference beside hindsight with any seed. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MiB, second } from '../../lib/base/units.ts';
import { wayShare } from '../../lib/course/exercises/hindsight.ts';
import {
  collect,
  figuresOf,
  type Pace,
  type Phase,
  type Program,
  usedOver,
  type View,
} from '../../lib/course/exercises/trigger/collector.ts';
import { goalOf, goNumbers, parseGoals, spareBases } from '../../lib/course/exercises/trigger/goals.ts';
import { goodRoom, withHindsight } from '../../lib/course/exercises/trigger/hindsight.ts';
import { buckets, recordFile, trigger } from '../../lib/course/exercises/trigger/index.ts';
import { judgedSet, meanOf } from '../../lib/course/exercises/trigger/judged-set.ts';
import { paceOf } from '../../lib/course/exercises/trigger/play.ts';
import { programsFor, setNames } from '../../lib/course/exercises/trigger/programs.ts';
import { ratioOf, spoilt, wasteOf } from '../../lib/course/exercises/trigger/waste.ts';
import { ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { variantFor } from '../../lib/course/handout/start.ts';
import { isWhole } from '../support/extent.ts';
import { stepsOn } from './stepping.ts';

const none = Number.POSITIVE_INFINITY;

describe('goals', () => {
  const recorded = parseGoals(readFileSync(recordFile(), 'utf8'));

  it('are those that a real Go had, whatever spare is a part of', () => {
    expect(recorded.length).toBeGreaterThan(900);
    for (const base of spareBases)
      for (const { heap, goal } of recorded) expect(goalOf(heap, goNumbers, base).goal).toBe(goal);
  });

  it('differ by what is spared, where the limit is near', () => {
    const heap = { ...{ heapMarked: 100 * MiB, roots: 10 * MiB, gcPercent: 100 }, memoryLimit: 80 * MiB };
    const whole = { ...heap, mappedReady: 110 * MiB, heapFree: 0, heapAlloc: 100 * MiB };
    const goals = spareBases.map((base) => goalOf(whole, { ...goNumbers, spare: 10 }, base).goal / MiB);
    expect(goals.map((goal) => goal.toFixed(2))).toEqual(['110.00', '111.00', '108.00']);
  });
});

describe('an answer', () => {
  it.each([
    [5, { goal: 5, start: 5, again: none }],
    [{ '!': 'Infinity' }, { goal: none, start: none, again: none }],
    [{ members: { goal: 9 } }, { goal: 9, start: 9, again: none }],
    [{ members: { goal: 9, start: 12, again: 3 } }, { goal: 9, start: 9, again: 3 }],
    [{ members: { goal: 9, start: { '!': 'undefined' } } }, { goal: 9, start: 9, again: none }],
    [-1, undefined],
    [{ '!': 'NaN' }, undefined],
    ['5', undefined],
    [null, undefined],
    [[5], undefined],
    [{ members: {} }, undefined],
    [{ members: { goal: '9' } }, undefined],
    [{ members: { goal: 9, start: -1 } }, undefined],
  ] as const)('%j is read as the heap reads it', (value, pace) => {
    expect(paceOf(value as never)).toEqual(pace);
  });
});

describe('the collector', () => {
  const program = {
    phases: [{ from: 0, live: 100 * MiB, rate: 50 * MiB }],
    ...{ end: 60 * second, speed: 100 * MiB, limits: [], gcPercent: 100 },
  };

  it('takes what marking costs, between what is allocated', async () => {
    const ask = () => ({ goal: 200 * MiB, start: 200 * MiB, again: none });
    const run = await collect(program, ask);
    expect(run.done).toBe(true);
    // Each cycle allocates 100 MiB in two seconds and marks 100 MiB in one.
    expect(figuresOf(run, 20 * second).share).toBeCloseTo(1 / 3, 1);
    expect(figuresOf(run).peak).toBe(204 * MiB);
  });

  it('never starts nearer than 64 KiB, and ends with a policy that always collects', async () => {
    let asked = 0;
    const run = await collect(program, () => {
      asked++;
      return { goal: 0, start: 0, again: none };
    });
    expect(run.done).toBe(false);
    expect(asked).toBeLessThan(10_000);
  });

  it('asks again at the size that was named', async () => {
    const sizes: number[] = [];
    await collect({ ...program, end: second }, ({ heapLive }) => {
      sizes.push(heapLive / MiB);
      return { goal: none, start: none, again: heapLive + 10 * MiB };
    });
    expect(sizes).toEqual([0, 10, 20, 30, 40, 50]);
  });
});

describe('sets of programs', () => {
  const pricesOf = (k: number) => ({ speed: (400 + 40 * k) * MiB, price: 300 + 120 * k });

  it('have small and large programs, low and high rates, and limits that could be kept', async () => {
    for (const name of setNames) {
      const programs = await programsFor(name, 'seed', pricesOf(1));
      const range = (of: (phase: Phase) => number): number => {
        const all = programs.flatMap(({ phases }) => phases.map(of));
        return Math.max(...all) / Math.min(...all);
      };
      expect([name, range(({ live }) => live) > 50, range(({ rate }) => rate) > 100]).toEqual([
        name,
        true,
        true,
      ]);
      for (const { limits, loaded = 0 } of programs)
        for (const { bytes } of limits) expect(bytes).toBeGreaterThan(loaded + 4 * MiB);
    }
  });

  it('keep every plain policy far from hindsight, and give the reference all points, with any seed and price', async () => {
    for (let k = 0; k < (isWhole ? 20 : 1); k++) {
      const text = referenceFiles(ownPack, trigger, `student ${k}`, 't').get(trigger.handin) ?? '';
      const { TriggerPolicy } = (await import(
        /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`
      )) as { TriggerPolicy: new () => { pace(view: View): Pace } };
      const { speed, price } = variantFor(trigger, `student ${k}`, 't');
      const prices = { speed: MiB * Number(speed), price: Number(price) };
      for (const name of setNames) {
        const set = await judgedSet(await programsFor(name, `seed ${k}`, prices), prices);
        expect(set.known.every(({ run, waste }) => run.done && waste > 0)).toBe(true);
        expect([k, name, set.plain > 1.3]).toEqual([k, name, true]);
        const mean = await meanOf(
          () => {
            const policy = new TriggerPolicy();
            return (view) => policy.pace(view);
          },
          set,
          prices,
        );
        const way = { plain: Math.log(set.plain), hindsight: 0 };
        expect([k, name, wayShare(Math.log(mean), way, buckets[name])]).toEqual([k, name, 1]);
      }
    }
  });

  it('cost with hindsight what no size alone costs, where the rate changes', async () => {
    const prices = pricesOf(0);
    const program: Program = {
      phases: [
        { from: 0, live: 50 * MiB, rate: 2 * MiB },
        { from: 60 * second, live: 50 * MiB, rate: 800 * MiB },
      ],
      ...{ end: 70 * second, loaded: 50 * MiB, speed: prices.speed, limits: [], gcPercent: 100 },
    };
    const { sizes, waste } = await withHindsight(program, prices);
    const [slow, fast] = sizes.map(({ later }) => later) as [number, number];
    expect(fast / slow).toBeGreaterThan(8);
    for (let room = MiB; room < 4096 * MiB; room *= 1.3) {
      const run = await collect(program, ({ heapMarked }) => ({
        ...{ goal: heapMarked + room, start: heapMarked + room, again: none },
      }));
      expect([room, wasteOf(run, program, prices) > waste]).toEqual([room, true]);
    }
  });

  it('are as long as a number of good cycles, whose size is found by trying', async () => {
    const prices = { speed: 500 * MiB, price: 600 };
    const room = await goodRoom(prices, 100 * MiB, 50 * MiB);
    // On paper: the root of (104 + 600) × 100 × 50 / 500, 84 MiB.
    expect([room > 70 * MiB, room < 100 * MiB]).toEqual([true, true]);
  });

  it('count the memory of a cycle at its most, however often they ask', async () => {
    const program: Program = {
      phases: [{ from: 0, live: 50 * MiB, rate: 50 * MiB }],
      ...{ end: 20 * second, loaded: 50 * MiB, speed: 500 * MiB, limits: [], gcPercent: 100 },
    };
    const goal = 100 * MiB;
    const once = await collect(program, () => ({ goal, start: goal, again: none }));
    // A goal that is small when memory goes back, and grows with what is allocated.
    const often = await collect(program, ({ heapLive }) =>
      heapLive > 90 * MiB
        ? { goal, start: goal, again: none }
        : { goal: heapLive + 4 * MiB, start: goal, again: heapLive + 2 * MiB },
    );
    expect(figuresOf(often).memory).toBeGreaterThan(0.95 * figuresOf(once).memory);
    const [drawn, same] = [once, often].map(usedOver) as [number[], number[]];
    expect(same.map((value, i) => Math.abs(value - (drawn[i] as number)) < 0.01)).not.toContain(false);
    // A sawtooth: up to the goal, and back to what lives.
    expect(Math.max(...drawn)).toBe(104);
    expect(Math.min(...drawn.slice(20))).toBeLessThan(60);
  });

  it('give a run that passes its limit, or does not end, the worst ratio', async () => {
    const prices = pricesOf(0);
    const near = ({ limits, loaded = 1 }: Program): number => (limits[0]?.bytes ?? 0) / loaded;
    const programs = await programsFor('limited', 'seed', prices);
    const [program] = [...programs].sort((a, b) => near(a) - near(b)) as [Program];
    const [largest] = [...programs].sort((a, b) => (b.loaded ?? 0) - (a.loaded ?? 0)) as [Program];
    const of = async (program: Program, size: number): Promise<number> => {
      const run = await collect(program, ({ heapLive }) => ({
        goal: heapLive + size,
        start: heapLive + size,
        again: none,
      }));
      return ratioOf(run, program, prices, 1e9);
    };
    expect(await of(program, program.limits[0]?.bytes ?? 0)).toBe(spoilt);
    expect(await of(largest, 0)).toBe(spoilt);
    const { run, waste } = await withHindsight(program, prices);
    expect(ratioOf(run, program, prices, waste)).toBe(1);
  });
});

describe('stepping through a program', () => {
  const whom = { id: 'trigger', student: 'ada', term: 't', on: 'TriggerPolicy' };
  const files = referenceFiles(ownPack, trigger, whom.student, whom.term);
  const sizes = (text: string): number[] => [...text.matchAll(/^\d+\.\d(?= MiB$)/g)].map(Number);

  it('has no hindsight where nobody can keep the limit, and says so', async () => {
    const steps = await stepsOn(whom, files, readFileSync('course/trigger/examples/limit.txt', 'utf8'));
    expect(steps.length).toBeGreaterThan(4);
    expect(new Set(steps.map(({ expected }) => expected))).toEqual(new Set(['']));
    expect(steps.map(({ note }) => note !== undefined)).toEqual(steps.map((_, i) => i === 0));
    expect(steps[0]?.note).toMatch(/^no size keeps this program below its least limit/);
  });

  it.each([
    ['never falls', 'limit 0 180'],
    ['falls to what can be kept', 'limit 0 300\nlimit 2 180'],
  ])('has hindsight between what lives and a limit that %s', async (_, limits) => {
    const text = `phase 0 100 100\nphase 3 120 40\n${limits}\nend 6`;
    const goals = (await stepsOn(whom, files, text)).flatMap(({ expected }) => sizes(expected));
    expect(goals.length).toBeGreaterThan(4);
    expect(goals.filter((goal) => goal <= 100 || goal > 176)).toEqual([]);
  });

  it('searches from where a program comes to its end', async () => {
    // Nearly nothing lives, and much is allocated: the size that is tried first collects thousands of times.
    const program = {
      phases: [{ from: 0, live: 0, rate: 1500 * MiB }],
      ...{ end: 60 * second, speed: 500 * MiB, limits: [], gcPercent: 100 },
    };
    const { run, waste } = await withHindsight(program, { speed: program.speed, price: 600 });
    expect([run.done, Number.isFinite(waste)]).toEqual([true, true]);
  });
});
