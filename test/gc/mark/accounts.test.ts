/** What marking leaves beside the mark bits, and what it knows of the heap when it begins: page marks, bytes, bounds, windows. */
import { describe, expect, test } from 'vitest';
import { runtimeOf } from '../../../lib/api/heap.ts';
import { MarkWindow } from '../../../lib/gc/mark/window.ts';
import { endCycle, heapOf, markAll } from './cycles.ts';

const MiB = 2 ** 20;

describe.each(['objects', 'spans'] as const)('marking by %s', (markOrder) => {
  // Guards the page mark that the loop sets: without it the page reclaimer looks at spans in which objects live.
  test.each([true, false])('marks the page of a span in which one object lives: noscan %s', (noscan) => {
    const heap = heapOf({ markOrder });
    const { state } = runtimeOf(heap);
    const node = heap.type({ to: 'pointer' });
    const holder = heap.root(heap.new(node));
    /** The span of four objects that takes them all: nothing of it is allocated black. */
    const four = (): { objects: number[]; isMarked: () => boolean } => {
      const objects = Array.from({ length: 4 }, () => heap.malloc(2048, noscan));
      const spans = new Set(objects.map((at) => state.pageColumns.spanOf[state.arenas.pageOf(at)]!));
      expect(spans.size).toBe(1);
      const page = state.spans.columns.startPage[[...spans][0]!]!;
      return { objects, isMarked: () => ((state.pageColumns.marks[page >>> 5]! >>> (page & 31)) & 1) === 1 };
    };
    const [dead, living] = [four(), four()];
    node.to.set(holder.address, living.objects[2]!);
    heap.malloc(64, true);
    markAll(heap);
    expect([dead.isMarked(), living.isMarked()]).toEqual([false, true]);
    endCycle(heap);
    const all = [...dead.objects, ...living.objects];
    expect(all.filter((at) => heap.findObject(at) !== undefined)).toEqual([living.objects[2]]);
  });
});

// Guards the bytes of what is allocated marked: they are in the next goal. Another cycle finds and counts the same objects.
describe.each([true, false])(
  'an object allocated while a cycle marks counts as marked, noscan %s:',
  (noscan) => {
    test.each([
      ['small', 48],
      ['large', 100_000],
      ['of many pieces', 3 * MiB],
    ])('%s', (_what, size) => {
      const heap = heapOf();
      const { trigger } = runtimeOf(heap).gc;
      heap.root(heap.malloc(64, true));
      markAll(heap);
      heap.root(heap.malloc(size, noscan));
      endCycle(heap);
      const counted = trigger.heapMarked;
      expect(counted).toBeGreaterThanOrEqual(size + 64);
      heap.gc();
      expect(trigger.heapMarked).toBe(counted);
    });
  },
);

// Guards the end of a large object: its span ends later, and what points there points to nothing.
test('a large object is kept by what points to its last byte, and not by what points behind it', () => {
  const heap = heapOf();
  const size = 100_000;
  const words = heap.root(heap.malloc(16, false));
  const [kept, lost] = [heap.malloc(size, true), heap.malloc(size, true)];
  expect(size % 8192).not.toBe(0);
  const pointers = new BigUint64Array([BigInt(kept + size - 1), BigInt(lost + size)]);
  heap.write(words.address, new Uint8Array(pointers.buffer));
  heap.malloc(64, true);
  heap.gc();
  expect(heap.findObject(kept)?.base).toBe(kept);
  expect(heap.findObject(lost)).toBeUndefined();
});

// Guards that arenas which came since a window was opened are among its quick pages: else most pointers take the long way.
test('a window that is opened again knows the arenas that came since', () => {
  const heap = heapOf();
  const { state, spans } = runtimeOf(heap);
  const window = new MarkWindow(state, spans.memory);
  heap.malloc(64, true);
  window.resume(0);
  const { quickFrom, quickPages } = window;
  expect(quickPages).toBeGreaterThan(0);
  const large = heap.malloc(200 * MiB, true);
  const isQuick = (at: number): boolean => {
    const page = state.arenas.pageOf(at) - window.page0 - window.quickFrom;
    return page >= 0 && page < window.quickPages;
  };
  expect(isQuick(large + 200 * MiB - 1)).toBe(false);
  window.resume(0);
  expect(isQuick(large + 200 * MiB - 1)).toBe(true);
  expect(window.quickFrom).toBe(quickFrom);
});
