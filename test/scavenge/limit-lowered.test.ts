import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { MiB } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { ManualClock } from '../../lib/os/clock.ts';

/** A heap of 2023 with 40 MiB that are free and ready. */
function withReady(options: HeapOptions = {}): Heap {
  const heap = new Heap({ clock: new ManualClock(1e9), environment: false, reach: 256 * MiB, ...options });
  onTestFinished(() => {
    heap.check(3);
    heap.dispose();
  });
  const objects = Array.from({ length: 40 * 128 }, () => heap.malloc(8192, true, false));
  for (const at of objects) heap.drop(at);
  heap.gc();
  expect(heap.sample().heapFree).toBeGreaterThan(39 * MiB);
  return heap;
}

describe('a limit that is lowered below what is ready', () => {
  test.each<[string, HeapOptions]>([
    ['', {}],
    [', with the defect of 2023 in the background', { historicalScavengeGoal: true }],
    [', on the page heap of 2019', { pageHeap: 'treap' }],
    [', on the page heap of 2014', { pageHeap: 'lists' }],
  ])('is paid for by the next span, from ready pages or not%s', (_name, options) => {
    const heap = withReady(options);
    heap.setMemoryLimit(25 * MiB);
    expect(heap.sample().mappedReady).toBeGreaterThan(40 * MiB);
    heap.malloc(8192, true, false);
    const { mappedReady, releasedEager, numGC } = heap.sample();
    // But for the pages of the span itself, nothing was taken into use.
    expect(mappedReady).toBeLessThanOrEqual(25 * MiB);
    expect(releasedEager).toBeGreaterThan(15 * MiB);
    // So there is no reason to collect again and again.
    for (let i = 0; i < 1000; i++) heap.malloc(8192, true, false);
    expect(heap.sample().mappedReady).toBeLessThanOrEqual(25 * MiB);
    expect(heap.sample().numGC - numGC).toBeLessThanOrEqual(2);
  });

  test.each([
    ['a large object', (heap: Heap) => heap.malloc(100_000)],
    ['a stack', (heap: Heap) => heap.allocStack(65_536)],
    ['a span of small objects', (heap: Heap) => heap.malloc(24)],
  ])('is paid for by %s', (_name, take) => {
    const heap = withReady();
    heap.setMemoryLimit(30 * MiB);
    take(heap);
    expect(heap.sample().mappedReady).toBeLessThanOrEqual(30 * MiB);
  });

  test('is paid for by nobody while scavenging is off', () => {
    const heap = withReady({ scavenge: false });
    heap.setMemoryLimit(25 * MiB);
    heap.malloc(8192, true, false);
    expect(heap.sample()).toMatchObject({ releasedEager: 0, heapReleased: expect.any(Number) });
    expect(heap.sample().mappedReady).toBeGreaterThan(40 * MiB);
  });
});
