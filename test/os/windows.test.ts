/** Windows: views that V8 does not count. What they reach is what a view reaches. */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { GiB, MiB } from '../../lib/base/units.ts';
import { marksLock, maxViewBytes } from '../../lib/os/access.ts';
import { addonCandidates } from '../../lib/os/addon.ts';
import { Sys } from '../../lib/os/sys.ts';
import { collectGarbage } from '../support/garbage.ts';

const sys = new Sys();
const at = sys.addon.reserve(0, maxViewBytes);
sys.addon.protect(at, MiB, 2);
afterAll(() => sys.addon.free(at, maxViewBytes));

const turn = () => new Promise((resolve) => setImmediate(resolve));
const counted = () => process.memoryUsage().external;

describe('a window', () => {
  test('and a view of one address are one memory; detached it has no bytes', () => {
    const window = sys.window(at, maxViewBytes);
    const words = new Uint32Array(window);
    expect(words.length).toBe(maxViewBytes / 4);
    words[3] = 7;
    expect(new Uint32Array(sys.view(at, 64))[3]).toBe(7);
    expect(sys.detach(window)).toBe(true);
    expect([words.length, window.byteLength]).toEqual([0, 0]);
    expect(new Uint32Array(sys.view(at, 64))[3]).toBe(7);
  });

  test('counts as no memory, as a view does', () => {
    // What others have left is found when the view makes V8 look; of what it then finds a thread beside it gives back the memory.
    collectGarbage();
    collectGarbage();
    const before = counted();
    const windows = Array.from({ length: 100 }, () => sys.window(at, maxViewBytes));
    expect(counted() - before).toBeLessThan(MiB);
    const view = sys.view(at, maxViewBytes);
    expect(counted() - before).toBeGreaterThan(3 * GiB);
    for (const each of [...windows, view]) sys.detach(each);
  });

  test('is collected as any buffer, and its memory stays', async () => {
    const before = counted();
    new Uint8Array(sys.window(at, MiB))[9] = 8;
    const gone = Array.from({ length: 100 }, () => new WeakRef(sys.window(at, maxViewBytes)));
    await turn();
    collectGarbage();
    await turn();
    expect(gone.filter((each) => each.deref() !== undefined)).toEqual([]);
    expect(counted() - before).toBeLessThan(MiB);
    expect(new Uint8Array(sys.window(at, MiB))[9]).toBe(8);
  });

  // Where the mark against it would lock the buffer, there is none (lib/os/access.ts).
  test.skipIf(marksLock())('stays with its thread: nobody takes it away by transferring it', () => {
    const window = sys.window(at, MiB);
    try {
      structuredClone(window, { transfer: [window] });
    } catch {}
    expect(window.byteLength).toBe(MiB);
    sys.detach(window);
  });

  test('gives its memory up when it is detached, marked or not', () => {
    const window = sys.window(at, MiB);
    expect([sys.detach(window), window.byteLength]).toEqual([true, 0]);
  });

  test('is a view where the engine has none', () => {
    const without = new Sys({ addon: { ...sys.addon, window: () => null } });
    const window = without.window(at, MiB);
    new Uint8Array(window)[5] = 6;
    expect(new Uint8Array(sys.view(at, MiB))[5]).toBe(6);
    sys.detach(window);
  });

  test.each([
    ['ends', ''],
    ['is terminated', 'for (;;);'],
  ])('outlives nothing: a worker that %s with windows it holds', async (_, then) => {
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      const { addon: file, at } = workerData;
      const addon = require(file);
      globalThis.kept = Array.from({ length: 50 }, (_, i) => addon.window(at, ${maxViewBytes} - i));
      new Uint8Array(kept[0])[11] = 12;
      parentPort.postMessage(kept.length);
      ${then}`;
    const workerData = { addon: addonCandidates().find(existsSync), at };
    const worker = new Worker(source, { eval: true, workerData });
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    expect(
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)),
    ).toBe(50);
    if (then !== '') await worker.terminate();
    await ended;
    expect(new Uint8Array(sys.window(at, MiB))[11]).toBe(12);
  });
});

test('a heap, and what it touches of its memory, count as no memory', () => {
  const before = counted();
  const heap = new Heap({ reach: 16 * GiB });
  for (let i = 0; i < 1000; i++) heap.malloc(64 + i);
  expect(counted() - before).toBeLessThan(16 * MiB);
  heap.dispose();
});
