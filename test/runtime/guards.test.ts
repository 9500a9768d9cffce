import { describe, expect, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import { spanUse } from '../../lib/spans/span-table.ts';

const options = { environment: false, reach: 2 ** 28 };

describe('in debug mode', () => {
  test('the owner of a heap that is not shared may do everything, also behind the public face', () => {
    using heap = new Heap({ ...options, debug: true });
    const { alloc, state } = runtimeOf(heap);
    alloc.heap.freeManual(alloc.heap.allocManual(0, 1, spanUse.stack));
    expect(state.spans.live).toBe(0);
    heap.check(3);
  });

  test('whoever works on a shared heap without its lock is stopped, at whatever public member', () => {
    using heap = new Heap({ ...options, debug: true });
    const { alloc, state, gc, scavenger, due, spans, pages } = runtimeOf(heap);
    heap.drop(heap.malloc(100));
    heap.share();
    for (const [member, act] of Object.entries({
      allocManual: () => alloc.heap.allocManual(0, 1, spanUse.stack),
      flush: () => alloc.mcache.flush(0),
      drop: () => alloc.liveness.drop(0),
      find: () => alloc.finder.find(0),
      alloc: () => alloc.stackPools.alloc(0, 2048),
      free: () => alloc.stacks.free(0, 0),
      spans: () => state.spans.live,
      counters: () => state.counters,
      take: () => spans.registry.take(5, alloc.spanSweeper),
      stats: () => pages.stats(),
      collect: () => gc.collector.collect(true),
      setGCPercent: () => gc.settings.setGCPercent(1),
      heapLive: () => gc.sizes.heapLive,
      step: () => due.step(),
      releaseAll: () => scavenger.releaseAll(),
    }))
      expect(act, member).toThrow(new RegExp(`touched without their lock .*"member":"${member}"`));
    // Through the public face, which takes the lock, all of it works.
    heap.drop(heap.malloc(100));
    heap.gc();
    heap.freeOSMemory();
    heap.check(3);
  });
});

test.each(['lists', 'treap', 'radix'] as const)(
  'looking at an object of a shared heap takes the lock (%s)',
  (generation) => {
    using heap = new Heap({ ...options, generation, debug: true });
    const [pointers, noscan] = [heap.malloc(100, false), heap.malloc(100)];
    heap.share();
    expect(heap.findObject(pointers + 50)).toMatchObject({ base: pointers, size: 112, noscan: false });
    expect(heap.findObject(noscan)).toMatchObject({ base: noscan, size: 112, noscan: true });
    expect([heap.sizeOf(noscan), heap.sizeOf(1)]).toEqual([112, 0]);
  },
);

test('otherwise nobody is asked', () => {
  using heap = new Heap(options);
  heap.share();
  expect(runtimeOf(heap).state.spans.live).toBeGreaterThanOrEqual(0);
});
