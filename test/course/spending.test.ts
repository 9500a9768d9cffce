/**
 * Where the work of a hand-in went: its dearest line, by a source that tells its lines and counts the same.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../lib/course/sandbox/engine.ts';
import { defaultLimits } from '../../lib/course/sandbox/sandbox.ts';
import { instrument } from '../../lib/course/source/instrument.ts';
import { parseSource } from '../../lib/course/source/parse.ts';
import { isWhole } from '../support/extent.ts';

// The process of a hand-in is started from what is compiled.
const { Bench, HandinOver, prepare, troubleOf } = (await import(
  /* @vite-ignore */ pathToFileURL(join(process.cwd(), 'dist/lib/course/exercises/bench.js')).href
)) as typeof import('../../lib/course/exercises/bench.ts');

const benchOf = (text: string, cpuSeconds?: number): InstanceType<typeof Bench> => {
  const handin = prepare({ file: 'mine.mjs', text, entry: 'mine.mjs', modules: {}, exports: ['A'] });
  if (!('entry' in handin)) throw new Error(JSON.stringify(handin));
  return new Bench(handin, cpuSeconds === undefined ? undefined : { ...defaultLimits, cpuSeconds });
};

const long = `export class A {
  list = new Array(200000).fill(0);
  cheap() { return 1; }
  dear() {
    this.cheap();
    return this.list
      .indexOf(1);
  }
  tooDear() {
    this.list.includes(1);
    for (let i = 0; i < 3; i++)
      this.list.lastIndexOf(1);
    return 5;
  }
  endless() {
    for (;;) this.list.fill(0, 0, 1000);
  }
}`;

describe('a limit of units', () => {
  it.runIf(isWhole)(
    'of all calls tells the method, the line in the program that took most, and how far it came',
    async () => {
      const bench = benchOf(long);
      try {
        const going = async (): Promise<void> => {
          for (let i = 0; i < 300; i++) {
            await bench.again();
            // The one that took most is not the one in which it is over.
            const calls =
              i === 0
                ? Array.from({ length: 290 }, () => [[0, 'cheap'] as const, [0, 'dear'] as const]).flat()
                : [[0, 'tooDear'] as const];
            await bench.run([['new', 'A'], ...calls]);
          }
        };
        const over = await going().catch((error: unknown) => error);
        expect(over).toBeInstanceOf(HandinOver);
        const { message, at } = over as InstanceType<typeof HandinOver>;
        expect(at).toBe('mine.mjs:7');
        expect(message).toMatch(
          /^all its calls together took more than 60 million units of work: 9\d % in 290 calls of dear; stopped after \d+ calls, 1 of them in this program; in the program that took most \d+ % at mine\.mjs:7, `\.indexOf\(1\);`$/,
        );
      } finally {
        bench.close();
      }
    },
  );

  it('of a call tells its line, whether it came to an end or not', async () => {
    const bench = benchOf(long);
    try {
      const told = async (name: string): Promise<string> => {
        await bench.again();
        const { answers, stopped } = await bench.run([
          ['new', 'A'],
          [0, 'dear'],
          [0, name],
        ]);
        return troubleOf(answers[2], stopped)?.words ?? 'nothing';
      };
      expect(await told('tooDear')).toMatch(
        /^an answer after 8000\d\d units of work, and 500000 are allowed; of its work 75 % at mine\.mjs:12, `this\.list\.lastIndexOf\(1\);`$/,
      );
      expect(await told('endless')).toMatch(
        /^no answer within 500000 units of work: it does not end; of its work 100 % at mine\.mjs:16, `for/,
      );
      expect(await told('cheap')).toBe('nothing');
    } finally {
      bench.close();
    }
  });
});

describe('a source that tells its lines', () => {
  const text = `
const twice = (f) => (x) => f(f(x));
class Base { constructor(n) { this.n = n; } static of(...list) { return new this(list.length); } }
export class A extends Base {
  #list = [3, 1, 2];
  constructor() {
    super(
      Math.max(1, 2));
  }
  get list() { return this.#list; }
  none() { return undefined; }
  all() {
    const o = { f() { return this.v; }, v: 7, a: [1, 2, 3] };
    const many = [
      this.none()?.b.c(o.f()), o.g?.(1), o?.f(), o.a?.map((x) => x + 1).at(-1), twice((x) => x * 2)(5),
      new (class extends Base {})(4).n, Base.of(...this.list).n, (() => () => this.n)()(), \`\${this.list.join('-')}\`,
      [...this.list].sort((a, b) =>
        a - b), delete o?.a.x, typeof o.f(), !o.f(), -o.f(),
    ];
    let sum = 0
    for (const x of this.list.map((v) => v)) sum += x
    do sum += o.f()
    while (sum < 50)
    label: for (let i = this.list.length; i-- > 0;) { if (i === 1) continue label; sum += this.list.at(i) }
    return [many, sum, o.f.call({ v: 9 })];
  }
}`;

  it('counts the same, and answers the same', async () => {
    const engine = await Engine.start();
    const parsed = parseSource(text, 'm.mjs', []);
    const of = async (how: 'units' | 'lines') => {
      const modules = { 'm.mjs': instrument(text, parsed, how) };
      await engine.load({ k: 'load', modules, entry: 'm.mjs', exports: ['A'], units: 1e6 });
      return engine.run({
        calls: [
          ['new', 'A'],
          [0, 'all'],
        ],
        units: 1e6,
        total: 1e6,
      });
    };
    const [plain, lined] = [await of('units'), await of('lines')];
    if (plain.k !== 'ran' || lined.k !== 'ran') throw new Error('not run');
    expect(plain.answers[1]?.[0]).toHaveLength(3);
    expect(lined.answers).toEqual(plain.answers);
    const { lines } = engine.lines() as Extract<ReturnType<Engine['lines']>, { k: 'lines' }>;
    const counted = lines.filter(([line]) => line > 0).reduce((sum, [, units]) => sum + units, 0);
    expect(counted).toBe(plain.answers.reduce((sum, [, units]) => sum + units, 0));
  });
});

describe('a limit of time', () => {
  // A unit is milliseconds here: a text of a MiB of spaces is made a number.
  const slow = `let x = ' ';
for (let i = 0; i < 20; i++) x += x;
let y = 0;
export class A {
  quick() { let s = 0; for (let i = 0; i < 1000; i++) s += i; return s; }
  slow() {
    let s = 0;
    for (let i = 0; i < 100000; i++)
      s = +x;
    return s;
  }
}`;

  it.runIf(isWhole)('tells the method, and the line that took most of it', async () => {
    const bench = benchOf(slow, 1);
    try {
      await bench.again();
      await bench.run([
        ['new', 'A'],
        [0, 'quick'],
      ]);
      const over = await bench.run([[0, 'slow']]).catch((error: unknown) => error);
      expect(over).toBeInstanceOf(HandinOver);
      const { message, at } = over as InstanceType<typeof HandinOver>;
      expect(message).toBe(
        'it used more than 1 s of a processor, the last of it in slow; most of it at mine.mjs:9, `s = +x;`',
      );
      expect(at).toBe('mine.mjs:9');
    } finally {
      bench.close();
    }
  });
});
