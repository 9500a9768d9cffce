import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { idle, Pace, replayPaced, turnMs } from '../../../lib/lab/run/pacing.ts';
import { Replay } from '../../../lib/lab/run/replay.ts';
import { TraceReader } from '../../../lib/lab/trace/reader.ts';
import { BumpTarget } from '../support/bump-target.ts';
import { FakeTurns } from '../support/fake-turns.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-pacing-'));
afterAll(() => rmSync(folder, { recursive: true }));

const lines = 10_001;
const text = `= Start\n${Array.from({ length: lines - 1 }, (_, i) => `+ 0x${(i + 1).toString(16)}0 0x10\n`).join('')}`;
const plain = join(folder, 'plain.mtrace');
const packed = join(folder, 'packed.mtrace');
writeFileSync(plain, text);
writeFileSync(packed, gzipSync(text));

/** [ms since the start, operations] at each turn. */
async function curve(
  path: string,
  durationMs: number,
  counted: boolean,
): Promise<{ points: [number, number][]; turns: FakeTurns }> {
  // 200,000 turns: what is held against a bound is the worst of them.
  const reader = await TraceReader.open(path);
  const turns = new FakeTurns();
  const replay = new Replay(new BumpTarget(), { touch: 'none' });
  const points: [number, number][] = [];
  let lastStep = turns.ms;
  let longest = 0;
  await replayPaced({
    reader,
    replay,
    turns,
    durationMs,
    lines: counted ? lines : undefined,
    background: {
      step: () => {
        longest = Math.max(longest, turns.ms - lastStep);
        lastStep = turns.ms;
        return 0;
      },
    },
    onTurn: () => {
      points.push([turns.ms - 1000, replay.ops]);
    },
  });
  await reader.close();
  expect(replay.ops).toBe(lines - 1);
  expect(longest).toBeLessThan(turnMs + 1);
  return { points, turns };
}

describe('a paced replay', () => {
  it.each([
    ['plain, counted', plain, true, 0.01],
    ['plain, estimated', plain, false, 0.02],
    ['gzipped, estimated', packed, false, 0.1],
    ['gzipped, counted', packed, true, 0.01],
  ])('is spread evenly: %s', async (_what, path, counted, tolerance) => {
    const { points, turns } = await curve(path, 2000, counted);
    expect(turns.ms - 1000).toBeGreaterThan(1900);
    expect(turns.ms - 1000).toBeLessThan(2100);
    const late = points.filter(([ms]) => ms > 50);
    expect(late.length).toBeGreaterThan(100);
    const worst = late.reduce((w, [ms, ops]) => Math.max(w, Math.abs(ops / (lines - 1) - ms / 2000)), 0);
    expect(worst).toBeLessThan(tolerance);
  });

  it('goes as fast as it can without a duration', async () => {
    const { turns } = await curve(plain, 0, true);
    expect(turns.sleeps).toEqual([]);
  });

  it('gives a turn at least every 5 ms, however slow the heap', async () => {
    const turns = new FakeTurns();
    const target = new BumpTarget();
    target.malloc = () => {
      turns.ms += 0.1;
      return 16;
    };
    const reader = await TraceReader.open(plain);
    let last = turns.ms;
    let longest = 0;
    const see = (): void => {
      longest = Math.max(longest, turns.ms - last);
      last = turns.ms;
    };
    await replayPaced({
      reader,
      replay: new Replay(target, { touch: 'none' }),
      turns,
      durationMs: 100,
      lines,
      background: { step: () => 0 },
      onTurn: see,
    });
    await reader.close();
    // 32 operations lie between two looks at the clock.
    expect(longest).toBeLessThan(turnMs + 32 * 0.1 + 0.1);
    // It fell behind and took as long as it took.
    expect(turns.ms - 1000).toBeGreaterThan(1000);
  });

  it('stops between operations', async () => {
    const turns = new FakeTurns();
    const reader = await TraceReader.open(plain);
    const replay = new Replay(new BumpTarget(), { touch: 'none' });
    await replayPaced({
      reader,
      replay,
      turns,
      durationMs: 2000,
      lines,
      background: { step: () => 0 },
      stopped: () => turns.ms > 2000,
    });
    await reader.close();
    expect(replay.ops).toBeGreaterThan(4500);
    expect(replay.ops).toBeLessThan(5500);
  });

  it('knows its share only when the length is known', () => {
    const unknown = new Pace(0, 1000, undefined);
    expect([unknown.lineAt(5), unknown.share(5)]).toEqual([Number.POSITIVE_INFINITY, undefined]);
    unknown.estimate(10, 100, 1000);
    expect([unknown.lineAt(500), unknown.share(25), unknown.timeOf(50)]).toEqual([50, 0.25, 500]);
    expect(new Pace(0, 0, 10).lineAt(0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the idle stretch', () => {
  it('collects a second apart, and lasts as long as it should', async () => {
    const turns = new FakeTurns();
    const collected: number[] = [];
    const made = await idle({
      background: { step: () => Number.POSITIVE_INFINITY },
      durationMs: 5000,
      collections: 3,
      collect: () => {
        collected.push(Math.round(turns.ms - 1000));
      },
      turns,
    });
    expect(made).toBe(3);
    expect(collected).toEqual([0, 1000, 2000]);
    expect(turns.ms - 1000).toBeGreaterThanOrEqual(5000);
    expect(turns.ms - 1000).toBeLessThan(5010);
  });

  it('steps when due: at once, after the time said, and now and then without any', async () => {
    const turns = new FakeTurns();
    const answers = [0, 0, 7e6, 20e6, Number.POSITIVE_INFINITY];
    const at: number[] = [];
    await idle({
      background: {
        step: () => {
          at.push(turns.ms - 1000);
          return answers[at.length - 1] ?? Number.POSITIVE_INFINITY;
        },
      },
      durationMs: 200,
      collections: 0,
      collect: () => undefined,
      turns,
    });
    expect(at.map(Math.round)).toEqual([0, 0, 0, 7, 27, 77, 127, 177]);
  });

  it('makes only the collections that fit', async () => {
    const options = { background: { step: () => 0 }, collect: () => undefined, turns: new FakeTurns() };
    expect(await idle({ ...options, durationMs: 1500, collections: 9 })).toBe(2);
    expect(await idle({ ...options, durationMs: 0, collections: 9 })).toBe(0);
    expect(await idle({ ...options, durationMs: 1500, collections: 9, stopped: () => true })).toBe(0);
  });
});
