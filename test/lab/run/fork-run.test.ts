/**
 * Runs in processes of their own. They run the compiled code in dist/, which Node can start without help.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { PageHeapError } from '../../../lib/base/errors.ts';
import { readRunFile } from '../../../lib/lab/record/run-file.ts';
import { packError, unpackError } from '../../../lib/lab/run/run-messages.ts';
import type { RunOptions } from '../../../lib/lab/run/run-options.ts';
import { those } from '../../support/extent.ts';
import { isAlive, sendSignal } from '../../support/signals.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-fork-'));
afterAll(() => rmSync(folder, { recursive: true }));
const compiled = pathToFileURL(resolve('dist/lib/lab/run/fork-run.js')).href;
const { forkRun } = (await import(compiled)) as typeof import('../../../lib/lab/run/fork-run.ts');
let files = 0;
/** For runs that are ended while they wait. */
const small = join(folder, 'small.mtrace');
writeFileSync(small, '= Start\n+ 0x1000 0x20\n+ 0x2000 0x9000\n- 0x1000\n= End\n');

function options(more: Partial<RunOptions> = {}): RunOptions {
  return {
    trace: 'traces/git.mtrace.gz',
    output: join(folder, `${++files}.jsonl`),
    seconds: 0,
    idle: 0,
    beatMs: 20,
    heap: { environment: false, reach: 256 * 2 ** 20, memoryLimit: Number.POSITIVE_INFINITY },
    ...more,
  };
}

async function until(what: () => boolean, ms = 20_000): Promise<void> {
  for (const end = Date.now() + ms; !what(); ) {
    if (Date.now() > end) throw new Error(`it did not happen in ${ms} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** The children of a process, from /proc. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

/** A parent of its own that forks a run; answers its process once the run has begun, and has carried out what its standard input, if it has one, begins with. */
async function parentOf(
  run: RunOptions,
  begins?: string,
): Promise<{ parent: ChildProcess; child: number; output: () => string }> {
  const script = join(folder, `${++files}.mjs`);
  writeFileSync(
    script,
    `import { forkRun } from ${JSON.stringify(compiled)};
let told = false;
forkRun(${JSON.stringify({ ...run, heap: undefined })}, {
  onProgress: (p) => {
    if (told || p.phase === 'counting' || p.ops < ${begins === undefined ? 0 : 1}) return;
    told = true;
    console.log('begun');
  },
}).then((r) => console.log('reason', r.reason, 'ops', r.ops), (e) => console.log('failed', e.message));
`,
  );
  let text = '';
  const parent = spawn(process.execPath, [script], {
    stdio: [begins === undefined ? 'ignore' : 'pipe', 'pipe', 'inherit'],
  });
  parent.stdin?.write(begins ?? '');
  parent.stdout?.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  await until(() => text.includes('begun'));
  const [child] = childrenOf(parent.pid ?? 0);
  return { parent, child, output: () => text };
}

describe('a run in its own process', () => {
  it('answers what the run answered, with progress meanwhile', async () => {
    const run = options();
    const phases = new Set<string>();
    const result = await forkRun(run, { onProgress: (p) => phases.add(p.phase) });
    expect(result).toMatchObject({ file: run.output, reason: 'done', ops: 8655 });
    expect([...phases]).toEqual(['counting', 'replay']);
    expect((await readRunFile(run.output)).end).toMatchObject({ reason: 'done' });
  });

  it('answers the error the run failed with, typed', async () => {
    const trace = join(folder, 'bad.mtrace');
    writeFileSync(trace, '= Start\n+ 0x10\n');
    const failure = await forkRun(options({ trace, strict: true })).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'PageHeapError', code: 'ERR_TRACE', file: trace, line: 2 });
    expect((failure as Error).message.split(`${trace}:2: `).length).toBe(2);
  });

  it('stops when its signal is aborted', async () => {
    const stop = new AbortController();
    const run = options({ idle: 60 });
    const result = await forkRun(run, {
      signal: stop.signal,
      onProgress: (p) => p.phase === 'idle' && stop.abort(),
    });
    expect(result).toMatchObject({ reason: 'interrupted', ops: 8655 });
    expect((await readRunFile(run.output)).end).toMatchObject({ reason: 'interrupted' });
  });

  it('leaves no handlers behind', async () => {
    const count = (): number[] =>
      ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'].map((name) => process.listenerCount(name));
    const before = count();
    await forkRun(options());
    expect(count()).toEqual(before);
  });
});

describe('when things end', () => {
  it.each(those(['SIGINT', 'SIGTERM', 'SIGHUP'] as const, (signal) => signal === 'SIGTERM'))(
    '%s to the parent: a whole file, and no child',
    async (signal) => {
      const run = options({ trace: small, seconds: 60 });
      const { parent, child, output } = await parentOf(run);
      parent.kill(signal);
      await until(() => parent.exitCode !== null);
      expect(output()).toMatch(/reason interrupted ops \d+/);
      expect(isAlive(child)).toBe(false);
      expect((await readRunFile(run.output)).end).toMatchObject({ reason: 'interrupted' });
    },
  );

  it('SIGINT to both, as a terminal sends it', async () => {
    const run = options({ trace: small, idle: 60 });
    const { parent, child, output } = await parentOf(run);
    sendSignal(child, 'SIGINT');
    parent.kill('SIGINT');
    await until(() => parent.exitCode !== null);
    expect(output()).toMatch(/reason interrupted/);
    expect(isAlive(child)).toBe(false);
    expect((await readRunFile(run.output)).end).toMatchObject({ reason: 'interrupted' });
  });

  it('the parent is killed: the child completes its file and ends', async () => {
    const run = options({ trace: small, idle: 60 });
    const { parent, child } = await parentOf(run);
    parent.kill('SIGKILL');
    await until(() => !isAlive(child));
    expect((await readRunFile(run.output)).end).toMatchObject({ reason: 'interrupted' });
  });

  it('the child is killed: the parent says so, and the file can be read', async () => {
    const run = options({ trace: small, idle: 60 });
    const { parent, child, output } = await parentOf(run);
    sendSignal(child, 'SIGKILL');
    await until(() => parent.exitCode !== null);
    expect(output()).toMatch(/failed the process of the run ended by SIGKILL/);
    const data = await readRunFile(run.output);
    expect(data.end).toBeUndefined();
    expect(data.samples.length).toBeGreaterThan(0);
  });
});

describe('standard input', () => {
  it('is read by the child as it comes, to its end', async () => {
    const run = options({ trace: '-', seconds: 1 });
    const { parent, output } = await parentOf(run, '= Start\n+ 0x10 0x20\n');
    parent.stdin?.end('- 0x10\n');
    await until(() => parent.exitCode !== null);
    expect(output()).toMatch(/reason done ops 2/);
    const data = await readRunFile(run.output);
    expect(data.header).toMatchObject({ name: 'stdin' });
  });

  it('may be waited for when the run is interrupted', async () => {
    const run = options({ trace: '-' });
    const { parent, child, output } = await parentOf(run, '= Start\n+ 0x10 0x20\n');
    parent.kill('SIGINT');
    await until(() => parent.exitCode !== null);
    expect(output()).toMatch(/reason interrupted ops 1/);
    expect(isAlive(child)).toBe(false);
  });
});

describe('errors on their way between processes', () => {
  it('keep what they hold', () => {
    const error = new PageHeapError('ERR_TRACE', 'bad', { file: 'x', line: 7, errno: 12, syscall: 'mmap' });
    expect(unpackError(packError(error))).toEqual(error);
    const plain = new RangeError('odd');
    const back = unpackError(packError(plain));
    expect([back.name, back.message, back.stack]).toEqual(['RangeError', 'odd', plain.stack]);
    expect(unpackError(packError('text')).message).toBe('text');
  });
});

it('descriptors of this process are the same files for a run’s own: what it reads, and each file that it writes', async () => {
  const opened = ['dump', 'pages', 'allocs'].map((name) => openSync(join(folder, name), 'w'));
  const input = openSync('traces/git.mtrace.gz', 'r');
  try {
    const [heapDump, pageTrace, allocFreeTrace] = opened.map((fd) => `/dev/fd/${fd}`);
    const base = options();
    await forkRun({
      ...base,
      trace: `/proc/self/fd/${input}`,
      heapDump: heapDump as string,
      heap: { ...base.heap, pageTrace: pageTrace as string, allocFreeTrace: allocFreeTrace as string },
    });
  } finally {
    for (const fd of [...opened, input]) closeSync(fd);
  }
  expect(readFileSync(join(folder, 'dump'), 'latin1')).toMatch(/^\{"k":"moment"/);
  expect(readFileSync(join(folder, 'allocs'), 'utf8')).toMatch(/^tracealloc\(0x/);
  expect(statSync(join(folder, 'pages')).size).toBeGreaterThan(1000);
});
