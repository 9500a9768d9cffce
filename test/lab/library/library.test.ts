/**
 * `pageheap/lab`, as a program has it: by the package's name, and with its types. It runs the compiled code.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { those } from '../../support/extent.ts';
import { typeFaults } from './types.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pageheap-library-'));
afterAll(() => rmSync(folder, { recursive: true }));
const compiled = pathToFileURL(resolve(root, 'dist/lib/lab/library/index.js')).href;
const { compare, readComparison, readRun, renderComparison, renderReport, run, subjects, summarize } =
  (await import(compiled)) as typeof import('../../../lib/lab/library/index.ts');

const quick = { out: join(folder, 'runs'), seconds: 0, idle: 0 } as const;
const small = join(folder, 'small.mtrace');
writeFileSync(small, '= Start\n+ 0x1000 0x20\n+ 0x2000 0x9000\n- 0x1000\n= End\n');
const still = { environment: false, reach: '256MiB' } as const;

describe('run', () => {
  it('makes a run in another process, and answers what was recorded', async () => {
    const phases = new Set<string>();
    const { file, reason, summary, data } = await run('git', {
      ...quick,
      beatMs: 5,
      heap: { ...still, generation: 'treap', growthUnit: '1MiB' },
      onProgress: ({ phase }) => void phases.add(phase),
    });
    expect(reason).toBe('done');
    expect(file.startsWith(join(folder, 'runs', 'git-'))).toBe(true);
    expect(data.header.options).toMatchObject({ generation: 'treap', growthUnit: 2 ** 20 });
    expect(summary.operations).toBe(8655);
    expect(phases).toContain('replay');
    expect(summarize(await readRun(file))).toEqual(summary);
    expect(renderReport(data)).toMatch(/^<!doctype html>/i);
  });

  it('runs a workload, with a custom page heap by the URL of its module', async () => {
    const file = join(folder, 'own.jsonl');
    const { data } = await run('stripes', {
      scale: 0.01,
      timeScale: 0,
      file,
      heap: { ...still, pageHeap: pathToFileURL(join(root, 'examples/buddy.mjs')) },
    });
    expect(data.header.options).toMatchObject({ pageHeap: 'Buddy' });
    expect(data.header.workload).toMatchObject({ name: 'stripes', scale: 0.01 });
    expect(existsSync(file)).toBe(true);
  });

  it('is ended by a signal, with what was recorded until then', async () => {
    const stop = new AbortController();
    const { reason, data } = await run('git', {
      ...quick,
      idle: 60,
      heap: still,
      signal: stop.signal,
      onProgress: ({ phase }) => phase === 'idle' && stop.abort(),
    });
    expect(reason).toBe('interrupted');
    expect(data.samples.length).toBeGreaterThan(0);
  });

  const failing: readonly (readonly [string, (error: Error) => unknown])[] = [
    [
      'throws',
      (error: Error) => {
        throw error;
      },
    ],
    ['rejects', async (error: Error) => Promise.reject(error)],
    [
      'rejects late',
      async (error: Error) => {
        await pause(50);
        throw error;
      },
    ],
  ];
  it.each(those(failing, ([how]) => how !== 'rejects'))(
    'is ended by a listener that %s, with its error; the file is kept',
    async (_what, fail) => {
      const file = join(folder, 'failed.jsonl');
      const error = new TypeError('no such bar');
      let calls = 0;
      const onProgress = ({ phase }: { phase: string }): unknown => {
        if (phase !== 'replay') return undefined;
        calls++;
        return fail(error);
      };
      await expect(run('git', { ...quick, file, idle: 60, heap: still, onProgress })).rejects.toBe(error);
      expect(calls).toBeGreaterThan(0);
      expect((await readRun(file)).end).toMatchObject({ reason: 'interrupted' });
    },
  );

  it('is over when its listener is, whatever that answers', async () => {
    let ended = 0;
    let begun = 0;
    const onProgress = async (): Promise<number> => {
      begun++;
      await pause(30);
      return ++ended;
    };
    const { reason } = await run('git', {
      ...quick,
      file: join(folder, 'slow.jsonl'),
      heap: still,
      onProgress,
    });
    expect([reason, ended]).toEqual(['done', begun]);
  });

  it.each<[string, string, object, string, RegExp]>([
    ['an option that there is not', 'git', { second: 1 }, 'ERR_INVALID_OPTION', /there is no option second/],
    ['an option of the other kind', 'git', { scale: 2 }, 'ERR_INVALID_OPTION', /--scale: git is a trace/],
    ['a value that is none', 'git', { seconds: 'x' }, 'ERR_INVALID_OPTION', /option seconds/],
    [
      'a size that is none',
      'git',
      { heap: { reach: '1GB' } },
      'ERR_INVALID_OPTION',
      /option reach: must be .*'1GB'/,
    ],
    [
      'a class',
      'git',
      { heap: { pageHeap: class {} } },
      'ERR_INVALID_OPTION',
      /cannot be sent to the process/,
    ],
    ['a file that is not there', 'none.mtrace', {}, 'ERR_FILE', /none\.mtrace/],
    ['what is no object', 'git', [] as never, 'ERR_INVALID_OPTION', /options must be an object/],
  ])('refuses %s before anything is made', async (_what, subject, options, code, message) => {
    const out = join(folder, 'none');
    const asked = Array.isArray(options) ? options : { ...quick, ...options, out };
    await expect(run(subject, asked as object)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect(existsSync(out)).toBe(false);
  });
});

describe('compare', () => {
  it('makes the runs in turns, and answers the spread of each figure', async () => {
    const told: string[] = [];
    const {
      configurations,
      folder: made,
      failures,
    } = await compare(small, {
      ...quick,
      repeat: 2,
      heap: still,
      configurations: { old: 'lists', tight: { memoryLimit: '64MiB' } },
      onProgress: ({ label, run: n, runs }) => void told.push(`${label} ${n} of ${runs}`),
    });
    expect(failures).toEqual([]);
    expect(configurations.map(({ label, runs }) => [label, runs.length])).toEqual([
      ['old', 2],
      ['tight', 2],
    ]);
    expect(configurations[0]?.spread.rssPeak).toMatchObject({ n: 2 });
    expect(configurations[1]?.runs[0]?.header.options).toMatchObject({
      generation: 'radix',
      memoryLimit: 2 ** 26,
    });
    expect([...new Set(told)]).toEqual(['old 1 of 4', 'tight 2 of 4', 'old 3 of 4', 'tight 4 of 4']);
    expect((await readComparison(made)).configurations).toEqual(configurations);
    expect(renderComparison(await readComparison(made))).toMatch(/^<!doctype html>/i);
  });

  it('is ended by a listener that throws, with its error; what was recorded is kept', async () => {
    const out = join(folder, 'failing');
    const onProgress = ({ phase }: { phase: string }): void => {
      if (phase === 'idle') throw undefined;
    };
    const options = { ...quick, out, idle: 60, heap: still, onProgress };
    await expect(compare('git', options)).rejects.toBe(undefined);
    const [made = ''] = readdirSync(out);
    expect(readdirSync(join(out, made)).sort()).toEqual(['comparison.json', 'lists-1.jsonl']);
  });

  it('that is aborted before it began leaves nothing', async () => {
    const out = join(folder, 'aborted');
    const options = { ...quick, out, heap: still, signal: AbortSignal.abort(new Error('not today')) };
    await expect(compare('git', options)).rejects.toThrow('not today');
    expect(existsSync(out) ? readdirSync(out) : []).toEqual([]);
  });
});

it('subjects are what run knows by name', () => {
  const { traces, workloads } = subjects();
  expect(traces).toContain('perl');
  expect(workloads).toContain('rsscurve');
});

describe('compare with contenders', () => {
  it('makes runs on an allocator of others, by its name or with what it is asked', async () => {
    const { configurations, failures } = await compare(small, {
      ...quick,
      repeat: 1,
      configurations: {
        glibc: 'glibc',
        trimmed: { contender: { name: 'glibc', variables: { MALLOC_TRIM_THRESHOLD_: '1024' } } },
      },
    });
    expect(failures).toEqual([]);
    expect(configurations.map(({ runs }) => runs[0].header.contender?.name)).toEqual(['glibc', 'glibc']);
    expect(configurations[1].runs[0].header.options).toMatchObject({ MALLOC_TRIM_THRESHOLD_: '1024' });
    expect(configurations[0].spread.released).toBeUndefined();
  });

  it('refuses one that is none', async () => {
    const configurations = { x: { contender: { name: 'dlmalloc' } } } as never;
    await expect(compare('git', { ...quick, configurations })).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringContaining('x has no contender of glibc'),
    });
  });
});

describe('the package', () => {
  it('has an entry in docs/library.md for whatever it exports', async () => {
    const library = readFileSync(join(root, 'docs/library.md'), 'utf8');
    const names = Object.keys((await import(compiled)) as object);
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(library))).toEqual([]);
  });

  // Its example, and types under the other ways to resolve modules: test/long/lab/library.
  it('has types that resolve under module nodenext', () => {
    expect(typeFaults(folder, 'nodenext', 'nodenext')).toBe('');
  });
});
