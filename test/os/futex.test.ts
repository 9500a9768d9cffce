import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EAGAIN, EFAULT, EINVAL, ETIMEDOUT } from '../../lib/os/errno.ts';
import { Sys } from '../../lib/os/sys.ts';
import { Child } from './child.ts';

const sys = new Sys();
const { addon } = sys;
const length = sys.physPageSize;

describe('a word to sleep on', () => {
  let word = 0;
  let words: Int32Array;
  beforeAll(() => {
    word = sys.alloc(length, 'other');
    words = new Int32Array(sys.view(word, length));
  });
  afterAll(() => {
    sys.detach(words.buffer as ArrayBuffer);
    sys.free(word, length, 'other', 'ready');
  });

  test('a wait ends at its time, or at once if the word is another', () => {
    words[0] = 5;
    const start = addon.nanotime();
    expect(addon.futexWait(word, 5, 20e6)).toBe(ETIMEDOUT);
    expect(addon.nanotime() - start).toBeGreaterThanOrEqual(20e6);
    expect(addon.futexWait(word, 4, 10e9)).toBe(EAGAIN);
    words[0] = -1;
    expect(addon.futexWait(word, -1, 0)).toBe(ETIMEDOUT);
    expect(addon.futexWait(word, 0xffffffff, -5)).toBe(ETIMEDOUT);
  });

  test('a word that is not there, or not aligned, is an errno', () => {
    expect(addon.futexWait(word + 2, 0, 0)).toBe(EINVAL);
    const gone = sys.reserve(0, length);
    expect(addon.futexWait(gone, 0, 0)).toBe(EFAULT);
    sys.free(gone, length, 'other', 'reserved');
  });

  test('no one sleeps: no one wakes', () => {
    expect(addon.futexWake(word, 100)).toBe(0);
  });
});

describe('two threads', () => {
  let child: Child;
  beforeAll(async () => {
    child = await Child.bundle('futex');
  });
  afterAll(() => child.remove());

  test('hand a turn to and fro over one address, each through its own view', async () => {
    const word = sys.alloc(length, 'other');
    const words = new Int32Array(sys.view(word, length));
    const worker = child.thread({ word, length });
    // Asked for early: the last message and the exit may be delivered in one turn of the event loop.
    const ended = once(worker, 'exit');
    const [{ thread }] = (await once(worker, 'message')) as [{ thread: number }];
    expect(thread).not.toBe(addon.threadId());
    expect([addon.tidAlive(thread), addon.tidAlive(addon.threadId())]).toEqual([true, true]);

    const rounds = 200;
    for (let i = 0; i < rounds; i++) {
      Atomics.store(words, 0, 1);
      addon.futexWake(word, 1);
      while (Atomics.load(words, 0) === 1) addon.futexWait(word, 1, 50e6);
    }
    Atomics.store(words, 0, 2);
    addon.futexWake(word, 1);
    const [{ turns }] = (await once(worker, 'message')) as [{ turns: number }];
    expect(turns).toBe(rounds);
    expect(words[1]).toBe(rounds);

    await ended;
    expect(addon.tidAlive(thread)).toBe(false);
    sys.detach(words.buffer as ArrayBuffer);
    sys.free(word, length, 'other', 'ready');
  });

  test('a sleeper is woken, and counted', async () => {
    const word = sys.alloc(length, 'other');
    const words = new Int32Array(sys.view(word, length));
    const worker = child.thread({ word, length });
    await once(worker, 'message');
    // It sleeps in slices, so a wake may fall between two of them: it is asked until one is hit.
    const until = addon.nanotime() + 10e9;
    let woken = 0;
    while (woken === 0 && addon.nanotime() < until) woken = addon.futexWake(word, 8);
    expect(woken).toBe(1);
    const ended = once(worker, 'exit');
    Atomics.store(words, 0, 2);
    addon.futexWake(word, 1);
    await ended;
    sys.detach(words.buffer as ArrayBuffer);
    sys.free(word, length, 'other', 'ready');
  });
});
