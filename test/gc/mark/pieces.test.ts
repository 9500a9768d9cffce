/**
 * What marking does at a time: of large objects a piece, of roots some hundreds, whatever it is that leads to them. Work is
 * counted in windows of 32 words that were asked for their pointers.
 */
import { describe, expect, test } from 'vitest';
import { type Heap, runtimeOf } from '../../../lib/api/heap.ts';
import { inOnePiece } from '../../support/one-piece.ts';
import { endCycle, heapOf, markAll } from './cycles.ts';

const MiB = 2 ** 20;
/** Windows of a piece, and of a page. */
const piece = (16 * 1024) / 8 / 32;
const page = 8192 / 8 / 32;

/** Counts windows from now on. @returns those since the last call */
function windowsOf(heap: Heap): () => number {
  const bits = runtimeOf(heap).spans.pointerBits!;
  const { mask } = bits;
  let n = 0;
  bits.mask = (at, word, length) => {
    n++;
    return Reflect.apply(mask, bits, [at, word, length]) as number;
  };
  return () => {
    const before = n;
    n = 0;
    return before;
  };
}

/** A large array of pointers to objects of its own, and how many those are. */
function largeArray(heap: Heap, bytes = 4 * MiB): { array: number; n: number } {
  const slot = heap.type({ to: 'pointer' });
  const array = heap.newArray(slot, bytes / 8);
  const held = heap.root(array);
  const n = 1000;
  for (let i = 0; i < n; i++) slot.to.set(array + i * Math.floor(bytes / 8 / n) * 8, heap.malloc(48));
  held.dispose();
  return { array, n };
}

/** What the heap holds, without the object that was allocated last. */
function objects(heap: Heap): number {
  heap.malloc(0);
  endCycle(heap);
  return heap.readMemStats().HeapObjects;
}

/** Marks all that can be reached. @returns the most windows of a step, but for the first, which begins the cycle */
function mostOfStep(heap: Heap, windows: () => number): number {
  const { gc } = runtimeOf(heap);
  expect(gc.collector.start()).toBe(true);
  let most = windows();
  for (let isDone = false; !isDone; most = Math.max(most, windows())) isDone = gc.tracing!.marker.step(512);
  return most;
}

describe.each([
  ['in one window', 'objects'],
  ['in one window', 'spans'],
  ['in two windows', 'objects'],
  ['in two windows', 'spans'],
] as const)('a large object %s, by %s:', (where, markOrder) => {
  const start = () => {
    const isOne = where === 'in one window';
    let made = { array: 0, n: 0 };
    const { heap } = inOnePiece(
      () => heapOf({ markOrder, reach: 2 ** 34 }),
      (of) => {
        const before = isOne ? undefined : of.root(of.malloc(2 ** 32 - 2 * MiB));
        made = largeArray(of);
        before?.dispose();
      },
    );
    const { array, n } = made;
    expect(Math.floor((array + 4 * MiB) / 2 ** 32) - Math.floor(array / 2 ** 32)).toBe(isOne ? 0 : 1);
    return { heap, array, n, windows: windowsOf(heap) };
  };

  test.each([
    ['that nothing else leads to', false],
    ['on a root', true],
  ])('with a finalizer, %s, is scanned in pieces, and keeps what it refers to', (_what, isRoot) => {
    const { heap, array, n, windows } = start();
    if (isRoot) heap.root(array);
    heap.setFinalizer(array, () => {});
    heap.malloc(0);
    expect(mostOfStep(heap, windows)).toBeLessThanOrEqual(2 * piece);
    expect(objects(heap)).toBe(n + 1);
    heap.gc();
    expect(heap.readMemStats().HeapObjects).toBe(n + 1);
  });

  test('that gets its finalizer while a cycle marks is scanned in pieces', () => {
    const { heap, array, n, windows } = start();
    const root = heap.root(array);
    heap.malloc(0);
    runtimeOf(heap).gc.collector.start();
    windows();
    heap.setFinalizer(array, () => {});
    root.dispose();
    expect(windows()).toBeLessThanOrEqual(piece);
    expect(objects(heap)).toBe(n + 1);
  });

  // What is stored led to nothing when the cycle began: only by the view can it be found.
  test('of which a view was handed out is scanned once more where the view is', () => {
    const { heap, array, windows } = start();
    heap.root(array);
    const white = heap.malloc(48);
    heap.malloc(0);
    markAll(heap);
    put(heap.view(array + 2 * MiB + 8, 8), white);
    windows();
    runtimeOf(heap).gc.tracing!.marker.settle();
    // The page, and the object.
    expect(windows()).toBeLessThanOrEqual(page + 1);
    endCycle(heap);
    expect(heap.findObject(white)?.base).toBe(white);
  });

  test.each([
    ['the upper first', [3 * MiB, 64]],
    ['the lower first', [64, 3 * MiB]],
    ['of one the last word', [64, 4 * MiB - 16]],
    ['one across two pages', [MiB - 8, 3 * MiB]],
  ])(
    'of two views both are scanned once more, and what was found by that is followed: %s',
    (_what, places) => {
      const { heap, array } = start();
      heap.root(array);
      const node = heap.type({ to: 'pointer' });
      const white = places.map(() => [heap.new(node), heap.new(node)] as const);
      for (const [first, second] of white) node.to.set(first, second);
      heap.malloc(0);
      markAll(heap);
      for (const [i, at] of places.entries()) put(heap.view(array + at, 16).subarray(8), white[i]![0]);
      endCycle(heap);
      expect(white.flat().map((at) => heap.findObject(at)?.base)).toEqual(white.flat());
    },
  );

  test.each([
    ['unmarked, with a finalizer', (heap: Heap, array: number) => heap.setFinalizer(array, () => {})],
    ['marked, with a view', (heap: Heap, array: number) => void heap.root(array)],
  ])('%s: counted are the objects that are marked, each once', (_what, prepare) => {
    const { heap, array } = start();
    prepare(heap, array);
    heap.malloc(0);
    const { gc, state, spans } = runtimeOf(heap);
    markAll(heap);
    heap.view(array, 4 * MiB);
    const { marker } = gc.tracing!;
    marker.settle();
    const marked = marker.end();
    let n = 0;
    for (let s = 1; s < state.spans.end; s++)
      if (state.spans.columns.state[s] === 1) n += spans.objects.countMarked(s);
    expect(marked.objects).toBe(n);
  });
});

/** Stores a pointer through a view. */
function put(view: Uint8Array, address: number): void {
  new DataView(view.buffer, view.byteOffset).setBigUint64(0, BigInt(address), true);
}

describe('objects that wait for their finalizers', () => {
  const waiting = (n: number) => {
    const heap = heapOf();
    const node = heap.type({ to: 'pointer' });
    const called: number[] = [];
    const all = Array.from({ length: n }, () => {
      const at = heap.new(node);
      node.to.set(at, heap.malloc(48));
      heap.setFinalizer(at, (address) => void called.push(address));
      return at;
    });
    heap.malloc(0);
    heap.gc();
    endCycle(heap);
    expect(heap.sample().finalizersQueued).toBe(n);
    return { heap, node, all, called };
  };

  test('are visited some hundreds at a time', () => {
    const { heap, all } = waiting(5000);
    const { gc, special } = runtimeOf(heap);
    let visited = 0;
    let most = 0;
    const { callbacks } = special;
    const { eachRunning, eachWaiting } = callbacks;
    const counted = (visit: (at: number) => void) => (at: number) => {
      visited++;
      visit(at);
    };
    callbacks.eachRunning = (visit) => Reflect.apply(eachRunning, callbacks, [counted(visit)]);
    callbacks.eachWaiting = (n, visit) =>
      Reflect.apply(eachWaiting, callbacks, [n, counted(visit)]) as boolean;
    gc.collector.start();
    expect(visited).toBe(0);
    for (let isDone = false; !isDone; most = Math.max(most, visited), visited = 0)
      isDone = gc.tracing!.marker.step(512);
    expect(most).toBeGreaterThan(100);
    expect(most).toBeLessThanOrEqual(600);
    endCycle(heap);
    expect(heap.readMemStats().HeapObjects).toBe(2 * all.length);
  });

  test.each([0, 1, 3])(
    'live, whether their finalizers run before they are visited or after: %d steps',
    (steps) => {
      const { heap, node, all, called } = waiting(2000);
      const { gc } = runtimeOf(heap);
      gc.collector.start();
      for (let i = 0; i < steps; i++) gc.tracing!.marker.step(512);
      // What a finalizer was given is kept by the cycle, with what it refers to.
      heap.runFinalizers();
      expect(called.length).toBe(all.length);
      endCycle(heap);
      expect(all.filter((at) => heap.findObject(at)?.base !== at)).toEqual([]);
      expect(all.filter((at) => heap.findObject(node.to.get(at)) === undefined)).toEqual([]);
      heap.gc();
      expect(heap.readMemStats().HeapObjects).toBeLessThan(2);
    },
  );

  // Guards the place in the queue: the row of what was taken from it is another's soon.
  test('live, though those before them were taken meanwhile, and their rows are used again', () => {
    const { heap, all } = waiting(2000);
    const { gc, special } = runtimeOf(heap);
    const { callbacks } = special;
    const ahead = Array.from({ length: 500 }, () => heap.root(heap.malloc(64)).address);
    gc.collector.start();
    const taken = ahead.map(() => {
      const { address } = callbacks.take(0)!;
      callbacks.finish(0);
      return address;
    });
    for (const at of ahead) heap.setFinalizer(at, () => {});
    expect(all).toEqual(expect.arrayContaining(taken));
    endCycle(heap);
    expect(all.filter((at) => heap.findObject(at)?.base !== at)).toEqual([]);
  });
});
