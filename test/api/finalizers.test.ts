/** Finalizers and cleanups, as a program sees them. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { codeOf } from '../support/codes.ts';

const reach = 2 ** 27;

function heapOf(options: HeapOptions = {}): Heap {
  const heap = new Heap({ environment: false, reach, debug: true, gcPercent: -1, ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

const generations = ['lists', 'treap', 'radix'] as const;

/** Collects, runs what is due, and checks the heap between. How many ran. */
function cycle(heap: Heap): number {
  heap.gc();
  heap.check();
  const ran = heap.runFinalizers();
  heap.check();
  return ran;
}

describe.each(generations)('a heap that traces, of generation %s', (generation) => {
  const traced = (): Heap => heapOf({ generation, liveness: 'tracing' });

  test('calls a finalizer once, with the address, while the object is still there', () => {
    const heap = traced();
    const node = heap.type({ to: 'pointer', key: 'f64' });
    const root = heap.root(heap.new(node));
    const { address } = root;
    node.key.set(address, 42);
    const called: number[] = [];
    heap.setFinalizer(address, (at) => called.push(at, node.key.get(at)));
    expect(cycle(heap)).toBe(0);
    root.dispose();
    heap.new(node);
    heap.gc();
    expect(called).toEqual([]);
    expect(heap.findObject(address)?.base).toBe(address);
    expect(heap.runFinalizers()).toBe(1);
    expect(called).toEqual([address, 42]);
    expect(cycle(heap)).toBe(0);
    expect(heap.findObject(address)).toBeUndefined();
    expect(called.length).toBe(2);
  });

  test('calls them in the order of references, one a cycle', () => {
    const heap = traced();
    const node = heap.type({ to: 'pointer' });
    const order: string[] = [];
    const root = heap.root(heap.new(node));
    const a = root.address;
    const b = heap.new(node);
    node.to.set(a, b);
    const c = heap.new(node);
    node.to.set(b, c);
    for (const [name, at] of Object.entries({ c, a, b })) heap.setFinalizer(at, () => order.push(name));
    root.dispose();
    heap.new(node);
    for (const expected of ['a', 'ab', 'abc']) {
      expect(cycle(heap)).toBe(1);
      expect(order.join('')).toBe(expected);
    }
    expect(cycle(heap)).toBe(0);
    for (const at of [a, b, c]) expect(heap.findObject(at)).toBeUndefined();
  });

  test('a cycle that holds a finalizer never dies, nor what it leads to', () => {
    const heap = traced();
    const node = heap.type({ to: 'pointer', also: 'pointer' });
    const root = heap.root(heap.new(node));
    const a = root.address;
    const b = heap.new(node);
    node.to.set(a, b);
    node.to.set(b, a);
    const leaf = heap.new(node);
    node.also.set(b, leaf);
    let called = 0;
    heap.setFinalizer(a, () => called++);
    root.dispose();
    heap.new(node);
    for (let i = 0; i < 4; i++) expect(cycle(heap)).toBe(0);
    for (const at of [a, b, leaf]) expect(heap.findObject(at)).toBeDefined();
    heap.setFinalizer(a, null);
    cycle(heap);
    for (const at of [a, b, leaf]) expect(heap.findObject(at)).toBeUndefined();
    expect(called).toBe(0);
  });

  test('what waits in the queue is kept with all it refers to, for as long as it waits', () => {
    const heap = traced();
    const node = heap.type({ to: 'pointer' });
    const root = heap.root(heap.new(node));
    const a = root.address;
    const leaf = heap.new(node);
    node.to.set(a, leaf);
    heap.setFinalizer(a, () => {});
    root.dispose();
    heap.new(node);
    for (let i = 0; i < 3; i++) heap.gc();
    expect(heap.findObject(a)).toBeDefined();
    expect(heap.findObject(leaf)).toBeDefined();
    heap.runFinalizers();
    heap.gc();
    expect(heap.findObject(a)).toBeUndefined();
    expect(heap.findObject(leaf)).toBeUndefined();
  });

  test('a finalizer may allocate, collect, make its object reachable again and set a finalizer again', () => {
    const heap = traced();
    const node = heap.type({ to: 'pointer' });
    const saved = heap.global('saved');
    let called = 0;
    const finalizer = (at: number): void => {
      called++;
      heap.gc();
      for (let i = 0; i < 100; i++) heap.new(node);
      heap.gc();
      expect(heap.findObject(at)).toBeDefined();
      expect(heap.runFinalizers()).toBe(0);
      saved.address = at;
      heap.setFinalizer(at, finalizer);
      expect(codeOf(() => heap.setFinalizer(at, finalizer))).toBe('ERR_FINALIZER_SET');
    };
    const a = heap.new(node);
    heap.setFinalizer(a, finalizer);
    heap.new(node);
    for (let round = 1; round <= 3; round++) {
      expect(cycle(heap)).toBe(1);
      expect(called).toBe(round);
      expect(cycle(heap)).toBe(0);
      saved.address = 0;
    }
    heap.setFinalizer(a, null);
    cycle(heap);
    expect(heap.findObject(a)).toBeUndefined();
  });

  test('tiny objects may have a finalizer each, all called when their block is garbage', () => {
    const heap = traced();
    const order: number[] = [];
    const tiny = [2, 2, 2].map((size) => heap.malloc(size));
    expect(new Set(tiny.map((at) => heap.findObject(at)?.base)).size).toBe(1);
    for (const at of tiny) heap.setFinalizer(at, (given) => order.push(given));
    const root = heap.root(tiny[1]);
    heap.malloc(64);
    expect(cycle(heap)).toBe(0);
    root.dispose();
    expect(cycle(heap)).toBe(3);
    expect(order).toEqual(tiny);
    cycle(heap);
    expect(heap.findObject(tiny[0]!)).toBeUndefined();
  });

  test('large objects and arrays have finalizers too, and what they lead to is kept', () => {
    const heap = traced();
    const node = heap.type({ to: 'pointer' });
    const root = heap.root(heap.newArray(node, 40_000));
    const big = root.address;
    const leaf = heap.new(node);
    node.to.set(big + 39_999 * 8, leaf);
    let called = 0;
    heap.setFinalizer(big, () => called++);
    root.dispose();
    heap.new(node);
    heap.gc();
    expect(heap.findObject(leaf)).toBeDefined();
    expect([heap.runFinalizers(), called]).toEqual([1, 1]);
    heap.gc();
    expect(heap.findObject(big)).toBeUndefined();
    expect(heap.findObject(leaf)).toBeUndefined();
  });
});

describe.each(generations)('a heap with explicit liveness, of generation %s', (generation) => {
  test('queues the finalizer of a dropped object at the next sweep; its memory lives a cycle longer', () => {
    const heap = heapOf({ generation });
    const called: number[] = [];
    const a = heap.malloc(100);
    heap.fill(a, 100, 7);
    heap.setFinalizer(a, (at) => called.push(at, heap.read(at, 1)[0]!));
    expect(cycle(heap)).toBe(0);
    heap.drop(a);
    expect(codeOf(() => heap.drop(a))).toBe('ERR_ALREADY_DROPPED');
    heap.gc();
    expect(codeOf(() => heap.drop(a))).toBe('ERR_ALREADY_DROPPED');
    expect(codeOf(() => heap.setFinalizer(a, () => {}))).toBe('ERR_ALREADY_DROPPED');
    heap.gc();
    expect(heap.findObject(a)).toBeDefined();
    expect(heap.runFinalizers()).toBe(1);
    expect(called).toEqual([a, 7]);
    cycle(heap);
    expect(heap.findObject(a)).toBeUndefined();
    expect(codeOf(() => heap.drop(a))).toBe('ERR_NOT_ALLOCATED');
  });

  test('tiny objects have finalizers where one of them begins, called with their block', () => {
    const heap = heapOf({ generation });
    const tiny = [2, 3, 4].map((size) => heap.malloc(size));
    const order: number[] = [];
    for (const at of tiny) heap.setFinalizer(at, (given) => order.push(given));
    expect(codeOf(() => heap.setFinalizer(tiny[2]! + 1, () => {}))).toBe('ERR_NOT_ALLOCATED');
    heap.drop(tiny[1]!);
    heap.drop(tiny[2]!);
    expect(cycle(heap)).toBe(0);
    heap.drop(tiny[0]!);
    expect(cycle(heap)).toBe(3);
    expect(order).toEqual(tiny);
    expect(cycle(heap)).toBe(0);
    expect(heap.findObject(tiny[0]!)).toBeUndefined();
  });

  test('a thousand objects in any order: each finalizer is called once', () => {
    const heap = heapOf({ generation, gcPercent: 100 });
    const objects = Array.from({ length: 1000 }, (_, i) => heap.malloc(16 + (i % 7) * 24));
    const counts = new Map<number, number>();
    for (let i = 0; i < objects.length; i++) {
      const at = objects[(i * 387) % 1000]!;
      heap.setFinalizer(at, (given) => counts.set(given, (counts.get(given) ?? 0) + 1));
    }
    heap.check();
    heap.dropAll(objects.filter((_, i) => i % 3 !== 0));
    for (let i = 0; i < 3; i++) cycle(heap);
    expect(counts.size).toBe(666);
    heap.dropAll(objects.filter((_, i) => i % 3 === 0));
    for (let i = 0; i < 3; i++) cycle(heap);
    expect([...counts.values()].every((n) => n === 1)).toBe(true);
    expect(counts.size).toBe(1000);
    expect(heap.readMemStats().HeapObjects).toBe(0);
  });
});

describe('when callbacks run', () => {
  test('from the event loop, and never inside an allocation', async () => {
    const heap = heapOf({ gcPercent: 100 });
    let inside = false;
    let called = 0;
    for (let i = 0; i < 6000; i++) {
      const at = heap.malloc(1024);
      heap.setFinalizer(at, () => {
        called++;
        expect(inside).toBe(false);
      });
      inside = true;
      heap.drop(at);
      heap.malloc(16);
      inside = false;
    }
    expect(heap.sample().numGC).toBeGreaterThan(0);
    expect(called).toBe(0);
    heap.gc();
    await turn();
    await turn();
    expect(called).toBeGreaterThan(4000);
  });

  test('an error becomes an uncaught exception, and the others run all the same', async () => {
    const heap = heapOf();
    const ran: number[] = [];
    const objects = [1, 2, 3].map((i) => {
      const at = heap.malloc(64);
      heap.setFinalizer(at, () => {
        ran.push(i);
        if (i === 2) throw new Error('from a finalizer');
      });
      return at;
    });
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const caught: string[] = [];
    process.on('uncaughtException', (error) => void caught.push(error.message));
    try {
      heap.dropAll(objects);
      heap.gc();
      expect(heap.runFinalizers()).toBe(3);
      await turn();
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of before) process.on('uncaughtException', listener);
    }
    expect(ran).toEqual([1, 2, 3]);
    expect(caught).toEqual(['from a finalizer']);
  });

  test('a heap that is disposed of with a full queue calls nothing; nor does one that a finalizer disposes of', async () => {
    for (const byFinalizer of [false, true]) {
      const heap = new Heap({ environment: false, reach });
      let called = 0;
      const objects = [1, 2, 3].map(() => {
        const at = heap.malloc(64);
        heap.setFinalizer(at, () => {
          called++;
          if (byFinalizer) heap.dispose();
        });
        return at;
      });
      heap.dropAll(objects);
      heap.gc();
      if (byFinalizer) expect(heap.runFinalizers()).toBe(1);
      else heap.dispose();
      await turn();
      await turn();
      expect(called).toBe(byFinalizer ? 1 : 0);
      expect(codeOf(() => heap.runFinalizers())).toBe('ERR_DISPOSED');
    }
  });
});

describe('what is refused', () => {
  test('by code', () => {
    const heap = heapOf();
    const a = heap.malloc(64);
    const nothing = (): void => {};
    const wrong: [unknown, unknown, string][] = [
      [a + 8, nothing, 'ERR_INTERIOR_ADDRESS'],
      [a + 64, nothing, 'ERR_NOT_ALLOCATED'],
      [heap.allocStack(4096), nothing, 'ERR_NOT_ALLOCATED'],
      [12345, nothing, 'ERR_INVALID_ADDRESS'],
      [0, nothing, 'ERR_INVALID_ADDRESS'],
      [-1, nothing, 'ERR_INVALID_ADDRESS'],
      [Number.NaN, nothing, 'ERR_INVALID_ADDRESS'],
      ['a', nothing, 'ERR_INVALID_ADDRESS'],
      [a, undefined, 'ERR_INVALID_ARGUMENT'],
      [a, 'f', 'ERR_INVALID_ARGUMENT'],
      [a, {}, 'ERR_INVALID_ARGUMENT'],
    ];
    for (const [address, given, code] of wrong)
      expect([
        address,
        given,
        codeOf(() => heap.setFinalizer(address as number, given as () => void)),
      ]).toEqual([address, given, code]);
    heap.setFinalizer(a, nothing);
    expect(codeOf(() => heap.setFinalizer(a, nothing))).toBe('ERR_FINALIZER_SET');
    heap.setFinalizer(a, null);
    heap.setFinalizer(a, null);
    heap.setFinalizer(a, nothing);
    heap.setFinalizer(heap.malloc(0), nothing);
    heap.drop(a);
    expect(codeOf(() => heap.setFinalizer(a, null))).toBe('ERR_ALREADY_DROPPED');
    expect(codeOf(() => heap.addCleanup(a, nothing))).toBe('ERR_ALREADY_DROPPED');
    expect(codeOf(() => heap.weak(a))).toBe('ERR_ALREADY_DROPPED');
    expect(codeOf(() => heap.pin(a))).toBe('ERR_ALREADY_DROPPED');
    heap.check();
  });

  test('an address of another heap', () => {
    const [heap, other] = [heapOf(), heapOf()];
    expect(codeOf(() => heap.setFinalizer(other.malloc(64), () => {}))).toBe('ERR_INVALID_ADDRESS');
  });
});

describe.each(generations)('cleanups, in generation %s', (generation) => {
  test('as many as one likes; the object is gone when they run; stopped ones do not', () => {
    const heap = heapOf({ generation, liveness: 'tracing' });
    const node = heap.type({ to: 'pointer', more: 'pointer', key: 'f64' });
    const a = heap.new(node);
    const ran: unknown[] = [];
    const cleanups = [1, 2, 3, 4].map((i) =>
      heap.addCleanup(
        i === 4 ? a + 8 : a,
        (given: number) => {
          ran.push(given);
          expect(heap.findObject(a)).toBeUndefined();
        },
        i,
      ),
    );
    expect(codeOf(() => heap.addCleanup(a, () => {}, a))).toBe('ERR_INVALID_ARGUMENT');
    cleanups[1]!.stop();
    cleanups[1]!.stop();
    heap.check();
    heap.new(node);
    expect(cycle(heap)).toBe(3);
    expect(ran.sort()).toEqual([1, 3, 4]);
    for (const cleanup of cleanups) cleanup.stop();
  });

  test('come after the finalizer, and not before the object really dies', () => {
    const heap = heapOf({ generation });
    const order: string[] = [];
    const a = heap.malloc(64);
    heap.addCleanup(a, () => order.push('cleanup'));
    heap.setFinalizer(a, () => order.push('finalizer'));
    heap.drop(a);
    expect(cycle(heap)).toBe(1);
    expect(cycle(heap)).toBe(1);
    expect(order).toEqual(['finalizer', 'cleanup']);
  });

  test('a stopped cleanup is not mistaken for one that came after it', () => {
    const heap = heapOf({ generation });
    let ran = 0;
    const count = (): void => void ran++;
    const first = heap.addCleanup(heap.malloc(64), count);
    first.stop();
    const b = heap.malloc(64);
    heap.addCleanup(b, count);
    first.stop();
    heap.drop(b);
    cycle(heap);
    expect(ran).toBe(1);
  });
});

test('the empty object has a weak handle, and never dies', () => {
  const heap = new Heap({ environment: false, liveness: 'tracing' });
  const weak = heap.weak(heap.malloc(0));
  heap.gc();
  expect(weak.get()).toBe(heap.malloc(0));
  weak.dispose();
  expect(weak.get()).toBe(0);
  heap.check(3);
  heap.dispose();
});
