/**
 * Exercise 10: the judge's rule by hand, what counts as pause, growth and debt, and what is said of what is wrong.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { wayOf, wayShare } from '../../lib/course/exercises/hindsight.ts';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { leastPause, withHindsight } from '../../lib/course/exercises/sweep/hindsight.ts';
import { mostDebt, wayBuckets } from '../../lib/course/exercises/sweep/index.ts';
import {
  inOrder,
  type SweepHeap,
  SweepModel,
  sweepOrders,
  sweptSpan,
} from '../../lib/course/exercises/sweep/model.ts';
import { Account } from '../../lib/course/exercises/sweep/own.ts';
import {
  costOf,
  debtOf,
  grownInVain,
  programFor,
  programNames,
} from '../../lib/course/exercises/sweep/programs.ts';
import { plainWays, runOf, type Way } from '../../lib/course/exercises/sweep/ways.ts';
import { mutantsOf, mutated, ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { filled, variantFor } from '../../lib/course/handout/start.ts';
import { chanceOf } from '../../lib/course/model/seeds.ts';
import { drawFailure } from '../../lib/course/report/failures.ts';
import { isWhole, those } from '../support/extent.ts';
import { mutantGrades } from './mutant-grades.ts';

// The process of a hand-in is started from what is compiled.
const compiled = (name: string): Promise<unknown> =>
  import(/* @vite-ignore */ pathToFileURL(join(process.cwd(), 'dist/lib/course', name)).href);
const { Bench, prepare } = (await compiled(
  'exercises/bench.js',
)) as typeof import('../../lib/course/exercises/bench.ts');
const { playOwn } = (await compiled(
  'exercises/sweep/own.js',
)) as typeof import('../../lib/course/exercises/sweep/own.ts');
const { grade } = (await compiled('grading/grade.js')) as typeof import('../../lib/course/grading/grade.ts');

const exercise = exerciseOf('sweep');
const plain = { bold: String, red: String, green: String, yellow: String };
const student = 'ada';
const term = 't';
const reference = referenceFiles(ownPack, exercise, student, term);
const heap: SweepHeap = { pages: [1, 4, 2, 1], living: [3, 0, 5, 0], distance: 10 };

describe('a span', () => {
  it.each([
    [[0b1101], [0b0100], 4, [2, 0, 0b0100]],
    [[0b11], [0b11], 2, [0, -1, 0b11]],
    [[0b01], [0b10], 2, null],
    [[0xffffffff, 1], [0xffffffff, 0], 33, [1, 32, 0xffffffff, 0]],
  ] as const)('%j, marked %j', (alloc, marks, objects, swept) => {
    expect(sweptSpan(alloc, marks, objects)).toEqual(swept);
  });
});

describe('the rule', () => {
  it('has three orders', () => {
    expect(inOrder(heap, 'highest')).toEqual([3, 2, 1, 0]);
    expect(inOrder(heap, 'longest')).toEqual([1, 2, 0, 3]);
    expect(inOrder(heap, 'fewest')).toEqual([3, 1, 0, 2]);
  });

  it('keeps pace first, then reclaims what credit does not cover, and ends with all', () => {
    const model = new SweepModel(heap, { order: 'highest', margin: 2 });
    // 8 pages on 8 of the way: as much is due as was taken.
    expect([model.before(1), model.swept, model.credit]).toEqual([[3], 1, 0]);
    expect([model.before(1), model.swept, model.credit]).toEqual([[2, 1], 7, 3]);
    expect([model.before(3), model.swept, model.credit]).toEqual([[], 7, 0]);
    expect([model.before(5), model.swept, model.credit]).toEqual([[0], 8, 0]);
    expect(model.rest()).toEqual([]);
    const idle = new SweepModel(heap, { order: 'fewest', margin: 2 });
    expect([idle.rest(), idle.swept, idle.credit]).toEqual([[3, 1, 0, 2], 8, 5]);
  });
});

describe('what is measured', () => {
  const benchOf = (text: string) => {
    const handin = prepare({ file: 'mine.mjs', text, entry: 'mine.mjs', modules: {}, exports: ['OwnSweep'] });
    if (!('entry' in handin)) throw new Error(JSON.stringify(handin));
    return new Bench(handin);
  };
  const play = async (body: string, takes = [2, 2]) => {
    const bench = benchOf(`export class OwnSweep { ${body} }`);
    try {
      return await playOwn(bench, { heap, takes });
    } finally {
      bench.close();
    }
  };

  it('is the pause, what the heap grows by, and the debt', async () => {
    const { run } = await play(
      'calls = [[0], [1], [2, 3]]; before() { return this.calls.shift(); } rest() { return this.calls.shift(); }',
    );
    // 1.6 and 3.2 are due after two and four of ten pages.
    expect(run).toMatchObject({ longest: 4, grown: 2, debt: 1 });
  });

  /** The reference's own way, which is in the pack alone; or what an edit makes of it. */
  async function wayFrom(edit = (text: string) => text): Promise<(heap: SweepHeap) => Way> {
    const text = edit(reference.get(exercise.handin) ?? '');
    const { OwnSweep } = (await import(
      /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`
    )) as { OwnSweep: new (...of: unknown[]) => Way };
    return ({ pages, living, distance }) => new OwnSweep(pages, living, distance);
  }

  it.each(programNames)(
    'the reference has all points of cost, what is plain none, and nobody is below hindsight, whatever the seed: %s',
    async (name) => {
      const own = await wayFrom();
      const short: unknown[] = [];
      for (let i = 0; i < (isWhole ? 150 : 12); i++) {
        const { program, ...way } = await programFor(name, `seed ${i}`);
        const run = runOf(program, own(program.heap));
        const cost = costOf(program, run);
        const share = wayShare(cost, way, wayBuckets[name]);
        const isWell = share === 1 && wayOf(cost, way) <= 1 && debtOf(program, run) < 0.8 * mostDebt;
        if (!isWell) short.push([i, share, wayOf(cost, way), debtOf(program, run)]);
        for (const { name: plainName, of } of plainWays) {
          const plainCost = costOf(program, runOf(program, of(program.heap)));
          if (wayOf(plainCost, way) > 0) short.push([i, plainName]);
        }
        const known = withHindsight(program);
        expect([i, known.longest - leastPause(program) <= 1, grownInVain(program, known)]).toEqual([
          i,
          true,
          0,
        ]);
      }
      expect(short).toEqual([]);
    },
  );

  it.each([
    ['not filled up to a bound', 'pages + size <= most && this.owed > 0', 'this.owed > 0', 9, 34],
    [
      'with shares by pages',
      'const share = this.left / callsLeft;',
      'const share = (this.left * n) / Math.max(n, this.distance - this.taken + n);',
      9,
      25,
    ],
    ['with full spans first', '[true, false].map((isEmpty)', '[false, true].map((isEmpty)', 0, 0],
  ])('the reference %s has some points of cost', async (_what, find, replace, least, most) => {
    const own = await wayFrom((text) => text.replace(find, () => replace));
    for (let i = 0; i < 10; i++) {
      let points = 0;
      for (const name of programNames) {
        const { program, ...way } = await programFor(name, `seed ${i}`);
        points += 12 * wayShare(costOf(program, runOf(program, own(program.heap))), way, wayBuckets[name]);
      }
      expect([i, points >= least && points <= most]).toEqual([i, true]);
    }
  });

  it('is with hindsight as little growth as can be, and hardly a longer pause than the shortest of all ways', () => {
    const chance = chanceOf('all ways');
    for (let k = 0; k < (isWhole ? 60 : 12); k++) {
      const pages = Array.from({ length: 6 }, () => chance.between(1, 4));
      const living = pages.map(() => chance.between(0, 1));
      const takes = Array.from({ length: 3 }, () => chance.between(1, 4));
      const program = { heap: { pages, living, distance: takes.reduce((sum, n) => sum + n, 0) }, takes };
      const calls = takes.length + 1;
      let best = { grown: Number.POSITIVE_INFINITY, longest: Number.POSITIVE_INFINITY };
      for (let way = 0; way < calls ** pages.length; way++) {
        const account = new Account(program);
        for (let call = 0; call < calls; call++) {
          account.sweep([...pages.keys()].filter((span) => Math.floor(way / calls ** span) % calls === call));
          if (call < takes.length) account.take(takes[call] as number);
        }
        const { grown, longest } = account.run;
        if (grown < best.grown || (grown === best.grown && longest < best.longest)) best = { grown, longest };
      }
      const known = withHindsight(program);
      expect([k, known.grown]).toEqual([k, best.grown]);
      // Spans are put where they fit, in the order of their numbers: at worst the pause is a span longer.
      expect([k, known.longest >= best.longest]).toEqual([k, true]);
      expect([k, known.longest - best.longest < Math.max(...pages)]).toEqual([k, true]);
    }
  });

  describe('as wrong', () => {
    const wrong = [
      ['a span twice', 'before() { return [1]; } rest() { return [0, 2, 3]; }', /before sweeps a span twice/],
      [
        'twice in an answer',
        'before() { return [1, 1]; } rest() { return []; }',
        /before sweeps a span twice/,
      ],
      ['nothing', 'before() { return []; } rest() { return []; }', /left unswept/],
      ['no span', 'before() { return [4]; } rest() { return []; }', /what is no span/],
      ['no number', 'before() { return [NaN]; } rest() { return []; }', /what is no span/],
      ['no list', 'before() { return 0; } rest() { return []; }', /no list/],
      ['a promise', 'async before() { return []; } rest() { return []; }', /must answer at once/],
      ['an error', 'before() { null.x; } rest() { return []; }', /TypeError/],
    ] as const;
    /** All of them in one process: the way to go says which it is. */
    const kinds = wrong.map(([, body]) => `class { ${body} }`);
    const bench = benchOf(
      `const kinds = [${kinds}]; export class OwnSweep { constructor(pages, living, way) { return new kinds[way - 10](); } }`,
    );
    afterAll(() => bench.close());

    it.each(wrong.map((one, i) => [...one, i] as const))('%s', async (_what, _body, cause, i) => {
      const program = { heap: { ...heap, distance: 10 + i }, takes: [2, 2] };
      expect((await playOwn(bench, program)).failure?.cause).toMatch(cause);
    });
  });
});

describe('a grade', () => {
  const graded = (files: ReadonlyMap<string, string>, first = false) =>
    grade({ exercise, files, modules: {}, student, term, secret: 'a secret of ours' }, { first });

  const firstOf = mutantGrades(exercise, reference, graded);

  it.runIf(isWhole)('of the reference is full', async () => {
    expect(await graded(reference)).toMatchObject({ verdict: 'graded', points: 100, of: 100 });
  });

  it.each(['due is rounded down', 'the credit goes below nothing'])(
    'of a mutant (%s) is not',
    async (name) => {
      const { checks } = await firstOf(name);
      expect(checks.find(({ failure }) => failure)?.failure?.cause).toMatch(
        /^before sweeps|credit is another/,
      );
    },
  );

  it.each(those(sweepOrders, (_order, i) => i === 0))(
    'of a mutant that reclaims before the pace is not, with the order %s',
    async (order) => {
      const name = 'reclaiming before the pace';
      const mutant = mutantsOf(ownPack, exercise).find((one) => one.name === name);
      const whose = Array.from({ length: 30 }, (_, k) => `student ${k}`).find(
        (one) => variantFor(exercise, one, term).order === order,
      );
      if (mutant === undefined || whose === undefined) throw new Error('there is no such mutant, or student');
      const files = mutated(referenceFiles(ownPack, exercise, whose, term), mutant);
      const made = await grade({ exercise, files, modules: {}, student: whose, term }, { first: true });
      expect(made.checks.find(({ failure }) => failure)?.failure?.cause).toMatch(/^before sweeps/);
    },
  );

  it('tells the heap, and in which step of the rule it is', async () => {
    const { checks } = await firstOf('due is rounded down');
    const failure = checks.find((check) => check.failure)?.failure;
    expect(failure?.begun).toMatch(/^new Sweep\(\[[\d,]+\], \[[\d,]+\], \d+\)$/);
    expect(failure?.cause).toMatch(/, by the pace$/);
    expect(failure?.expected).toMatch(
      /due ceil\(\d+ × \d+ \/ \d+\) = \d+: the pace sweeps \[.+\]; then the credit is \d+, wanted \d+: /,
    );
    expect(drawFailure(failure as NonNullable<typeof failure>, 80, plain)).toContain(
      'after        new Sweep([',
    );
  });

  it('of stubs, and of a forgery, is nothing', async () => {
    const of = (path: string): string =>
      filled(readFileSync(path, 'utf8'), variantFor(exercise, student, term), student);
    for (const path of [
      join('course', exercise.id, 'mine.mjs'),
      join(ownPack, exercise.id, 'forgeries/same-list.mjs'),
    ])
      expect(await graded(new Map([[exercise.handin, of(path)]]))).toMatchObject({
        verdict: 'graded',
        points: 0,
      });
  });
});
