/**
 * Runs on contenders in processes of their own: what becomes of the replayer when one of the others ends. They run the
 * compiled code in dist/.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { prepareContender } from '../../../lib/lab/contenders/prepare.ts';
import { readRunFile } from '../../../lib/lab/record/run-file.ts';
import { sendSignal } from '../../support/signals.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-fork-any-'));
afterAll(() => rmSync(folder, { recursive: true }));
const compiled = pathToFileURL(resolve('dist/lib/lab/contenders/fork-any.js')).href;
const { forkAny } = (await import(compiled)) as typeof import('../../../lib/lab/contenders/fork-any.ts');

/** The parent of a process, and the name of its program; undefined where it is gone. */
function statOf(
  pid: string,
): { readonly parent: number; readonly name: string; readonly state: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent), name: text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')) };
  } catch {
    return undefined;
  }
}

/** The replayer of this process's run, and the process of the run. */
function replayerHere(): { readonly replayer: number; readonly run: number } | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = statOf(pid);
    if (stat === undefined || !stat.name.startsWith('pageheap-repla') || stat.state === 'Z') continue;
    if (statOf(String(stat.parent))?.parent === process.pid)
      return { replayer: Number(pid), run: stat.parent };
  }
  return undefined;
}

const isGone = (pid: number): boolean => [undefined, 'Z'].includes(statOf(String(pid))?.state);

/** Node 20 has none of its own. */
function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function begin(signal?: AbortSignal) {
  const output = join(folder, `${Math.random()}.jsonl`);
  const sampled = withResolvers();
  const run = forkAny(
    {
      trace: 'traces/perl.mtrace.gz',
      seconds: 30,
      idle: 0,
      beatMs: 20,
      output,
      contender: prepareContender({ name: 'glibc' }),
    },
    {
      handleSignals: false,
      onProgress: ({ ops }) => {
        if (ops > 1000) sampled.resolve();
      },
      ...(signal === undefined ? {} : { signal }),
    },
  );
  // A run that ends before says so itself.
  const early = run.then((outcome) => {
    throw new Error(`the run had ended: ${outcome.reason}`);
  });
  early.catch(() => undefined);
  return { output, run, sampled: Promise.race([sampled.promise, early]) };
}

describe('a run on a contender', () => {
  it('that is stopped ends its replayer, with a whole run file', async () => {
    const stop = new AbortController();
    const { run, output, sampled } = begin(stop.signal);
    await sampled;
    const replayer = replayerHere()?.replayer ?? Number.NaN;
    expect(replayer).toBeGreaterThan(0);
    stop.abort();
    await expect(run).resolves.toMatchObject({ reason: 'interrupted' });
    await expect.poll(() => isGone(replayer)).toBe(true);
    expect((await readRunFile(output)).end?.reason).toBe('interrupted');
  });

  it('whose replayer is killed says so, and keeps what was recorded', async () => {
    const { run, output, sampled } = begin();
    await sampled;
    sendSignal(replayerHere()?.replayer, 'SIGKILL');
    await expect(run).rejects.toMatchObject({
      code: 'ERR_SYSTEM',
      message: expect.stringMatching(/the replayer of glibc was ended by SIGKILL \(/),
    });
    const { end, samples } = await readRunFile(output);
    expect(end?.reason).toBe('error');
    expect(samples.length).toBeGreaterThan(1);
  });

  it('whose own process is killed leaves no replayer', async () => {
    const { run, sampled } = begin();
    await sampled;
    const here = replayerHere();
    sendSignal(here?.run, 'SIGKILL');
    await expect(run).rejects.toMatchObject({ code: 'ERR_SYSTEM' });
    await expect.poll(() => isGone(here?.replayer ?? Number.NaN)).toBe(true);
  });
});
