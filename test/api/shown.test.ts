/**
 * Looking at a heap: one line, and its sample in JSON, whoever looks and whenever. Nothing is flushed, no lock taken, no
 * clock asked, and nothing that can be reached leads to memory that is not there.
 */
import { deepStrictEqual } from 'node:assert';
import { inspect, isDeepStrictEqual } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mcacheTable } from '../../lib/alloc/mcache.ts';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import { type HeapEvent, ManualClock, PageHeapError } from '../../lib/api/index.ts';
import { MiB } from '../../lib/base/units.ts';
import { generations } from '../../lib/design/design.ts';
import type { HeapOptions } from '../../lib/design/options.ts';

function make(options: HeapOptions = {}): Heap {
  const heap = new Heap({ environment: false, reach: 256 * MiB, ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

const line =
  /^Heap \{ (lists|treap|radix), [\d.]+ (B|KiB|MiB) in use, [\d.]+ \w+ free, [\d.]+ \w+ released \}$/;

/** Everything that prints, compares, clones or posts what it is given. */
const walkers: Record<string, (value: unknown) => unknown> = {
  inspect: (value) => inspect(value),
  'inspect, all of it': (value) => inspect(value, { showHidden: true, depth: Infinity, getters: true }),
  'inspect, without its own line': (value) =>
    inspect(value, { customInspect: false, showHidden: true, depth: Infinity }),
  'inspect in an object, in a map': (value) => inspect({ value, map: new Map([[value, [value]]]) }),
  'a template': (value) => `${String(value)}`,
  JSON: (value) => JSON.stringify({ value }),
  deepStrictEqual: (value) => isDeepStrictEqual(value, make()),
  structuredClone: (value) => structuredClone(value),
  serialize: (value) => deserialize(serialize(value)),
  postMessage: (value) => {
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(value);
    const { message } = receiveMessageOnPort(port2) as { message: unknown };
    port1.close();
    return message;
  },
  'a matcher that fails': (value) => {
    try {
      expect(value).toEqual({ something: 'else' });
    } catch (error) {
      return String(error);
    }
    return undefined;
  },
};

describe.each(generations)('%s', (generation) => {
  test.each(Object.entries(walkers))('%s', (_name, walk) => {
    const heap = make({ generation });
    const objects = [1, 64, 5000, 3 * MiB].map((size) => heap.malloc(size));
    for (const addr of objects) heap.drop(addr);
    const before = heap.sample();
    walk(heap);
    expect(heap.sample()).toEqual(before);
    heap.check(3);
    heap.freeOSMemory();
    walk(heap);
    heap.dispose();
    walk(heap);
  });

  test('its line and its sample, and that it was disposed', () => {
    const heap = make({ generation });
    heap.malloc(MiB);
    expect(inspect(heap)).toMatch(line);
    expect(inspect(heap)).toContain(`${generation}, 1 MiB in use`);
    expect(inspect(heap, { colors: true, depth: -1, compact: false })).toMatch(line);
    expect(JSON.parse(JSON.stringify(heap))).toEqual(JSON.parse(JSON.stringify(heap.sample())));
    heap.dispose();
    expect(inspect(heap)).toBe(`Heap { ${generation}, disposed }`);
    expect(JSON.stringify([heap])).toBe('[{"disposed":true}]');
  });

  test('a proxy of it and its prototype have no line of their own, and do not throw', () => {
    const heap = make({ generation });
    for (const other of [new Proxy(heap, {}), Heap.prototype, Object.create(heap) as object]) {
      // Of a prototype Node asks nothing.
      expect(inspect(other)).toMatch(/^(Heap \{|TracedHeap \{\}|\{\})/);
      expect(JSON.stringify([other])).toBe('[{}]');
    }
  });

  test('what a cache holds stays in it', () => {
    const heap = make({ generation });
    for (let i = 0; i < 100; i++) heap.malloc(48);
    const { memory } = runtimeOf(heap);
    const { open } = memory.meta.views(mcacheTable);
    const before = Array.from(open.subarray(0, 136));
    inspect(heap);
    JSON.stringify(heap);
    expect(Array.from(open.subarray(0, 136))).toEqual(before);
  });

  test('events and errors can be walked, too', () => {
    const events: HeapEvent[] = [];
    const heap = make({ generation, onEvent: (event) => events.push(event) });
    heap.drop(heap.malloc(MiB));
    heap.freeOSMemory();
    expect(events.length).toBeGreaterThan(0);
    const errors = [() => heap.drop(5), () => heap.malloc(-1), () => heap.view(1, 2)].map((wrong) => {
      try {
        return wrong();
      } catch (error) {
        return error;
      }
    });
    for (const walk of Object.values(walkers)) {
      walk(events);
      for (const error of errors) walk(error);
    }
    expect(errors.every((error) => error instanceof PageHeapError)).toBe(true);
  });
});

test('of a shared heap: without its lock, from every thread’s view of it', () => {
  const heap = make();
  heap.malloc(MiB);
  const other = Heap.attach(heap.share());
  expect(inspect(other)).toBe(inspect(heap));
  expect(inspect(other)).toMatch(line);
  deepStrictEqual(heap, other);
  other.dispose();
  expect(inspect(other)).toBe('Heap { radix, disposed }');
  expect(inspect(heap)).toMatch(line);
});

test('in the middle of an operation', () => {
  const clock = new ManualClock(1e9);
  const seen: string[] = [];
  let made: Heap | undefined;
  const heap = make({
    clock: {
      now: () => {
        if (made !== undefined) seen.push(inspect(made), JSON.stringify(made));
        return clock.now();
      },
    },
  });
  made = heap;
  heap.malloc(5000);
  heap.gc();
  expect(seen.length).toBeGreaterThan(4);
  for (const text of seen) expect(text).toMatch(/^Heap \{ radix, |^\{"heapInuse":/);
});
