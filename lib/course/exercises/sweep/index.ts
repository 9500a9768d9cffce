/**
 * Exercise 10: the sweep's order and credit. What becomes of a span when it is swept; which spans are swept before an allocation, by a
 * rule with pace and credit; and a way of one's own, for short pauses and little growth.
 *
 * The order and the margin of the rule are the student's own: the package's sweeper goes by other ones.
 */
import fc from 'fast-check';
import { parsePageText } from '../../../lab/trace/page-text.ts';
import { type Chance, chanceOf } from '../../model/seeds.ts';
import type { Answer } from '../../sandbox/protocol.ts';
import { type Asked, playAsked, type Wrong } from '../asked.ts';
import { type Bench, requireNumber, shown, troubleOf } from '../bench.ts';
import {
  type Check,
  type Exercise,
  type Failure,
  type Measure,
  type Measured,
  type Step,
  type Variant,
  withLastSteps,
} from '../exercise.ts';
import { costText, type WayBuckets, wayBucketsText, wayShare } from '../hindsight.ts';
import { shortestFailure } from '../random-check.ts';
import { withHindsight } from './hindsight.ts';
import {
  type SweepHeap,
  SweepModel,
  type SweepOrderName,
  type SweepRule,
  type SweepWorking,
  sweepOrders,
  sweptSpan,
} from './model.ts';
import { ownTarget, playOwn } from './own.ts';
import { costOf, debtOf, grownInVain, type ProgramName, programFor, programNames } from './programs.ts';
import { margins } from './ways.ts';

const id = 'sweep';
const bitsTarget = 'sweepSpan';
const ruledTarget = 'Sweep';

const ruleOf = (variant: Variant): SweepRule => ({
  margin: requireNumber(variant.margin, 'margin'),
  order: sweepOrders.find((order) => order === variant.order) ?? 'highest',
});

interface SpanQuestion {
  readonly alloc: readonly number[];
  readonly marks: readonly number[];
  readonly objects: number;
}

function spanQuestions(chance: Chance): SpanQuestion[] {
  const list: SpanQuestion[] = [
    { alloc: [0b1101], marks: [0b0100], objects: 4 },
    { alloc: [0], marks: [0], objects: 3 },
    { alloc: [0b111], marks: [0b111], objects: 3 },
    { alloc: [0b101], marks: [0b010], objects: 3 },
    { alloc: [0xffffffff], marks: [0x80000000], objects: 32 },
    { alloc: [0xffffffff, 1], marks: [0xffffffff, 0], objects: 33 },
    { alloc: [0xffffffff, 1], marks: [0xffffffff, 1], objects: 33 },
  ];
  while (list.length < 200) {
    const objects = chance.between(1, 100);
    const alloc = new Array<number>(Math.ceil(objects / 32)).fill(0);
    const marks = [...alloc];
    const dense = chance.oneOf([1, 2, 8]);
    const broken = chance.between(0, 9) === 0;
    for (let i = 0; i < objects; i++) {
      const isAllocated = chance.between(0, dense) > 0;
      const isMarked =
        (isAllocated && chance.between(0, dense) > 0) || (broken && chance.between(0, 30) === 0);
      if (isAllocated) alloc[i >>> 5] = ((alloc[i >>> 5] as number) | (1 << (i & 31))) >>> 0;
      if (isMarked) marks[i >>> 5] = ((marks[i >>> 5] as number) | (1 << (i & 31))) >>> 0;
    }
    list.push({ alloc, marks, objects });
  }
  return list.sort((a, b) => a.objects - b.objects);
}

const words = (list: readonly number[]): string =>
  `[${list.map((word) => `0b${word.toString(2)}`).join(', ')}]`;

async function askSpans(bench: Bench, questions: readonly SpanQuestion[]): Promise<Failure | undefined> {
  await bench.fresh();
  const { answers, stopped } = await bench.run(
    questions.map(({ alloc, marks, objects }) => ['export', bitsTarget, [...alloc], [...marks], objects]),
  );
  for (const [i, { alloc, marks, objects }] of questions.entries()) {
    const right = sweptSpan(alloc, marks, objects);
    const asked = `${bitsTarget}(${words(alloc)}, ${words(marks)}, ${objects})`;
    const expected =
      right === null
        ? 'null: an object is marked that is not allocated'
        : `[${right[0]}, ${right[1]}, ${right
            .slice(2)
            .map((word) => `0b${word.toString(2)}`)
            .join(', ')}]: ${right[0]} freed, the lowest free one, and what lives`;
    const trouble = troubleOf(answers[i], stopped);
    if (trouble !== undefined)
      return {
        ...{ cause: `${bitsTarget} ${trouble.cause}`, asked, answered: trouble.words, expected, steps: [] },
        ...(trouble.at === undefined ? {} : { at: trouble.at }),
      };
    const [value] = answers[i] as Answer;
    if (JSON.stringify(value) === JSON.stringify(right)) continue;
    const told: readonly unknown[] = Array.isArray(value) ? value : [];
    const what =
      right === null
        ? 'frees in a span that is broken'
        : told.length !== right.length
          ? 'answers no list of that form'
          : told.some((word, at) => at > 1 && typeof word === 'number' && word < 0)
            ? 'answers negative words: `>>> 0` makes them a number from 0 to 2^32 − 1'
            : told.some((word, at) => at > 1 && word !== right[at])
              ? 'loses a living object, or keeps a dead one'
              : told[0] !== right[0]
                ? 'counts wrongly what it frees'
                : 'answers another first free object';
    return { cause: `${bitsTarget} ${what}`, asked, answered: shown(value), expected, steps: [] };
  }
  return undefined;
}

function spansCause(value: readonly unknown[], right: readonly number[]): string {
  if (value.length !== right.length)
    return value.length < right.length ? 'sweeps too little' : 'sweeps too much';
  return [...value].sort().join() === [...right].sort().join()
    ? 'sweeps in another order'
    : 'sweeps other spans';
}

/** In which step of the rule an answer leaves it. */
function stepOf(value: readonly unknown[], { pace, reclaimed }: SweepWorking, { living }: SweepHeap): string {
  const right = [...pace, ...reclaimed];
  const same = value.findIndex((span, i) => span !== right[i]);
  const at = same < 0 ? value.length : same;
  // Reclaiming sweeps empty spans alone.
  const isPace = at < pace.length || (at < value.length && living[value[at] as number] !== 0);
  return isPace ? ', by the pace' : ', in reclaiming';
}

/** The steps of the rule in figures. */
function workingText(
  { taken, way, due, pace, credit, reclaimed }: SweepWorking,
  all: number,
  n: number,
): string {
  const list = (spans: readonly number[]): string => `[${spans.join(', ')}]`;
  const byPace = pace.length === 0 ? 'no less is swept' : `the pace sweeps ${list(pace)}`;
  const then =
    credit >= n
      ? 'nothing is reclaimed'
      : `reclaiming sweeps ${reclaimed.length === 0 ? 'nothing: no empty span is left' : list(reclaimed)}`;
  return `due ceil(${all} × ${taken} / ${way}) = ${due}${Math.ceil((all * taken) / way) > all ? ', at most all' : ''}: ${byPace}; then the credit is ${credit}, wanted ${n}: ${then}`;
}

/** Calls on the ruled sweep: what the program takes; and the rest. */
function ruledAsked(heap: SweepHeap, takes: readonly number[], rule: SweepRule): Asked[] {
  const model = new SweepModel(heap, rule);
  const listed = (spans: readonly number[]): string =>
    spans.length === 0 ? 'no span' : `spans ${spans.join(', ')}`;
  const asked: Asked[] = [];
  const all = heap.pages.reduce((sum, n) => sum + n, 0);
  const add = (name: string, args: readonly number[], right: readonly number[]): void => {
    const { working } = model;
    const way = name === 'before' ? `; ${workingText(working, all, args[0] as number)}` : '';
    const expected = `${listed(right)}: [${right.join(', ')}]`;
    asked.push({
      call: [0, name, ...args],
      text: `${name}(${args.join(', ')})`,
      expected,
      judge: ([value]): Wrong | undefined => {
        if (JSON.stringify(value) === JSON.stringify(right)) return undefined;
        const cause = !Array.isArray(value)
          ? 'answers no list of spans'
          : `${spansCause(value, right)}${name === 'before' ? stepOf(value, working, heap) : ''}`;
        return { cause: `${name} ${cause}`, expected: `${expected}${way}` };
      },
    });
    const [swept, credit] = [model.swept, model.credit];
    const state = `[${swept}, ${credit}]`;
    asked.push({
      call: [0, 'state'],
      text: 'state()',
      isLook: true,
      expected: state,
      judge: ([value]): Wrong | undefined => {
        if (JSON.stringify(value) === JSON.stringify([swept, credit])) return undefined;
        return {
          cause: !Array.isArray(value)
            ? 'state answers no [swept, credit]'
            : value[0] === swept
              ? `after ${name} the credit is another`
              : `after ${name} other pages count as swept`,
          expected: `${state}: pages swept, and credit${way}`,
        };
      },
    });
  };
  for (const n of takes) add('before', [n], model.before(n));
  add('rest', [], model.rest());
  return asked;
}

async function playRuled(
  bench: Bench,
  heap: SweepHeap,
  takes: readonly number[],
  rule: SweepRule,
): Promise<Failure | undefined> {
  const args = [[...heap.pages], [...heap.living], heap.distance] as const;
  return (await playAsked(bench, ruledTarget, args, ruledAsked(heap, takes, rule))).failure;
}

/** By hand: the order, an empty span that is reclaimed, credit that is left and used, more than the distance, nothing at all. */
const scenes: readonly (readonly [SweepHeap, readonly number[]])[] = [
  [{ pages: [1, 4, 2, 1, 3, 1], living: [3, 0, 5, 0, 1, 2], distance: 20 }, [1, 2, 1, 5, 3, 9]],
  [{ pages: [2, 2, 2], living: [1, 1, 1], distance: 30 }, [1, 1, 1, 40]],
  [{ pages: [8, 1, 1], living: [0, 0, 0], distance: 100 }, [1, 1, 1, 1, 6]],
  [{ pages: [], living: [], distance: 5 }, [1, 9]],
  [{ pages: [1, 3], living: [0, 2], distance: 1 }, [2]],
];

const drawn = fc.record({
  spans: fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat({ max: 8 })), {
    minLength: 1,
    maxLength: 12,
    size: 'max',
  }),
  distance: fc.integer({ min: 5, max: 60 }),
  takes: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 14, size: 'max' }),
});
type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;

/** Of three spans one is empty. */
const heapOf = ({ spans, distance }: Drawn): SweepHeap => ({
  pages: spans.map(([pages]) => pages),
  living: spans.map(([, living]) => Math.max(0, living - 2)),
  distance,
});

const randomRuns = 100;

function checksOf(rule: SweepRule): Check[] {
  return [
    {
      name: bitsTarget,
      points: 14,
      run: (bench, seed) => askSpans(bench, spanQuestions(chanceOf(`${seed} spans`))),
    },
    {
      name: `${ruledTarget}: a few calls`,
      points: 12,
      run: async (bench) => {
        for (const [heap, takes] of scenes) {
          const failure = await playRuled(bench, heap, takes, rule);
          if (failure !== undefined) return failure;
        }
        return undefined;
      },
    },
    {
      name: `${ruledTarget}: random calls`,
      points: 26,
      run: async (bench, seed) => {
        await bench.fresh();
        return shortestFailure(drawn, { seed: `${seed} sweep`, runs: randomRuns }, (one) =>
          playRuled(bench, heapOf(one), one.takes, rule),
        );
      },
    },
    {
      name: `${ownTarget}: random calls`,
      points: 12,
      run: async (bench, seed) => {
        await bench.fresh();
        return shortestFailure(
          drawn,
          { seed: `${seed} own`, runs: randomRuns },
          async (one) => (await playOwn(bench, { heap: heapOf(one), takes: one.takes })).failure,
        );
      },
    },
  ];
}

/** Parts of the way to hindsight at which there are points. */
export const wayBuckets: Readonly<Record<ProgramName, WayBuckets>> = {
  even: [20, 40, 55, 70],
  bursts: [20, 40, 55, 70],
  full: [12, 24, 36, 48],
};

/** Of all pages: who is further behind has no points. */
export const mostDebt = 0.2;

function measureOf(name: ProgramName): Measure {
  const buckets = wayBuckets[name];
  return {
    name: `${ownTarget}: ${name}`,
    points: 12,
    buckets: `cost, ${wayBucketsText(buckets, 'the best of all plain ways (the rule, even shares, all at once, nothing before the end)')}; none where more than ${100 * mostDebt} % of all pages are behind`,
    run: async (bench, seed): Promise<Measured> => {
      const { program, ...way } = await programFor(name, seed);
      const { failure, run } = await playOwn(bench, program);
      if (run === undefined) return { failure: withLastSteps(failure, 6), share: 0 };
      const [cost, debt, grown] = [costOf(program, run), debtOf(program, run), grownInVain(program, run)];
      const notes = [
        ...(grown > 0
          ? [`${grown} pages of the cost are growth in vain, ${run.longest} the longest pause`]
          : []),
        ...(debt > mostDebt ? [`no points: ${Math.round(100 * debt)} % of all pages were behind`] : []),
      ];
      return {
        share: debt > mostDebt ? 0 : wayShare(cost, way, buckets),
        other: costText(cost, way),
        ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
        ...{ history: run.history, hindsightHistory: withHindsight(program).history, curve: run.curve },
      };
    },
  };
}

/** What a trace allocates, taken from a small heap of the exercise. */
async function stepsOf(bench: Bench, rule: SweepRule, trace: string): Promise<Step[]> {
  const [heap] = scenes[0] as (typeof scenes)[number];
  const takes = parsePageText(trace, 'the trace').flatMap((op) => (op.k === 'alloc' ? [op.pages] : []));
  await bench.fresh();
  const asked = ruledAsked(heap, takes, rule);
  const { answers, stopped } = await bench.run([
    ['new', ruledTarget, [...heap.pages], [...heap.living], heap.distance],
    ...asked.map(({ call }) => call),
  ]);
  const steps: Step[] = [];
  for (let i = 0; i < asked.length; i += 2) {
    const [call, look] = asked.slice(i, i + 2) as [Asked, Asked];
    const trouble = troubleOf(answers[i + 1], stopped);
    const isRight = trouble === undefined && call.judge?.(answers[i + 1] as Answer) === undefined;
    const right = call.expected.replace(/^.*: /, '');
    steps.push({
      asked: call.text,
      answered: trouble?.words ?? (isRight ? right : shown(answers[i + 1]?.[0])),
      expected: right,
      note: `swept and credit ${look.expected}; yours ${shown(answers[i + 2]?.[0])}`,
    });
    if (trouble !== undefined) break;
  }
  return steps;
}

const orderWords: Readonly<Record<SweepOrderName, string>> = {
  highest: 'the highest number first',
  longest: 'the longest first, of several the lowest number',
  fewest: 'the one with the fewest marked objects first, of several the highest number',
};

export const sweep: Exercise = {
  id,
  number: 10,
  title: 'The sweep’s order and credit',
  teaches: 'what becomes of a span after marking, who pays for it and when: pace, reclaiming, credit, pauses',
  hours: '4 to 6',
  handin: 'mine.mjs',
  exports: [bitsTarget, ruledTarget, ownTarget],
  modules: [],
  variant: (seed) => {
    const chance = chanceOf(`${seed} ${id}`);
    const order = chance.oneOf(sweepOrders);
    return { order, orderWords: orderWords[order], margin: chance.oneOf(margins) };
  },
  checks: (variant) => checksOf(ruleOf(variant)),
  measures: () => programNames.map(measureOf),
  hints: {
    [bitsTarget]: [
      'Write the bits below each other. Which objects die? Which are free afterwards, and which of those were free before?',
      'What lives are the marks. Freed are those that are allocated and not marked. The lowest free one is the lowest without a mark.',
      'Bits from `objects` on are no objects, though they are 0. And 1 << 31 is negative: `>>> 0`.',
    ],
    [`${ruledTarget}: a few calls`]: [
      'Do it on paper, with three columns: taken, swept, credit. Which step of the rule comes first?',
      'n counts as taken before the pace is worked out. Sweeping an empty span adds all of its pages to the credit, whoever swept it.',
      'Reclaim until the credit reaches n, or no empty span is left. Then n is taken off, and it does not go below 0.',
    ],
    [`${ruledTarget}: random calls`]: [
      'Take the shortest example: does the pace or the reclaiming differ?',
      'The order is that of the pace alone. Reclaiming goes from the lowest number up.',
      'When the program takes more than the distance, all pages are due, and no more.',
    ],
    [`${ownTarget}: random calls`]: [
      'Each span is swept once, in one of the answers; what is left belongs into that of rest.',
      'The program may take more or less than the distance. Do you divide by what is left of it?',
      'Begin with what passes for Sweep.',
    ],
  },
  targets: [ruledTarget],
  step: (bench, variant, trace) => stepsOf(bench, ruleOf(variant), trace),
};
