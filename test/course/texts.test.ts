/** Comparing long texts counts by their length, and gives what it gives without a count. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../lib/course/sandbox/engine.ts';
import { instrument } from '../../lib/course/source/instrument.ts';
import { parseSource } from '../../lib/course/source/parse.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await Engine.start();
});

/** Two texts of 64,000 letters and more that differ in the last, and what there is in each expression. */
const given = `
let x = 'a'; for (let i = 0; i < 6; i++) x += x;
let t = ''; for (let i = 0; i < 1000; i++) t += x;
const y = t + 'b', z = t + 'c', same = t + 'b';
const o = { [y]: 1 }, m = new Map([[y, 1]]), s = new Set([y]), list = [z, z, z, y];
const says = { toString() { return y; } }, means = { [Symbol.toPrimitive](hint) { return hint + z; } };
const f = (v) => v;
let n = 5, u, k = 'k';
`;

interface Told {
  readonly answer: unknown;
  readonly units: number;
}

async function ask(expressions: readonly string[], how: 'units' | 'lines', before = given): Promise<Told[]> {
  const text = `${before}\n${expressions.map((one, i) => `export function f${i}() { return ${one}; }`).join('\n')}`;
  const source = instrument(text, parseSource(text, 'm.mjs', []), how);
  await engine.load({ k: 'load', modules: { 'm.mjs': source }, entry: 'm.mjs', exports: [], units: 1e9 });
  const calls = expressions.map((_, i) => ['export', `f${i}`] as const);
  const reply = engine.run({ calls, units: 1e9, total: 1e9 });
  if (reply.k !== 'ran') throw new Error(JSON.stringify(reply));
  return reply.answers.map(([answer, units]) => ({ answer, units }));
}

/** Each is one comparison of both texts, a thousand steps, or nearly. */
const once = [
  ...['===', '!==', '==', '!=', '<', '<=', '>', '>='].flatMap((operator) => [
    `y ${operator} z`,
    `f(y) ${operator} f(same)`,
  ]),
  'says == same',
  'same == says',
  'says < z',
  'means > y',
  'o[y]',
  'y in o',
  'f(o)[f(y)]',
  'm.get(y)',
  'm.has(z)',
  's.has(same)',
  'Object.hasOwn(o, y)',
  'Reflect.get(o, y)',
  '(() => { switch (y) { case f(same): return 1; default: return 2; } })()',
];
const several: readonly (readonly [string, number])[] = [
  ['list.indexOf(same)', 4],
  ['list.includes(same)', 4],
  ['list.lastIndexOf(z)', 4],
  ['Object.is(y, same)', 2],
  ['[y, z, same].sort().length', 9],
  ['(() => { let c = 0; for (let i = 0; i < 100; i++) c += y === same ? 1 : 0; return c; })()', 100],
];
/** What takes no longer for the length of a text. */
const free = [
  'n < u',
  'n === y.length',
  'y === n',
  'null == y',
  'k === y',
  'typeof y === k',
  'y.length',
  'y.charAt(3) < y[4]',
  'o.a === y',
  'm.get(n)',
];

describe.each(['units', 'lines'] as const)('where the source tells its %s', (how) => {
  it('a comparison counts a unit for each 64 letters that both have', async () => {
    const told = await ask(once, how);
    for (const [i, { units }] of told.entries())
      expect([once[i], units >= 995 && units < 1120]).toEqual([once[i], true]);
  });

  it('several count so many', async () => {
    const told = await ask(
      several.map(([one]) => one),
      how,
    );
    for (const [i, [one, times]] of several.entries()) {
      const units = told[i]?.units ?? 0;
      expect([one, units >= 990 * times, units < 1350 * times]).toEqual([one, true, true]);
    }
  });

  it('what is no comparison of long texts counts as before', async () => {
    for (const [i, { units }] of (await ask(free, how)).entries())
      expect([free[i], units < 5]).toEqual([free[i], true]);
  });
});

it('answers are those of the language', async () => {
  const all = [
    ...once,
    ...several.map(([one]) => one),
    ...free,
    'y + n',
    'says + says',
    '`$' + '{y}$' + '{n}`',
    'n + n',
    'n + u',
  ];
  const told = await ask(all, 'units');
  for (const [i, one] of all.entries()) {
    const right = new Function(`${given}; return ${one};`)() as unknown;
    const said = typeof right === 'string' ? right.slice(0, 200) : right;
    const { answer } = told[i] as Told;
    const plain = typeof right === 'number' && !Number.isFinite(right) ? { '!': String(right) } : said;
    expect([one, answer]).toEqual([one, plain === undefined ? { '!': 'undefined' } : plain]);
  }
});

it('both ways of telling count the same, and lines stay lines', async () => {
  const all = [...once, ...several.map(([one]) => one), ...free, 'y\n === z', 'f(y)\n <\n f(z)'];
  expect(await ask(all, 'lines')).toEqual(await ask(all, 'units'));
});

it.each([
  ['+=', 'let t = "0123456789"; for (let i = 0; i < 14; i++) t += t;'],
  ['+', 'let t = "0123456789"; for (let i = 0; i < 14; i++) t = f(t) + t;\nfunction f(v) { return v }'],
  ['a template', 'let t = "0123456789"; for (let i = 0; i < 14; i++) t = `$' + '{t}$' + '{t}`;'],
  ['repeat', 'const t = "0".repeat(163840);'],
  ['join', 'const a = new Array(163841).fill(""); const t = a.join("0");'],
  ['String', 'const a = new Array(163841).fill(""); const t = String(a);'],
  ['JSON', 'const t = JSON.stringify("0".padEnd(163838));'],
  ['a literal', `const t = "${'0'.repeat(163840)}";`],
  ['a name', `const t = Object.keys({ ${'k'.repeat(163840)}: 1 })[0];`],
  ['bind', 'let g = () => 1; for (let i = 0; i < 2000; i++) g = g.bind();\nconst t = g.name;'],
  [
    'an error',
    'const e = new Error("0123456789"); for (let i = 0; i < 2000; i++) e.message = e.toString();\nconst t = e.message;',
  ],
])('a long text that %s made is one', async (_what, text) => {
  const [told, length] = await ask(['t === u', 't.length'], 'units', `${text}\nconst u = t + "";`);
  expect(length?.answer).toBeGreaterThan(10_000);
  expect(told?.units).toBe(1 + Math.trunc(Number(length?.answer) / 64));
});
