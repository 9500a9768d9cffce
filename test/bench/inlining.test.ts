/**
 * Whether malloc and drop are compiled into who calls them (HACKING.md, "What V8 does").
 *
 * The loops of bench/ours/malloc.ts are the caller: each drops an object and allocates another. V8 says what it inlines
 * (`--trace-turbo-inlining`), and what it compiles (`--trace-opt`). In one thread (`--single-threaded`) that
 * depends on counts alone, not on how fast the machine is.
 *
 * What must be inlined is what was, when this was written, and no more: a callee is taken where what is inlined already and 1.2
 * times its bytecode, with all that it had inlined itself, are at most 920 bytes. Two statements more on the fast path
 * can be too many; a drop and a malloc cost 62 % more then.
 */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { those } from '../support/extent.ts';
import { root } from './built.ts';

const wanted = ['--single-threaded', '--trace-turbo-inlining', '--trace-opt', '--random-seed', '--hash-seed'];
const known = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8' }).stdout;
const missing = wanted.filter((flag) => !new RegExp(`^\\s+${flag} `, 'm').test(known));
const major = Number(process.versions.node.split('.')[0]);

const nameOf = /<SharedFunctionInfo ([^>]*)>/g;

/** What V8 inlined into a function, each time that its optimising compiler compiled it, and what it was told of sizes. */
function compilationsOf(caller: string, words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      ...['--single-threaded', '--random-seed=1', '--hash-seed=1', '--trace-turbo-inlining', '--trace-opt'],
      ...['dist/bench/ours/malloc.js', ...words],
    ],
    { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  expect(status, stderr).toBe(0);
  const begins = new RegExp(`^\\[compiling method [^\\n]*<JSFunction ${caller} [^\\n]*TURBOFAN`);
  return stdout
    .split(/^(?=\[compiling method )/m)
    .filter((text) => begins.test(text))
    .map((text) => text.split(/^\[completed compiling /m)[0])
    .map((text) => ({
      inlined: text
        .split('\n')
        .filter((line) => line.startsWith('Inlining 0x'))
        .map((line) => [...line.matchAll(nameOf)][0][1]),
      sizes: [
        ...new Set(
          text
            .split('\n')
            .filter((line) => line.includes('- target:'))
            .map((line) => line.replace(/^.*<SharedFunctionInfo ([^>]*)>\}/, '$1')),
        ),
      ],
    }));
}

/** The public calls and what they lead to, as often as each is inlined. */
const whole = ['#mallocRest', 'allocated', 'drop', 'drop', 'malloc', 'malloc'];
const drops = ['drop', 'drop'];

/**
 * By the order and size. Of tiny objects what is beyond `drop` and the calls to `malloc` is too much where it was compiled by
 * itself before; Node 24 looks at that of a whole malloc at once.
 */
const cases: readonly (readonly [order: string, size: number, must: readonly string[]])[] = [
  ['ring', 16, whole],
  ['ring', 64, whole],
  ['random', 16, whole],
  ['random', 64, whole],
  ['ring', 8, major >= 24 ? drops : [...drops, 'malloc', 'malloc']],
];

const title = 'malloc and drop are compiled into their caller';

describe.skipIf(missing.length > 0)(
  missing.length > 0 ? `${title} (this Node has no ${missing.join(', ')})` : title,
  () => {
    // Each order, and each size that is answered otherwise.
    const few = those(cases, ([order, size]) => size === 8 || (order === 'random') === (size === 64));
    it.each(few)('%s, %i bytes', (order, size, must) => {
      const all = compilationsOf(order === 'ring' ? 'ring' : 'scattered', [
        `order=${order}`,
        `size=${size}`,
        ...['live=4096', 'ops=200000', 'repeats=1'],
      ]);
      expect(all.length).toBeGreaterThan(0);
      for (const { inlined, sizes } of all) {
        const told = inlined.filter((name) => must.includes(name)).sort();
        expect(told, `sizes of what could be inlined: ${sizes.join('; ')}`).toEqual(must);
      }
    });
  },
);
