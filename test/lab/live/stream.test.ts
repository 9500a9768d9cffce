/** The stream of a run: whole lines from any place, the latest of what only counts as the latest, and no queue. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GrowingFile } from '../../../lib/lab/live/growing-file.ts';
import type { LiveLine } from '../../../lib/lab/live/live-lines.ts';
import { LiveServer, patience } from '../../../lib/lab/live/live-server.ts';
import { LooksBudget } from '../../../lib/lab/live/looks-budget.ts';
import { WatchedRun } from '../../../lib/lab/live/watched-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-stream-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

describe('a file that grows', () => {
  it('is read in whole lines', () => {
    const path = join(folder, `${++files}`);
    writeFileSync(path, 'one\ntwo\nthr');
    const file = new GrowingFile(path);
    expect(file.read(0).toString()).toBe('one\ntwo\n');
    expect(file.read(8).length).toBe(0);
    appendFileSync(path, 'ee\n');
    expect(file.read(8).toString()).toBe('three\n');
    expect(file.read(14).length).toBe(0);
    expect(file.read(1000).length).toBe(0);
    file.close();
    expect(file.read(4).toString()).toBe('two\nthree\n');
    file.close();
  });

  it('has lines of any length, and chunks that end with one', () => {
    const path = join(folder, `${++files}`);
    const long = 'x'.repeat(3_000_000);
    const many = `${'y'.repeat(999)}\n`.repeat(1000);
    writeFileSync(path, `${long}\n${many}`);
    const file = new GrowingFile(path);
    const first = file.read(0);
    expect(first.subarray(0, long.length + 1).toString()).toBe(`${long}\n`);
    let at = 0;
    for (let chunk = file.read(at); chunk.length > 0; chunk = file.read(at)) {
      expect(chunk[chunk.length - 1]).toBe(10);
      at += chunk.length;
    }
    expect(at).toBe(long.length + 1 + many.length);
    file.close();
  });

  it('says which file is not there', () => {
    expect(() => new GrowingFile(join(folder, 'none')).read(0)).toThrow(/none.*/);
  });
});

describe('a page that is missed', () => {
  const none = new AbortController().signal;
  const made = (): WatchedRun =>
    new WatchedRun({ file: join(folder, 'none'), mode: 'run', state: { phase: 'over' } });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('went a moment ago and has not come again', () => {
    vi.useFakeTimers();
    const run = made();
    expect(run.missed).toBe(0);
    run.came();
    run.came();
    expect(run.missed).toBe(0);
    run.went();
    run.went();
    expect(run.missed).toBe(2);
    run.came();
    expect(run.missed).toBe(1);
    vi.advanceTimersByTime(20_000);
    expect(run.missed).toBe(0);
  });

  it.each([
    ['comes', (run: WatchedRun) => run.came(), 400],
    ['does not come', () => undefined, 3000],
  ])('is waited for until it %s, so long at most', async (_what, act, least) => {
    vi.useFakeTimers();
    const run = made();
    run.came();
    run.went();
    const begun = performance.now();
    let waited = 0;
    const back = run.allBack(3000, none).then(() => {
      waited = performance.now() - begun;
    });
    setTimeout(() => act(run), 400);
    await vi.advanceTimersByTimeAsync(5000);
    await back;
    expect(waited).toBeGreaterThanOrEqual(least);
    expect(waited).toBeLessThan(least + 201);
  });

  it('is not waited for any more where the command is ended', async () => {
    const run = made();
    run.came();
    run.went();
    const stop = new AbortController();
    const back = run.allBack(60_000, stop.signal);
    stop.abort();
    await back;
    expect(run.missed).toBe(1);
  });
});

describe('a stream', () => {
  let run: WatchedRun;
  let server: LiveServer;
  let path: string;

  beforeEach(async () => {
    path = join(folder, `${++files}.jsonl`);
    writeFileSync(path, '{"k":"run"}\n{"k":"s","t":1}\n');
    run = new WatchedRun({ file: path, mode: 'run', state: { phase: 'running' } });
    server = await LiveServer.listen(run, { html: '', policy: '' });
  });
  afterEach(async () => {
    await server.close();
    run.close();
  });

  /** Watches from a place on; its lines, as they come. */
  async function watch(
    from = 0,
  ): Promise<{ lines: Record<string, unknown>[]; end: () => Promise<void>; ended: () => boolean }> {
    const stop = new AbortController();
    const response = await fetch(`http://127.0.0.1:${server.port}/run?from=${from}`, {
      headers: { Authorization: `Bearer ${server.token}` },
      signal: stop.signal,
    });
    const lines: Record<string, unknown>[] = [];
    let isEnded = false;
    const reading = (async () => {
      let rest = '';
      const decoder = new TextDecoder();
      for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
        const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n');
        rest = parts.pop() ?? '';
        for (const part of parts) lines.push(JSON.parse(part) as Record<string, unknown>);
      }
      isEnded = true;
    })().catch(() => undefined);
    return {
      lines,
      ended: () => isEnded,
      end: async () => {
        stop.abort();
        await reading;
      },
    };
  }

  const lives = (lines: readonly object[]): LiveLine[] =>
    lines.filter((line): line is LiveLine => (line as LiveLine).k === 'live');

  it('has all from the beginning, what is new, and how far it is', async () => {
    const { lines, end } = await watch();
    await expect.poll(() => lines.length).toBeGreaterThanOrEqual(4);
    const hello = { id: run.id, mode: 'run', bytes: 28, from: 0, file: path };
    const commands = ['view', 'report'].map((name) =>
      expect.stringMatching(new RegExp(` ${name} .*${path}`)),
    );
    expect(lines[0]).toEqual({ k: 'live', hello: { ...hello, commands } });
    expect(lines.slice(1, 3)).toEqual([{ k: 'run' }, { k: 's', t: 1 }]);
    expect(lines[3]).toEqual({ k: 'live', state: { phase: 'running' } });
    appendFileSync(path, '{"k":"s","t":2}\n');
    run.grown();
    await expect.poll(() => lines.some(({ t }) => t === 2)).toBe(true);
    run.change({ share: 0.5 });
    await expect.poll(() => lives(lines).at(-1)?.state?.share).toBe(0.5);
    await end();
    await expect.poll(() => run.watchers).toBe(0);
  });

  it('goes on where it was, and from the beginning where that is no place of this file', async () => {
    const second = await watch(12);
    await expect.poll(() => second.lines.length).toBeGreaterThanOrEqual(3);
    expect(second.lines[1]).toEqual({ k: 's', t: 1 });
    await second.end();
    const beyond = await watch(1000);
    await expect.poll(() => beyond.lines.length).toBeGreaterThanOrEqual(3);
    expect(beyond.lines[1]).toEqual({ k: 'run' });
    await beyond.end();
  });

  it('says that it is over when all of it was sent', async () => {
    appendFileSync(path, `{"k":"s","t":3,"x":"${'y'.repeat(999)}"}\n`.repeat(1000));
    run.change({ phase: 'over' });
    const { lines, end } = await watch();
    await expect.poll(() => lives(lines).some(({ state }) => state !== undefined)).toBe(true);
    expect(lines.findIndex(({ state }) => state !== undefined)).toBe(1003);
    await end();
  });

  it('says every two seconds that it stands; here ten times a second', async () => {
    expect(patience.beat).toBe(2000);
    await server.close();
    server = await LiveServer.listen(run, { html: '', policy: '' }, 0, 'T', { ...patience, beat: 100 });
    const { lines, end } = await watch();
    await expect.poll(() => lives(lines).some(({ beat }) => beat)).toBe(true);
    await end();
  });

  it('ends with what is new, when the server ends', async () => {
    const { lines, ended } = await watch();
    await expect.poll(() => lines.length).toBeGreaterThanOrEqual(4);
    appendFileSync(path, '{"k":"end"}\n');
    run.change({ phase: 'over' });
    await server.close();
    await expect.poll(ended).toBe(true);
    expect(lines).toContainEqual({ k: 'end' });
    expect(lives(lines).at(-1)?.state?.phase).toBe('over');
  });

  it('keeps nothing for a page that does not read: it gets the latest, once it does', async () => {
    // What came while it did not read is not left to the next beat.
    await server.close();
    server = await LiveServer.listen(run, { html: '', policy: '' }, 0, 'T', { ...patience, beat: 1e9 });
    const socket = connect(server.port, '127.0.0.1');
    socket.write(`GET /run HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.token}\r\n\r\n`);
    socket.pause();
    await expect.poll(() => run.watchers).toBe(1);
    const before = process.memoryUsage().arrayBuffers;
    // 160 MB of maps: a queue would hold them.
    const map = 'm'.repeat(4_000_000);
    for (let i = 0; i < 40; i++) {
      run.show(`${JSON.stringify({ k: 'live', map: { t: i, data: map } })}\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000);
    let seen = '';
    let last = '';
    socket.on('data', (bytes: Buffer) => {
      seen += bytes.toString('latin1').replaceAll(/m{8,}/g, '');
      last = /"map":\{"t":(\d+)(?!.*"map")/s.exec(seen)?.[1] ?? last;
    });
    socket.resume();
    await expect.poll(() => last).toBe('39');
    expect([...seen.matchAll(/"map":\{"t":/g)].length).toBeLessThan(12);
    socket.destroy();
  });
});

describe('the budget of looks', () => {
  /** Looks that a run gets in so many seconds, whose thread uses so much of the time. */
  function looksIn(seconds: number, load: number | null, costNs: number, phase = 'replay'): number {
    const budget = new LooksBudget();
    let looks = 0;
    for (let t = 0; t < seconds * 1000; t += 100) {
      if (!budget.allows(t, { t, phase, cpuNs: load === null ? null : load * t * 1e6 })) continue;
      budget.took(t, costNs, 0);
      looks++;
    }
    return looks;
  }

  /** What such a look is taken to cost in all: the question and the answer as well. */
  const whole = (costNs: number): number => costNs + 1.5e6;

  it.each([
    ['a small heap, cheap to look at: four times a second at most', 2, 100_000, 60, 80],
    ['the same, at half the load: as often as it has used CPU time for', 0.5, 100_000, 40, 54],
    ['a large heap at work', 0.8, 4e6, 10, 30],
    ['a large heap that does little', 0.02, 4e6, 1, 3],
  ])('%s', (_what, load, costNs, least, most) => {
    const looks = looksIn(20, load, costNs);
    expect(looks).toBeGreaterThanOrEqual(least);
    expect(looks).toBeLessThanOrEqual(most);
    // Never more than 0.8 % of what the run itself uses, but for a picture to begin with.
    expect(looks * whole(costNs)).toBeLessThanOrEqual(4e6 + whole(costNs) + 0.008 * load * 20e9);
  });

  it.each([
    ['a heap that is cheap to look at', 100_000],
    ['a large heap', 8e6],
    ['a huge heap', 80e6],
  ])('%s: idle stretches get looks of their own, and all of it stays below 2 %%', (_what, costNs) => {
    // A run that used four seconds of CPU time at once, and then nearly none.
    const cpuAt = (t: number): number => Math.min(4e9, t * 1e6) + 0.001 * t * 1e6;
    const budget = new LooksBudget();
    const looks = { replay: 0, idle: 0 };
    for (let t = 0; t < 40_000; t += 100) {
      const phase = t < 4000 ? 'replay' : 'idle';
      if (!budget.allows(t, { t, phase, cpuNs: cpuAt(t) })) continue;
      budget.took(t, costNs, 0);
      looks[phase]++;
    }
    const alone = looksIn(40, 4.04 / 40, costNs);
    if (costNs < 20e6) expect(looks.idle).toBeGreaterThan(0);
    if (costNs < 5e6) expect(looks.replay + looks.idle).toBeGreaterThan(alone);
    // Each later one was paid for; the first one nobody could know the cost of.
    expect((looks.replay + looks.idle - 1) * whole(costNs)).toBeLessThanOrEqual(4e6 + 0.012 * cpuAt(40_000));
  });

  it('what idle stretches may have pays for no look beside them', () => {
    // 30 s of CPU time: 240 ms for any time, 120 more at rest.
    const sample = { t: 60_000, cpuNs: 30e9 };
    const budget = new LooksBudget();
    budget.took(0, 240e6, 0);
    budget.took(60_000, 1e6, 0);
    expect(budget.allows(60_400, { ...sample, phase: 'idle' })).toBe(false);
    expect(budget.allows(60_600, { ...sample, phase: 'work' })).toBe(false);
    expect(budget.allows(60_600, { ...sample, phase: 'idle' })).toBe(true);
    budget.took(60_600, 1e6, 0);
    expect(budget.allows(61_200, { ...sample, phase: 'work' })).toBe(false);
  });

  it('guesses where the kernel tells no CPU time, and looks by hand cost nothing', () => {
    expect(looksIn(20, null, 1e6)).toBeGreaterThan(5);
    const budget = new LooksBudget();
    for (let i = 0; i < 1000; i++) budget.took(i, 5e6, 0, true);
    budget.took(2000, 1000, 0, true);
    expect(budget.allows(3000, { t: 3000, phase: 'replay', cpuNs: 0 })).toBe(true);
  });
});
