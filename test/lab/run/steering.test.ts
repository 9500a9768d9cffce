/**
 * Runs that are steered, in processes of their own: what a command does, what it leaves in the run file, and that a pause
 * leaves nothing.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunData } from '../../../lib/lab/record/run-data.ts';
import { readRunFile } from '../../../lib/lab/record/run-file.ts';
import { RunControl } from '../../../lib/lab/run/run-control.ts';
import type { RunOptions, RunProgress } from '../../../lib/lab/run/run-options.ts';
import { type Command, readCommand, type SteerState } from '../../../lib/lab/run/steering.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-steer-'));
afterAll(() => rmSync(folder, { recursive: true }));
const compiled = (name: string): string => pathToFileURL(resolve(`dist/lib/lab/run/${name}.js`)).href;
const { forkRun } = (await import(compiled('fork-run'))) as typeof import('../../../lib/lab/run/fork-run.ts');
const { RunProcess } = (await import(
  compiled('run-process')
)) as typeof import('../../../lib/lab/run/run-process.ts');
let files = 0;

/** A trace of `count` allocations of 4 KiB, and their frees. */
function traceOf(count: number): string {
  const path = join(folder, `${++files}.mtrace`);
  const address = (i: number): string => `0x${(0x1000000 + i * 0x1000).toString(16)}`;
  const lines = ['= Start'];
  for (let i = 0; i < count; i++) lines.push(`@ ./a:[0x1] + ${address(i)} 0x1000`);
  for (let i = 0; i < count; i++) lines.push(`@ ./a:[0x1] - ${address(i)}`);
  writeFileSync(path, `${lines.join('\n')}\n= End\n`);
  return path;
}

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Makes a run, and steers it from its first sample on. */
async function steered(
  more: Partial<RunOptions>,
  steer: (give: (command: Command) => Promise<SteerState>, control: RunControl) => Promise<void>,
): Promise<RunData> {
  const options: RunOptions = {
    trace: traceOf(2000),
    output: join(folder, `${++files}.jsonl`),
    seconds: 0.8,
    idle: 0.3,
    collections: 1,
    beatMs: 20,
    steerable: true,
    heap: { environment: false, reach: 256 * 2 ** 20, memoryLimit: Number.POSITIVE_INFINITY },
    ...more,
  };
  const own = new RunProcess();
  const control = new RunControl(own);
  let steering: Promise<void> | undefined;
  const onProgress = ({ sample }: RunProgress): void => {
    if (sample !== undefined) steering ??= steer((command) => control.steer(command), control);
  };
  await forkRun(options, { onProgress, handleSignals: false }, own);
  await steering;
  return readRunFile(options.output);
}

// What a run waits for is its own clock: all but the one whose time is measured run side by side.
describe('a run that is steered', () => {
  it('stands still, goes by operations, and leaves no trace of the pause in its time', async () => {
    let paused: SteerState | undefined;
    const told: string[] = [];
    const run = await steered({}, async (give, control) => {
      paused = await give({ what: 'pause' });
      await wait(700);
      for (let i = 0; i < 3; i++) {
        await give({ what: 'step', value: 1 });
        await wait(30);
        told.push((await control.steer()).lastStep ?? '');
      }
      await give({ what: 'resume' });
      expect((await control.steer()).lastStep).toBeUndefined();
    });
    expect(paused).toMatchObject({ paused: true, speed: 1, gcPercent: 100, advise: 'dontneed' });
    expect(run.steers?.map(({ what }) => what)).toEqual(['pause', 'step', 'step', 'step', 'resume']);
    const [pause, ...rest] = run.steers ?? [];
    const resume = rest.at(-1);
    expect(resume!.ops! - pause.ops!).toBe(3);
    // The mtrace file has a line before the first operation.
    expect(told).toEqual(
      [1, 2, 3].map((n) =>
        expect.stringMatching(new RegExp(`^line ${pause.ops! + n + 1}: (?:malloc\\(4096\\) = |free\\()0x`)),
      ),
    );
    // By the wall it stood for 0.8 s, by its own time for no longer than the commands took.
    expect(resume!.wall! - pause.wall!).toBeGreaterThan(700);
    expect(resume!.t - pause.t).toBeLessThan(0.4 * (resume!.wall! - pause.wall!));
    expect(run.end?.seconds).toBeGreaterThan(0.75);
    expect(resume!.wall! - resume!.t).toBeGreaterThan(500);
    expect(run.end).toMatchObject({ reason: 'done', ops: 4000 });
    const gaps = run.samples.slice(1).map(({ t }, i) => t - run.samples[i].t);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
    // Nothing is sampled while nothing happens.
    expect(run.samples.filter(({ t }) => t > pause.t && t < resume!.t).length).toBeLessThan(10);
  });

  it.concurrent('collects, gives back and is set otherwise while it works; its file tells from what to what', async ({
    expect,
  }) => {
    const run = await steered({}, async (give) => {
      await give({ what: 'pause' });
      await give({ what: 'gc' });
      await give({ what: 'freeOSMemory' });
      await give({ what: 'gcPercent', value: 25 });
      await give({ what: 'memoryLimit', value: 64 * 2 ** 20 });
      const state = await give({ what: 'advise', value: 'free' });
      expect(state).toMatchObject({ gcPercent: 25, memoryLimit: 64 * 2 ** 20, advise: 'free', commands: 6 });
      await give({ what: 'speed', value: 8 });
      await give({ what: 'resume' });
    });
    expect(run.steers?.map(({ what, value, was }) => [what, was, value])).toEqual([
      ['pause', undefined, undefined],
      ['gc', undefined, undefined],
      ['freeOSMemory', undefined, undefined],
      ['gcPercent', 100, 25],
      ['memoryLimit', 'off', 64 * 2 ** 20],
      ['advise', 'dontneed', 'free'],
      ['speed', 1, 8],
      ['resume', undefined, undefined],
    ]);
    expect(run.collections.filter(({ forced }) => forced).length).toBe(3);
    expect(run.samples.at(-1)?.limit).toBe(64 * 2 ** 20);
    // What is given back lazily is looked at from then on.
    expect(run.samples.some(({ lazy }) => typeof lazy === 'number')).toBe(true);
    expect(run.end).toMatchObject({ reason: 'done', ops: 4000 });
  });

  it.concurrent('is told of no change where it goes on already, or goes as fast', async ({ expect }) => {
    const run = await steered({}, async (give) => {
      expect(await give({ what: 'resume' })).toMatchObject({ paused: false, commands: 0 });
      expect(await give({ what: 'speed', value: 1 })).toMatchObject({ speed: 1, commands: 0 });
    });
    expect([run.steers, run.remarks]).toEqual([[], []]);
  });

  it.concurrent('goes faster: its time passes sooner, and is as long', async ({ expect }) => {
    const run = await steered({ seconds: 4, idle: 2 }, async (give) => {
      await give({ what: 'speed', value: 8 });
    });
    expect(run.end?.seconds).toBeGreaterThan(3.9);
    expect(run.end?.idleSeconds).toBeGreaterThan(1.9);
    const wall = Date.now() - Date.parse(run.header.started ?? '');
    expect(wall).toBeLessThan(run.end!.t);
  });

  it.concurrent('shows its pages, and refuses what its design has not', async ({ expect }) => {
    const run = await steered(
      { seconds: 0.5, idle: 0, heap: { environment: false, generation: 'lists' } },
      async (give, control) => {
        await expect(give({ what: 'memoryLimit', value: 1 << 20 })).rejects.toThrow(/knows no memory limit/);
        await expect(give({ what: 'step', value: 1 })).rejects.toThrow(/only a paused run/);
        const looked = await control.look();
        expect(looked?.states.state.length).toBeGreaterThan(0);
        expect(looked?.physical.length).toBe(looked?.states.ranges.length);
        expect(looked?.costNs).toBeGreaterThan(0);
      },
    );
    expect(run.steers).toEqual([]);
    expect(run.end?.reason).toBe('done');
  });

  it.concurrent('of a workload goes from turn to turn', async ({ expect }) => {
    const workload = { name: 'ramp-idle-ramp', scale: 0.02, timeScale: 0.01 };
    const options: RunOptions = {
      workload,
      output: join(folder, `${++files}.jsonl`),
      beatMs: 20,
      steerable: true,
    };
    const own = new RunProcess();
    const control = new RunControl(own);
    let begun: Promise<void> | undefined;
    const steer = async (): Promise<void> => {
      await control.steer({ what: 'pause' });
      await wait(60);
      await control.steer({ what: 'step', value: 5 });
      await wait(60);
      await control.steer({ what: 'resume' });
    };
    await forkRun(
      options,
      { onProgress: ({ sample }) => void (sample && (begun ??= steer())), handleSignals: false },
      own,
    );
    await begun?.catch(() => undefined);
    expect((await readRunFile(options.output)).end?.reason).toBe('done');
  });

  it.concurrent('that was not made for it is not steered; one that is over, neither', async ({ expect }) => {
    await steered({ steerable: false, seconds: 0.3, idle: 0 }, async (give) => {
      const refusal = (command: Command): Promise<string> => give(command).then(String, String);
      expect(await refusal({ what: 'pause' })).toMatch(/not made to be steered/);
      await expect.poll(() => refusal({ what: 'gc' })).toMatch(/over/);
    });
  });

  it.concurrent('ends when it is told to while it is paused', async ({ expect }) => {
    const options: RunOptions = {
      ...{ trace: traceOf(2000), output: join(folder, `${++files}.jsonl`), seconds: 600, beatMs: 20 },
      ...{ steerable: true },
    };
    const own = new RunProcess();
    const control = new RunControl(own);
    const stop = new AbortController();
    let isBegun = false;
    const { reason } = await forkRun(
      options,
      {
        handleSignals: false,
        signal: stop.signal,
        onProgress: ({ sample }) => {
          if (sample === undefined || isBegun) return;
          isBegun = true;
          control.steer({ what: 'pause' }).then(() => stop.abort());
        },
      },
      own,
    );
    expect(reason).toBe('interrupted');
    expect((await readRunFile(options.output)).end?.reason).toBe('interrupted');
  });
});

describe('a command as JSON', () => {
  it.each([
    [{ what: 'pause' }, { what: 'pause' }],
    [
      { what: 'gcPercent', value: 'off' },
      { what: 'gcPercent', value: -1 },
    ],
    [
      { what: 'gcPercent', value: ' 50 ' },
      { what: 'gcPercent', value: 50 },
    ],
    [
      { what: 'memoryLimit', value: '64 MiB' },
      { what: 'memoryLimit', value: 64 * 2 ** 20 },
    ],
    [
      { what: 'memoryLimit', value: 'off' },
      { what: 'memoryLimit', value: 'off' },
    ],
    [
      { what: 'speed', value: 0.125 },
      { what: 'speed', value: 0.125 },
    ],
  ])('%j is taken', (json, command) => {
    expect(readCommand(json)).toEqual(command);
  });

  it.each([
    [null],
    [[]],
    ['pause'],
    [{}],
    [{ what: 'toString' }],
    [{ what: '__proto__' }],
    [{ what: 'pause', value: 1 }],
    [{ what: 'pause', more: 1 }],
    [{ what: 'step' }],
    [{ what: 'step', value: 0 }],
    [{ what: 'step', value: 1.5 }],
    [{ what: 'step', value: 1e9 }],
    [{ what: 'speed', value: 3 }],
    [{ what: 'speed', value: '2' }],
    [{ what: 'gcPercent', value: -2 }],
    [{ what: 'gcPercent', value: 2 ** 31 }],
    [{ what: 'gcPercent', value: 'ten' }],
    [{ what: 'memoryLimit', value: 0 }],
    [{ what: 'memoryLimit', value: '10MB' }],
    [{ what: 'memoryLimit', value: {} }],
    [{ what: 'advise', value: 'hugepage' }],
  ])('%j is refused', (json) => {
    expect(() => readCommand(json)).toThrow(/takes|has a name/);
  });
});
