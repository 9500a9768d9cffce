import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Heap } from '../../lib/api/index.ts';
import { readRunFile } from '../../lib/lab/record/run-file.ts';
import { loadClass } from '../../lib/lab/subject/load-class.ts';
import type { PageHeapClass } from '../../lib/pages/contract.ts';
import { isWhole } from '../support/extent.ts';
import { inProcess } from './in-process.ts';
import { pageheap } from './spawn.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const example = join(root, 'examples/first-fit.mjs');
const folder = mkdtempSync(join(tmpdir(), 'pageheap-conform-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A page heap that is the example but for what is said. */
const like = (name: string, members: string): string =>
  module(
    name,
    `import FirstFit from ${JSON.stringify(pathToFileURL(example).href)};
     export default class Mine extends FirstFit {\n${members}\n}\n`,
  );

function module(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Some objects of all sizes, of which some are freed. */
const trace = module(
  'some.mtrace',
  [
    '= Start',
    ...Array.from({ length: 200 }, (_, i) => `+ 0x${i + 1}000 0x${(i + 1) ** 2}`),
    '- 0x2000',
    '= End',
    '',
  ].join('\n'),
);
const still = ['--duration', '0', '--idle', '0'];

interface Report {
  readonly pageHeap: string;
  readonly checks: readonly {
    readonly name: string;
    readonly passed: boolean;
    readonly skipped?: string;
    readonly error?: string;
    readonly steps?: readonly string[];
  }[];
}

/** The example as the page shows it. */
const shown = (): string =>
  /^## A complete one$.*?^```js\n(.*?)^```/ms.exec(
    readFileSync(join(root, 'docs/custom-page-heap.md'), 'utf8'),
  )?.[1] ?? '';

describe('pageheap conform', () => {
  it.runIf(isWhole)('tells how a failure runs again alone, and runs it', async () => {
    const file = like(
      'superstitious.mjs',
      'releaseUnused = undefined; free(page, n) { if (n !== 13) super.free(page, n); }',
    );
    const first = await inProcess(['conform', file, '--seed', '7', '--runs', '12']);
    expect(first.code).toBe(1);
    expect(first.out).toMatch(/after: grow \d+ 512\n/);
    const [, seed, path] =
      /again alone: pageheap conform \S+superstitious\.mjs --seed (\d+) --path (\S+)/.exec(first.out) ?? [];
    const again = await inProcess(['conform', file, '--seed', seed ?? '', '--path', path ?? '', '--json']);
    expect(again.code).toBe(1);
    const { checks } = JSON.parse(again.out) as Report;
    const broken = checks.filter(({ passed }) => !passed);
    expect(broken).toHaveLength(1);
    expect(broken[0]?.error).toContain(`again alone: seed ${seed}, path ${path}`);
    expect(broken[0]?.steps?.at(-1)).toMatch(/^free \d+ 13$/);
    // What was skipped is in the JSON, too.
    expect(checks.filter((check) => check.skipped !== undefined)).toHaveLength(
      first.out.match(/^skipped /gm)?.length ?? 0,
    );
    expect(checks).toContainEqual({
      name: 'releases by age, if it can, what is unused for long and nothing younger',
      passed: true,
      skipped: 'it has no releaseUnused',
    });
  });

  it('tells what was skipped and why, and a certificate that cannot be written: that fails nothing', async () => {
    const file = like(
      'modest.mjs',
      `releaseUnused = undefined;
       constructor(host) {
         if (host.physPages > 1) throw new Error('8 KiB at most');
         super(host);
       }
       grow(page, n) { return n % 512 === 0 && super.grow(page, n); }
       alloc(n) { if (n === 7) process.stdout.write('seven'); return super.alloc(n); }`,
    );
    const { out, err, code } = await pageheap(['conform', file, '--runs', '1'], {
      env: { XDG_CACHE_HOME: '/proc/none' },
    });
    expect(code).toBe(0);
    expect(out).toMatch(/^skipped releases by age.*\n {8}it has no releaseUnused$/m);
    expect(out).toMatch(/^skipped grows by less.*\n {8}it answers false to growth by 16 pages$/m);
    expect(out).toMatch(/^skipped releases whole.*\n {8}it refused: 8 KiB at most$/m);
    const [, kept, skipped] = /\n\n(\d+) of \1 kept, (\d+) skipped\n$/.exec(out) ?? [];
    expect(out.match(/^kept {4}/gm)).toHaveLength(Number(kept));
    expect(out.match(/^skipped /gm)).toHaveLength(Number(skipped));
    expect(err).toMatch(/no certificate could be written: .*\n$/);
    expect(out).not.toContain('certificate');
    // What a class prints is not among the results.
    expect(err).toContain('seven');
    expect(out).not.toContain('seven');
  });

  // As JSON with all of the calls: test/long/cli/conform.test.ts.
  it('tells failures of one cause together, with the last calls', async () => {
    const file = like(
      'late.mjs',
      '#calls = 0; alloc(n) { return ++this.#calls > 100 ? -2 : super.alloc(n); }',
    );
    const { out } = await inProcess(['conform', file, '--runs', '1']);
    expect(out).toMatch(/^ {3}after: … \d+ earlier\n {10}alloc \d+\n {10} {2}= \d+$/m);
    expect(out.match(/^\d+\. /gm)?.length).toBeLessThan(4);
    const first = /^broken {2}(.*) \(1\)$/m.exec(out)?.[1] ?? 'none';
    expect(out).toContain(`\n   in: ${first}\n`);
    const others = out.match(/^broken .* \(1\)$/gm)?.length ?? 0;
    expect(others).toBeGreaterThan(5);
    expect(out).toContain(`   and in ${others - 1} others, all marked (1) above`);
  });

  // Other ways to be stuck, and to end the process: test/long/cli/conform.test.ts.
  it.runIf(isWhole)(
    'stops and names a call that does not end, and goes on with the other checks',
    async () => {
      const file = like('stuck.mjs', 'free() {\n for (;;); }');
      const { out, code } = await inProcess(['conform', file, '--timeout', '0.3', '--runs', '1']);
      expect(out).toMatch(
        /1\. free\(\d+, \d+\) did not end within 0\.3 s, and was stopped\n {5}at Mine\.free \(.*stuck\.mjs:4:\d+\)\n {3}in: .*\n/,
      );
      expect(code).toBe(1);
      // Whoever does that in most checks is not asked for ever.
      expect(out.match(/^broken /gm)?.length).toBe(3);
      const [, kept, tried, untried] =
        /\n(\d+) of (\d+) kept(?:, \d+ skipped)?, (\d+) not tried\n$/.exec(out) ?? [];
      expect(out.match(/^untried /gm)).toHaveLength(Number(untried));
      expect(Number(kept)).toBeGreaterThan(1);
      expect(Number(tried) - Number(kept)).toBe(3);
    },
  );

  it.runIf(isWhole)('tells once of a constructor that does not end, or throws', async () => {
    const loops = like('loops-made.mjs', 'constructor(host) {\n super(host);\n for (;;); }');
    const boom = module(
      'boom.mjs',
      'export default class Boom { constructor() { throw new RangeError("boom"); } }',
    );
    const stuck = await inProcess(['conform', loops, '--timeout', '0.3', '--runs', '1']);
    const threw = await inProcess(['conform', boom]);
    const json = await inProcess(['conform', boom, '--json']);
    expect(stuck.out).toMatch(
      /1\. its constructor did not end within 0\.3 s, and was stopped\n {5}at new Mine \(.*loops-made\.mjs:5:\d+\)\n[\s\S]*of the \d+ checks none was tried\n$/,
    );
    expect(threw.out).toMatch(
      /^broken {2}can be made \(1\)\n\nWhat is wrong:\n\n1\. its constructor threw RangeError: boom\n {5}at new Boom \(.*boom\.mjs:1:\d+\)\n {3}in: can be made\n\nit could not be made: of the \d+ checks none was tried\n$/,
    );
    expect([stuck.code, threw.code]).toEqual([1, 1]);
    expect((JSON.parse(json.out) as Report).checks).toEqual([
      {
        name: 'can be made',
        passed: false,
        error: 'its constructor threw RangeError: boom',
        at: [expect.stringMatching(/boom\.mjs:1:\d+/)],
        cause: 1,
      },
    ]);
  });

  // More modules that cannot be loaded: test/lab/subject/load-class.test.ts.
  it.each<[string, string[], RegExp]>([
    [
      'a module that ends the process',
      [module('exits.mjs', 'process.exit(7)')],
      /exits\.mjs: cannot be loaded as a module: it ends the process, with code 7 \(ERR_FILE/,
    ],
    [
      'a module that loops',
      [module('loops.mjs', 'let i = 0;\nwhile (i >= 0) i = 1;'), '--timeout', '0.3'],
      /loops\.mjs: cannot be loaded as a module: it did not end within 0\.3 s, and was stopped \(.*loops\.mjs:2:\d+\) \(ERR_FILE/,
    ],
    [
      'a module that never gets ready',
      [module('waits.mjs', 'await new Promise(() => undefined);')],
      /waits\.mjs: cannot be loaded as a module: its top-level await never settles \(ERR_FILE/,
    ],
    [
      'a class that lacks methods, and a name',
      [module('anonymous.mjs', 'export default class { alloc() {} }')],
      /^(?!.*--page-heap).*\banonymous\.mjs lacks free/,
    ],
    ['a path without its seed', ['radix', '--path', '1,A:B'], /without its seed.*ERR_INVALID_OPTION/],
    ['a path that none told', ['radix', '--seed', '1', '--path', '1'], /not as a failure tells it/],
  ])('refuses %s', async (_what, args, message) => {
    const { out, err, code } = await inProcess(['conform', ...args]);
    expect(err).toMatch(message);
    expect(out).toBe('');
    expect(code).toBe(2);
  });
});

describe('its certificate', () => {
  const quick = [...still, '--no-report', '--out', join(folder, 'runs')];
  const custom = (...more: string[]): string[] => ['run', trace, ...quick, '--page-heap', ...more];

  it('is what run and compare go by, and record', async () => {
    const env = { XDG_CACHE_HOME: join(folder, 'cache') };
    const file = module('certified.mjs', shown());
    const made = await inProcess(['conform', file, '--runs', '1', '--json'], { env });
    expect([made.err, made.code]).toEqual(['', 0]);
    const { certificate: path, checks, pageHeap } = JSON.parse(made.out) as Report & { certificate: string };
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(checks.length).toBeGreaterThan(14);
    expect(pageHeap).toBe(file);
    const short = await inProcess(custom(file, '--json'), { env });
    expect(short.err).toMatch(
      /^FirstFit has passed only a short run of the conformance suite here \(--runs 1\):/,
    );

    // As a run of 60 leaves it, which takes long.
    const certificate = JSON.parse(readFileSync(path, 'utf8'));
    certificate.profile = { extent: 'full', runs: 60, seed: null, path: null, roundsUp: false };
    writeFileSync(path, JSON.stringify(certificate));
    const after = await inProcess(custom(file, '--json'), { env });
    expect(after.err).toBe('');
    const { runFile } = JSON.parse(after.out) as { runFile: string };
    const { conformance } = (await readRunFile(runFile)).header;
    expect(conformance).toEqual({ hash: certificate.hash, certificate });

    const both = ['-r', '1', '-c', `mine:radix,page-heap=${file}`, '--json'];
    expect((await inProcess(['compare', trace, ...quick, ...both], { env })).err).toBe('');
    writeFileSync(file, `${readFileSync(file, 'utf8')}\n`);
    const changed = await inProcess(custom(file, '--json'), { env });
    expect(changed.err).toBe(
      `FirstFit has not passed the conformance suite here: pageheap conform ${file}\n`,
    );
  });
});

describe('examples/first-fit.mjs', () => {
  it('serves a scavenger by age', async () => {
    const aged = ['-c', `lists,page-heap=${example}`, '--repeat', '1', '--out', join(folder, 'aged')];
    const { out, err, code } = await inProcess(['compare', trace, ...aged, ...still]);
    expect(err).not.toContain('ERR_');
    expect(out).toContain('first-fit');
    expect(code).toBe(0);
  });
});

describe('docs/custom-page-heap.md', () => {
  it('shows the example as it is', () => expect(shown()).toBe(readFileSync(example, 'utf8')));

  // That it conforms is seen where it gets its certificate.
  it('is enough: what it shows works in a heap', async () => {
    const mine = module('mine.mjs', shown());
    const heap = new Heap({ pageHeap: await loadClass<PageHeapClass>(mine, 'PageHeap'), environment: false });
    const kept = heap.malloc(100_000);
    heap.fill(kept, 100_000, 7);
    for (let i = 0; i < 50; i++) heap.drop(heap.malloc(50_000));
    heap.gc();
    expect(heap.freeOSMemory()).toBeGreaterThan(0);
    heap.check(3);
    expect(heap.read(kept, 100_000).every((byte) => byte === 7)).toBe(true);
    heap.dispose();
  });
});
