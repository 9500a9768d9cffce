/**
 * The addon called directly: every call with every kind of nonsense. It answers, or the engine throws; nothing crashes,
 * and nothing is mapped that was not asked for. In a process of its own, which would be gone otherwise.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MiB } from '../../lib/base/units.ts';
import { loadAddon } from '../../lib/os/addon.ts';
import { EFAULT, EINVAL } from '../../lib/os/errno.ts';
import { Child } from './child.ts';

let child: Child;
beforeAll(async () => {
  child = await Child.bundle('addon-nonsense', join(import.meta.dirname, 'children'));
});
afterAll(() => child.remove());

test('every call with every kind of nonsense answers', async () => {
  const ended = await child.run(['7', '150']);
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  const outcome = JSON.parse(ended.stdout) as { calls: number; names: number; threw: string[] };
  expect(outcome.calls).toBeGreaterThan(3000);
  expect(outcome.names).toBeGreaterThan(25);
  expect(outcome.threw).toEqual([]);
});

const addon = loadAddon();

test('memory that is not there is EFAULT', () => {
  const at = addon.alloc(MiB);
  addon.protect(at + 65_536, MiB - 65_536, 0);
  expect(addon.fill(at, 65_536, 7)).toBe(0);
  expect(addon.fill(at, MiB, 7)).toBe(EFAULT);
  expect(addon.fill(0, 8, 7)).toBe(EFAULT);
  expect(addon.copy(at, at + MiB / 2, 8)).toBe(EFAULT);
  expect(addon.copy(at + MiB / 2, at, 8)).toBe(EFAULT);
  expect(addon.copy(at + 100, at, 65_000)).toBe(0);
  expect(addon.benchTouch(at, 65_536)).toBeGreaterThanOrEqual(0);
  expect(addon.benchTouch(at, MiB)).toBe(-EFAULT);
  addon.free(at, MiB);
  expect(addon.benchTouch(at, 1)).toBe(-EFAULT);
});

test('a move over itself, longer than the buffer it goes through, in both directions', () => {
  const size = 3 * 65_536 + 100;
  const at = addon.alloc(MiB);
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
  for (const [to, from] of [
    [at + 1000, at],
    [at, at + 1000],
    [at + 70_000, at],
    [at, at + 70_000],
  ] as const) {
    addon.poke(from, bytes);
    expect(addon.copy(to, from, size)).toBe(0);
    const moved = new Uint8Array(size);
    addon.peek(to, moved);
    expect(Buffer.compare(moved, bytes)).toBe(0);
  }
  addon.free(at, MiB);
});

test('what is no array of the right kind is EINVAL', () => {
  for (const out of [undefined, {}, new Uint8Array(100), new DataView(new ArrayBuffer(99)), 5]) {
    expect(addon.statm(out as never)).toBe(EINVAL);
    expect(addon.faults(out as never)).toBe(EINVAL);
    expect(addon.smaps(new Float64Array(2), out as never)).toBe(EINVAL);
  }
  expect(addon.name(0, 4096, Symbol() as never)).toBe(EINVAL);
  expect(addon.crashRegister(0)).toBe(EINVAL);
});
