import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ContenderName, contenders } from '../../lib/lab/contenders/contender.ts';
import { findLibrary } from '../../lib/lab/contenders/find-library.ts';
import { record } from '../../lib/lab/recorder/record.ts';
import { told } from '../lab/recorder/scenes.ts';

const source = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/recorder/${name}`, import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'pageheap-operators-'));
const program = join(folder, 'operators');
const compile = (file: string, ...words: readonly string[]): void =>
  void execFileSync('c++', [
    '-std=c++17',
    '-O1',
    '-w',
    source('operators.cc'),
    '-o',
    join(folder, file),
    ...words,
  ]);

beforeAll(() => compile('operators'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plain = [20011, 20021, 20023, 20029, 20047, 20051];
const aligned: readonly (readonly [size: number, alignment: number])[] = [
  [20032, 64],
  [20480, 4096],
  [20160, 64],
  [24576, 4096],
  [20288, 64],
  [20352, 64],
];

/** Records a program, and holds that each object of each operator is told once, as it was asked for. */
async function expectAll(command: readonly [string, ...string[]], handled: number): Promise<void> {
  const output = join(mkdtempSync(join(folder, 'r-')), 'my.rec.gz');
  expect((await record({ command, output })).code).toBe(0);
  const { sizes, calls, twice, unknown } = await told(output);
  const expected = [...plain, ...aligned.map(([size]) => size)];
  expect(expected.map((size) => [size, sizes.get(size)])).toEqual(expected.map((size) => [size, 1]));
  expect(plain.map((size) => calls.get(size))).toEqual(plain.map((size) => `malloc(${size})`));
  expect(aligned.map(([size]) => calls.get(size))).toEqual(
    aligned.map(([size, alignment]) => `memalign(${alignment}, ${size})`),
  );
  expect(sizes.get(20143) ?? 0).toBe(handled);
  expect([twice, unknown]).toEqual([0, 0]);
}

describe('C++’s operators', () => {
  it('of the C++ library are told by its mallocs, once each', () => expectAll([program], 1));

  it.each(['jemalloc', 'mimalloc', 'tcmalloc'] as const)(
    'of %s, which pass malloc by, are told, linked and preloaded',
    async (name: ContenderName) => {
      const { libraries } = contenders[name] as { readonly libraries: readonly string[] };
      const library = findLibrary(libraries);
      if (library === undefined) return;
      compile(name, '-Wl,--no-as-needed', library);
      // mimalloc's new ends the program where others throw.
      const [words, handled] = name === 'mimalloc' ? [['calm'], 0] : [[], 1];
      await expectAll([join(folder, name), ...words], handled);
      vi.stubEnv('LD_PRELOAD', library);
      await expectAll([program, ...words], handled).finally(() => vi.unstubAllEnvs());
    },
  );

  it('of a program’s own go first, and those that it has not go to them', async () => {
    compile('own', '-DOWN_OPERATORS');
    await expectAll([join(folder, 'own')], 0);
  });

  it('are found where only a library that was loaded later has them', async () => {
    compile('plugin.so', '-shared', '-fPIC', '-DPLUGIN');
    execFileSync('cc', ['-O1', source('plugin.c'), '-o', join(folder, 'plugin'), '-ldl']);
    const plugin = join(folder, 'plugin');
    await expectAll([plugin, join(folder, 'plugin.so')], 1);
    // And where there are none at all, those of the recorder work by malloc.
    const output = join(folder, 'bare.rec.gz');
    expect((await record({ command: [plugin], output })).code).toBe(0);
    const { calls, unknown } = await told(output);
    expect([calls.get(20011), calls.get(20032), unknown]).toEqual([
      'malloc(20011)',
      'memalign(64, 20032)',
      0,
    ]);
  });
});
