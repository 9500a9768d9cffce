/** Exercise 6: real memory does what the exercise says and what the account says; hindsight; and where the pack's reference is on the way to it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { accountOf } from '../../lib/course/exercises/advice/account.ts';
import { foreseen } from '../../lib/course/exercises/advice/hindsight.ts';
import { parseOps, wayBuckets } from '../../lib/course/exercises/advice/index.ts';
import { soundOps } from '../../lib/course/exercises/advice/play-kernel.ts';
import { answersOf } from '../../lib/course/exercises/advice/play-policy.ts';
import { type Advise, plainPolicies } from '../../lib/course/exercises/advice/policies.ts';
import { type ProgramName, programFor, programNames } from '../../lib/course/exercises/advice/programs.ts';
import { type ExerciseAdvice, RealMemory } from '../../lib/course/exercises/advice/real-memory.ts';
import { costOf, runAdvice } from '../../lib/course/exercises/advice/run.ts';
import { tellingProgram } from '../../lib/course/exercises/advice/telling.ts';
import { wayOf, wayShare } from '../../lib/course/exercises/hindsight.ts';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { filled } from '../../lib/course/handout/start.ts';
import { chanceOf } from '../../lib/course/model/seeds.ts';
import { isWhole } from '../support/extent.ts';
import { stepsOn } from './stepping.ts';

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

describe('the account', () => {
  it.each(programNames)('of %s is what real memory does', (name) => {
    const program = programFor(name, 'account');
    const said = [
      ...plainPolicies(4.5).map(({ advise }) => answersOf(program, advise)),
      foreseen(program, 4.5),
    ];
    for (const answers of name === 'turns' ? said.slice(2) : said.slice(1))
      expect(accountOf(program, answers)).toEqual(
        runAdvice(
          program,
          answers.map((one) => [one]),
        ),
      );
  });
});

describe('hindsight', () => {
  it('is what no other advice is below, of any range at any time', () => {
    const program = programFor('habits', 'flips');
    const best = foreseen(program, 4.5);
    const cost = (said: readonly ExerciseAdvice[]): number => costOf(accountOf(program, said), 4.5);
    const least = cost(best);
    const given = [...program.events.keys()].filter((i) => program.events[i]?.to === 'released');
    const chance = chanceOf('which');
    for (let k = 0; k < 40; k++) {
      const at = chance.oneOf(given);
      const other = best[at] === 'free' ? ('dontneed' as const) : ('free' as const);
      expect(cost(best.with(at, other))).toBeGreaterThanOrEqual(least);
    }
    for (const { advise } of plainPolicies(4.5))
      expect(cost(answersOf(program, advise))).toBeGreaterThan(1.5 * least);
  });
});

describe('lab step, of a policy', () => {
  const whom = { id: 'advice', student: 'ada', term: 't', on: 'AdvicePolicy' };
  const files = referenceFiles(ownPack, exerciseOf('advice'), whom.student, whom.term);
  const step = (trace: string, edit: (text: string) => string = (text) => text) =>
    stepsOn(whom, new Map([...files].map(([name, text]) => [name, edit(text)])), trace);
  const stubborn = (): string =>
    "export class Kernel {}\nexport class AdvicePolicy { advise(_, state) { return state === 'released' ? 'free' : undefined; } }";

  it('tells each answer, those of the best plain one and of hindsight, and the cost so far', async () => {
    const steps = await step(
      'use 1 20\nuse 2 8\nwait 1\nrelease 1\nwait 1\nuse 1\nrelease 2\nwait 50\nuse 2',
      stubborn,
    );
    expect(steps.map(({ answered, expected }) => [answered, expected])).toEqual([
      ['nothing', ''],
      ['nothing', ''],
      ['free', 'free'],
      ['nothing', ''],
      ['free', 'dontneed'],
      ['nothing', ''],
    ]);
    expect(steps[2]?.note).toMatch(
      /^plain \(.*\): \w+\nsecond 1 ends: 20 pages .*; cost so far 10\.0 \(plain/,
    );
    // 20 for a second, 8 for 50.
    expect(steps[5]?.note).toMatch(new RegExp(`cost so far ${((20 + 8 * 50) / 53).toFixed(1)} `));
  });

  it.runIf(isWhole)('takes a program of the grade, or some seconds of it', async () => {
    const steps = await step('program habits 40 42');
    expect(steps.length).toBeGreaterThan(10);
    expect(steps.every(({ asked }) => /in second 4[0-2]$/.test(asked))).toBe(true);
  });

  it('ends with the answer that may not be given', async () => {
    const steps = await step('use 1 4\nwait 1\nrelease 1\nuse 1', () =>
      stubborn().replace('undefined', "state === 'reused' ? 'free' : []"),
    );
    expect(steps.at(-1)).toMatchObject({
      isWrong: true,
      answered: '"free"',
      expected: expect.stringMatching(/^one of cold, none/),
    });
  });

  it.each([
    'use 1',
    'use 1 0',
    'use 1 4\nuse 1',
    'release 1',
    'wait 0',
    'wait 601',
    'program none',
    'pressure 1',
  ])('the line %j is refused with its number', async (line) => {
    const at = line.split('\n').length + 1;
    await expect(step(`# first\n${line}`)).rejects.toMatchObject({ code: 'ERR_FILE', line: at });
  });
});

describe('points of cost, by account', () => {
  const text = readFileSync(join(ownPack, 'advice', 'reference.mjs'), 'utf8');
  const policyOf = async (source: string, weight: number): Promise<Advise> => {
    const { AdvicePolicy } = (await import(
      `data:text/javascript,${encodeURIComponent(filled(source, { weight }, ''))}`
    )) as { AdvicePolicy: new () => { advise: Advise } };
    const policy = new AdvicePolicy();
    return (range, state) => policy.advise(range, state);
  };
  const sets = Promise.all(
    Array.from({ length: 20 }, async (_, student) => {
      const weight = 4 + (student % 11) / 10;
      const programs = await Promise.all(
        programNames.map(async (name) => ({
          name,
          told: await tellingProgram(name, `seed ${student}`, weight),
        })),
      );
      return { weight, programs };
    }),
  );
  const partsOf = async (source: string) => {
    const parts: { readonly name: ProgramName; readonly spare: number; readonly share: number }[] = [];
    for (const { weight, programs } of await sets)
      for (const { name, told } of programs) {
        const said = answersOf(told.program, await policyOf(source, weight));
        const cost = costOf(accountOf(told.program, said), weight);
        const share = wayShare(cost, told, wayBuckets[name]);
        parts.push({ name, spare: wayOf(cost, told) - wayBuckets[name][3] / 100, share });
      }
    return parts;
  };
  const pointsOf = async (find: string, replace: string) => {
    const parts = await partsOf(text.replace(find, replace));
    return programNames.map((name) => {
      const shares = parts.filter((one) => one.name === name).map(({ share }) => share);
      return 10 * (shares.reduce((all, n) => all + n, 0) / shares.length);
    });
  };

  it('of the reference are all, with something to spare, with any constants', async () => {
    const parts = await partsOf(text);
    expect(parts.filter(({ share }) => share < 1)).toEqual([]);
    const spare = parts.map((one) => one.spare).sort((a, b) => a - b);
    expect(spare[spare.length >> 1]).toBeGreaterThan(0.1);
  });

  it('of half a solution are less where the other half is asked for', async () => {
    const noSizes = await pointsOf(
      '(this.ranges.get(address) ?? this.sizes.get(size))',
      'this.ranges.get(address)',
    );
    const onlySizes = await pointsOf(
      '(this.ranges.get(address) ?? this.sizes.get(size))',
      'this.sizes.get(size)',
    );
    const never = await pointsOf('1, 0.16)', '1, 0)');
    expect([noSizes[2] as number, onlySizes[0] as number, never[1] as number].every((n) => n < 6)).toBe(true);
    expect([noSizes[0], onlySizes[2], never[0]]).toEqual([10, 10, 10]);
  });
});
