import { afterEach, describe, expect, it, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import { KiB } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { pageState } from '../../lib/inspect/page-states.ts';
import { loadAddon } from '../../lib/os/addon.ts';
import { Residency } from '../../lib/os/residency.ts';
import { Sys } from '../../lib/os/sys.ts';
import { codeOf } from '../support/codes.ts';
import { isAll } from '../support/is-all.ts';
import { recordingAddon } from '../support/recording-addon.ts';

let heap: Heap;
afterEach(() => heap?.dispose());

const make = (options: HeapOptions): Heap =>
  new Heap({ environment: false, reach: 2 ** 28, collect: false, scavenger: 'none', ...options });

/** Objects of a page each, written; one in `keep` stays. */
function churn(keep: number, n = 1024): void {
  const objects = Array.from({ length: n }, () => heap.malloc(8192));
  objects.forEach((addr, i) => {
    heap.fill(addr, 8192, 1);
    if (i % keep !== 0) heap.drop(addr);
  });
}

const countStates = (state: number): number => heap.pageStates().states.filter((s) => s === state).length;

describe.each(['radix', 'treap'] as const)('large physical pages in %s', (generation) => {
  it.each([8, 16, 64, 128, 512])('of %i KiB: only whole ones are given back', (kib) => {
    const size = kib * KiB;
    const { addon, advised } = recordingAddon(0);
    heap = make({ generation, advise: 'dontneed', physPageSize: size, sys: new Sys({ addon }) });
    churn(16);
    heap.freeOSMemory();
    const calls = advised.filter(([name]) => name === 'DONTNEED');
    expect(calls.filter(([, addr, length]) => addr % size !== 0 || length % size !== 0)).toEqual([]);
    // The 2019 design takes fresh pages for backed ones, and gives them back, too.
    expect(calls.length > 0).toBe(kib < 128 || generation === 'treap');
    const { heapFree, heapTrapped } = heap.sample();
    // Of a physical page with a page in use all others are trapped.
    const perPhysical = kib / 8;
    const kept = (1024 / Math.max(16, perPhysical)) * (perPhysical - 1) * 8 * KiB;
    if (kib < 128) expect(heapTrapped).toBe(kept);
    expect(heapTrapped).toBe(heapFree);
    expect(countStates(pageState.trapped) * 8 * KiB).toBe(heapTrapped);
    expect(countStates(pageState.free)).toBe(0);
    heap.check(3);
  });

  it('trap what was freed beside pages that are used, and let go when those are freed', () => {
    heap = make({ generation, advise: 'dontneed', physPageSize: 64 * KiB });
    const residency = new Residency();
    const objects = Array.from({ length: 64 }, () => heap.malloc(8192));
    for (const addr of objects) heap.fill(addr, 8192, 1);
    const first = objects.filter((addr) => addr % (64 * KiB) === 0);
    for (const addr of objects) if (addr % (64 * KiB) !== 0) heap.drop(addr);
    heap.freeOSMemory();
    expect(heap.sample().heapTrapped).toBe((64 - first.length) * 8192);
    expect(heap.freeOSMemory()).toBe(0);
    expect(residency.residentBytes(heap.ranges())).toBeGreaterThanOrEqual(64 * 8192);
    for (const addr of first) heap.drop(addr);
    heap.freeOSMemory();
    expect(heap.sample().heapTrapped).toBe(0);
    expect(residency.residentBytes(heap.ranges())).toBe(0);
    heap.check(3);
  });

  it('survive any order of events', () => {
    for (const kib of [16, 64, 256]) {
      heap?.dispose();
      heap = new Heap({
        generation,
        physPageSize: kib * KiB,
        reach: 2 ** 28,
        environment: false,
        debug: true,
      });
      const live: { addr: number; size: number; stamp: number }[] = [];
      const stacks: number[] = [];
      let state = kib;
      const next = (n: number): number => {
        state = (Math.imul(state, 48271) >>> 0) % 2147483647;
        return state % n;
      };
      for (let i = 0; i < 400; i++) {
        const kind = next(10);
        if (kind < 5) {
          const size = 1 + next(next(4) === 0 ? 200_000 : 9000);
          const addr = heap.malloc(size);
          heap.fill(addr, size, i);
          live.push({ addr, size, stamp: i & 255 });
        } else if (kind < 8 && live.length > 0) {
          const [{ addr, size, stamp }] = live.splice(next(live.length), 1);
          expect(isAll(heap.read(addr, size), stamp)).toBe(true);
          heap.drop(addr);
        } else if (kind === 8) {
          if (stacks.length > 20) heap.freeStack(stacks.splice(next(stacks.length), 1)[0]);
          else stacks.push(heap.allocStack(1 + next(100_000)));
        } else if (i % 50 === 0) heap.freeOSMemory();
        if (i % 250 === 0) heap.check(3);
      }
      heap.check(3);
      const { heapTrapped, heapFree } = heap.sample();
      expect(heapTrapped).toBeLessThanOrEqual(heapFree);
      expect(countStates(pageState.trapped) * 8192).toBe(heapTrapped);
    }
  });
});

test('a page that is freed beside released ones is trapped', () => {
  heap = make({ physPageSize: 64 * KiB });
  churn(1024, 64);
  heap.freeOSMemory();
  const again = heap.malloc(8192);
  heap.fill(again, 8192, 1);
  heap.drop(again);
  heap.gc();
  expect(heap.sample().heapTrapped).toBeGreaterThanOrEqual(8192);
  heap.check(3);
});

test('stacks of 2023 begin with a physical page, those of 2019 anywhere', () => {
  const size = 64 * KiB;
  heap = make({ physPageSize: size });
  heap.malloc(8192);
  const own = [40 * KiB, 200 * KiB, 24 * KiB].map((n) => heap.allocStack(n));
  expect(own.map((addr) => addr % size)).toEqual([0, 0, 0]);
  const pooled = Array.from({ length: 40 }, () => heap.allocStack(2 * KiB));
  expect(pooled.map((addr) => addr % size).every((offset) => offset < 32 * KiB)).toBe(true);
  heap.check(3);
  for (const addr of [...own, ...pooled]) heap.freeStack(addr);
  heap.gc();
  heap.check(3);
  heap.dispose();
  heap = make({ physPageSize: size, generation: 'treap' });
  heap.malloc(8192);
  expect(heap.allocStack(40 * KiB) % size).not.toBe(0);
});

test('where memory is out for aligned stacks, nothing is lost', () => {
  heap = make({ physPageSize: 512 * KiB, reach: 2 ** 26 });
  const stacks: number[] = [];
  const fill = (): void => {
    for (;;) stacks.push(heap.allocStack(300 * KiB));
  };
  expect(codeOf(fill)).toBe('ERR_OUT_OF_MEMORY');
  expect(stacks.length).toBeGreaterThan(100);
  heap.check(3);
  for (const addr of stacks) heap.freeStack(addr);
  heap.check(3);
});

test('the machine sets the least, the page heap the most', () => {
  const refused = (options: HeapOptions): string => codeOf(() => make(options).dispose());
  for (const physPageSize of [0, 1, 2048, 12 * KiB, 2 ** 20, Number.NaN, '64KB' as never])
    expect(refused({ physPageSize })).toBe('ERR_INVALID_OPTION');
  expect(refused({ generation: 'lists', physPageSize: 16 * KiB })).toBe('ERR_INVALID_OPTION');
  expect(refused({ generation: 'lists', physPageSize: 8 * KiB })).toBe('none');
  const addon = { ...loadAddon(), pageSize: () => 16 * KiB };
  expect(refused({ physPageSize: 8 * KiB, sys: new Sys({ addon }) })).toBe('ERR_INVALID_OPTION');
  heap = make({});
  expect(runtimeOf(heap).memory.physPageSize).toBe(loadAddon().pageSize());
  expect(heap.sample().heapTrapped).toBe(0);
});

test('a thread that attaches takes the same physical page', () => {
  heap = make({ physPageSize: 32 * KiB });
  const other = Heap.attach(heap.share());
  expect(runtimeOf(other).memory.physPages).toBe(4);
  churn(4, 64);
  heap.gc();
  expect(other.sample().heapTrapped).toBe(heap.sample().heapTrapped);
  expect(other.sample().heapTrapped).toBeGreaterThan(0);
  other.dispose();
});
