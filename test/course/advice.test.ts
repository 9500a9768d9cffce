/** Exercise 6: real memory does what the exercise says, twice the same; and the reference is far from the plain policies. */
import { afterAll, describe, expect, it } from 'vitest';
import { parseOps } from '../../lib/course/exercises/advice/index.ts';
import { soundOps } from '../../lib/course/exercises/advice/play-kernel.ts';
import { answersOf } from '../../lib/course/exercises/advice/play-policy.ts';
import { always, asLastTime, byHabit } from '../../lib/course/exercises/advice/policies.ts';
import { programFor, programNames } from '../../lib/course/exercises/advice/programs.ts';
import { RealMemory } from '../../lib/course/exercises/advice/real-memory.ts';
import { costOf, runAdvice } from '../../lib/course/exercises/advice/run.ts';
import { those } from '../support/extent.ts';

describe('real memory', () => {
  const memory = new RealMemory(256);
  afterAll(() => memory.dispose());
  const resident = (): number => memory.resident({ page: 0, n: 256 }).reduce((sum, x) => sum + x, 0);

  it('goes at once, or when it is needed, and never with what was written since', () => {
    memory.clear();
    expect(memory.write({ page: 0, n: 200 }, 7)).toBe(200);
    expect(memory.mapped().resident).toBe(200);
    memory.advise('dontneed', { page: 150, n: 50 });
    expect(resident()).toBe(150);
    memory.advise('free', { page: 0, n: 100 });
    expect(resident()).toBe(150);
    expect(memory.read(5)).toBe(7);
    expect(memory.write({ page: 3, n: 1 }, 9)).toBe(0);
    memory.advise('cold', { page: 100, n: 50 });
    memory.pressure();
    expect(resident()).toBe(51);
    expect([memory.read(3), memory.read(120)]).toEqual([9, 7]);
    expect(memory.mapped()).toEqual({ resident: 51, lazy: 0 });
    expect(memory.read(5)).toBe(0);
  });

  it('leaves nothing of what the kernel marks late', () => {
    for (let i = 0; i < 40; i++) {
      memory.clear();
      memory.write({ page: 0, n: 5 }, 1);
      memory.advise('free', { page: 0, n: 5 });
      memory.pressure();
      expect(resident()).toBe(0);
    }
  });
});

it('a page that is read while it is not there is written, whatever took it away', () => {
  const text = 'read 1\nwrite 2 3\nread 2\nadvise free 2 1\npressure\nread 2\nadvise dontneed 2 1\nread 2';
  const written = soundOps(parseOps(text)).map((op) => op.k === 'read' && op.written === true);
  expect(written).toEqual([true, false, false, false, false, true, false, true]);
});

it.each(['write 40 1', 'advise gone 1 1', 'advise free 30 5', 'read', 'sleep 1', 'write 1 256'])(
  'the line %j is refused with its number',
  (line) => {
    expect(() => parseOps(`read 0\n${line}`)).toThrow(expect.objectContaining({ code: 'ERR_FILE', line: 2 }));
  },
);

it('which ranges of `sizes` stay away differs from seed to seed, and no size tells it beforehand', () => {
  const leaving = Array.from({ length: 12 }, (_, k) => {
    const { ranges, events } = programFor('sizes', `seed ${k}`);
    const last = new Map<number, number>();
    const away = new Map<number, number[]>();
    for (const { second, range, to } of events) {
      if (to === 'released') last.set(range, second);
      const size = Math.round(Math.log2(ranges[range]?.n ?? 1));
      if (to === 'reused') away.set(size, [...(away.get(size) ?? []), second - (last.get(range) ?? 0)]);
    }
    const mean = (list: readonly number[]): number => list.reduce((sum, n) => sum + n, 0) / list.length;
    const long = [...away].filter(([, list]) => mean(list) > 15).map(([size]) => size);
    expect(long).toHaveLength(1);
    return long[0];
  });
  expect([...new Set(leaving)].sort()).toEqual([3, 4, 5]);
});

it('for most ranges what they did the last time does not tell what they do next, nor does their address', () => {
  const { events, ranges } = programFor('habits', 'seed');
  const left = new Map<number, number>();
  const soon: boolean[][] = ranges.map(() => []);
  for (const { second, range, to } of events) {
    if (to === 'released') left.set(range, second);
    if (to === 'reused') soon[range]?.push(second - (left.get(range) ?? 0) < 5);
  }
  const often = soon.map((list) => list.filter(Boolean).length / list.length > 0.85);
  const pairs = soon
    .filter((_, range) => !often[range])
    .flatMap((list) => list.slice(1).map((now, i) => now === list[i]));
  expect(pairs.length).toBeGreaterThan(100);
  const same = pairs.filter(Boolean).length / pairs.length;
  expect([same > 0.4, same < 0.65]).toEqual([true, true]);
  const low = often.slice(0, ranges.length / 4).filter(Boolean).length;
  expect([low > 0, low < 10]).toEqual([true, true]);
});

describe('cost', () => {
  it('of the reference is far below the plain policies, with any seed and price', () => {
    for (const [k, name] of those(programNames, (name) => name === 'turns').entries()) {
      const weight = 4 + k;
      const program = programFor(name, `seed ${k}`);
      const cost = (advise: ReturnType<typeof always>): number =>
        costOf(runAdvice(program, answersOf(program, advise)), weight);
      const plain = Math.min(...[always('dontneed'), always('free'), asLastTime(weight)].map(cost));
      expect([k, name, cost(byHabit(weight)) < 0.93 * plain]).toEqual([k, name, true]);
    }
  });

  it('is the same again', () => {
    const program = programFor('sizes', 'again');
    const run = () => runAdvice(program, answersOf(program, byHabit(5)));
    expect(run()).toEqual(run());
  });
});
