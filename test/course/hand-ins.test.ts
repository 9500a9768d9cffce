/**
 * Hand-ins in their processes, as graded: short ones here, all mutants and forgeries in test/long/course.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { mutantsOf, mutated, ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { readLabFile } from '../../lib/course/handout/lab-file.ts';
import { startLab } from '../../lib/course/handout/start.ts';
import { isWhole, those } from '../support/extent.ts';

// The process of a hand-in is started from what is compiled.
const compiled = (name: string): Promise<unknown> =>
  import(/* @vite-ignore */ pathToFileURL(join(process.cwd(), 'dist/lib/course', name)).href);
const { Bench, prepare, runsOf, strangeVisit } = (await compiled(
  'exercises/bench.js',
)) as typeof import('../../lib/course/exercises/bench.ts');
const { grade } = (await compiled('grading/grade.js')) as typeof import('../../lib/course/grading/grade.ts');

const exercise = exerciseOf('best-fit');

const benchOf = (text: string, names: readonly string[] = ['A']): InstanceType<typeof Bench> => {
  const handin = prepare({ file: 'mine.mjs', text, entry: 'mine.mjs', modules: {}, exports: names });
  if (!('entry' in handin)) throw new Error(JSON.stringify(handin));
  return new Bench(handin);
};

async function ask(
  text: string,
  calls: readonly (readonly ['new' | 'export' | number, string, ...number[]])[],
) {
  const bench = benchOf(text);
  try {
    return await bench.run(calls);
  } finally {
    bench.close();
  }
}

describe('the work of a call', () => {
  const list: readonly (readonly [string, string, number])[] = [
    ['nothing', 'f() {}', 1],
    ['a loop', 'f() { for (let i = 0; i < 10; i++); }', 11],
    ['indexes', 'f() { return this.list[0] + this.list[1]; }', 3],
    ['a call', 'f() { this.g1(); } g1() {}', 2],
    ['a getter', 'f() { return this.g2; } get g2() { return 1; }', 2],
    ['indexOf', 'f() { return this.list.indexOf(1); }', 6],
    ['push and pop', 'f() { this.list.push(1); this.list.pop(); }', 3],
    ['going over', 'f() { for (const x of this.list); }', 1 + 1 + 4 + 5],
    ['a spread', 'f() { return [...this.list].length; }', 1 + 1 + 5],
    ['destructuring', 'f() { const [a, b] = this.list; }', 1 + 1 + 2],
    ['a Map', 'f() { this.map.get(1); this.map.set(5, 6); }', 3],
    ['going over a Map', 'f() { return [...this.map.values()].length; }', 1 + 1 + 1 + 3],
    ['findIndex', 'f() { return this.list.findIndex((x) => x === 1); }', 1 + 5 + 4],
    ['a long array', 'f() { return new Uint8Array(100).length; }', 1 + 1 + 100],
    ['fill', 'f() { const a = new Array(50); a.fill(0); }', 1 + 51 + 51],
    ['sorting', 'f() { this.list.sort(); }', 1 + 5 * 3],
    ['a text', "f() { return 'x'.repeat(100).indexOf('y'); }", 1 + (1 + 100) + (1 + 100)],
    [
      'what only looks like an array',
      'f() { return Array.prototype.indexOf.call({ length: 70 }, 1); }',
      1 + 1 + 71,
    ],
    ['an object spread', 'f() { return { ...{ a: 1, b: 2 } }; }', 3],
    ['keys', 'f() { return Object.keys({ a: 1, b: 2 }).length; }', 1 + 1 + 2],
    ['names of prototypes', 'f() { for (const k in { __proto__: { a: 1, b: 2 }, c: 3 }) break; }', 1 + 3 + 1],
    ['a field that is worked out', 'f() { new this.made(); } made = class { a = this.b; }', 1 + 1],
    ['a default that throws', 'f() { try { this.g3(); } catch {} } g3(a = null.b) {}', 1 + 1],
  ];

  it('is counted', async () => {
    const methods = list.map(([, method], i) => method.replace('f()', `f${i}()`));
    const { answers } = await ask(
      `export class A { list = [5, 3, 4, 1]; map = new Map([[1, 2], [3, 4]]); ${methods.join('\n')} }`,
      list.flatMap((_, i) => [['new', 'A'] as const, [i, `f${i}`] as const]),
    );
    const units = list.map(([what], i) => [what, answers[2 * i + 1]?.[1]]);
    expect(units).toEqual(list.map(([what, , n]) => [what, n]));
  });
});

describe('a hand-in that is stopped', () => {
  // A loop that catches nothing is stopped below.
  it('though it catches all: told with its place, and what was answered before it counts', async () => {
    const method = 'f() { for (;;)\n try { for (;;); } catch {} finally { continue; } }';
    const { answers, stopped } = await ask(`export class A { g() { return 7; } ${method} }`, [
      ['new', 'A'],
      [0, 'g'],
      [0, 'f'],
      [0, 'g'],
    ]);
    expect(answers.map(([value]) => value)).toEqual([0, 7]);
    expect(stopped?.why).toBe('units');
    expect(stopped?.at).toContain('mine.mjs:2');
  });

  it.each([
    ['a list of names for JSON', 'const a = []; a.length = 2 ** 24; JSON.stringify(1, a);'],
    ['a long text in a long text', "const a = 'a'.repeat(2 ** 17) + 'b'; 'a'.repeat(2 ** 18).indexOf(a);"],
    ['a long text to replace', "const a = 'a'.repeat(2 ** 17) + 'b'; 'a'.repeat(2 ** 18).replaceAll(a, '');"],
  ])('before a built-in begins what is more than may be: %s', async (_what, body) => {
    const from = process.cpuUsage();
    const { answers, stopped } = await ask(`export class A { f() { try { ${body} } catch {} return 7; } }`, [
      ['new', 'A'],
      [0, 'f'],
    ]);
    expect([answers.length, stopped?.why]).toEqual([1, 'units']);
    expect(process.cpuUsage(from).user).toBeLessThan(20e6);
  });

  it('nothing can come between the driver and what it keeps', async () => {
    const text = `const put = Reflect.defineProperty, all = { get: () => 7, set() {}, configurable: true };
      export class A { f() { return [put(Array.prototype, 3, all), put(Object.prototype, 3, all), put(Object.prototype, 'until', all)]; } }`;
    const { answers } = await ask(text, [
      ['new', 'A'],
      [0, 'f'],
    ]);
    expect(answers[1]?.[0]).toEqual([false, false, false]);
  });

  it('memory has an end, of each kind, and the next realm has it all again', async () => {
    const bench = benchOf(
      'export class A { f() { const k = []; for (;;) k[k.length] = new ArrayBuffer(1e6); } g() { return new ArrayBuffer(1e6).byteLength; } }',
    );
    try {
      for (let i = 0; i < 2; i++) {
        await bench.fresh();
        const { answers } = await bench.run([
          ['new', 'A'],
          [0, 'g'],
          [0, 'f'],
        ]);
        expect(answers[1]?.[0]).toBe(1e6);
        expect(JSON.stringify(answers[2]?.[0])).toContain('out of memory');
      }
    } finally {
      bench.close();
    }
  });

  it.runIf(isWhole)('at the same place each time', async () => {
    const text = 'export class A { n = 0; f() {\n for (;;) this.n++; } g() { return this.n; } }';
    const counts: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const bench = benchOf(text);
      const { stopped } = await bench.run([
        ['new', 'A'],
        [0, 'f'],
      ]);
      expect([stopped?.why, stopped?.at]).toEqual(['units', expect.stringContaining('at f (mine.mjs:')]);
      const { answers } = await bench.run([[0, 'g']]);
      counts.push(answers[0]?.[0]);
      bench.close();
    }
    expect(counts[0]).toBe(counts[1]);
    expect(counts[0]).toBeGreaterThan(400_000);
  });
});

describe('what is told', () => {
  /** What each body, as a method that is given a visit, answers in a realm of its own. */
  const told = async (...bodies: string[]) => {
    const methods = bodies.map((body, i) => `f${i}(visit) { ${body} }`);
    const bench = benchOf(`export class A { ${methods.join('\n')} }`);
    const ran: Awaited<ReturnType<typeof bench.run>>[] = [];
    try {
      for (const i of bodies.keys()) {
        await bench.fresh();
        ran.push(
          await bench.run([
            ['new', 'A'],
            [0, `f${i}`, { collect: true }],
          ]),
        );
      }
      return ran;
    } finally {
      bench.close();
    }
  };

  it('in visits is work, and has an end', async () => {
    const [few, many, endless, strange] = (
      await told(
        'for (let i = 0; i < 5000; i++) visit(i, 1);',
        'for (let i = 0; i < 5001; i++) visit(i, 1);',
        'for (let i = 0; i < 20_000; i++) visit(i, 1);',
        "visit(1, 2); visit('a');",
      )
    ).map(({ answers }) => answers[1]);
    expect([few?.[1], runsOf(few)?.length]).toEqual([1 + 5000 * 5, 5000]);
    expect([runsOf(many), strangeVisit(many)]).toEqual([undefined, 'more than 5000 visits']);
    expect([endless?.[0], endless?.[1]]).toEqual([
      { '!': 'undefined' },
      expect.toSatisfy((n: number) => n <= 1 + 20_000 * 5),
    ]);
    expect([runsOf(strange), strangeVisit(strange)]).toEqual([undefined, 'visit("a")']);
  });

  it('in lists within lists has an end, and is work of the hand-in', async () => {
    const [{ answers, units }] = await told(
      'const row = new Array(9000).fill(1); return new Array(9000).fill(row);',
    );
    expect(JSON.stringify(answers).length).toBeLessThan(400_000);
    expect(units - (answers[1]?.[1] ?? 0)).toBeGreaterThan(4 * 9000);
  });
});

describe('the realm', () => {
  const names = [
    'Date',
    'eval',
    'RegExp',
    'BigInt',
    'Atomics',
    'WeakRef',
    'performance',
    'process',
    'require',
    'console',
    'setTimeout',
  ];

  it('has no clock, no way out, and nothing that computes without a count', async () => {
    const text = `export class A { f() { return ${JSON.stringify(names)}.filter((name) => globalThis[name] !== undefined); } }`;
    expect(
      (
        await ask(text, [
          ['new', 'A'],
          [0, 'f'],
        ])
      ).answers[1]?.[0],
    ).toEqual([]);
  });

  it('makes no code of texts', async () => {
    const text = `export class A { f() {
  const made = [];
  for (const kind of [function () {}, function* () {}, async function () {}, async function* () {}, () => 0, class {}])
    try { made.push(kind.constructor('return 1')); } catch {}
  return made.length;
} }`;
    expect(
      (
        await ask(text, [
          ['new', 'A'],
          [0, 'f'],
        ])
      ).answers[1]?.[0],
    ).toBe(0);
  });
});

describe('a grade', () => {
  const student = 'ada';
  const reference = referenceFiles(ownPack, exercise, student, 't');
  const graded = (files: ReadonlyMap<string, string>, secret?: string, first = false) =>
    grade({ exercise, files, modules: {}, student, term: 't', secret }, { first });

  // Those of other exercises are graded each time.
  it.runIf(isWhole)('of the reference is full', async () => {
    const made = await graded(reference, 'a secret of ours');
    expect(made).toMatchObject({ verdict: 'graded', points: 100, of: 100, seeds: 'hidden' });
  });

  // Of other exercises some are graded each time.
  it.runIf(isWhole).each([2, 26])('of a mutant (%i) is not', async (i) => {
    const mutant = mutantsOf(ownPack, exercise)[i];
    if (mutant === undefined) throw new Error('there is no such mutant');
    const made = await graded(mutated(reference, mutant), undefined, true);
    expect(made.verdict).toBe('graded');
    expect(made.points).toBeLessThan(100);
    const failure = made.checks.find((check) => check.failure)?.failure;
    expect(failure?.steps.length).toBeGreaterThan(0);
  });

  it.each(those(['patch-builtins', 'throw'], (name) => name !== 'throw'))(
    'of a forgery (%s) is nothing',
    async (name) => {
      const text = readFileSync(join(ownPack, exercise.id, 'forgeries', `${name}.mjs`), 'utf8');
      const made = await graded(new Map([[exercise.handin, text]]));
      expect(made.verdict).toBe('graded');
      expect(made.points).toBe(0);
    },
  );
});

describe('a handout', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-lab-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has the student’s constants, and is never written over', () => {
    const place = join(folder, 'work');
    expect(startLab(exercise, place, 'ada', 't')).toContain('mine.mjs');
    const readme = readFileSync(join(place, 'README.md'), 'utf8');
    expect(readme).not.toContain('{{');
    expect(readLabFile(place)).toMatchObject({ exercise: 'best-fit', student: 'ada', term: 't' });
    expect(() => startLab(exercise, place, 'ada', 't')).toThrow(
      expect.objectContaining({ code: 'ERR_FILE' }),
    );
  });
});
