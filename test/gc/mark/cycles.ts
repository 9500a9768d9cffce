/** A heap that marks beside its program, and its cycles step by step, for tests of what happens in between. */
import { expect, onTestFinished } from 'vitest';
import { Heap, runtimeOf } from '../../../lib/api/heap.ts';
import type { HeapOptions } from '../../../lib/design/options.ts';

/** It collects when it is told to, and goes with its test. */
export function heapOf(options: HeapOptions = {}): Heap {
  const heap = new Heap({
    ...{ environment: false, reach: 2 ** 30, liveness: 'tracing', marking: 'incremental', gcPercent: -1 },
    ...options,
  });
  onTestFinished(() => heap.dispose());
  return heap;
}

/** Begins a cycle, and lets it mark all that can be reached. It still has to end. */
export function markAll(heap: Heap): void {
  const { gc } = runtimeOf(heap);
  expect(gc.collector.start()).toBe(true);
  while (!gc.tracing!.marker.step(1000));
  expect(gc.collector.isMarking).toBe(true);
}

/** Marks to the end of the cycle that is under way, and sweeps. */
export function endCycle(heap: Heap): void {
  const { gc } = runtimeOf(heap);
  while (gc.collector.isMarking) heap.step();
  gc.sweeper.sweepAll();
  heap.check(3);
}
