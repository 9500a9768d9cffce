/**
 * Exercise 1: predictions. Operations on a small heap are given, and what each of the three designs of Go answers is predicted
 * on paper: where an allocation lies, what is free after a free.
 *
 * The designs have a constant each that is the student's own, so that the package's page heaps answer otherwise. The operations
 * come from the seed: those of the folder from the one that everybody knows; those of a sheet that the instructor makes, from
 * the secret. A message tells the rule that was broken, and not the answer; and the picture of the design goes as far as the answers
 * are right, since whoever is shown more can read the answers from it.
 */
import { type Generation, generations } from '../../../design/design.ts';
import type { DesignRules } from '../../model/designs.ts';
import { chanceOf } from '../../model/seeds.ts';
import { type Bench, requireNumber } from '../bench.ts';
import { bucketsText } from '../buckets.ts';
import type {
  Check,
  Exercise,
  Failure,
  Measure,
  Measured,
  PageChange,
  PageHistory,
  Variant,
} from '../exercise.ts';
import type { Move } from '../predict/scenes.ts';
import { givenMoves, heapPages, type Scene, sceneFor, type Told } from './scene.ts';
import { isRight, operationText, pageIn, parseSheet, runsIn, sheetId, sheetText } from './sheet.ts';
import { stepsOf } from './steps.ts';

const id = 'predictions';
const handin = 'predictions.txt';

const rulesOf = (variant: Variant): DesignRules => ({
  limit: requireNumber(variant.limit, 'limit'),
  back: requireNumber(variant.back, 'back'),
  high: requireNumber(variant.high, 'high'),
});

const ruleWords = (design: Generation, move: Move, { limit, back, high }: DesignRules): string => {
  if (move.k !== 'alloc') {
    const merged =
      design === 'treap'
        ? 'neighbours are merged that are of one kind, given back or not'
        : 'free neighbours are one run, given back or not';
    return `the free runs after it: ${merged}`;
  }
  switch (design) {
    case 'lists':
      return `of the shortest runs that fit: under ${limit} pages the one that entered its list last, else the lowest; its front`;
    case 'treap':
      return `the shortest run that fits; of several one that was not given back, then the lowest; ${move.n >= back ? `of ${back} pages or more the back` : 'its front'}`;
    case 'radix':
      return move.n >= high
        ? `${high} pages or more: the highest that there are`
        : 'the lowest that there are';
  }
};

interface Judged {
  readonly right: number;
  readonly of: number;
  /** The first that is wrong or missing, up to which step of the asked ones, counted from 0. */
  readonly first?: { readonly step: number; readonly failure: Failure };
  readonly history: PageHistory;
  /** Before the first that is wrong. */
  readonly referenceHistory: PageHistory;
}

/** What became of the pages, by where allocations lie. */
function historyOf(moves: readonly Move[], pageAt: (i: number) => number | undefined): PageHistory {
  const pages = new Map<number, number>();
  const changes = moves.flatMap((move, op): PageChange[] => {
    if (move.k === 'scavenge') return [];
    const i = move.k === 'alloc' ? op : move.of;
    const made = moves[i];
    const n = made?.k === 'alloc' ? made.n : 0;
    const page = move.k === 'alloc' ? pageAt(op) : pages.get(i);
    if (page === undefined || page + n > heapPages) return [];
    if (move.k === 'alloc') pages.set(op, page);
    return [{ op, page, n, to: move.k === 'alloc' ? 'used' : 'free' }];
  });
  return { ops: moves.length, changes };
}

const pagesText = (runs: readonly { readonly page: number; readonly n: number }[]): string =>
  runs.flatMap(({ page, n }) => Array.from({ length: n }, (_, i) => page + i)).join(' ');

function causeOf(move: Move, told: Told, text: string): string {
  if (move.k !== 'alloc') {
    const runs = runsIn(text);
    if (runs === undefined) return 'what is no list of free runs, lowest first';
    const sum = (list: readonly { readonly n: number }[]): number => list.reduce((all, { n }) => all + n, 0);
    if (sum(runs) < sum(told.after)) return 'free pages are missing';
    if (sum(runs) > sum(told.after)) return 'pages are free that are in use';
    // Only where the same pages are free it is a matter of merging.
    if (pagesText(runs) !== pagesText(told.after)) return 'other pages are free, as many as there should be';
    return runs.length > told.after.length
      ? 'neighbours are not merged that should be'
      : 'runs are merged that stay apart';
  }
  const page = pageIn(text);
  if (page === undefined) return 'what is no page of the heap';
  const run = told.before.find((free) => page >= free.page && page < free.page + free.n);
  if (run === undefined) return 'a page that is in use';
  if (page + move.n > run.page + run.n) return 'a run that is too short';
  const right = told.page ?? -1;
  return right >= run.page && right < run.page + run.n
    ? 'the right run, and not the right end of it'
    : 'another run than the rule takes';
}

function judge(
  bench: Bench,
  { moves, answers }: Scene,
  design: Generation,
  seed: string,
  rules: DesignRules,
): Judged {
  const sheet = parseSheet(bench.text(handin) ?? '');
  const written = sheet.id === sheetId(seed) ? sheet.answers[design] : undefined;
  const steps: string[] = [];
  let right = 0;
  let first: Judged['first'];
  moves.forEach((move, i) => {
    const told = answers[design][i] as Told;
    const text = operationText(move);
    const found = written?.get(i + 1);
    const answer = found?.operation === text ? found.text : undefined;
    if (i < givenMoves) {
      steps.push(`${text} → ${told.page}`);
      return;
    }
    steps.push(text);
    if (answer !== undefined && isRight(move, told, answer)) {
      right++;
      return;
    }
    const fail = (cause: string, answered: string, expected: string): void => {
      const page = answer === undefined || move.k !== 'alloc' ? undefined : pageIn(answer);
      const registry = answer === undefined || move.k === 'alloc' ? undefined : runsIn(answer);
      first ??= {
        step: i - givenMoves,
        failure: {
          cause,
          asked: `${design}, operation ${i + 1}: ${text}`,
          answered,
          expected,
          steps: [...steps],
          strip: {
            pages: heapPages,
            isBefore: true,
            model: told.before,
            ...(registry === undefined ? {} : { registry }),
            ...(page === undefined || move.k !== 'alloc' ? {} : { answered: { page, n: move.n } }),
          },
        },
      };
    };
    const rule = ruleWords(design, move, rules);
    // With the design in the cause, the first that is wrong is told of each: failures of one cause are told once.
    if (sheet.id === undefined)
      fail('there is no sheet', 'no line `sheet 1 …`', `the sheet of ${handin}, filled in`);
    else if (written === undefined)
      fail(
        'the sheet is of other operations',
        `sheet ${sheet.id}`,
        `sheet ${sheetId(seed)}; a sheet from a secret is graded with that secret, and tells nothing before`,
      );
    else if (found !== undefined && found.operation !== text)
      fail('an operation was changed', `line ${found.line}: ${found.operation}`, text);
    else if (answer === undefined)
      fail(`${design}: a prediction is missing`, sheet.strange ?? 'nothing', rule);
    else fail(`${design}: ${causeOf(move, told, answer)}`, answer.slice(0, 80), rule);
  });
  const pageAt = (i: number): number | undefined => {
    const found = written?.get(i + 1);
    if (i < givenMoves) return answers[design][i]?.page;
    return found?.text === undefined ? undefined : pageIn(found.text);
  };
  return {
    right,
    of: moves.length - givenMoves,
    ...(first === undefined ? {} : { first }),
    history: historyOf(moves, pageAt),
    referenceHistory: {
      ...historyOf(
        moves.slice(0, first === undefined ? moves.length : givenMoves + first.step),
        (i) => answers[design][i]?.page,
      ),
      ops: moves.length,
    },
  };
}

/** Steps of which all must be right in a check. */
const checkSteps = 6;

const checkOf = (design: Generation, rules: DesignRules): Check => ({
  name: `${design}: the first steps`,
  points: 10,
  run: async (bench, seed) => {
    const { first } = judge(bench, sceneFor(seed, rules), design, seed, rules);
    return first !== undefined && first.step < checkSteps ? first.failure : undefined;
  },
});

/** Steps that are wrong, at most, and the share of points. */
const buckets: readonly (readonly [most: number, share: number])[] = [
  [0, 1],
  [2, 0.75],
  [4, 0.5],
  [6, 0.25],
];

const measureOf = (design: Generation, rules: DesignRules, points: number): Measure => ({
  name: `${design}: right steps`,
  points,
  buckets: `steps that are wrong: ${bucketsText(buckets, points, (most) => (most === 0 ? 'none' : `up to ${most}`))}`,
  run: async (bench, seed): Promise<Measured> => {
    const scene = sceneFor(seed, rules);
    const { right, of, first, history, referenceHistory } = judge(bench, scene, design, seed, rules);
    const share = buckets.find(([most]) => of - right <= most)?.[1] ?? 0;
    return {
      share,
      other: `${right} of ${of} right`,
      reference: { other: `${of} of ${of} right` },
      ...(first === undefined ? {} : { failure: first.failure }),
      history,
      referenceHistory,
    };
  },
});

const constantsText = ({ limit, back, high }: DesignRules): string =>
  `LIMIT ${limit}, BACK ${back}, HIGH ${high}`;

export const predictions: Exercise = {
  id,
  number: 1,
  title: 'Predictions of free runs',
  teaches:
    'where the page heaps of 2014, 2019 and 2023 put an allocation, and what is free afterwards: on paper',
  hours: '1 to 2',
  handin,
  exports: [],
  modules: [],
  variant: (seed) => {
    const chance = chanceOf(`${seed} ${id}`);
    return { limit: chance.between(3, 5), back: chance.between(3, 5), high: chance.between(4, 5) };
  },
  sheet: (variant, seed) => {
    const rules = rulesOf(variant);
    return sheetText(sceneFor(seed, rules), seed, constantsText(rules));
  },
  checks: (variant) => generations.map((design) => checkOf(design, rulesOf(variant))),
  measures: (variant) => {
    const rules = rulesOf(variant);
    return [measureOf('lists', rules, 24), measureOf('treap', rules, 24), measureOf('radix', rules, 22)];
  },
  hints: {
    'lists: the first steps': [
      'Write down the free runs, and behind each the number of the operation that it entered its list with.',
      'A run that grows by a merge, or is cut by an allocation, enters a list anew: its number is that of this operation.',
      'An allocation of n pages: is there a run of just n? Then of n + 1? From LIMIT pages on the order no longer counts, only length, then the address.',
    ],
    'treap: the first steps': [
      'Two kinds of free runs: given back or not. Mark those that were given back.',
      'What is freed was not given back. It is merged with a neighbour only if that was not given back either.',
      'The shortest run that fits. Among equals: not given back before given back, then the lowest. Then: is it BACK pages or more?',
    ],
    'radix: the first steps': [
      'There are no runs here, only pages: draw 64 of them.',
      'Below HIGH pages: go from page 0 up, and take the first place that is long enough. Nothing else counts.',
      'From HIGH pages on: go from page 63 down, and take the pages at the upper end of the first place that is long enough.',
    ],
  },
  step: async (_bench, variant, trace, on, seed) => {
    const [design, rules] = [on as Generation, rulesOf(variant)];
    const scene = sceneFor(seed, rules);
    return stepsOf(trace, scene, design, seed, (move) => ruleWords(design, move, rules));
  },
  targets: generations,
};
