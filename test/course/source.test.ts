import { describe, expect, it } from 'vitest';
import { instrument } from '../../lib/course/source/instrument.ts';
import { parseSource } from '../../lib/course/source/parse.ts';
import { fingerprints, similarity } from '../../lib/course/source/similarity.ts';

const refusals = (text: string): string[] =>
  parseSource(text, 'mine.mjs', ['./tree.mjs']).refusals.map(({ line, message }) => `${line}: ${message}`);

describe('what a hand-in must not contain', () => {
  it.each([
    ['eval', 'const x = 1;\neval("x");', '2: eval runs'],
    ['eval by an escape', 'const f = \\u0065val;', '1: eval runs'],
    ['eval in a shorthand', 'const o = { eval };', '1: eval runs'],
    ['new Function', 'new Function("x");', '1: new Function'],
    ['import()', 'const m = () => import("./tree.mjs");', '1: import() is not'],
    ['import.meta', 'import.meta.url;', '1: import.meta'],
    ['a module of Node', 'import "node:fs";', "1: 'node:fs' cannot be imported"],
    ['the counter', 'export * from "$counter";', "1: '$counter' cannot be imported"],
    ['a path that leads out', 'import "./../tree.mjs";', "1: './../tree.mjs' cannot"],
    ['a pattern', 'const r = /x/;', '1: a regular expression'],
    ['a BigInt', 'const b = 1n;', '1: a BigInt'],
    ['await outside', 'await 1;', '1: await outside'],
    ['the rest of an object', 'const { a, ...b } = {};', '1: the rest of an object'],
  ])('%s', (_what, text, told) => {
    const found = refusals(text);
    expect(found.length).toBe(1);
    expect(found[0]).toContain(told);
  });

  it('but names of members, texts, and the handout', () => {
    expect(
      refusals(
        'import { t } from "./tree.mjs";\nconst o = { eval: 1, t, RegExp: 2 };\no.eval; o.Function;\n"eval"; class A { eval() {} }',
      ),
    ).toEqual([]);
  });

  it('what is no module is told with its line', () => {
    expect(() => refusals('const a = 1;\nconst = 2;')).toThrow(
      expect.objectContaining({ code: 'ERR_FILE', file: 'mine.mjs', line: 2 }),
    );
  });
});

describe('counting', () => {
  const counted = (text: string): string => {
    const out = instrument(text, parseSource(text, 'mine.mjs', []));
    return out.slice(out.indexOf('let $made; ') + 11);
  };

  /** A key: what it is worked out as is looked at where there are long texts. */
  const ofKey = (key: string): string => `($work.n++,$made=(${key}),$long&&$work.key($made),$made)`;

  it.each([
    ['a function', 'function f() { g(); }', 'function f() {$work.n++; g(); }'],
    ['an arrow', 'const f = (x) => x;', 'const f = (x) => ($work.n++,x);'],
    ['an arrow of an object', 'const f = () => ({ a: 1 });', 'const f = () => (($work.n++,{ a: 1 }));'],
    ['arrows in arrows', 'const f = (x) => (y) => y', 'const f = (x) => ($work.n++,(y) => ($work.n++,y))'],
    ['a loop without braces', 'for (;;) g();', 'for (;;) {$work.n++;g();}'],
    [
      'loops in loops',
      'while (a) for (;;);',
      'while (a) {$work.n++;for (;;) {$work.n++;;}}'.replace(') {$work.n++;;', '){$work.n++;;'),
    ],
    ['an index', 'let i = 0; a[i++] = b[i];', 'let i = 0; a[($work.n++,i++)] = b[($work.n++,i)];'],
    ['a key that may be a text', 'a[k] = b[c[0]];', `a[${ofKey('k')}] = b[${ofKey('c[($work.n++,0)]')}];`],
    ['a member', 'a.b = this.c;', 'a.b = this.c;'],
    ['in', 'x in a;', `${ofKey('x')} in a;`],
    ['an object spread', '({ ...a });', '({ ...$work.members(a) });'],
    ['for in', 'for (k in a);', 'for (k in $work.names(a)){$work.n++;;}'],
    ['a default', 'function f(a = b.c) {}', 'function f(a = ($work.n++,b.c)) {$work.n++;}'],
    ['a default in a pattern', 'const { a = b.c } = d;', 'const { a = ($work.n++,b.c) } = d;'],
    [
      'defaults that are there',
      'const [a = 1, b = -1, c = [], d = e] = f;',
      'const [a = 1, b = -1, c = [], d = e] = f;',
    ],
    ['a field', 'class A { a = b.c; d = 0; e }', 'class A { a = ($work.n++,b.c); d = 0; e }'],
    ['a field by an expression', 'class A { [b.c] = 1 }', `class A { [${ofKey('b.c')}] = 1 }`],
    ['a name that is taken', 'let $work, $work1; f[0];', 'let $work, $work1; f[($work2.n++,0)];'],
  ])('%s', (_what, text, out) => {
    expect(counted(text)).toBe(out);
  });

  it.each([
    ['with what is short', 'let i = 0; i < a; b === null; c !== "x"; typeof d == e; f - 1 > g;', undefined],
    ['of names and members', 'x = a.b === this.c;', 'x = ($long?$work.is(a.b,this.c):a.b===this.c);'],
    [
      'of elements by a number',
      'let i = 0; x = a[i].b < c;',
      'let i = 0; x = ($long?$work.less(a[($work.n++,i)].b,c):a[($work.n++,i)].b<c);',
    ],
    ['of calls', 'x = a() /* === */ !== (b, c);', 'x = $work.isNot(a() /* === */ , (b, c));'],
    ['as a statement', 'a >= b;', '$work.atLeast(a , b);'],
    ['over lines', 'x = a ==\n b', 'x = $work.like(a ,\n b)'],
    ['with a sum', 'x = a + b + c;', 'x = (($made=a + b + c)===$made-0?$made:$work.text($made));'],
    ['with a sum of numbers', 'let i = 0, n = 2 * i; x = i + n + 1; i += n;', undefined],
    ['with what a name gets', 'a += b', '$made=a += b,$made===$made-0||$work.text($made)'],
    ['with a sum as a statement', 'a + b', '$made=a + b,$made===$made-0||$work.text($made)'],
    ['with a sum that a statement begins with', 'a + b && c', '$work.text(a + b) && c'],
    ['in a switch', 'switch (a) { case b: case "c": }', 'switch ($work.subject(a,1)) { case b: case "c": }'],
    ['in a switch of literals', 'switch (a) { case 1: case "c": }', undefined],
    ['and a long literal', `f('${'x'.repeat(65)}');`, `$work.begin();f('${'x'.repeat(65)}');`],
    ['and a literal', `f('${'x'.repeat(64)}');`, undefined],
  ])('comparing texts: %s', (_what, text, out) => {
    expect(counted(text)).toBe(out ?? text);
  });

  it.each([
    'let i = 0; i = a; x = i < b;',
    'let i = 0; [i] = a; x = i < b;',
    'let i = 0; for (i of a) x = i < b;',
    'let i = 0; i ??= a; x = i < b;',
    'let i = 0; i += j; let j = a; x = i < b;',
    'const f = (i) => (x = i < b); let i = 0;',
    'let { i } = a; x = i < b; i = 0;',
  ])('a name that is not always a number may be a text: %s', (text) => {
    expect(counted(text)).toContain('($long?$work.less(i,b):i<b)');
  });

  const steps = 'if (p.n >= n) return p; p = p.next;'.repeat(1000);
  it.each([
    ['in a function', `function f(p, n) { ${steps} }`],
    ['in a turn', `function f(p, n) { for (;;) { ${steps} } }`],
    [
      'in the head of a loop',
      `function f(p, n) { while ((${'(p = p.n >= n ? p : p.next), '.repeat(1000)}p.n < n)); }`,
    ],
    ['in a field', `class A { a = (${'(p = p.n >= n ? p : p.next), '.repeat(1000)}p); }`],
    ['in a default', `(a = (${'(p = p.n >= n ? p : p.next), '.repeat(1000)}p)) => a`],
  ])('a loop that is written out costs about what its turns do: %s', (_where, text) => {
    const units = [...counted(text).matchAll(/\$work\.n\+=(\d+)/g)].map(([, n]) => Number(n));
    expect(Math.max(...units)).toBeGreaterThan(1000);
  });

  it.each<[string, string, number]>([
    ['a few turns of a loop', `while (p) { ${'if (p.n >= n) return p; p = p.next;'.repeat(9)} }`, 5],
    ['a chain', `for (;;) x = ${'p.n >= n ? p : '.repeat(7)}q;`, 4],
    ['comparisons as numbers', `for (;;) x = ${'(a < b) + '.repeat(11)}0;`, 6],
    ['what is asked without one', 'for (;;) { if (a) b; if (!c) d; x = e && f || g; h?.i; h?.j; }', 4],
    ['cases', 'for (;;) switch (x) { case 1: case 2: case 3: case 4: case 5: default: }', 3],
    ['a loop’s own test and one', 'while (a < b) if (c) d;', 1],
    ['a loop’s own and two', 'while (a < b) { if (c) d; if (e) f; }', 2],
    [
      'a function, without the loop in it',
      `function f() { if (a) b; for (;;) { ${'if (a) b;'.repeat(8)} } }`,
      4,
    ],
  ])('two tests are a unit: %s', (_what, text, units) => {
    const at = [...counted(`function g() { ${text} }`).matchAll(/\$work\.n\+(?:\+|=(\d+))/g)].map(([, n]) =>
      Number(n ?? 1),
    );
    expect(Math.max(...at)).toBe(units);
  });

  it('what is long as people write it is a unit', () => {
    expect(counted(`function f() { ${'this.a = g(this.b, 1);'.repeat(12)} }`)).toContain('{$work.n++;');
  });

  it('keeps the lines', () => {
    const text = 'export class A {\n  f(a) {\n    return a\n      [0];\n  }\n}\n';
    expect(instrument(text, parseSource(text, 'x', [])).split('\n').length).toBe(text.split('\n').length);
  });
});

describe('who is alike', () => {
  const body = (a: string, b: string): string => `
export class ${a} {
  ${b} = [];
  alloc(n) { for (let i = 0; i < this.${b}.length; i++) { const run = this.${b}[i]; if (run.n >= n) { run.n -= n; return run.page; } } return -1; }
  free(page, n) { let at = 0; while (at < this.${b}.length && this.${b}[at].page < page) at++; this.${b}.splice(at, 0, { page, n }); }
}`;
  const other = `
export const f = (list) => list.map((x) => x * 2).filter((x) => x % 3 === 0).reduce((s, x) => s + x, 0);
export function g(n) { if (n < 2) return n; return g(n - 1) + g(n - 2); }
export function h(text) { switch (text.length) { case 0: return 'none'; case 1: return text; default: return text + h(text.slice(1)); } }
export class Queue { #first; #last; put(x) { const node = { x, next: undefined }; if (this.#last) this.#last.next = node; else this.#first = node; this.#last = node; } }`;

  it('names, comments and layout change nothing', () => {
    const [first] = similarity(
      new Map([
        ['ann', body('FirstFit', 'runs')],
        ['bob', `// mine\n${body('X', 'list').replaceAll(';', ';\n')}`],
        ['cid', other],
      ]),
      '',
    );
    expect(first).toMatchObject({ a: 'ann', b: 'bob', share: 1 });
  });

  it('others are not alike, and what was given to all does not count', () => {
    const pairs = similarity(
      new Map([
        ['ann', body('A', 'r')],
        ['cid', other],
      ]),
      '',
    );
    expect(pairs[0]?.share ?? 0).toBeLessThan(0.2);
    const given = new Map([
      ['ann', body('A', 'r')],
      ['bob', body('B', 'q')],
    ]);
    expect(similarity(given, body('C', 's'))).toEqual([]);
  });

  it('what does not parse has no fingerprints', () => {
    expect(fingerprints('class {').size).toBe(0);
  });
});
