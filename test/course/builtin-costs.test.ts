/**
 * What built-ins cost, each with ranges of all kinds; that they answer as they do without a count; and that the count cannot
 * be shown another range than the built-in goes through.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../lib/course/sandbox/engine.ts';

/** What is there in each expression: `A` an array of 0 to 999, `U` the same as words of 16 bits, `T` a text of 1000 letters. */
const given = `
const A0 = []; for (let i = 0; i < 1000; i++) A0[i] = i;
let T = ''; for (let i = 0; i < 999; i++) T += 'abc'[i % 3]; T += 'z';
const looks = { length: 70, 5: 'x' };
const says = (n) => ({ valueOf() { return n; } });
/** Answers another number each time that it is asked. */
const lies = (...all) => { let i = 0; return { valueOf() { return all[i++ % all.length]; } }; };
`;
const fresh = (text: string): string =>
  `const A = A0.slice(), U = new Uint16Array(A)${/\b[SM]\./.test(text) ? ', S = new Set(A), M = new Map([[1, 2], [3, 4], [5, 6]])' : ''};`;

type Answered = readonly [told: unknown, units: number];
let engine: Engine;
beforeAll(async () => {
  engine = await Engine.start();
});

/** Each expression in a realm that is begun once, by its own function; the expression alone counts. */
async function ask(expressions: readonly string[]): Promise<Answered[]> {
  const functions = expressions.map(
    (text, i) =>
      `export function f${i}() { ${fresh(text)} const before = work.n; try { answer = (${text}); } catch (e) { answer = e.name; } return [work.n - before, told(answer)]; }`,
  );
  const entry = `import { work } from '$counter'; const stringify = JSON.stringify, list = Array.from; let answer;
    ${given}
    const told = (v) => stringify(v, (_key, m) => m instanceof Set ? list(m) : m === undefined ? 'undefined' : m !== m ? 'NaN' : m)?.slice(-60) ?? 'nothing';
    ${functions.join('\n')}`;
  await engine.load({ k: 'load', modules: { 'm.mjs': entry }, entry: 'm.mjs', exports: [], units: 1e9 });
  const reply = engine.run({
    calls: expressions.map((_, i) => ['export', `f${i}`] as const),
    units: 1e9,
    total: 1e9,
  });
  if (reply.k !== 'ran') throw new Error(JSON.stringify(reply));
  return reply.answers.map(([value], i) => {
    if (!Array.isArray(value)) throw new Error(`${expressions[i]}: ${JSON.stringify(value)}`);
    return [value[1], value[0]] as Answered;
  });
}

/** What Node answers. */
function plainly(text: string): unknown {
  const run =
    new Function(`${given} ${fresh(text)} let answer; try { answer = (${text}); } catch (e) { answer = e.name; }
    return JSON.stringify(answer, (_key, m) => m instanceof Set ? [...m] : m === undefined ? 'undefined' : m !== m ? 'NaN' : m)?.slice(-60) ?? 'nothing';`);
  return run() as unknown;
}

/** The units of an expression, without the one of the call. */
const table: readonly (readonly [expression: string, elements: number])[] = [
  ...['A', 'U'].flatMap((x): [string, number][] => [
    [`${x}.fill(1)`, 1000],
    [`${x}.fill(1, 0, 10)`, 10],
    [`${x}.fill(1, 990)`, 10],
    [`${x}.fill(1, -10)`, 10],
    [`${x}.fill(1, -10, -4)`, 6],
    [`${x}.fill(1, 10, 5)`, 0],
    [`${x}.fill(1, 2000)`, 0],
    [`${x}.fill(1, -2000, 3)`, 3],
    [`${x}.fill(1, NaN, 4)`, 4],
    [`${x}.fill(1, undefined, undefined)`, 1000],
    [`${x}.fill(1, 1.9, 3.9)`, 2],
    [`${x}.fill(1, '5', '8')`, 3],
    [`${x}.fill(1, null, Infinity)`, 1000],
    [`${x}.fill(1, says(5), says(9))`, 4],
    [`${x}.copyWithin(0, 1, 5)`, 4],
    [`${x}.copyWithin(998, 0)`, 2],
    [`${x}.copyWithin(0, -3)`, 3],
    [`${x}.copyWithin(5)`, 995],
    [`${x}.copyWithin(0, 9, 3)`, 0],
    [`${x}.slice(5, 9)`, 4],
    [`${x}.slice(-7)`, 7],
    [`${x}.slice()`, 1000],
    [`${x}.slice(NaN, -990)`, 10],
    [`${x}.slice(9, 2)`, 0],
    [`${x}.indexOf(5)`, 6],
    [`${x}.indexOf(995, 990)`, 6],
    [`${x}.indexOf(5, 6)`, 994],
    [`${x}.indexOf(-1)`, 1000],
    [`${x}.indexOf(-1, -3)`, 3],
    [`${x}.indexOf(-1, 5000)`, 0],
    [`${x}.indexOf(NaN)`, 1000],
    [`${x}.indexOf(7, undefined)`, 8],
    [`${x}.lastIndexOf(995)`, 5],
    [`${x}.lastIndexOf(5, 9)`, 5],
    [`${x}.lastIndexOf(5, -990)`, 6],
    [`${x}.lastIndexOf(-1)`, 1000],
    [`${x}.lastIndexOf(-1, 9)`, 10],
    [`${x}.lastIndexOf(-1, -2000)`, 0],
    [`${x}.lastIndexOf(0, undefined)`, 1],
    [`${x}.lastIndexOf(0, NaN)`, 1],
    [`${x}.includes(5)`, 6],
    [`${x}.includes(995, 990)`, 6],
    [`${x}.includes(-1)`, 1000],
    [`${x}.includes(-1, -3)`, 3],
    [`${x}.includes(NaN)`, 1000],
    [`${x}.includes(5, 5000)`, 0],
    [`${x}.find((v) => v === 5)`, 6],
    [`${x}.findIndex((v) => v === 5)`, 6],
    [`${x}.findIndex(() => false)`, 1000],
    [`${x}.findLast((v) => v === 995)`, 5],
    [`${x}.findLastIndex((v) => v === 995)`, 5],
    [`${x}.findLastIndex(() => false)`, 1000],
    [`${x}.some((v) => v === 5)`, 6],
    [`${x}.some(() => false)`, 1000],
    [`${x}.every((v) => v < 5)`, 6],
    [`${x}.every(() => true)`, 1000],
    [`${x}.find(function (v) { return v === this.n; }, { n: 3 })`, 4],
    [
      `${x}.find((v, i, all) => { if (i === 2) throw new TypeError(String(all === ${x})); return false; })`,
      3 + 1 + 4,
    ],
    [`${x}.find(5)`, 0],
    [`${x}.at(-1)`, 0],
    [`${x}.with(3, 1).length`, 1000],
    [`${x}.reverse()[0]`, 1000],
    [`${x}.map((v) => v + 1)[5]`, 1000],
    // The engine sets what a typed array keeps by the method `set`.
    [`${x}.filter((v) => v > 990)`, x === 'A' ? 1000 : 1000 + 1 + 9],
    [`${x}.forEach(() => {})`, 1000],
    [`${x}.reduce((a, b) => a + b)`, 1000],
    [`${x}.reduceRight((a, b) => a + b, 0)`, 1000],
    [`${x}.join('').length`, 1000 + 2890],
  ]),
  ['U.subarray(5, 900).length', 0],
  ['U.set([1, 2], 5)', 2],
  ['U.set(U.subarray(0, 9), 5)', 1 + 9],
  ['U.set({ length: 3, 0: 7 }, 1)', 3],
  ['new Uint16Array(U.buffer, 4, 100).length', 0],
  ['new Uint16Array(100).length', 100],
  ['U.buffer.slice(0, 80).byteLength', 10],
  ['A.splice(990, 1, 3)', 2],
  ['A.splice(990, 1)', 1 + 9],
  ['A.splice(990, 0, 1, 2)', 2 + 10],
  ['A.splice(0, 1)', 1 + 999],
  ['A.splice(-5, 2)', 2 + 3],
  ['A.splice(995)', 5],
  ['A.splice(5, NaN)', 0],
  ['A.splice(5, undefined, 1)', 1 + 995],
  ['A.splice(2000, 5, 1)', 1],
  ['A.splice(10, 2000, 1)', 990 + 1],
  ['A.splice()', 0],
  ['A.toSpliced(5, 990).length', 10],
  ['A.push(1)', 0],
  ['A.push.apply(A, [1, 2, 3, 4])', 4 + 1 + 3],
  ['A.unshift(1, 2)', 1002],
  ['A.shift()', 1000],
  ["[['a', 'b'], 'cde'].shift()", 2],
  ['A.concat([1, 2]).length', 1002],
  // Of each array what it has, those within others as well.
  ['[[1, 2], [3, [4]]].flat()', 2 + 2 + 2],
  ['[[1, 2], [3, [4]]].flat(0)', 2],
  ['[[1, 2], [3, [4]]].flat(Infinity)', 2 + 2 + 2 + 1],
  ['[[[[], []], []]].flat(5)', 1 + 2 + 2],
  ['A.flat().length', 1000],
  ['[A, A, A].flat().length', 3003],
  ['[new Array(500), [1]].flat()', 1 + 500 + 2 + 500 + 1],
  ['[A, 5].flat(says(0))[1]', 2],
  ['[[1]].flat({ valueOf() { throw new RangeError(); } })', 0],
  ["Array.prototype.flat.call('abc')", 1 + 3],
  ['Array.prototype.flat.call(looks)', 1 + 70],
  ['Array.prototype.flat.call(null)', 1],
  ['A.flatMap((v) => [v, v]).length', 1000 + 2000],
  ['[1, 2].flatMap(() => A).length', 2 + 2000],
  ['[1, 2].flatMap((v, i, all) => [[v + i + all.length]])', 2 + 1 + 1],
  ['[1, 2].flatMap(5)', 0],
  ['[1].flatMap(function () { return this.n; }, { n: [3] })', 1 + 1],
  ['[, 1].concat([, 2], 3, [[4]]).length', 2 + 2 + 1 + 1],
  ['[].concat({ length: 2, 0: 7, [Symbol.isConcatSpreadable]: true })', 2],
  ['[].concat(looks, T.slice(0, 2))', 1 + 2 + 2],
  ['Array.prototype.indexOf.call(looks, 1)', 1 + 70],
  ["Array.prototype.indexOf.call(looks, 'x')", 1 + 6],
  ["Array.prototype.includes.call(looks, 'x')", 1 + 70],
  ['Math.max(1, 2)', 0],
  ['Math.max.apply(null, A)', 1000 + 1 + 998],
  ['Reflect.apply(Math.min, null, A)', 1000 + 1 + 998],
  ["T.indexOf('z')", 1000],
  ["T.indexOf('c')", 3],
  ["T.indexOf('a', 600)", 1],
  ["T.indexOf('q', -5)", 1000],
  ["T.indexOf('q', 990)", 10],
  ["T.indexOf('q', 5000)", 0],
  ["T.includes('c')", 3],
  ["T.includes('q', 990)", 10],
  ["T.lastIndexOf('c')", 2],
  ["T.lastIndexOf('a', 9)", 1],
  ["T.lastIndexOf('q', 9)", 10],
  ["T.lastIndexOf('q')", 1000],
  ["T.lastIndexOf('a', -5)", 1],
  ["T.startsWith('abc')", 3],
  ["T.endsWith('z')", 1],
  ['T.slice(5, 9)', 4],
  ['T.substring(9, 5)', 4],
  ['T.at(-1)', 0],
  ["T.split('b', 2)", 5],
  ["T.split('q').length", 1000],
  ["T.replace('c', 'xy').length", 1001],
  ["'x'.repeat(100).length", 100],
  ['T.toUpperCase().length', 1000],
  ['S.has(5)', 0],
  ['S.forEach(() => {})', 1000],
  ['M.forEach(() => {})', 3],
  ['S.clear()', 1000],
  ['M.clear()', 3],
  ['Object.keys({ a: 1, b: 2 })', 2],
  ['Object.getOwnPropertyNames({ a: 1, b: 2 })', 2],
  ['Object.freeze({ a: 1, b: 2 })', 2],
  ['Object.assign({}, { a: 1, b: 2 })', 2],
  ["JSON.parse('[1,2]')", 5],
  ['JSON.stringify([1, 2])', 5],
  ['JSON.stringify({ a: undefined, b: 1, c() {}, d: { e: undefined } })', 14 + 5],
  ['JSON.stringify([{ a: undefined }, { a: undefined }])', 7 + 2],
];

describe('a built-in costs one, and one for each element that it goes through', () => {
  let answers: readonly Answered[];
  beforeAll(async () => {
    answers = await ask(table.map(([expression]) => expression));
  });

  it('whatever its range is', () => {
    expect(answers.map(([, units], i) => [table[i]?.[0], units - 1])).toEqual(
      table.map(([expression, elements]) => [expression, elements]),
    );
  });

  it('and answers what it answers without a count', () => {
    expect(answers.map(([told], i) => [table[i]?.[0], told])).toEqual(
      table.map(([expression]) => [expression, plainly(expression)]),
    );
  });
});

describe('a forged range', () => {
  it('is the one that is counted', async () => {
    const lying: readonly (readonly [string, number])[] = [
      ['U.fill(5000, lies(999, 0), lies(1000)).indexOf(5000)', 1],
      ['A.fill(-7, lies(999, 0), lies(1000)).indexOf(-7)', 1],
      ['A.slice(lies(999, 0)).length', 1],
      ['A.copyWithin(0, lies(999, 0), lies(1000))[1]', 1],
      ['A.splice(lies(999, 0), lies(1, 1000)).length', 1],
      ['A.indexOf(3, lies(999, 0))', 1],
      ['A.lastIndexOf(3, lies(0, 999))', 1],
      ['A.includes(3, lies(999, 0))', 1],
      ["T.indexOf('c', lies(999, 0))", 1],
    ];
    const answers = await ask(lying.map(([text]) => text));
    expect(answers.map(([told], i) => [lying[i]?.[0], told])).toEqual([
      [lying[0]?.[0], '999'],
      [lying[1]?.[0], '999'],
      [lying[2]?.[0], '1'],
      [lying[3]?.[0], '1'],
      [lying[4]?.[0], '1'],
      [lying[5]?.[0], '-1'],
      [lying[6]?.[0], '-1'],
      [lying[7]?.[0], 'false'],
      [lying[8]?.[0], '-1'],
    ]);
  });

  it('by holes, by what ends it, or by what it puts together in the end costs what it goes through', async () => {
    const species = (made: string): string =>
      `(() => { const a = []; a.length = 1e5; a[99999] = 1; a.constructor = { [Symbol.species]: function () { return ${made}; } };`;
    const cost = 'return [work.n - n, answer]; })()';
    const answers = await ask([
      `(() => { const a = []; a.length = 1e5; a[99999] = 1; const n = work.n; const answer = [a, a].flat(); ${cost}`,
      `(() => { const a = []; a.length = 1e5; a[99999] = 1; const n = work.n; const answer = [0].flatMap(() => a); ${cost}`,
      `(() => { let a = []; for (let i = 0; i < 12; i++) a = [a, a]; const n = work.n; const answer = a.flat(Infinity); ${cost}`,
      `${species('{}')} const n = work.n; const answer = Object.keys(a.concat()).length; ${cost}`,
      `${species('Object.freeze([])')} const n = work.n; let answer = 0; try { a.flat(); } catch { answer = 'ended'; } ${cost}`,
      `(() => { const a = [[1], []]; a[1].length = 5; Object.defineProperty(a[0], 0, { get() { a[1].length = 1e5; return 1; } }); const n = work.n; const answer = a.flat(); ${cost}`,
    ]);
    const told = answers.map(([text]) => JSON.parse(String(text)) as [number, unknown]);
    expect(told.map(([, answer]) => answer)).toEqual([[1, 1], [1], [], 2, 'ended', [1]]);
    for (const [i, least] of [2e5, 1e5, 2 ** 13 - 2, 1e5, 1e5, 1e5].entries())
      expect(told[i]?.[0]).toBeGreaterThanOrEqual(least);
  });

  it('by a length, a text or a kind of array that is made up costs what it goes through, or is refused', async () => {
    const answers = await ask([
      'Array.prototype.indexOf.call({ get length() { return 0; }, 0: 1 }, 1)',
      'Array.prototype.indexOf.call({ length: { valueOf() { return 0; } }, 0: 1 }, 1)',
      'Array.prototype.indexOf.call(Object.create({ get length() { return 0; } }), 1)',
      'Reflect.apply(Math.max, null, { get length() { return 5; } })',
      'U.set({ get length() { return 5; } })',
      'typeof Proxy',
      // A text that is worked out is the text that is searched.
      "String.prototype.indexOf.call({ length: 0, toString() { return T; } }, 'z')",
      'JSON.parse({ toString() { return JSON.stringify(A); } }).length',
      // An object in the place of the array that is made.
      '(() => { class B extends Array { static get [Symbol.species]() { return function () { return {}; }; } } const b = new B(); for (const v of A) b[b.length] = v; const n = work.n; b.concat([]); return work.n - n; })()',
      '(() => { const a = A.slice(); Object.defineProperty(a, 0, { get() { return ++a.asked; } }); a.asked = -5; const n = work.n; a.includes(999); return work.n - n; })()',
      // What an argument does while it is made a number is counted beside.
      '(() => { const n = work.n; A.fill(0, { valueOf() { A.indexOf(999); return 999; } }); return work.n - n; })()',
      '(() => { const a = [1]; a.length = 4e9; a.indexOf(2); })()',
    ]);
    expect(answers.slice(0, 6).map(([told]) => told)).toEqual([
      ...Array.from({ length: 5 }, () => '"TypeError"'),
      '"undefined"',
    ]);
    expect(answers[6]).toEqual(['999', 1 + 1 + 1000]);
    expect(answers[7]?.[1]).toBeGreaterThan(2 * 3890);
    expect(Number(answers[8]?.[0])).toBeGreaterThan(1000);
    expect(answers[9]?.[0]).toBe('1001');
    expect(answers[10]?.[0]).toBe('1003');
    expect(answers[11]?.[0]).toBe('"RangeError"');
  });
});
