/** Weak handles, pins and probes, as a program sees them. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { codeOf } from '../support/codes.ts';
import { collectUntil } from '../support/garbage.ts';

function heapOf(options: HeapOptions): Heap {
  const heap = new Heap({ environment: false, reach: 2 ** 27, debug: true, gcPercent: -1, ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

const designs = (['lists', 'treap', 'radix'] as const).flatMap((generation) =>
  (['explicit', 'tracing'] as const).map((liveness) => ({ generation, liveness })),
);

describe.each(designs)('$generation, $liveness', (options) => {
  /** An object that lives, and what lets it go. */
  function living(heap: Heap, size = 64): { at: number; letGo: () => void } {
    const at = heap.malloc(size);
    if (options.liveness === 'explicit') return { at, letGo: () => heap.drop(at) };
    const root = heap.root(at);
    heap.malloc(1000);
    return { at, letGo: () => root.dispose() };
  }

  test('a weak handle tells of its object until that is dead, and is one for each address', () => {
    const heap = heapOf(options);
    const { at, letGo } = living(heap);
    const weak = heap.weak(at);
    expect(heap.weak(at)).toBe(weak);
    expect(heap.weak(at + 8)).not.toBe(weak);
    heap.gc();
    expect(weak.get()).toBe(at);
    letGo();
    if (options.liveness === 'explicit') expect(weak.get()).toBe(0);
    heap.gc();
    expect(weak.get()).toBe(0);
    expect(heap.findObject(at)).toBeUndefined();
    // Whoever comes there has another handle.
    for (let i = 0; i < 2000; i++) heap.malloc(64);
    expect(weak.get()).toBe(0);
    heap.check();
  });

  test('a weak handle is cleared before the finalizer is called; disposed of, it answers nothing', () => {
    const heap = heapOf(options);
    const { at, letGo } = living(heap);
    const weak = heap.weak(at);
    let seen = -1;
    heap.setFinalizer(at, () => {
      seen = weak.get();
    });
    const other = living(heap);
    const disposed = heap.weak(other.at);
    disposed.dispose();
    expect(disposed.get()).toBe(0);
    expect(heap.weak(other.at).get()).toBe(other.at);
    letGo();
    heap.gc();
    expect(weak.get()).toBe(0);
    expect(heap.runFinalizers()).toBe(1);
    expect(seen).toBe(0);
    heap.check();
  });

  test('a weak handle ends with its object; one that has its number later is another', () => {
    const heap = heapOf(options);
    const { weak } = runtimeOf(heap).special;
    const [one, other] = [living(heap), living(heap)];
    const old = heap.weak(one.at);
    // With what nobody refers to any more it is the same handle.
    expect(heap.weak(one.at)).toBe(old);
    one.letGo();
    heap.gc();
    expect(weak.live).toBe(0);
    const young = heap.weak(other.at);
    expect(weak.live).toBe(1);
    expect([old.get(), young.get()]).toEqual([0, other.at]);
    old.dispose();
    expect([old.get(), young.get(), weak.live]).toEqual([0, other.at, 1]);
    expect(heap.weak(other.at)).toBe(young);
    heap.check();
    young.dispose();
    expect(weak.live).toBe(0);
    heap.check();
  });

  test('JavaScript may forget the handle of an object that is dead, and only that', async () => {
    const heap = heapOf(options);
    const [dead, alive] = [living(heap), living(heap)];
    const forgotten: string[] = [];
    const registry = new FinalizationRegistry((what: string) => forgotten.push(what));
    const take = (at: number, what: string): void => registry.register(heap.weak(at), what);
    take(alive.at, 'of what lives');
    take(dead.at, 'of what is dead');
    dead.letGo();
    heap.gc();
    await collectUntil(() => forgotten.length > 0);
    expect(forgotten).toEqual(['of what is dead']);
    expect(heap.weak(alive.at).get()).toBe(alive.at);
  });

  test('a pinned object stays until it is unpinned as often as it was pinned, over sweeps', () => {
    const heap = heapOf(options);
    const { at, letGo } = living(heap);
    for (let i = 0; i < 4; i++) heap.pin(at + i);
    letGo();
    for (let left = 4; left > 0; left--) {
      for (let i = 0; i < 4; i++) heap.gc();
      heap.check();
      expect(heap.findObject(at)?.base).toBe(at);
      expect(heap.pins(at)).toBe(left);
      heap.unpin(at + left);
    }
    expect(codeOf(() => heap.unpin(at))).toBe('ERR_NOT_PINNED');
    heap.gc();
    expect(heap.findObject(at)).toBeUndefined();
    expect(codeOf(() => heap.unpin(at))).toBe('ERR_NOT_ALLOCATED');
    heap.check();
  });

  test('small, tiny and large objects are pinned side by side', () => {
    const heap = heapOf(options);
    const all = [8, 8, 5, 48, 48, 3000, 100_000].flatMap((size) => [living(heap, size), living(heap, size)]);
    for (const [i, { at }] of all.entries()) if (i % 2 === 0) heap.pin(at);
    for (const { letGo } of all) letGo();
    for (let i = 0; i < 3; i++) {
      heap.gc();
      heap.check();
    }
    const there = all.map(({ at }) => heap.findObject(at) !== undefined);
    for (const [i, is] of there.entries())
      if (i % 2 === 0 || i >= 6) expect([i, is]).toEqual([i, i % 2 === 0]);
    for (const [i, { at }] of all.entries()) if (i % 2 === 0) heap.unpin(at);
    heap.gc();
    heap.gc();
    expect(heap.readMemStats().HeapObjects).toBeLessThanOrEqual(options.liveness === 'explicit' ? 0 : 2);
    heap.check();
  });

  test('what survives is told', () => {
    const heap = heapOf(options);
    const kept = living(heap);
    const gone = living(heap);
    const finalized = living(heap);
    const pinned = living(heap);
    heap.setFinalizer(finalized.at, () => {});
    heap.pin(pinned.at);
    for (const { letGo } of [gone, finalized, pinned]) letGo();
    expect(
      heap.willSurvive(kept.at, gone.at, kept.at + 8, finalized.at, pinned.at, heap.malloc(0), gone.at),
    ).toEqual([true, false, true, false, true, true, false]);
    expect(codeOf(() => heap.willSurvive(gone.at))).toBe('ERR_NOT_ALLOCATED');
    expect(heap.willSurvive()).toEqual([]);
    heap.check();
  });

  // Guards that a span is swept before anything is entered of its objects: its sweep would tell what the last cycle has marked.
  test('what died since the last cycle does not survive, though its span is not swept yet', () => {
    const heap = heapOf(options);
    const all = Array.from({ length: 1000 }, () => living(heap));
    const { gc, state } = runtimeOf(heap);
    expect(gc.collector.collect(false)).toBe(true);
    const { sweepGen } = state.spans.columns;
    const unswept = all.filter(({ at }) => {
      const s = state.pageColumns.spanOf[state.arenas.pageOf(at)]!;
      return sweepGen[s] === state.sweepState.gen - 2;
    });
    expect(unswept.length).toBeGreaterThan(500);
    for (const { letGo } of unswept) letGo();
    expect(new Set(heap.willSurvive(...unswept.map(({ at }) => at)))).toEqual(new Set([false]));
    heap.check();
  });
});

// Guards that a probe waits for a cycle of its own: one that is under way keeps what lived when it began.
test.each(['lists', 'treap', 'radix'] as const)(
  'what is dead when a cycle is under way does not survive, %s',
  (generation) => {
    const heap = heapOf({ generation, liveness: 'tracing', marking: 'incremental' });
    const since = heap.root(heap.malloc(64, true));
    const kept = heap.root(heap.malloc(64, true));
    // That cycle frees it already.
    const before = heap.malloc(64, true);
    heap.malloc(1000, true);
    const { address } = since;
    expect(runtimeOf(heap).gc.collector.start()).toBe(true);
    since.dispose();
    expect(heap.willSurvive(address, kept.address, before, address)).toEqual([false, true, false, false]);
    heap.check(3);
    expect(codeOf(() => heap.willSurvive(before))).toBe('ERR_NOT_ALLOCATED');
  },
);
