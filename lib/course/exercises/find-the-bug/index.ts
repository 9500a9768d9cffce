/**
 * Exercise 13: find the bug. Twelve page heaps have a fault each; what is handed in is a trace of at most ten operations for
 * each, on which the sound heap does all right and the faulty one does not.
 */
import { PageHeapError } from '../../../base/errors.ts';
import { type PageOp, pageOpText, parsePageText } from '../../../lab/trace/page-text.ts';
import { chanceOf } from '../../model/seeds.ts';
import { type Bench, requireNumber } from '../bench.ts';
import { bucketsText } from '../buckets.ts';
import type { Check, Exercise, Failure, Measure, TracePicture, Variant } from '../exercise.ts';
import { FaultyHeap, faultNames, heapPages } from './heaps.ts';
import { judge } from './judge.ts';
import { tracePicture } from './picture.ts';
import { freeAfter, soundSteps, soundTarget } from './steps.ts';

const mostOps = 10;
const fileOf = (i: number): string => `heap-${String(i + 1).padStart(2, '0')}.pages`;

/** Operations that the reference needs, all together. */
const referenceOps = 30;
const lengthBuckets: readonly (readonly [number, number])[] = [
  [referenceOps + 3, 1],
  [referenceOps + 9, 0.75],
  [referenceOps + 18, 0.5],
  [referenceOps + 36, 0.25],
];

interface Found {
  readonly ops?: readonly PageOp[];
  /** What it shows, drawn: of what was found alone. */
  readonly picture?: () => TracePicture;
  readonly failure?: Failure;
}

function find(bench: Bench, variant: Variant, i: number): Found {
  const file = fileOf(i);
  const text = bench.text(file);
  const asked = `heap ${i + 1} plays ${file}`;
  /** @param steps of the trace, all of which are done before it is looked at what came of them */
  const fail = (cause: string, answered: string, expected: string, steps: readonly string[] = []): Found => ({
    failure: { cause, asked, answered, expected, steps: [...steps, asked] },
  });
  const notTaken = bench.faultOf(file);
  if (notTaken !== undefined) return fail('a trace cannot be taken', notTaken, 'a file with a trace');
  if (text === undefined) return fail('a trace is missing', `there is no ${file}`, 'a trace');
  let ops: PageOp[];
  try {
    ops = parsePageText(text, file);
  } catch (error) {
    if (!(error instanceof PageHeapError)) throw error;
    // Those of one mistake together, wherever it is in each.
    const what = error.message.replace(/^[^:]*:(?:\d+:)* ?/, '');
    return fail(`a trace cannot be read: ${what}`, error.message, 'a trace of pages as text');
  }
  const steps = ops.map(pageOpText);
  if (ops.length > mostOps)
    return fail('a trace is too long', `${ops.length} operations`, `at most ${mostOps}`, steps);
  const fault = faultNames[i];
  const c = requireNumber(variant[`c${i + 1}`], `c${i + 1}`);
  const sound = judge(new FaultyHeap(undefined, c), ops);
  if (sound !== undefined) return fail('the sound heap fails', sound.what, 'that it does all right', steps);
  const broken = judge(new FaultyHeap(fault, c), ops);
  if (broken === undefined) {
    const { failure } = fail(
      'the trace does not show the fault',
      'every answer is right, and so is its account of its pages',
      'that a rule is broken',
      steps,
    );
    // What is free in the end: the same on both heaps.
    return { failure: { ...(failure as Failure), strip: { pages: heapPages, model: freeAfter(ops) } } };
  }
  const picture = (): TracePicture =>
    tracePicture(`heap ${i + 1}`, () => new FaultyHeap(fault, c), ops, broken);
  return { ops, picture };
}

function checksOf(variant: Variant): Check[] {
  return faultNames.map((_, i) => ({
    name: `heap ${i + 1}`,
    points: 7,
    run: async (bench) => find(bench, variant, i).failure,
  }));
}

function lengthMeasure(variant: Variant): Measure {
  return {
    name: 'all twelve, in few operations',
    points: 16,
    buckets: `operations of all twelve traces: ${bucketsText(lengthBuckets, 16)}`,
    run: async (bench) => {
      const found = faultNames.map((_, i) => find(bench, variant, i)).filter(({ ops }) => ops !== undefined);
      const length = found.reduce((sum, { ops = [] }) => sum + ops.length, 0);
      const all = found.length === faultNames.length;
      const share = all ? (lengthBuckets.find(([ops]) => length <= ops)?.[1] ?? 0) : 0;
      return {
        share,
        // A sum of some of them says nothing.
        ...(all ? {} : { untried: true }),
        other: `${found.length} found, ${length} operations`,
        reference: { other: `${referenceOps} operations` },
        traces: found.flatMap(({ picture }) => (picture === undefined ? [] : [picture()])),
      };
    },
  };
}

const hints: readonly (readonly [string, string])[] = [
  [
    'What becomes of a run that fits to the page?',
    'An allocation that takes a whole run; try small ones and larger ones.',
  ],
  [
    'Free runs that were given back and such that were not are two kinds. When do they meet?',
    'Free an allocation right below a large run that was given back.',
  ],
  ['A freed run can have two free neighbours.', 'Make the upper neighbour larger, until a page is missing.'],
  ['Where does what is left of a run begin?', 'The size of the allocation decides, and only one size does.'],
  ['Is all that is freed free again?', 'Free one allocation of each size, from 1 up.'],
  [
    'What lies behind a run that is given back?',
    'A free run of the right size, with a page in use above it, and then r.',
  ],
  ['Give back twice.', 'It is about runs of one size, which have to be free between pages in use.'],
  [
    'What does its account say of a run that was given back and is then allocated whole?',
    'Take all 64 pages.',
  ],
  [
    'When is −1 right? Ask for just as much as there is.',
    'Small ones are served right. Leave a run of the size that you ask for, and no larger one.',
  ],
  ['In which order does it look, and from where?', 'Fill the heap, free what lies low, ask again.'],
  [
    'The heap has two chunks, of 32 pages.',
    'A run that ends with the lower chunk, and more pages asked for than it has.',
  ],
  [
    'The heap has two chunks, of 32 pages.',
    'Free what ends just before page 32, with page 32 in use and page 33 free.',
  ],
];

export const findTheBug: Exercise = {
  id: 'find-the-bug',
  number: 13,
  title: 'Find the bug',
  teaches: 'testing: which sequence of calls shows a fault; the contract as a list of what can be wrong',
  hours: '2 to 4',
  handin: '*.pages',
  exports: [],
  modules: [],
  variant: (seed) => {
    const chance = chanceOf(`${seed} find-the-bug`);
    const entries: [string, number][] = [];
    for (let i = 1; i <= faultNames.length; i++) {
      const c = chance.between(3, 7);
      entries.push([`c${i}`, c], [`c${i}rest`, 64 - c], [`c${i}rest1`, 63 - c], [`c${i}more`, c + 1]);
    }
    return Object.fromEntries(entries);
  },
  checks: checksOf,
  measures: (variant) => [lengthMeasure(variant)],
  step: async (_bench, _variant, trace) => soundSteps(trace),
  targets: [soundTarget],
  hints: Object.fromEntries(
    hints.map(([first, second], i) => [
      `heap ${i + 1}`,
      [first, second, `${second} The numbers that matter are from 3 to 7.`] as const,
    ]),
  ),
};
