/** `pageheap conform --part`, runs and comparisons with parts, as a user types them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { inProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-parts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const module = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

const quick = ['--duration', '0', '--idle', '0.1', '--no-report'];

// One that does not end: test/long/cli/conform.test.ts.
it('a policy that throws is told, with its place', async () => {
  const file = module(
    'throws.mjs',
    'export class DenseRule {\n  keeps() {\n    throw new Error("not today");\n  }\n}\n',
  );
  const { code, out } = await inProcess(['conform', '--part', 'dense-rule', file, '--runs', '1']);
  expect(code).toBe(1);
  expect(out).toMatch(/1\. .*threw in keeps: Error: not today \(.*throws\.mjs:3:\d+\)/);
});

it('a run tells its parts and numbers as other than Go’s', async () => {
  const file = module(
    'two.mjs',
    'export class ScavengePolicy { onCycle(heap) { return heap.heapFree; } }\nexport default class Pace { pace(heap) { return heap.heapMarked + 2 ** 20; } }',
  );
  const out = join(folder, 'run');
  const parts = ['--scavenge-policy', file, '--trigger-policy', file, '--dense-pages', 'off'];
  const { code, out: told, err } = await inProcess(['run', 'git', ...parts, ...quick, '-o', out]);
  expect([code, err]).toEqual([0, '']);
  expect(told.replace(/[\s│]+/g, ' ')).toContain(
    "other than Go's dense-pages off, scavenge-policy ScavengePolicy, trigger-policy Pace",
  );
  const [run = ''] = readdirSync(out);
  const header = JSON.parse(readFileSync(join(out, run), 'utf8').split('\n')[0] ?? '');
  expect(header.otherThanGo).toEqual(['densePages', 'scavengePolicy', 'triggerPolicy']);
  expect(header.options).toMatchObject({
    ...{ densePages: 513, scavengePolicy: 'ScavengePolicy', triggerPolicy: 'Pace' },
  });
  expect(header.options).not.toHaveProperty('retainExtra');
});

it('a comparison goes on without the configuration whose policy fails, and tells where', async () => {
  const bad = module(
    'bad.mjs',
    'export default class Bad {\n  onTime(heap) { return heap.nothing.there; }\n}\n',
  );
  const out = join(folder, 'compare');
  const configurations = ['-c', 'radix', '-c', `bad:radix,scavenge-policy=${bad}`];
  const {
    code,
    out: table,
    err,
  } = await inProcess(['compare', 'git', ...configurations, '-r', '1', ...quick, '-o', out]);
  expect(code).toBe(1);
  expect(err).toMatch(
    /configuration 'bad', run 1: the scavenge policy Bad threw in onTime: TypeError: .*bad\.mjs:2:\d+.*\(ERR_POLICY\)/,
  );
  expect(table).toContain('radix');
});

it.each([
  [['--scavenge-policy', 'none.mjs'], 2, /none\.mjs: cannot be loaded as a module: there is no such file/],
  [['--generation', 'lists', '--retain-extra', '5'], 2, /--retain-extra: is of the scavenger 'background'/],
  [['--dense-pages', '600'], 2, /dense-pages.*It takes a whole number, 1 to 512, or off/],
])('what cannot be is refused before anything runs: %s', async (args, expected, message) => {
  const { code, err } = await inProcess(['run', 'git', ...args, ...quick, '-o', folder]);
  expect(code).toBe(expected);
  expect(err).toMatch(message);
});
