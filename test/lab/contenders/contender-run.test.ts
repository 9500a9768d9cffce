import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ContenderName, contenders } from '../../../lib/lab/contenders/contender.ts';
import { checkContended, makeContenderRun } from '../../../lib/lab/contenders/contender-run.ts';
import { findLibrary } from '../../../lib/lab/contenders/find-library.ts';
import { findGo } from '../../../lib/lab/contenders/go-program.ts';
import { contenderFindings } from '../../../lib/lab/contenders/installed.ts';
import { prepareContender } from '../../../lib/lab/contenders/prepare.ts';
import { metricsOf } from '../../../lib/lab/metrics/run-metrics.ts';
import { summarize } from '../../../lib/lab/metrics/summary.ts';
import type { RunData } from '../../../lib/lab/record/run-data.ts';
import { readRunFile } from '../../../lib/lab/record/run-file.ts';
import { rssBasisWords } from '../../../lib/lab/report/contender-words.ts';
import { renderReport } from '../../../lib/lab/report/render.ts';
import { sinceOf } from '../../../lib/lab/report/summary.ts';
import { makeRun } from '../../../lib/lab/run/run.ts';
import { OperationBatch, opAllocate } from '../../../lib/lab/trace/operations.ts';
import { RecordingWriter, recordingHead } from '../../../lib/lab/trace/recording-writer.ts';
import { configurationOf } from '../report/made-comparison.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-contenders-'));
afterAll(() => rmSync(folder, { recursive: true }));
const kib = 1024;
const blocks = 400;

/** Blocks of 16 KiB: all are allocated, one realloc each grows it, then all but every fourth are freed; late and unknown frees among them. */
function traceText(): string {
  const lines = ['= Start'];
  const at = (i: number): string => `0x${(0x1000_0000 + i * 65_536).toString(16)}`;
  for (let i = 0; i < blocks; i++) lines.push(`+ ${at(i)} 0x4000`);
  for (let i = 0; i < blocks; i++) lines.push(`< ${at(i)}`, `> ${at(i)} 0x8000`);
  lines.push('- 0x99990', `+ ${at(0)} 0x8000`, `- ${at(0)}`);
  for (let i = 1; i < blocks; i++) if (i % 4 !== 0) lines.push(`- ${at(i)}`);
  return `${lines.join('\n')}\n`;
}

const trace = join(folder, 'blocks.mtrace');
beforeAll(() => writeFileSync(trace, traceText()));
const options = { trace, seconds: 0.3, idle: 0.1, beatMs: 20 };

async function runOn(name: ContenderName, more: object = {}): Promise<RunData> {
  const output = join(folder, `${name}-${Math.random()}.jsonl`);
  await makeContenderRun({ ...options, output, contender: prepareContender({ name, ...more }) });
  return readRunFile(output);
}

let ours: RunData;
beforeAll(async () => {
  const here = join(folder, 'here.jsonl');
  await makeRun({ ...options, seconds: 0, idle: 0, output: here });
  ours = await readRunFile(here);
});

/** What every run of these blocks must show, whatever the allocator. */
function expectBlocks(run: RunData): void {
  // The same operations, faults of the trace and all.
  expect(run.end?.trace).toEqual(ours.end?.trace);
  expect(run.end?.ops).toBe(ours.end?.ops);
  expect(run.samples.at(-1)?.live).toBe(ours.samples.at(-1)?.live);
  const figures = metricsOf(run);
  const peak = (blocks * 32 * kib) as number;
  expect(figures.rssPeak).toBeGreaterThan(0.95 * peak);
  expect(figures.rssPeak).toBeLessThan(3.5 * peak);
  expect(figures.overPayload).toBeGreaterThan(0.5);
  expect(figures.cpuTime).toBeGreaterThan(0);
  expect(figures.busy).toBeGreaterThan(0);
  expect(figures.faults).toBeGreaterThan(1000);
  expect(run.samples[0].rss).toBeLessThan(512 * kib);
  expect(renderReport(run)).toContain('</html>');
}

it('glibc: the same operations as on a heap of here, and no figure that malloc does not tell', async () => {
  const run = await runOn('glibc', { variables: { MALLOC_TRIM_THRESHOLD_: '1000000000' } });
  expectBlocks(run);
  expect(run.header.contender).toMatchObject({ name: 'glibc', rss: 'process' });
  expect(run.header.options).toMatchObject({ contender: 'glibc', MALLOC_TRIM_THRESHOLD_: '1000000000' });
  for (const sample of run.samples) expect(sample).not.toHaveProperty('inuse');
  const { released, collections, madviseCalls, heapSys, metadata, fragmentation } = metricsOf(run);
  expect([released, collections, madviseCalls, heapSys, metadata, fragmentation]).toEqual(
    Array(6).fill(undefined),
  );
  const { moments, collections: count, madvise } = summarize(run);
  expect(moments[0]).toMatchObject({ inuse: null, free: null, released: null });
  expect([count, madvise]).toEqual([null, null]);
  // One basis: for malloc both are the same.
  expect(metricsOf(run).addedPeak).toBe(metricsOf(run).rssPeak);
});

/** Objects with an alignment take the memory that it costs, and callocs are zero. */
async function expectAlignment(name: 'glibc' | 'radix' | 'go'): Promise<void> {
  const pages = 800;
  const aligned = join(folder, 'aligned.txt');
  const lines = Array.from(
    { length: pages },
    (_, i) => `1: memalign 0x${(4096 * (i + 1)).toString(16)} 4096 600`,
  );
  writeFileSync(aligned, `${[...lines, '1: calloc 0x10 4 1000'].join('\n')}\n`);
  const output = join(folder, `aligned-${name}.jsonl`);
  const run = { ...options, trace: aligned, seconds: 0, idle: 0, output };
  if (name === 'radix') await makeRun(run);
  else await makeContenderRun({ ...run, contender: prepareContender({ name }) });
  const { rssPeak } = metricsOf(await readRunFile(output));
  expect(rssPeak).toBeGreaterThan(0.95 * pages * 4096);
  expect(rssPeak).toBeLessThan(2.2 * pages * 4096);
}

it.each(['glibc', 'radix'] as const)(
  '%s: objects with an alignment take the memory that it costs, and callocs are zero',
  expectAlignment,
);

/** Where it is not installed, the error names its package. */
function unlessInstalled(name: ContenderName): boolean {
  const contender = contenders[name];
  const isThere =
    contender.kind === 'native' ? findLibrary(contender.libraries) !== undefined : findGo() !== undefined;
  if (!isThere)
    expect(() => prepareContender({ name })).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_OPTION',
        message: expect.stringContaining(`Debian package ${contender.debian}`),
      }),
    );
  const finding = contenderFindings().find(({ what }) => what === `contender ${name}`);
  expect(finding?.verdict).toBe(isThere ? 'ok' : 'note');
  return !isThere;
}

it.each(['jemalloc', 'mimalloc', 'tcmalloc'] as const)('%s, where it is installed', async (name) => {
  if (unlessInstalled(name)) return;
  const run = await runOn(name);
  expectBlocks(run);
  expect(run.header.contender).toMatchObject({ name, version: expect.stringMatching(/^\d/) });
  expect(run.header.contender?.file).toContain(name);
});

it.each(['je mall:oc.so', 'je"m\\.so', 'jé $LIB ’.so'])('a library under the name %s', async (name) => {
  if (unlessInstalled('jemalloc')) return;
  const library = join(folder, name);
  copyFileSync(findLibrary(contenders.jemalloc.libraries) ?? '', library);
  const links = (): string[] => readdirSync(tmpdir()).filter((one) => one.startsWith('pageheap-preload-'));
  const before = links();
  const run = await runOn('jemalloc', { library });
  expect(run.header.contender).toMatchObject({ name: 'jemalloc', file: realpathSync(library) });
  expect(links().filter((one) => !before.includes(one))).toEqual([]);
});

describe('go, where it is installed', () => {
  const before = { ...process.env };
  beforeAll(() => {
    process.env.GOCACHE ??= join(homedir(), '.cache', 'go-build');
    process.env.XDG_CACHE_HOME = join(folder, 'cache');
  });
  afterAll(() => {
    process.env.XDG_CACHE_HOME = before.XDG_CACHE_HOME;
    if (before.GOCACHE === undefined) delete process.env.GOCACHE;
  });

  it('without a cache folder that can be written has one of this process', () => {
    // Not Go itself, for which all is to be built in a folder that is new: that is seen below.
    const toolchain = join(folder, 'go-of-the-test');
    const build = 'build) echo "$*" > replayer;;';
    writeFileSync(toolchain, `#!/bin/sh\ncase "$1" in env) echo go1.0-test;; ${build} esac\n`, {
      mode: 0o755,
    });
    const cache = process.env.XDG_CACHE_HOME;
    process.env.XDG_CACHE_HOME = '/proc/none';
    try {
      const told: unknown[] = [];
      const programs = [1, 2].map(() =>
        prepareContender({ name: 'go', toolchain }, (...words) => told.push(...words)),
      );
      expect(told).toEqual([expect.stringMatching(/^go1/), expect.stringContaining('/pageheap-go-')]);
      expect(programs[0].file.startsWith(`${told[1]}/`)).toBe(true);
      expect(programs[1].file).toBe(programs[0].file);
    } finally {
      process.env.XDG_CACHE_HOME = cache;
    }
  });

  it('has MemStats, collections and ranges of its own, and a program that is built once', async () => {
    if (unlessInstalled('go')) return;
    const built: string[] = [];
    const programs = [1, 2].map(() =>
      prepareContender({ name: 'go', gcPercent: 50 }, (version) => built.push(version)),
    );
    expect(built).toHaveLength(1);
    expect(programs[0].file).toBe(programs[1].file);
    expect(readdirSync(join(folder, 'cache', 'pageheap', 'contenders'))).toHaveLength(1);
    const run = await runOn('go', { gcPercent: 50 });
    expectBlocks(run);
    expect(run.header.contender).toMatchObject({ name: 'go', rss: 'ranges', version: built[0] });
    expect(run.header.options).toMatchObject({ contender: 'go', GOGC: '50', ps: 1 });
    const { collections, heapSys, released, fragmentation, metadata } = metricsOf(run);
    expect(collections).toBeGreaterThan(1);
    expect(heapSys).toBeGreaterThan(blocks * 32 * kib);
    expect(released).toBeGreaterThanOrEqual(0);
    expect(fragmentation).toBeLessThan(0.9);
    expect(metadata).toBeGreaterThan(0);
  });

  it('objects with an alignment take the memory that it costs, and callocs are zero', async () => {
    if (findGo() !== undefined) await expectAlignment('go');
  });
});

describe('a contender that cannot be', () => {
  it.each([
    [{ name: 'jemalloc', library: '/nowhere/lib.so' }, 'ERR_FILE', /no such library/],
    [{ name: 'jemalloc', library: '/etc/passwd' }, 'ERR_FILE', /no library for this machine/],
    [{ name: 'go', toolchain: '/nowhere/go' }, 'ERR_FILE', /no command of Go/],
    [
      { name: 'glibc', variables: { LD_PRELOAD: 'x' } },
      'ERR_INVALID_OPTION',
      /LD_PRELOAD is no variable that it reads/,
    ],
  ] as const)('%j is refused', (request, code, message) => {
    expect(() => prepareContender(request)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it('a library that is no malloc is told, not run with', async () => {
    const library = findLibrary(['libm.so.6', 'libz.so.1', 'libc.musl-x86_64.so.1']) ?? '';
    const contender = prepareContender({ name: 'tcmalloc', library });
    const output = join(folder, 'libm.jsonl');
    await expect(makeContenderRun({ ...options, output, contender })).rejects.toMatchObject({
      code: 'ERR_SYSTEM',
      message: expect.stringMatching(/was not loaded as the malloc of its replayer/),
    });
    expect(existsSync(output)).toBe(false);
  });

  it('what a contender cannot do is said before anything runs', async () => {
    await expect(checkContended({ workload: { name: 'binary-trees' } }, 'glibc')).rejects.toThrow(
      /a heap that traces/,
    );
    await expect(checkContended({ trace }, 'as-it-ran')).rejects.toThrow(
      /tells nothing of its program's memory/,
    );
    await expect(checkContended({ workload: { name: 'stripes' } }, 'glibc')).resolves.toBeUndefined();
  });
});

it('an allocator without memory ends the run with the place in the trace, and leaves its file', async () => {
  const greedy = join(folder, 'greedy.mtrace');
  writeFileSync(greedy, `= Start\n+ 0x10 0x10\n+ 0x100 0x7f0000000000\n+ 0x200 0x10\n`);
  const output = join(folder, 'greedy.jsonl');
  const contender = prepareContender({ name: 'glibc' });
  const run = makeContenderRun({ ...options, trace: greedy, output, contender });
  await expect(run).rejects.toMatchObject({
    code: 'ERR_OUT_OF_MEMORY',
    message: expect.stringMatching(/glibc gave no memory for an object of 139637976727552 bytes/),
  });
  expect((await readRunFile(output)).end).toMatchObject({ reason: 'error' });
});

it('a workload runs on a contender, with its phases', async () => {
  const output = join(folder, 'stripes.jsonl');
  const workload = { name: 'stripes', scale: 0.02, timeScale: 0.001 };
  await makeContenderRun({ workload, output, contender: prepareContender({ name: 'glibc' }) });
  const run = await readRunFile(output);
  expect(run.phases.length).toBeGreaterThan(1);
  for (const phase of run.phases) expect(phase).not.toHaveProperty('inuse');
  expect(summarize(run).phases[0]).toMatchObject({ inuse: null, released: null });
  expect(renderReport(run)).toContain('Phases');
});

it('the recorded program itself: less what it had at first, over the time of the replay', async () => {
  const batch = new OperationBatch(4);
  for (let i = 0; i < 4; i++) {
    batch.kinds[i] = opAllocate;
    batch.pointers[i] = 16 * (i + 1);
    batch.sizes[i] = 8;
  }
  batch.count = 4;
  const writer = new RecordingWriter();
  const samples = [
    [0, 0, 1000 * kib, 100],
    [1, 2, 3000 * kib, 200],
    [2, 4, 2000 * kib, 300],
  ] as const;
  const about = {
    pid: 7,
    executable: '/bin/x',
    command: ['x'],
    started: '2026-01-01T00:00:00.000Z',
    threads: 1,
    ops: 4,
    seconds: 2,
    samples,
  };
  const recording = join(folder, 'x.rec');
  writeFileSync(recording, Buffer.concat([recordingHead(about), writer.rows(batch), writer.end()]));
  // One that was over before its memory was looked at has none to tell of, though it is a recording.
  const brief = join(folder, 'brief.rec');
  writeFileSync(brief, recordingHead({ ...about, samples: [] }));
  await expect(checkContended({ trace: brief }, 'as-it-ran')).rejects.toThrow(
    /brief tells nothing of its program's memory: it ended before that was looked at, or its recorder was killed/,
  );
  const output = join(folder, 'ran.jsonl');
  await makeContenderRun({
    trace: recording,
    seconds: 0.4,
    idle: 5,
    output,
    contender: prepareContender({ name: 'as-it-ran' }),
  });
  const run = await readRunFile(output);
  expect(run.header.contender).toMatchObject({ name: 'as-it-ran', file: '/bin/x', rss: 'process' });
  expect(run.samples.map(({ t, ops, rss }) => [t, ops, (rss ?? 0) / kib])).toEqual([
    [0, 0, 0],
    [100, 1, 1000],
    [200, 2, 2000],
    [300, 3, 1500],
    [400, 4, 1000],
  ]);
  expect(metricsOf(run)).toMatchObject({ rssPeak: 2000 * kib, rssEnd: 1000 * kib, addedPeak: 2000 * kib });
  expect(sinceOf(run)).toBe(0);
  // An older recording, whose first sample came later: told as what it is.
  const older = join(folder, 'older.rec');
  const late = recordingHead({ ...about, samples: samples.slice(1) });
  writeFileSync(older, Buffer.concat([late, new RecordingWriter().rows(batch), writer.end()]));
  const lateOutput = join(folder, 'late.jsonl');
  const contender = prepareContender({ name: 'as-it-ran' });
  await makeContenderRun({ trace: older, seconds: 0.4, output: lateOutput, contender });
  const lateRun = await readRunFile(lateOutput);
  expect(sinceOf(lateRun)).toBe(2);
  expect(rssBasisWords([configurationOf('ran', [lateRun])])).toBe(
    'RSS of ran is of its process, less what was there before the first operation (of as-it-ran before operation 2, where its recording first tells)',
  );
});
