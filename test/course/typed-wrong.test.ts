/**
 * What a student types wrong, in exercises 6, 8, 9 and 11: each is told, costs points, and leaves the grader as it was.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { those } from '../support/extent.ts';

// The process of a hand-in is started from what is compiled.
const { grade } = (await import(
  /* @vite-ignore */ pathToFileURL(join(process.cwd(), 'dist/lib/course/grading/grade.js')).href
)) as typeof import('../../lib/course/grading/grade.ts');

/** The methods of each class, and the functions, of an exercise. */
const shapes: Readonly<Record<string, { classes: Record<string, string[]>; functions: string[] }>> = {
  'pi-controller': { classes: { Pi: ['next'], ScavengeController: ['next'] }, functions: [] },
  'dense-rule': {
    classes: { Chunk: ['alloc', 'free', 'collected', 'keeps', 'ownKeeps'], DenseRule: ['keeps'] },
    functions: [],
  },
  trigger: { classes: { TriggerPolicy: ['pace'] }, functions: ['goalOf'] },
  advice: {
    classes: { Kernel: ['write', 'read', 'advise', 'pressure', 'resident'], AdvicePolicy: ['advise'] },
    functions: [],
  },
};

/** A hand-in of which every method does the same. */
function handin(id: string, body: string): string {
  const { classes, functions } = shapes[id] as (typeof shapes)[string];
  return [
    ...Object.entries(classes).map(
      ([name, methods]) =>
        `export class ${name} { ${methods.map((m) => `${m}(...args) { ${body} }`).join(' ')} }`,
    ),
    ...functions.map((name) => `export function ${name}(...args) { ${body} }`),
  ].join('\n');
}

const gradeOf = (id: string, text: string, first = true) => {
  const exercise = exerciseOf(id);
  const files = new Map([[exercise.handin, text]]);
  return grade({ exercise, files, modules: {}, student: 'ada', term: 't' }, { first });
};

const wrong: readonly (readonly [string, string, RegExp])[] = [
  ['nothing', '', /./],
  ['NaN', 'return NaN;', /NaN/],
  ['Infinity', 'return Infinity;', /Infinity/],
  ['a number below 0', 'return -1;', /-1/],
  ['a text', "return '0.01';", /"0.01"/],
  ['a promise', 'return Promise.resolve(0.01);', /a promise/],
  ['a list too long to tell', 'return new Array(90000).fill(0);', /a list of 90000|does not end|work/],
  ['what throws', "throw new Error('oh');", /threw Error: oh/],
  ['what throws nothing', 'throw undefined;', /threw/],
  ['a loop without end', 'for (;;);', /does not end/],
  ['recursion without end', 'const f = () => [f()]; f();', /stack|memory|recursion/i],
  ['a getter that throws', "return { get goal() { throw new Error('late'); } };", /late/],
  ['an object that holds itself', 'const o = {}; o.goal = o; return o;', /object|members|goal/],
];

describe.each(Object.keys(shapes))('%s', (id) => {
  // What an exercise's own judge makes of an answer is tried with each; what the sandbox makes of it, with one.
  const isFirst = id === 'pi-controller';
  const refused: readonly (readonly [string, string])[] = [
    ['an empty file', ''],
    ['a file without the exports', 'export class Other {}'],
    ['what is thrown while it is loaded', `${handin(id, '')}\nthrow new Error('no');`],
  ];
  it.each(those(refused, (_, i) => i === 0 && isFirst))(
    '%s is refused, and says why',
    async (_what, text) => {
      const made = await gradeOf(id, text);
      expect([made.verdict, made.points]).toEqual(['refused', 0]);
      expect(made.reason).toMatch(/does not export|cannot be loaded/);
    },
  );

  it.each(those(wrong, ([what]) => what === 'NaN' || (what === 'a getter that throws' && isFirst)))(
    '%s is told',
    async (_what, body, told) => {
      const made = await gradeOf(id, handin(id, body));
      expect(made.verdict).toBe('graded');
      const failure = made.checks.find((check) => check.failure)?.failure;
      expect(`${failure?.answered} ${failure?.cause}`).toMatch(told);
      expect(failure?.asked).not.toBe('');
    },
  );
});

it.each([
  ['a letter', '\0', "Unexpected character '\\u{0}'"],
  ['a module', "import '\x1b[2J';", "'\\u{1b}[2J' cannot be imported"],
])('%s that no terminal should print is told as its escape', async (_what, text, told) => {
  expect((await gradeOf('advice', text)).refusals?.[0]?.message).toContain(told);
});

describe('what is not there, or is something else, is named, with what it must be', () => {
  const whole = handin('advice', 'return 0;');
  const kernel = 'export class Kernel, for new Kernel(pages), with write(page, byte), read(page)';

  it.each([
    [
      'a class that is left out',
      whole.replace('export class Kernel', 'class Kernel'),
      'it does not export Kernel',
    ],
    [
      'a number',
      whole.replace('export class Kernel', 'export const Kernel = 5; class K'),
      'its export Kernel is a number',
    ],
    [
      'undefined',
      whole.replace('export class Kernel', 'export let Kernel; class K'),
      'it does not export Kernel',
    ],
    [
      'an async function',
      whole.replace('export class Kernel', 'export async function Kernel() {} class K'),
      'its export Kernel is an async function',
    ],
    [
      'an arrow',
      whole.replace('export class Kernel', 'export const Kernel = () => 1; class K'),
      'its export Kernel is a function that is no class',
    ],
  ])('where a class is meant: %s', async (_what, text, told) => {
    const { verdict, reason } = await gradeOf('advice', text);
    expect(verdict).toBe('refused');
    expect(reason).toContain(`${told}: it must be \`${kernel}`);
  });

  it.each([
    ['a class', 'export class goalOf {}', 'its export goalOf is a class'],
    ['an async function', 'export async function goalOf() {}', 'its export goalOf is an async function'],
    ['nothing', '', 'it does not export goalOf'],
  ])('where a function is meant: %s', async (_what, text, told) => {
    const { reason } = await gradeOf('trigger', `export class TriggerPolicy { pace() {} }\n${text}`);
    expect(reason).toBe(`${told}: it must be \`export function goalOf(heap, numbers)\``);
  });

  it('a method that the code itself misses', async () => {
    const text = `export class Kernel { write() { this.advise(); } }\nexport class AdvicePolicy {}`;
    const failure = (await gradeOf('advice', text)).checks.at(0)?.failure;
    expect(failure).toMatchObject({
      cause: 'write fails: Kernel needs the method read(page)',
      answered: 'nothing: Kernel.read is undefined',
    });
  });

  it.each([
    ['left out', 'other() {}', 'is undefined'],
    ['a number', 'advise = 5;', 'is a number'],
    ['a class', 'advise = class {};', 'is a class'],
    ['async', 'async advise() {}', 'answers a promise'],
    ['a getter', 'get advise() { return {}; }', 'is an object'],
  ])('a method that is %s', async (_what, member, is) => {
    const methods = 'write() {} read() { return 0; } pressure() {} resident() { return 0; }';
    const text = `export class Kernel { ${methods} }\nexport class AdvicePolicy { ${member} }`;
    const failures = (await gradeOf('advice', text, false)).checks.flatMap(({ failure }) => failure ?? []);
    expect(failures.at(-1)).toMatchObject({
      cause: expect.stringContaining('advise fails: AdvicePolicy'),
      answered: `nothing: AdvicePolicy.advise ${is}`,
    });
  });
});
