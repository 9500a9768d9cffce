/** GODEBUG=gcstoptheworld: 1 stops the program while it is marked, 2 sweeps everything in that pause, too. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import type { HeapOptions } from '../../lib/design/options.ts';

const heapOf = (options: HeapOptions): Heap => {
  const heap = new Heap({ environment: false, reach: 2 ** 30, gcPercent: 100, ...options });
  onTestFinished(() => heap.dispose());
  return heap;
};

const designs = (['lists', 'treap', 'radix'] as const).flatMap((generation) => [
  { generation },
  { generation, liveness: 'tracing' as const, marking: 'stop-the-world' as const },
  { generation, liveness: 'tracing' as const, marking: 'incremental' as const },
]);

/** Allocates garbage until a cycle has ended by itself. */
function untilCollected(heap: Heap): void {
  const { liveness, generation } = runtimeOf(heap).memory.design;
  for (let i = 0; heap.sample().numGC === 0; i++) {
    if (i > 1e6) expect.fail(`no collection: ${generation}`);
    const at = heap.malloc(64);
    if (liveness === 'explicit') heap.drop(at);
  }
}

describe.each(designs)('$generation, $liveness, $marking', (design) => {
  test.each([false, true])('sweepsInPause %s', (sweepsInPause) => {
    const heap = heapOf({ ...design, sweepsInPause });
    untilCollected(heap);
    const { sweeper } = runtimeOf(heap).gc;
    expect(sweeper.isDone).toBe(sweepsInPause);
    if (sweepsInPause) expect(sweeper.sweptInPause).toBeGreaterThan(0);
    heap.check(3);
  });
});

test('what the sweep finds wrong is thrown when all is swept', () => {
  const heap = heapOf({ sweepsInPause: true });
  const kept = Array.from({ length: 400 }, () => heap.malloc(1024));
  const { sweeper } = runtimeOf(heap).gc;
  const { sweepOne } = sweeper;
  let calls = 0;
  sweeper.sweepOne = () => {
    const swept = sweepOne.call(sweeper);
    if (++calls === 3) throw new Error('a finding');
    return swept;
  };
  expect(() => heap.gc()).toThrow('a finding');
  expect(sweeper.isDone).toBe(true);
  sweeper.sweepOne = sweepOne;
  expect(kept.every((at) => heap.findObject(at)?.base === at)).toBe(true);
  heap.check(3);
});

describe('the environment', () => {
  const under = (value: string, options: HeapOptions): { heap: Heap; warnings: string[] } => {
    vi.stubEnv('GODEBUG', value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const warnings: string[] = [];
    const heap = heapOf({ environment: true, warn: (text) => warnings.push(text), ...options });
    return { heap, warnings };
  };

  test.each([
    ['gcstoptheworld=0', 'incremental', false],
    ['gcstoptheworld=1', 'stop-the-world', false],
    ['gcstoptheworld=2', 'stop-the-world', true],
    ['gcstoptheworld=3', 'stop-the-world', false],
  ] as const)('%s', (value, marking, sweeps) => {
    const { heap, warnings } = under(value, { liveness: 'tracing' });
    expect([runtimeOf(heap).memory.design.marking, runtimeOf(heap).memory.options.sweepsInPause]).toEqual([
      marking,
      sweeps,
    ]);
    expect(warnings).toEqual([]);
  });

  test('1 says that it has no effect where nothing is marked by pointers, 2 has one', () => {
    expect(under('gcstoptheworld=1', {}).warnings).toHaveLength(1);
    const { heap, warnings } = under('gcstoptheworld=2', {});
    expect(warnings).toEqual([]);
    untilCollected(heap);
    expect(runtimeOf(heap).gc.sweeper.isDone).toBe(true);
  });

  test('an option goes before it', () => {
    const { heap } = under('gcstoptheworld=2', { sweepsInPause: false });
    expect(runtimeOf(heap).memory.options.sweepsInPause).toBe(false);
  });
});
