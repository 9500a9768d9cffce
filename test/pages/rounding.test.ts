/**
 * Custom page heaps that do what no built-in one does, in a whole heap: one that rounds up, and one that ages by itself.
 */
import { describe, expect, it } from 'vitest';
import Buddy from '../../examples/buddy.mjs';
import { Heap, ManualClock, type PageHeapClass } from '../../lib/api/index.ts';
import { conformanceChecks } from '../../lib/lab/conformance/index.ts';
import { also, classOf } from '../lab/conformance/example-edits.ts';

const MiB = 2 ** 20;
const small = { reach: 256 * MiB, environment: false } as const;

describe('a heap over buddies', () => {
  it('has spans as long as their blocks, and keeps its contents and its counts', () => {
    const heap = new Heap({ ...small, pageHeap: Buddy });
    // Three pages are four, nine are sixteen; of 600 whole largest blocks are taken.
    for (const [pages, whole] of [
      [3, 4],
      [9, 16],
      [300, 512],
      [600, 1024],
    ] as const) {
      const before = heap.sample().heapInuse;
      const object = heap.malloc(pages * 8192);
      expect(heap.sample().heapInuse - before).toBe(whole * 8192);
      heap.fill(object, pages * 8192, pages & 255);
      heap.check(3);
      expect(heap.read(object, pages * 8192).every((byte) => byte === (pages & 255))).toBe(true);
      heap.drop(object);
      heap.gc();
    }
    const stack = heap.allocStack(5 * 8192);
    const kept = Array.from({ length: 3000 }, (_, i) => heap.malloc([24, 1024, 9000, 20_000][i % 4] ?? 8));
    heap.check(3);
    // The classes of spans of three, five, … pages have longer ones here; what is over is waste of the tail.
    for (const {
      class: c,
      size,
      spans,
      objectsPerSpan,
      inuseBytes,
      freeBytes,
      tailWaste,
    } of heap.sizeClasses())
      if (c > 0) {
        expect(inuseBytes + freeBytes).toBe(spans * objectsPerSpan * size);
        expect(tailWaste).toBeGreaterThanOrEqual(0);
      }
    for (const object of kept) heap.drop(object);
    heap.freeStack(stack);
    heap.freeOSMemory();
    heap.check(3);
    const { heapInuse, heapFree, heapReleased, heapAlloc } = heap.sample();
    expect(heapAlloc).toBe(0);
    expect(heapReleased).toBe(heap.sample().heapSys - heapInuse - heapFree);
    heap.dispose();
  });

  it('is told of a roundUp that makes no sense', () => {
    class Down extends (Buddy as PageHeapClass) {
      override roundUp = (() => 0) as never;
    }
    const heap = new Heap({ ...small, pageHeap: Down });
    expect(() => heap.malloc(9 * 8192)).toThrow(
      expect.objectContaining({
        code: 'ERR_PAGE_HEAP',
        message: expect.stringMatching(/roundUp\(\d+\) answered 0, and must answer \d+ pages or more$/),
      }),
    );
  });
});

/** Releases without force only what was unused for half a second, and says when that will be. */
const patient = (half: number): PageHeapClass =>
  classOf(
    [
      'return this.#release(nbytes, () => true, shouldStop);',
      `const now = this.#host.now();
    return this.#release(nbytes, ({ since }) => _force || now - since >= ${half}, shouldStop);`,
    ],
    also(`releasableAt() {
    return Math.min(Infinity, ...this.#runs.filter(({ released }) => !released).map(({ since }) => since + ${half}));
  }`),
  );

describe('a page heap with an age of its own', () => {
  const Patient = patient(200);
  const checks = conformanceChecks((host) => new Patient(host), { runs: 5, seed: 2 });
  const names = /unforced|has more|agrees/;
  it.each(checks.filter(({ name }) => names.test(name)))('keeps the contract: $name', ({ attempt }) => {
    expect(attempt()).toBeUndefined();
  });

  it('is found out if it names a time and has nothing then', () => {
    const Late = classOf(
      [
        'return this.#release(nbytes, () => true, shouldStop);',
        'return _force ? this.#release(nbytes, () => true, shouldStop) : 0;',
      ],
      also('releasableAt() { return this.#host.now() + 100; }'),
    );
    const check = conformanceChecks((host) => new Late(host)).find(({ name }) =>
      name.startsWith('says when'),
    );
    expect(() => check?.run()).toThrow(
      /by releasableAt\(\) there is more to release at \d+, and then release answered 0/,
    );
  });

  it('is asked by the background scavenger when it has more, though nothing happens', () => {
    const clock = new ManualClock();
    const heap = new Heap({
      ...small,
      pageHeap: patient(5e8),
      clock,
      forcedGCPeriod: Number.POSITIVE_INFINITY,
    });
    for (let i = 0; i < 4000; i++) heap.drop(heap.malloc(16_384));
    clock.advance(1);
    heap.gc();
    const before = heap.sample().heapReleased;
    let wait = heap.step();
    for (let i = 0; i < 100 && wait === 0; i++) wait = heap.step();
    // Nothing is old enough, and it is known when something will be.
    expect(heap.sample().heapReleased).toBe(before);
    expect(wait).toBeLessThanOrEqual(5e8);
    clock.advance(wait);
    heap.step();
    expect(heap.sample().heapReleased).toBeGreaterThan(before);
    heap.check(3);
    heap.dispose();
  });
});
