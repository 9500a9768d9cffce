/**
 * Exercise 5: the judge's own heap against what a real Go answered, and what counts as a hit.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { wayOf, wayShare } from '../../lib/course/exercises/hindsight.ts';
import {
  mostSpan,
  plainMisses,
  recordFile,
  wayBuckets,
} from '../../lib/course/exercises/page-cache/index.ts';
import { type Op, parseRecord } from '../../lib/course/exercises/page-cache/play.ts';
import { missesOf, playGo } from '../../lib/course/exercises/page-cache/play-own.ts';
import { type TraceOp, traceOf } from '../../lib/course/exercises/page-cache/traces.ts';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { mutantsOf, mutated, ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { CachedModel, type Held } from '../../lib/course/model/page-caches.ts';
import { chanceOf } from '../../lib/course/model/seeds.ts';
import { isWhole, those } from '../support/extent.ts';

// The process of a hand-in is started from what is compiled.
const compiled = (name: string): Promise<unknown> =>
  import(/* @vite-ignore */ pathToFileURL(join(process.cwd(), 'dist/lib/course', name)).href);
const { Bench, prepare } = (await compiled(
  'exercises/bench.js',
)) as typeof import('../../lib/course/exercises/bench.ts');
const { playOwn } = (await compiled(
  'exercises/page-cache/play-own.js',
)) as typeof import('../../lib/course/exercises/page-cache/play-own.ts');
const { grade } = (await compiled('grading/grade.js')) as typeof import('../../lib/course/grading/grade.ts');

const exercise = exerciseOf('page-cache');
const reference = referenceFiles(ownPack, exercise, 'ada', 't');

function answerOf(model: CachedModel, op: Op): number | Held | undefined {
  switch (op.k) {
    case 'free':
      model.free(op.page, op.n);
      return undefined;
    case 'alloc':
      return model.alloc(op.n);
    case 'fill':
      model.fill(op.p);
      return model.cache(op.p);
    case 'take':
      return model.take(op.p, op.n);
    case 'flush':
      model.flush(op.p);
      return undefined;
    case 'allocFor':
      throw new Error('none is recorded');
  }
}

it('the judge answers each recorded operation as Go did', () => {
  const { ops, answers } = parseRecord(readFileSync(recordFile(), 'utf8'));
  expect(ops.length).toBeGreaterThan(1900);
  const model = new CachedModel(512);
  expect(ops.map((op) => answerOf(model, op))).toEqual(answers);
});

it('a trace frees what lives, and lets both rules of size be seen', () => {
  for (const name of ['small spans', 'all sizes'] as const) {
    const trace = traceOf(name, chanceOf('a seed'));
    const freed = trace.flatMap((op) => (op.k === 'free' ? [op.of] : []));
    expect(new Set(freed).size).toBe(freed.length);
    expect(freed.every((of) => trace[of]?.k === 'alloc')).toBe(true);
    const { hits, counted, peak, span } = playGo(trace, 2048);
    expect(hits).toBeLessThan(counted);
    expect(hits).toBeGreaterThan(0);
    expect(peak).toBeLessThanOrEqual(span);
  }
});

describe('a hit', () => {
  const alloc = (p: number, n = 1): TraceOp => ({ k: 'alloc', p, n });

  const counted = [
    [
      'out of the cache',
      [0, 1],
      [
        [0, 6, 0],
        [0, 4, 0],
      ],
      [alloc(0), alloc(0)],
      1,
    ],
    [
      'not where the cache takes pages in',
      [0, 1],
      [
        [0, 6, 0],
        [0, 12, 0],
      ],
      [alloc(0), alloc(0)],
      0,
    ],
    [
      'not where it gives some back',
      [0, 1],
      [
        [0, 14, 0],
        [0, 4, 0],
      ],
      [alloc(0), alloc(0)],
      0,
    ],
    [
      'not where the page is the heap’s',
      [0, 9],
      [
        [0, 6, 0],
        [0, 6, 0],
      ],
      [alloc(0), alloc(0)],
      0,
    ],
    [
      'not for an empty cache that serves from the heap',
      [0, 1],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
      [alloc(0), alloc(0)],
      0,
    ],
    [
      'not where it is large',
      [0, 1],
      [
        [0, 2 ** 18 - 2, 0],
        [0, 2 ** 18 - 2 ** 17, 0],
      ],
      [alloc(0), alloc(0, 16)],
      0,
    ],
  ] as const;
  const wrong = [
    // The first, whose heap has 128 pages.
    ['no pages of the heap', [127], [[0, 0, 0]], [alloc(0, 2)]],
    [
      'pages in use',
      [0, 0],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
      [alloc(0), alloc(1)],
    ],
    [
      'pages of another’s cache',
      [0, 1],
      [
        [0, 6, 0],
        [0, 0, 0],
      ],
      [alloc(0), alloc(1)],
    ],
    ['nothing', [-1], [[0, 0, 0]], [alloc(0)]],
    ['a cache of what is in use', [0], [[0, 1, 0]], [alloc(0)]],
    [
      'a cache of another’s pages',
      [0, 9],
      [
        [0, 6, 0],
        [0, 6, 0],
      ],
      [alloc(0), alloc(1)],
    ],
    ['a cache over two blocks', [0], [[32, 1, 1]], [alloc(0)]],
    ['negative bits', [0], [[0, -2, 0]], [alloc(0)]],
  ] as const;

  /** Hand-ins that answer from two lists, in one process: the heap's pages say which of them it is. */
  const bench = (() => {
    const lists = [...wrong, ...counted].map(([, allocs, caches]) => ({ allocs, caches }));
    const text = `export class OwnHeap {
  constructor(pages) {
    const { allocs, caches } = ${JSON.stringify(lists)}[pages - 128];
    Object.assign(this, { allocs, caches });
  }
  free() {} allocFor() { return this.allocs.shift(); } cache() { return this.caches.shift(); }
}`;
    const handin = prepare({ file: 'mine.mjs', text, entry: 'mine.mjs', modules: {}, exports: ['OwnHeap'] });
    if (!('entry' in handin)) throw new Error(JSON.stringify(handin));
    return new Bench(handin);
  })();
  afterAll(() => bench.close());

  it.each(counted.map((one, i) => [...one, i] as const))(
    '%s',
    async (_what, _pages, _caches, ops, hits, i) => {
      const played = await playOwn(bench, ops, 128 + wrong.length + i);
      expect(played.failure).toBeUndefined();
      expect(played.hits).toBe(hits);
    },
  );

  it.each(wrong.map((one, i) => [...one, i] as const))(
    '%s: wrong',
    async (_what, _pages, _caches, ops, i) => {
      expect((await playOwn(bench, ops, 128 + i)).failure?.cause).toMatch(/^OwnHeap: /);
    },
  );
});

describe('an own heap that is', () => {
  const names = ['small spans', 'all sizes'] as const;
  const pages = 2048;
  type Own = Record<string, (...of: unknown[]) => unknown>;
  /** In this process, where nothing is counted: the pack is ours. */
  const benchOf = async (edit: (text: string) => string) => {
    const text = edit(reference.get(exercise.handin) ?? '');
    const { OwnHeap } = (await import(
      /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`
    )) as { OwnHeap: new (pages: unknown) => Own };
    let heap: Own = {};
    const run = async (calls: readonly (readonly unknown[])[]) => {
      const answers: unknown[][] = [];
      for (const [of, name, ...args] of calls) {
        if (of === 'new') heap = new OwnHeap(args[0]);
        const told = args.map((arg) =>
          typeof arg === 'object' ? answers[(arg as { answer: number }).answer]?.[0] : arg,
        );
        answers.push([of === 'new' ? null : heap[name as string]?.(...told), 1]);
      }
      return { answers };
    };
    return { again: async () => {}, run } as unknown as Parameters<typeof playOwn>[0];
  };
  const replaced = (find: string, by: string) => (text: string) => {
    expect(text).toContain(find);
    return text.replace(find, () => by);
  };
  const rule = replaced(
    'export class OwnHeap extends',
    'export class OwnHeap extends CachedHeap {}\nclass Other extends',
  );

  const programs = names.flatMap((name) =>
    Array.from({ length: isWhole ? 40 : 4 }, (_, i) => {
      const trace = traceOf(name, chanceOf(`seed ${i}`));
      return { name, trace, go: playGo(trace, pages), way: { plain: plainMisses(trace), hindsight: 0 } };
    }),
  );

  it.each([
    ['the reference', (text: string) => text, 1, 1],
    ['the rule', rule, 0, 0],
    ['on new blocks alone', replaced('best < 0; w += 2', 'w < 0; w += 2'), 0, 0],
  ] as const)('%s has its share of the points of hits', async (_what, edit, least, most) => {
    const bench = await benchOf(edit);
    const shares: number[] = [];
    for (const { name, trace, go, way } of programs) {
      const played = await playOwn(bench, trace, pages);
      const isWide = played.span > mostSpan * go.span;
      shares.push(isWide ? 0 : wayShare(missesOf(played), way, wayBuckets[name]));
      expect(wayOf(missesOf(go), way)).toBeLessThanOrEqual(0);
    }
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...shares)).toBeLessThanOrEqual(most);
  });
});

describe('a grade', () => {
  const graded = (files: ReadonlyMap<string, string>, first = false) =>
    grade({ exercise, files, modules: {}, student: 'ada', term: 't', secret: 'a secret of ours' }, { first });

  it('of the reference is full', async () => {
    expect(await graded(reference)).toMatchObject({ verdict: 'graded', points: 100, of: 100 });
  });

  const mutants: readonly (readonly [string, boolean])[] = [
    ['flush writes over what was freed since', true],
    ['OwnHeap hands out twice', false],
  ];
  it.each(those(mutants, ([, isFoundFirst]) => isFoundFirst))(
    'of a mutant (%s) is not',
    async (name, isFoundFirst) => {
      const mutant = mutantsOf(ownPack, exercise).find((one) => one.name === name);
      if (mutant === undefined) throw new Error('there is no such mutant');
      const made = await graded(mutated(reference, mutant), isFoundFirst);
      expect(made.verdict).toBe('graded');
      if (isFoundFirst) expect(made.checks.filter(({ failure }) => failure)).toHaveLength(1);
      else expect(made.points).toBeLessThan(100);
    },
  );
});
