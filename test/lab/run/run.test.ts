import { execFileSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { PageHeapError } from '../../../lib/base/errors.ts';
import { readRunFile } from '../../../lib/lab/record/run-file.ts';
import { makeRun, type RunHooks } from '../../../lib/lab/run/run.ts';
import type { RunOptions, RunProgress } from '../../../lib/lab/run/run-options.ts';
import { traceName } from '../../../lib/lab/subject/subject-request.ts';
import { FakeHeap } from '../support/fake-heap.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-run-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

function trace(text: string | Uint8Array): string {
  const path = join(folder, `${++files}.mtrace`);
  writeFileSync(path, text);
  return path;
}

const quick = { seconds: 0, idle: 0, beatMs: 10 } as const;
/** Without huge pages: where the kernel makes them unasked, what is released may stay resident in one. */
const small = { environment: false, reach: 256 * 2 ** 20, disableHugePages: true } as const;

/** A run on a fake heap, unless told otherwise. */
function options(path: string, more: Partial<RunOptions> = {}): RunOptions {
  return { trace: path, output: join(folder, `${++files}.jsonl`), ...quick, ...more };
}

function onFake(heap = new FakeHeap()): RunHooks & { heap: FakeHeap } {
  return { makeHeap: () => heap, heap };
}

const endless = `= Start\n${Array.from({ length: 200_000 }, (_, i) => `+ 0x${(i + 1).toString(16)}0 0x10\n`).join('')}`;

describe('a run on the real heap', () => {
  it('fills a run file that tells everything', async () => {
    const run = options('traces/git.mtrace.gz', {
      seconds: 0.4,
      idle: 1.2,
      collections: 2,
      beatMs: 20,
      heap: small,
      version: '9.9.9',
      command: ['pageheap', 'run'],
    });
    const seen: RunProgress[] = [];
    const result = await makeRun(run, { onProgress: (progress) => seen.push(progress) });
    expect(result).toMatchObject({
      file: run.output,
      reason: 'done',
      ops: 8655,
      counts: { lines: 8656, allocs: 4258, frees: 4017, reallocs: 190, unknownFrees: 0 },
    });
    expect(result.seconds).toBeGreaterThan(0.35);
    expect(result.peakRss).toBeGreaterThan(4 * 2 ** 20);
    expect(seen[0].phase).toBe('counting');
    expect(seen.filter((p) => p.phase === 'replay').every((p) => p.totalOps === 8655)).toBe(true);
    expect(seen.at(-1)).toMatchObject({ phase: 'idle', share: 1, ops: 8655 });

    const data = await readRunFile(run.output);
    expect(data.remarks).toEqual([]);
    expect(data.header).toMatchObject({
      name: 'git',
      command: ['pageheap', 'run'],
      trace: { name: 'git', ops: 8655 },
      options: { gcPercent: 100, advise: 'dontneed', touch: 'all', strict: false },
      pace: { seconds: 0.4, idle: 1.2, collections: 2, beatMs: 20 },
      env: {
        pageSize: expect.any(Number),
        kernel: expect.any(String),
        pageheap: '9.9.9',
        fallbacks: expect.any(Array),
      },
    });
    expect(data.samples.length).toBeGreaterThan(20);
    const replayed = data.samples.filter((s) => s.phase === 'replay');
    expect(replayed.some((s) => (s.ops ?? 0) > 0 && (s.ops ?? 0) < 8655)).toBe(true);
    expect(replayed.map((s) => s.ops)).toEqual(replayed.map((s) => s.ops ?? 0).sort((a, b) => a - b));
    const [first, second, ...more] = data.collections.filter((c) => c.forced);
    // Each is due at its time from the beginning; on a busy machine the first may come late.
    expect(second.t - first.t).toBeGreaterThan(900);
    expect(more).toEqual([]);
    expect(data.maps.map((m) => m.label)).toEqual(
      expect.arrayContaining(['end of replay', 'after collection 1', 'after collection 2', 'end']),
    );
    const [map] = data.maps;
    expect(Buffer.from(map.bits.state, 'base64').length).toBe(map.pages);
    expect(Buffer.from(map.bits.resident, 'base64').length).toBe(map.pages);
    expect(data.classes[0].rows.length).toBeGreaterThan(10);
    expect(data.end).toMatchObject({
      reason: 'done',
      ops: 8655,
      trace: { lines: 8656 },
      summary: {
        NumGC: data.collections.length,
        NumForcedGC: 2,
        peakRss: result.peakRss,
        endRss: result.endRss,
      },
    });
    expect(data.end?.summary?.peakLiveBytes).toBeGreaterThan(4 * 2 ** 20);
  });

  it('belief and kernel agree of what is in use and resident, in the map at the end of the replay', async () => {
    const run = options('traces/perl.mtrace.gz', { heap: small });
    await makeRun(run);
    const map = (await readRunFile(run.output)).maps.find((m) => m.label === 'end of replay');
    const state = Buffer.from(map?.bits.state ?? '', 'base64');
    const resident = Buffer.from(map?.bits.resident ?? '', 'base64');
    let inUse = 0;
    let backed = 0;
    let releasedResident = 0;
    for (let i = 0; i < state.length; i++) {
      if (state[i] === 3) {
        inUse++;
        if (resident[i] > 0) backed++;
      }
      if (state[i] === 2 && resident[i] > 0) releasedResident++;
    }
    expect(inUse).toBeGreaterThan(1000);
    expect(backed / inUse).toBeGreaterThan(0.95);
    expect(releasedResident).toBe(0);
  });

  it('samples LazyFree when it ends, however short it is', async () => {
    const run = options(trace('= Start\n+ 0x10 0x400000\n- 0x10\n'), {
      idle: 0.05,
      beatMs: 20,
      heap: { ...small, advise: 'free' },
    });
    await makeRun(run);
    const { samples } = await readRunFile(run.output);
    expect(samples.at(-1)).toMatchObject({ lazy: expect.any(Number), vmas: expect.any(Number) });
  });

  it('runs out of memory with a typed error at its line, and a whole run file', async () => {
    const path = trace('= Start\n+ 0x10 0x1000\n+ 0x20 0x40000000\n- 0x10\n');
    const run = options(path, { heap: small });
    await expect(makeRun(run)).rejects.toMatchObject({ code: 'ERR_OUT_OF_MEMORY', file: path, line: 3 });
    const data = await readRunFile(run.output);
    expect(data.end).toMatchObject({
      reason: 'error',
      ops: 1,
      error: expect.stringContaining(`${path}:3: `),
      summary: { peakLiveBytes: 4096 },
    });
  });
});

describe('however a run ends', () => {
  it.each([
    ['half a line', '= Start\n+ 0x10 0x5\n+ 0x2\n', 3],
    ['`<` without `>`', '= Start\n< 0x10\n- 0x10\n', 2],
    ['a size beyond the address space', '= Start\n+ 0x10 0x3c90000000000000\n', 2],
  ])('with a fault of the trace, in strict mode: %s', async (_what, text, line) => {
    const path = trace(text);
    const run = options(path, { strict: true });
    const hooks = onFake();
    await expect(makeRun(run, hooks)).rejects.toMatchObject({ code: 'ERR_TRACE', file: path, line });
    expect((await readRunFile(run.output)).end).toMatchObject({
      reason: 'error',
      error: expect.stringContaining(`${path}:${line}: `),
    });
    expect(hooks.heap.disposed).toBe(1);
  });

  it('at the end of what a trace has that was cut off, with its idle stretch', async () => {
    const path = trace(gzipSync(endless).subarray(0, 1000));
    const run = options(path, { seconds: 0.1, idle: 0.05 });
    const { reason, counts } = await makeRun(run, onFake());
    expect([reason, counts.gzipCutLine]).toEqual(['done', expect.any(Number)]);
    expect(counts.gzipCutLine).toBeGreaterThan(1);
    const { samples, end } = await readRunFile(run.output);
    expect(samples.some(({ phase }) => phase === 'idle')).toBe(true);
    expect(end?.trace).toMatchObject({ format: 'mtrace', gzipCutLine: counts.gzipCutLine });
  });

  it('with a broken gzip stream, counted before', async () => {
    const packed = gzipSync(endless);
    packed.fill(0xff, 30_000, 30_064);
    const path = trace(packed);
    const run = options(path, { seconds: 0.2 });
    await expect(makeRun(run, onFake())).rejects.toMatchObject({ code: 'ERR_TRACE', file: path });
    expect((await readRunFile(run.output)).end).toMatchObject({ reason: 'error' });
  });

  it('with what strict mode refuses', async () => {
    const path = trace('= Start\n- 0x10\n');
    await expect(makeRun(options(path, { strict: true }), onFake())).rejects.toMatchObject({
      code: 'ERR_TRACE',
      line: 2,
    });
    expect((await makeRun(options(path), onFake())).counts.unknownFrees).toBe(1);
  });

  it('with an error of sampling', async () => {
    const hooks = onFake();
    let samples = 0;
    const { sample } = hooks.heap;
    hooks.heap.sample = () => {
      if (++samples > 3) throw new PageHeapError('ERR_FAULT', 'gone');
      return sample.call(hooks.heap);
    };
    const run = options(trace(endless), { seconds: 30 });
    await expect(makeRun(run, hooks)).rejects.toMatchObject({ code: 'ERR_FAULT' });
    expect((await readRunFile(run.output)).end).toMatchObject({ reason: 'error', error: 'gone' });
  });

  it.each(['replay', 'idle'] as const)('interrupted in its %s', async (phase) => {
    const stop = new AbortController();
    const run = options(trace(endless), phase === 'replay' ? { seconds: 30 } : { idle: 30 });
    const hooks = {
      ...onFake(),
      signal: stop.signal,
      onProgress: (p: RunProgress) => p.phase === phase && stop.abort(),
    };
    const result = await makeRun(run, hooks);
    expect(result.reason).toBe('interrupted');
    const data = await readRunFile(run.output);
    expect(data.end).toMatchObject({ reason: 'interrupted', ops: result.ops });
    if (phase === 'idle') expect(result.ops).toBe(200_000);
    else expect(result.ops).toBeLessThan(200_000);
  });

  it('interrupted while it waits for input that does not come', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const input = createWriteStream(fifo);
    input.write('= Start\n+ 0x10 0x20\n');
    const stop = new AbortController();
    const run = options(fifo, { seconds: 5 });
    const onProgress = ({ ops }: RunProgress): void => {
      if (ops < 1 || stop.signal.aborted) return;
      stop.abort();
      // The read that is under way returns when the writer is gone.
      setTimeout(() => input.end(), 50);
    };
    expect((await makeRun(run, { ...onFake(), signal: stop.signal, onProgress })).reason).toBe('interrupted');
    expect((await readRunFile(run.output)).end).toMatchObject({ reason: 'interrupted', ops: 1 });
  });
});

describe('what cannot begin', () => {
  it.each([
    ['seconds', { seconds: -1 }],
    ['seconds', { seconds: Number.NaN }],
    ['idle', { idle: Number.POSITIVE_INFINITY }],
    ['collections', { collections: 1.5 }],
    ['beatMs', { beatMs: 0 }],
    ['touch', { touch: 'some' as 'all' }],
  ])('%s out of range', async (name, more) => {
    const run = options('traces/git.mtrace.gz', more);
    await expect(makeRun(run, onFake())).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringContaining(name),
    });
    expect(existsSync(run.output)).toBe(false);
  });

  it.each([0, 1])('a trace that is not there, paced over %i s', async (seconds) => {
    const missing = join(folder, 'missing');
    await expect(makeRun(options(missing, { seconds }), onFake())).rejects.toMatchObject({
      code: 'ERR_FILE',
      file: missing,
    });
  });

  it('a run file that cannot be written', async () => {
    const hooks = onFake();
    const output = join(trace('x'), 'run.jsonl');
    await expect(makeRun({ ...options('traces/git.mtrace.gz'), output }, hooks)).rejects.toMatchObject({
      code: 'ERR_FILE',
    });
    expect(hooks.heap.disposed).toBe(1);
  });
});

describe('details', () => {
  it('fallbacks of the kernel are in the end line', async () => {
    const run = options('traces/git.mtrace.gz');
    await makeRun(run, onFake());
    expect((await readRunFile(run.output)).end?.summary?.fallbacks).toEqual(['nothing works']);
    expect(readFileSync(run.output, 'utf8').endsWith('}\n')).toBe(true);
  });

  it('the number of operations in a .rep header is the total', async () => {
    const totals: (number | undefined)[] = [];
    await makeRun(options('test/fixtures/traces/short1.rep'), {
      ...onFake(),
      onProgress: (p) => totals.push(p.totalOps),
    });
    expect(totals.at(-1)).toBe(12);
  });

  it.each([
    ['traces/sqlite-ramp.mtrace.gz', 'sqlite-ramp'],
    ['/a/b.c.rep', 'b.c'],
    ['x.trace.txt.gz', 'x'],
    ['-', 'stdin'],
  ])('the name of %s is %s', (path, name) => {
    expect(traceName(path)).toBe(name);
  });
});
