/** The clock of a run that is steered: by a wall that moves only when the test says so. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { idle, replayPaced } from '../../../lib/lab/run/pacing.ts';
import { RunCpu } from '../../../lib/lab/run/run-cpu.ts';
import { Tempo } from '../../../lib/lab/run/tempo.ts';

let stopped = false;
let tempo: Tempo;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'Date', 'performance'] });
  stopped = false;
  tempo = new Tempo(
    () => stopped,
    () => performance.now(),
  );
});
afterEach(() => vi.useRealTimers());

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** Whether a promise has settled by now. */
function settled(promise: Promise<unknown>): () => boolean {
  let is = false;
  promise.then(() => {
    is = true;
  });
  return () => is;
}

describe('the scheduler’s account of a steered run', () => {
  it('knows nothing of a pause, and counts waits by the run’s time', async () => {
    // The thread always waits 30 % of the wall's time and runs 10 %.
    const cpu = new RunCpu(() => ({ ran: performance.now() * 0.1e6, waited: performance.now() * 0.3e6 }));
    tempo.onRate = (rate) => cpu.goes(rate);
    const before = cpu.account()!;
    const counted = (): number[] => {
      const { ran, waited } = cpu.account()!;
      return [(ran - before.ran) / 1e6, (waited - before.waited) / 1e6].map((ms) => Math.round(ms * 10) / 10);
    };
    void tempo.sleep(1000);
    await pass(100);
    tempo.pause();
    await pass(3_600_000);
    expect(counted()).toEqual([10, 30]);
    tempo.setSpeed(8);
    await pass(5000);
    tempo.resume();
    await pass(101);
    // 100 ms by the wall are 800 ms of its time, of which it waited 240.
    const [ran, waited] = counted();
    expect(ran).toBeCloseTo(20, 0);
    expect(Math.abs(waited - 270)).toBeLessThan(6);
  });

  it('is none where the kernel keeps none', () => {
    const cpu = new RunCpu(() => undefined);
    cpu.goes(0);
    expect(cpu.account()).toBeUndefined();
  });
});

describe('the run’s time', () => {
  it('goes as the wall’s, while nobody steers', async () => {
    const begin = tempo.now();
    const slept = settled(tempo.sleep(50));
    await pass(49);
    expect(slept()).toBe(false);
    await pass(2);
    expect(slept()).toBe(true);
    expect(tempo.now() - begin).toBeCloseTo(51);
  });

  it('stands still for as long as it is paused, and a sleep goes on where it was', async () => {
    const begin = tempo.now();
    const slept = settled(tempo.sleep(100));
    await pass(40);
    tempo.pause();
    await pass(3_600_000);
    expect(tempo.now() - begin).toBeCloseTo(40);
    expect(slept()).toBe(false);
    tempo.resume();
    await pass(59);
    expect(slept()).toBe(false);
    await pass(2);
    expect(slept()).toBe(true);
    expect(tempo.now() - begin).toBeCloseTo(101);
  });

  it.each([
    ['eight times as fast', 8, 12.5],
    ['a quarter as fast', 1 / 4, 400],
  ])('%s: a sleep of 100 ms', async (_what, speed, wall) => {
    tempo.setSpeed(speed);
    const begin = tempo.now();
    const slept = settled(tempo.sleep(100));
    await pass(wall - 2);
    expect(slept()).toBe(false);
    await pass(4);
    expect(slept()).toBe(true);
    // What passed after it passed as the wall’s.
    expect(tempo.now() - begin).toBeGreaterThanOrEqual(100);
    expect(tempo.now() - begin).toBeLessThan(100 + 4 * Math.max(1, speed) + 1);
  });

  it('counts work as the wall does, at every speed, and rests after it where it goes slower', async () => {
    tempo.setSpeed(1 / 4);
    const begin = tempo.now();
    vi.advanceTimersByTime(5);
    expect(tempo.now() - begin).toBeCloseTo(5);
    const turned = settled(tempo.turn());
    await pass(14);
    expect(turned()).toBe(false);
    expect(tempo.now() - begin).toBeCloseTo(5);
    await pass(2);
    expect(turned()).toBe(true);
  });

  it('never runs back, whatever is done', async () => {
    const acts = [
      () => tempo.pause(),
      () => tempo.resume(),
      () => tempo.setSpeed(8),
      () => tempo.setSpeed(1 / 8),
      () => tempo.setSpeed(1),
      () => tempo.step(1),
      () => tempo.during(() => vi.advanceTimersByTime(1)),
    ];
    void (async () => {
      for (let i = 0; i < 500; i++) await (i % 3 === 0 ? tempo.turn() : tempo.sleep(7));
    })();
    let last = tempo.now();
    for (let i = 0; i < 2000; i++) {
      acts[(i * 7 + (i >> 3)) % acts.length]();
      await pass((i * 13) % 9);
      const now = tempo.now();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
    stopped = true;
    tempo.wake();
  });

  it('goes on while a command is carried out, also when paused', async () => {
    tempo.pause();
    const begin = tempo.now();
    tempo.during(() => vi.advanceTimersByTime(30));
    await pass(1000);
    expect(tempo.now() - begin).toBeCloseTo(30);
  });

  it('keeps nobody who is to end', async () => {
    tempo.pause();
    for (const wait of [() => tempo.sleep(1000), () => tempo.turn()]) {
      stopped = false;
      const ended = settled(wait());
      await pass(10);
      expect(ended()).toBe(false);
      stopped = true;
      tempo.wake();
      await pass(10);
      expect(ended()).toBe(true);
    }
  });
});

/** A trace of so many lines, one operation each. */
function lines(count: number) {
  let given = false;
  const done: number[] = [];
  return {
    done,
    reader: {
      size: undefined,
      fill: async (batch: { count: number; lineOffsets: Uint32Array; firstLine: number }) => {
        if (given) return false;
        given = true;
        batch.count = count;
        batch.firstLine = 1;
        for (let i = 0; i < count; i++) batch.lineOffsets[i] = i;
        return true;
      },
    },
    replay: {
      resolve: () => undefined,
      run: (_batch: unknown, from: number, to: number) => {
        for (let i = from; i < to; i++) done.push(i);
      },
    },
  };
}

describe('a paced replay', () => {
  const start = (count: number, durationMs: number) => {
    const trace = lines(count);
    const ended = settled(
      replayPaced({
        reader: trace.reader as never,
        replay: trace.replay as never,
        background: { step: () => Number.POSITIVE_INFINITY },
        durationMs,
        lines: count,
        turns: tempo,
        stopped: () => stopped,
      }),
    );
    return { done: trace.done, ended };
  };

  it('takes as long as it was asked to by its own time, pauses left out', async () => {
    const { done, ended } = start(100, 1000);
    await pass(500);
    const half = done.length;
    expect(half).toBeGreaterThan(45);
    expect(half).toBeLessThan(56);
    tempo.pause();
    await pass(60_000);
    expect(done.length).toBe(half);
    tempo.resume();
    await pass(480);
    expect(ended()).toBe(false);
    await pass(40);
    expect(ended()).toBe(true);
    expect(done).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('goes operation by operation, however long they are to wait', async () => {
    const { done } = start(100, 1_000_000);
    tempo.pause();
    await pass(100);
    const before = done.length;
    for (let n = 1; n <= 3; n++) {
      tempo.step(1);
      await pass(10);
      expect(done.length).toBe(before + n);
    }
    tempo.step(10);
    await pass(10);
    expect(done.length).toBe(before + 13);
    await pass(10_000);
    expect(done.length).toBe(before + 13);
  });

  it('tells when it comes to a stand: once for each', async () => {
    let held = 0;
    tempo.onHeld = () => held++;
    start(100, 1_000_000);
    await pass(20);
    tempo.pause();
    await pass(50);
    expect(held).toBe(1);
    tempo.wake();
    await pass(50);
    expect(held).toBe(1);
    tempo.step(2);
    await pass(50);
    expect(held).toBe(2);
  });

  it('as fast as it goes can go slower, too', async () => {
    tempo.setSpeed(1 / 8);
    const { ended } = start(10, 0);
    await pass(1);
    expect(ended()).toBe(true);
  });
});

it('an idle stretch goes from one thing that is due to the next', async () => {
  tempo.pause();
  const looks: number[] = [];
  const begin = tempo.now();
  void idle({
    background: {
      step: () => {
        looks.push(tempo.now() - begin);
        return 20e6;
      },
    },
    durationMs: 1000,
    collections: 0,
    collect: () => undefined,
    turns: tempo,
    stopped: () => stopped,
  });
  await pass(100);
  const before = looks.length;
  tempo.step(3);
  await pass(100);
  expect(looks.length).toBeGreaterThanOrEqual(before + 3);
  expect(tempo.now() - begin).toBeGreaterThanOrEqual(60);
  expect(tempo.now() - begin).toBeLessThan(64);
  stopped = true;
  tempo.wake();
  await pass(100);
});
