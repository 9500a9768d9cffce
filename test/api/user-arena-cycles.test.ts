/** User arenas and cycles: what of them counts as live, and which cycle gives their addresses back. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { codeOf } from '../support/codes.ts';
import { collectUntil } from '../support/garbage.ts';

const MiB = 2 ** 20;

function heapOf(options: HeapOptions = {}): Heap {
  const heap = new Heap({ environment: false, reach: 1024 * MiB, liveness: 'tracing', ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

/** Turns, each with an arena of its own that is freed. */
function turn(heap: Heap, turns: number): void {
  for (let i = 0; i < turns; i++) {
    using arena = heap.newArena();
    arena.malloc(100);
  }
}

/** Loses arenas, and waits until the engine has told so. */
async function lose(heap: Heap, arenas: number): Promise<void> {
  const make = (): void => {
    for (let i = 0; i < arenas; i++) heap.newArena().malloc(100);
  };
  make();
  await collectUntil(() => runtimeOf(heap).alloc.userArenas?.live === 0);
  expect(runtimeOf(heap).alloc.userArenas?.live).toBe(0);
}

describe.each(['stop-the-world', 'incremental'] as const)('marking %s', (marking) => {
  test('arenas that were lost are not live when a cycle did not mark them, and are not taken off again', async () => {
    const heap = heapOf({ marking, gcPercent: -1 });
    await lose(heap, 5);
    heap.malloc(0);
    heap.gc();
    heap.check();
    expect(heap.sample().heapLive).toBeGreaterThanOrEqual(0);
    expect(heap.sample().heapLive).toBeLessThan(MiB);
    heap.setGCPercent(100);
    const { numGC } = heap.sample();
    let bytes = 0;
    while (heap.sample().numGC === numGC && bytes < 64 * MiB) {
      heap.malloc(4096);
      bytes += 4096;
    }
    expect(bytes).toBeLessThan(16 * MiB);
  });

  test('with lost arenas the heap keeps its limit', async () => {
    const memoryLimit = 64 * MiB;
    const heap = heapOf({ marking, gcPercent: -1, memoryLimit });
    await lose(heap, 5);
    heap.malloc(0);
    heap.gc();
    let worst = 0;
    for (let i = 0; i < 50_000; i++) {
      heap.malloc(4096);
      if (i % 100 !== 0) continue;
      const { Sys, HeapReleased } = heap.readMemStats();
      worst = Math.max(worst, Sys - HeapReleased);
    }
    expect(worst).toBeLessThan(memoryLimit + 16 * MiB);
  });
});

test('an arena that is freed while a cycle marks is not live when that ends', () => {
  const heap = heapOf({ marking: 'incremental', gcPercent: -1 });
  const { collector } = runtimeOf(heap).gc;
  const [held, freed, allocated] = [heap.newArena(), heap.newArena(), heap.newArena()];
  for (const arena of [held, freed]) arena.malloc(100, false);
  expect(collector.start()).toBe(true);
  expect(collector.isMarking).toBe(true);
  allocated.malloc(100, false);
  freed.free();
  allocated.free();
  while (collector.isMarking) collector.mark();
  heap.check();
  const { heapLive } = heap.sample();
  expect(heapLive).toBeGreaterThanOrEqual(held.chunkBytes);
  expect(heapLive).toBeLessThan(held.chunkBytes + MiB);
});

describe.each<[string, HeapOptions]>([
  ['tracing, incremental', {}],
  ['tracing, stop-the-world', { marking: 'stop-the-world' }],
  ['explicit', { liveness: 'explicit' }],
  ['a GC percent of 400', { gcPercent: 400 }],
  ['a memory limit alone', { gcPercent: -1, memoryLimit: '200MiB' }],
  ['pages given in the pause', { sweepsInPause: true }],
])('%s', (_what, options) => {
  test.each([256, 1024])('freed arenas never use up the address space, reach %i MiB', (reach) => {
    const heap = heapOf({ ...options, reach: reach * MiB });
    turn(heap, 300);
    heap.check();
    expect(heap.sample().numGC).toBeGreaterThan(5);
  });
});

test.each<HeapOptions>([{ gcPercent: -1 }, { collect: false }])(
  'where collections do not run by themselves, none runs for addresses: %j',
  (options) => {
    const heap = heapOf(options);
    expect(() => turn(heap, 40)).toThrow('wait for a collection');
    expect(heap.sample().numGC).toBe(0);
    heap.gc();
    turn(heap, 20);
  },
);

test('memory is refused where something points into what was freed, and given when nothing does', () => {
  const heap = heapOf({ gcPercent: 400 });
  const node = heap.type({ next: 'pointer' });
  const roots = [];
  for (let i = 0; i < 32; i++) {
    const arena = heap.newArena();
    roots.push(heap.root(arena.new(node)));
    arena.free();
  }
  expect(codeOf(() => turn(heap, 1))).toBe('ERR_OUT_OF_MEMORY');
  heap.check();
  for (const root of roots) root.dispose();
  turn(heap, 40);
});

test('addresses are used up no faster than memory is: the cycles that freed arenas start are few, and enough', () => {
  const heap = heapOf({ reach: 16 * 1024 * MiB, marking: 'stop-the-world' });
  const space = runtimeOf(heap).alloc.userArenas!.chunks.space;
  const node = heap.type({ bytes: ['u8', 4 * MiB] });
  const cyclesOf = (turns: number): number => {
    const { numGC } = heap.sample();
    let worst = 0;
    for (let i = 0; i < turns; i++) {
      turn(heap, 1);
      worst = Math.max(worst, space.state.quarantined[0]);
    }
    // Those of the cycle before wait as well, for their sweep.
    expect(worst).toBeLessThan(512 * MiB);
    return heap.sample().numGC - numGC;
  };
  heap.gc();
  const little = cyclesOf(400);
  expect(little).toBeGreaterThan(10);
  expect(little).toBeLessThan(50);
  const roots = Array.from({ length: 25 }, () => heap.root(heap.new(node)));
  heap.gc();
  // A goal of 200 MiB: 25 chunks.
  const much = cyclesOf(400);
  expect(much).toBeGreaterThan(8);
  expect(much).toBeLessThan(little);
  expect(roots).toHaveLength(25);
});
