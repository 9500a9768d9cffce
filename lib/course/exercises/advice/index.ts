/**
 * Exercise 6: what the kernel is told of memory that is given back. `Kernel` is the student's model of what advices do, held
 * against the real kernel, operation by operation. `AdvicePolicy` is a policy in the contract of the laboratory's part, and is
 * measured on real memory: what stays resident, what is missed.
 *
 * From student to student differs what a fault costs.
 */
import fc from 'fast-check';
import { PageHeapError } from '../../../base/errors.ts';
import { chanceOf } from '../../model/seeds.ts';
import { type Bench, requireNumber } from '../bench.ts';
import type { Check, Curve, Exercise, Failure, Measure, Measured, Step } from '../exercise.ts';
import { costText, type WayBuckets, wayBucketsText, wayShare } from '../hindsight.ts';
import { shortestFailure } from '../random-check.ts';
import { type KernelOp, kernelClass, kernelSteps, modelPages, playKernel, soundOps } from './play-kernel.ts';
import { askPolicy, eventsOf, policyClass } from './play-policy.ts';
import { type Program, type ProgramName, programNames, programOf } from './programs.ts';
import { advices, RealMemory } from './real-memory.ts';
import { type AdviceRun, costOf, runAdvice } from './run.ts';
import { policySteps } from './steps.ts';
import { tellingProgram } from './telling.ts';

const id = 'advice';

async function inMemory<T>(use: (memory: RealMemory) => Promise<T>): Promise<T> {
  const memory = new RealMemory(modelPages);
  try {
    return await use(memory);
  } finally {
    memory.dispose();
  }
}

const scene: readonly KernelOp[] = [
  { k: 'write', page: 0, byte: 5 },
  { k: 'write', page: 1, byte: 6 },
  { k: 'write', page: 2, byte: 7 },
  { k: 'read', page: 1 },
  { k: 'advise', advice: 'dontneed', page: 0, n: 1 },
  { k: 'read', page: 0 },
  { k: 'advise', advice: 'cold', page: 1, n: 1 },
  { k: 'advise', advice: 'free', page: 0, n: 4 },
  { k: 'read', page: 2 },
  { k: 'write', page: 1, byte: 9 },
  { k: 'pressure' },
  { k: 'read', page: 1 },
  { k: 'read', page: 2 },
  { k: 'advise', advice: 'none', page: 1, n: 1 },
  { k: 'pressure' },
  { k: 'read', page: 1 },
];

const page = fc.nat({ max: modelPages - 1 });
const operations = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        k: fc.constant('write' as const),
        page,
        byte: fc.integer({ min: 1, max: 250 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ k: fc.constant('read' as const), page }) },
    {
      weight: 4,
      arbitrary: fc
        .record({ advice: fc.constantFrom(...advices), page, n: fc.integer({ min: 1, max: 12 }) })
        .map(({ advice, page: at, n }) => ({
          ...{ k: 'advise' as const, advice, page: at },
          n: Math.min(n, modelPages - at),
        })),
    },
    { weight: 1, arbitrary: fc.constant({ k: 'pressure' as const }) },
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
);

const kernelChecks: readonly Check[] = [
  {
    name: `${kernelClass}: a few operations`,
    points: 14,
    run: (bench) => inMemory((memory) => playKernel(bench, memory, soundOps(scene))),
  },
  {
    name: `${kernelClass}: random operations`,
    points: 26,
    run: async (bench, seed) => {
      await bench.fresh();
      return inMemory((memory) =>
        shortestFailure(operations, { seed: `${seed} kernel`, runs: 120 }, (ops) =>
          playKernel(bench, memory, soundOps(ops)),
        ),
      );
    },
  },
];

const sum = (list: readonly number[]): number => list.reduce((all, n) => all + n, 0);

const curveOf = ({ resident }: AdviceRun): Curve => ({
  what: 'resident, pages',
  values: resident,
  end: `${resident.length} s`,
});

/** Plays a program on the hand-in and on real memory. Where there is no run, the policy has the failure. */
async function playProgram(bench: Bench, program: Program) {
  const { advice, policy } = await askPolicy(bench, eventsOf(program));
  return { policy, run: advice === undefined ? undefined : runAdvice(program, advice) };
}

async function oddRanges(bench: Bench, seed: string): Promise<Failure | undefined> {
  const chance = chanceOf(`${seed} ranges`);
  const events = Array.from({ length: 300 }, () => {
    const bytes = 4096 * chance.oneOf([1, 2, 16, chance.between(1, 5000)]);
    const state = chance.oneOf(['released', 'released', 'reused', 'fresh'] as const);
    const range = {
      address: 4096 * chance.between(1, chance.oneOf([3, 2 ** 30])),
      ...{ bytes, changing: state === 'fresh' ? bytes : chance.oneOf([0, bytes, 4096]) },
    };
    return { range, state, when: '' };
  });
  return (await askPolicy(bench, events)).policy.failure;
}

async function againAtOnce(bench: Bench, seed: string): Promise<Failure | undefined> {
  const chance = chanceOf(`${seed} again`);
  const sizes = Array.from({ length: 12 }, () => chance.between(8, 24));
  const program = programOf(sizes, () => [1, 1], chance, 40);
  // The kernel needs nothing meanwhile.
  const calm = { ...program, pressure: new Set<number>() };
  const { run, policy } = await playProgram(bench, calm);
  if (run === undefined) return policy.failure;
  const late = sum(run.faults.slice(20));
  const most = Math.round(sum(sizes));
  return late <= most
    ? undefined
    : policy.fail(
        'what comes back each second goes at once',
        `${late} pages faulted in the last 20 of 40 s`,
        `at most ${most}: by then it can be known`,
        {
          asked: `12 ranges, ${sum(sizes)} pages, each given back and used again every other second`,
          curve: curveOf(run),
        },
      );
}

async function awayForLong(bench: Bench, seed: string): Promise<Failure | undefined> {
  const chance = chanceOf(`${seed} away`);
  const away = Array.from({ length: 24 }, () => chance.between(20, 40));
  // As many ranges change hands in a second as in the programs.
  const busy = Array.from({ length: 12 }, () => 2);
  const sizes = [...away, ...busy];
  const program = programOf(sizes, (range) => (range < away.length ? [25, 2] : [1, 1]), chance, 80);
  const calm = { ...program, pressure: new Set<number>() };
  const { run, policy } = await playProgram(bench, calm);
  if (run === undefined) return policy.failure;
  const late = sum(run.idle.slice(40)) / 40;
  const most = Math.round(sum(away) / 5) + sum(busy);
  return late <= most
    ? undefined
    : policy.fail(
        'what stays away for long stays resident',
        `${Math.round(late)} pages of ranges given back are resident in the last 40 of 80 s, on average`,
        `at most ${most}: nobody uses them`,
        {
          asked: `24 ranges, ${sum(away)} pages, each away for 25 s, used for 2 s, and away again; 12 small ones that change hands each second`,
          curve: curveOf(run),
        },
      );
}

/** Of the way to hindsight: a range is soon known by its habit, and its next time never is. */
export const wayBuckets: Readonly<Record<ProgramName, WayBuckets>> = {
  habits: [8, 16, 25, 33],
  turns: [8, 15, 23, 31],
  sizes: [8, 15, 23, 30],
};

function measureOf(name: ProgramName, weight: number): Measure {
  return {
    name: `real memory: ${name}`,
    points: 10,
    buckets: `cost, ${wayBucketsText(wayBuckets[name], 'the best of three plain policies (dontneed always; free always; as it was the last time)')}`,
    run: async (bench, seed): Promise<Measured> => {
      const told = await tellingProgram(name, seed, weight);
      const { program, bound } = told;
      const { run, policy } = await playProgram(bench, program);
      if (run === undefined) return { failure: policy.failure as Failure, share: 0 };
      const cost = costOf(run, weight);
      const figures = (of: AdviceRun) => ({
        ...{ rss: sum(of.resident) / of.resident.length, faults: sum(of.faults) },
      });
      return {
        share: wayShare(cost, told, wayBuckets[name]),
        ...figures(run),
        other: costText(cost, told),
        work: policy.work,
        hindsight: figures(bound),
        curve: curveOf(run),
        hindsightCurve: curveOf(bound),
      };
    },
  };
}

/** Lines `write PAGE BYTE`, `read PAGE`, `advise NAME PAGE N`, `pressure`. @throws PageHeapError ERR_FILE */
export function parseOps(text: string): KernelOp[] {
  return text.split('\n').flatMap((line, i): KernelOp[] => {
    const words = line.replace(/#.*/, '').trim().split(/\s+/);
    const [word = '', ...rest] = words;
    if (word === '') return [];
    const [a = -1, b = -1] = rest.slice(word === 'advise' ? 1 : 0).map(Number);
    const inside = Number.isInteger(a) && a >= 0 && a < modelPages;
    const advice = advices.find((one) => one === rest[0]);
    if (word === 'pressure' && rest.length === 0) return [{ k: 'pressure' }];
    if (word === 'write' && inside && rest.length === 2 && Number.isInteger(b) && b >= 0 && b < 256)
      return [{ k: 'write', page: a, byte: b }];
    if (word === 'read' && inside && rest.length === 1) return [{ k: 'read', page: a }];
    if (
      word === 'advise' &&
      advice !== undefined &&
      inside &&
      rest.length === 3 &&
      Number.isInteger(b) &&
      b > 0 &&
      a + b <= modelPages
    )
      return [{ k: 'advise', advice, page: a, n: b }];
    throw new PageHeapError(
      'ERR_FILE',
      `is no line of write PAGE BYTE, read PAGE, advise ${advices.join('|')} PAGE PAGES, or pressure, of ${modelPages} pages`,
      { file: 'the trace', line: i + 1 },
    );
  });
}

const stepsOf = (bench: Bench, trace: string): Promise<readonly Step[]> =>
  inMemory((memory) => kernelSteps(bench, memory, soundOps(parseOps(trace))));

export const advice: Exercise = {
  id,
  number: 6,
  title: 'Advice to the kernel',
  teaches:
    'DONTNEED, FREE, COLD or nothing: what each does to resident memory, to contents and to faults, on real memory',
  hours: '3 to 5',
  handin: 'mine.mjs',
  exports: [kernelClass, policyClass],
  modules: [],
  variant: (seed) => ({ weight: chanceOf(`${seed} ${id}`).between(40, 50) / 10 }),
  checks: () => [
    ...kernelChecks,
    { name: `${policyClass}: answers that may be given`, points: 10, run: oddRanges },
    { name: `${policyClass}: what comes back at once`, points: 10, run: againAtOnce },
    { name: `${policyClass}: what stays away`, points: 10, run: awayForLong },
  ],
  measures: (variant) => programNames.map((name) => measureOf(name, requireNumber(variant.weight, 'weight'))),
  hints: {
    [`${kernelClass}: a few operations`]: [
      'A page can be away, there, or there until the kernel needs it. Which operation leads from which to which?',
      'A page that was never written, or is gone, reads 0. After free it is still there, with what was in it.',
      'Pressure takes the pages that were freed and not written since. A read does not save them; a write does.',
    ],
    [`${kernelClass}: random operations`]: [
      'The expected answer draws the pages before and after. Which page differs from yours?',
      'Advice on pages that are not there does nothing. dontneed after free takes them at once.',
      'A page that comes again after it was gone is 0 everywhere: forget its byte when it goes, and that it was freed.',
    ],
    [`${policyClass}: answers that may be given`]: [
      'Of which states may contents be lost?',
      'dontneed and free are for released alone; for what is about to be used the answer is cold, none or nothing.',
      "Begin with: if (state !== 'released') return 'none';",
    ],
    [`${policyClass}: what comes back at once`]: [
      'By what could you know, at the third time, that this range will be back soon?',
      'Remember by address how long it was away. You have no clock; but you are called some twelve times a second.',
      'On released: note the number of the call. On reused: the difference is how long it was away. Soon means free.',
    ],
    [`${policyClass}: what stays away`]: [
      'What does a page cost that is lazily freed, and never used again?',
      'free leaves it resident until the kernel needs memory, which here is never.',
      'If the range was away for longer than a fault is worth, dontneed. If nothing is known of it, too.',
    ],
  },
  step: (bench, variant, trace, target, seed) =>
    target === policyClass
      ? policySteps(bench, requireNumber(variant.weight, 'weight'), trace, seed)
      : stepsOf(bench, trace),
  targets: [kernelClass, policyClass],
};
