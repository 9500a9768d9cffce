/**
 * What random graphs hardly come to while a cycle marks: objects far apart, a cycle that is given up, several views of
 * one span, stores of parts of a word, and what is asked of an object that nothing leads to.
 */
import { describe, expect, test } from 'vitest';
import { type Heap, runtimeOf } from '../../../lib/api/heap.ts';
import { markTable } from '../../../lib/gc/mark/mark-state.ts';
import { Random } from '../../support/random.ts';
import { markSlowly } from '../../support/slow-marking.ts';
import { endCycle, heapOf, markAll } from './cycles.ts';

const littleEndian = (address: number): Uint8Array =>
  new Uint8Array(new BigUint64Array([BigInt(address)]).buffer);

describe.each(['objects', 'spans'] as const)('marking by %s', (markOrder) => {
  test('loses nothing that waits to be read when a slice ends, where objects lie far apart', () => {
    const n = 20_000;
    const heap = heapOf({ markOrder });
    const node = heap.type({ left: 'pointer', right: 'pointer', id: 'f64', pad: ['u8', 104] });
    const stack = heap.newStack(8 * n);
    stack.push(n);
    const nodes = Array.from({ length: n }, (_, i) => {
      const at = heap.new(node);
      stack.set(i, at);
      node.id.set(at, i);
      return at;
    });
    // A binary tree over the nodes in random order.
    const tree = nodes.slice();
    const random = new Random(7);
    for (let i = n - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [tree[i], tree[j]] = [tree[j]!, tree[i]!];
    }
    for (let i = 0; 2 * i + 1 < n; i++) {
      node.left.set(tree[i]!, tree[2 * i + 1]!);
      if (2 * i + 2 < n) node.right.set(tree[i]!, tree[2 * i + 2]!);
    }
    heap.root(tree[0]);
    stack.pop(n);
    // A slice has enough objects to find out that they lie far apart, and there are several.
    const runtime = runtimeOf(heap);
    markSlowly(runtime, 16 * 2500);
    const { isScattered } = runtime.memory.meta.views(markTable);
    expect(runtime.gc.collector.start()).toBe(true);
    let scattered = 0;
    while (runtime.gc.collector.isMarking) {
      heap.step();
      if (isScattered[0] !== 0) scattered++;
    }
    if (markOrder === 'objects') expect(scattered).toBeGreaterThan(3);
    runtime.gc.sweeper.sweepAll();
    expect(heap.readMemStats().HeapObjects).toBe(n);
    expect(nodes.every((at, i) => node.id.get(at) === i)).toBe(true);
    heap.gc();
    heap.check(3);
  });

  test.each(['stop-the-world', 'incremental'] as const)(
    'leaves no marks where a cycle is given up: %s',
    (marking) => {
      const heap = heapOf({ markOrder, marking });
      const node = heap.type({ next: 'pointer', other: 'pointer', id: 'f64' });
      const list = heap.root();
      const nodes = Array.from({ length: 5000 }, (_, i) => {
        const at = heap.new(node);
        node.id.set(at, i);
        node.next.set(at, list.address);
        list.address = at;
        return at;
      });
      // A page that was never used.
      heap.view(nodes[10]! + 8, 8).set(littleEndian(list.address - (list.address % 8192) + 2 ** 25));
      for (let i = 0; i < 3; i++) expect(() => heap.gc()).toThrow(/found bad pointer/);
      node.other.set(nodes[10]!, 0);
      for (let i = 0; i < 10_000; i++) heap.new(node);
      heap.gc();
      heap.check(3);
      expect(nodes.every((at, i) => node.id.get(at) === i)).toBe(true);
      heap.new(node);
      heap.gc();
      // The list, and what was allocated last.
      expect(heap.readMemStats().HeapObjects).toBe(nodes.length + 1);
    },
  );
});

test.each([
  ['the lower first', [0, 5]],
  ['the lower last', [5, 0]],
  ['one between two', [2, 0, 5]],
] as const)('of views of objects of one span all are read again: %s', (_what, order) => {
  const heap = heapOf();
  const node = heap.type({ to: 'pointer', id: 'f64' });
  const roots = Array.from({ length: 6 }, () => heap.root(heap.new(node)));
  const targets = order.map(() => heap.new(node));
  heap.new(node);
  markAll(heap);
  const views = order.map((i) => heap.view(roots[i]!.address, 8));
  // All of them are black by now: what is stored here is seen at the end only.
  for (const [i, view] of views.entries()) view.set(littleEndian(targets[i]!));
  endCycle(heap);
  for (const at of targets) expect(heap.findObject(at)?.base).toBe(at);
});

describe.each([
  [0, 6],
  [0, 2],
  [1, 1],
  [1, 7],
  [0, 8],
] as const)('a store of bytes from %d on, %d of them, of a pointer', (from, length) => {
  test.each(['write', 'copy'] as const)('by %s is seen', (how) => {
    const heap = heapOf();
    // Two objects of 256 bytes in one page: their addresses differ in the second byte only.
    const node = heap.type({ to: 'pointer', id: 'f64', pad: ['u8', 240] });
    const before = heap.new(node);
    const after = heap.new(node);
    expect(Math.floor(after / 2 ** 16)).toBe(Math.floor(before / 2 ** 16));
    expect(after % 256).toBe(before % 256);
    const holder = heap.root(heap.new(node));
    node.to.set(holder.address, before);
    const source = heap.root(heap.malloc(16, true));
    heap.write(source.address, littleEndian(after));
    heap.new(node);
    markAll(heap);
    const bytes = littleEndian(after).subarray(from, from + length);
    if (how === 'write') heap.write(holder.address + from, bytes);
    else heap.copy(holder.address + from, source.address + from, length);
    expect(node.to.get(holder.address)).toBe(after);
    endCycle(heap);
    expect(heap.findObject(after)?.base).toBe(after);
  });
});

describe('an object that nothing leads to when a cycle has marked everything', () => {
  function lost() {
    const heap = heapOf();
    const node = heap.type({ to: 'pointer', id: 'f64' });
    const inner = heap.new(node);
    const outer = heap.new(node);
    node.to.set(outer, inner);
    heap.new(node);
    return { heap, node, inner, outer };
  }

  test('dies with it', () => {
    const { heap, outer } = lost();
    markAll(heap);
    endCycle(heap);
    expect(heap.findObject(outer)).toBeUndefined();
  });

  test('is kept, with what it refers to, for who asks a weak handle for it', () => {
    const { heap, inner, outer } = lost();
    const weak = heap.weak(outer);
    markAll(heap);
    expect(weak.get()).toBe(outer);
    endCycle(heap);
    expect(heap.findObject(outer)?.base).toBe(outer);
    expect(heap.findObject(inner)?.base).toBe(inner);
    heap.gc();
    expect(weak.get()).toBe(0);
  });

  test('is kept, with what it refers to, when it is pinned', () => {
    const { heap, inner, outer } = lost();
    markAll(heap);
    heap.pin(outer);
    endCycle(heap);
    expect(heap.findObject(outer)?.base).toBe(outer);
    expect(heap.findObject(inner)?.base).toBe(inner);
  });

  // Guards the shading of what a root is given when it is made: roots that were visited are not visited again.
  test.each<[string, (heap: Heap, at: number) => unknown]>([
    ['a root', (heap, at) => heap.root(at)],
    ['a root of an owner', (heap, at) => heap.own(heap, at)],
    ['a global', (heap, at) => (heap.global('late').address = at)],
    ['a frame', (heap, at) => heap.newStack(4096).hold(at)],
  ])('is kept, with what it refers to, by %s that is made then', (_what, hold) => {
    const { heap, inner, outer } = lost();
    markAll(heap);
    const held = hold(heap, outer);
    endCycle(heap);
    expect([outer, inner].map((at) => heap.findObject(at)?.base)).toEqual([outer, inner]);
    expect(held).toBeDefined();
  });

  // Guards that objects with views are scanned again at the end though they are not marked.
  test('finds in its finalizer what was stored in it through a view', () => {
    const { heap, node, inner, outer } = lost();
    const late = heap.new(node);
    node.id.set(late, 9);
    heap.new(node);
    let seen = 0;
    heap.setFinalizer(outer, (at) => {
      seen = node.id.get(node.to.get(at));
    });
    markAll(heap);
    // Nothing else leads to it any more.
    heap.view(outer, 8).set(littleEndian(late));
    endCycle(heap);
    expect([inner, late].map((at) => heap.findObject(at)?.base)).toEqual([inner, late]);
    heap.runFinalizers();
    expect(seen).toBe(9);
  });

  test('loses its finalizer, and nothing that was read from it, before roots were visited', () => {
    const { heap, node, inner, outer } = lost();
    heap.setFinalizer(outer, () => {});
    expect(runtimeOf(heap).gc.collector.start()).toBe(true);
    heap.setFinalizer(outer, null);
    const read = node.to.get(outer);
    endCycle(heap);
    expect(heap.findObject(outer)).toBeUndefined();
    expect(heap.findObject(read)?.base).toBe(inner);
  });

  test('finds all that it refers to in the finalizer that it gets', () => {
    const { heap, node, inner, outer } = lost();
    node.id.set(inner, 7);
    markAll(heap);
    let seen = 0;
    heap.setFinalizer(outer, (at) => {
      expect(heap.findObject(inner)?.base).toBe(inner);
      seen = node.id.get(node.to.get(at));
    });
    endCycle(heap);
    heap.runFinalizers();
    expect(seen).toBe(7);
  });
});

// Guards the insertion half of the barrier. Nobody sees what is overwritten through a view, so that the pointer is shaded where
// it is stored again, or not at all.
describe('a pointer that was read from an object before a view overwrote it there', () => {
  const moves: Readonly<Record<string, (heap: Heap, holder: number, at: number) => void>> = {
    'a field': (heap, holder, at) => heap.type({ to: 'pointer' }).to.set(holder, at),
    write: (heap, holder, at) => heap.write(holder, littleEndian(at)),
    copy: (heap, holder, at) => heap.copy(holder, heap.root(dataOf(heap, at)).address, 8),
  };
  const dataOf = (heap: Heap, at: number): number => {
    const data = heap.malloc(8, true);
    heap.write(data, littleEndian(at));
    return data;
  };

  test.each(Object.entries(moves))(
    'keeps what it leads to where %s stores it: in what was scanned',
    (_what, store) => {
      const heap = heapOf();
      const node = heap.type({ to: 'pointer' });
      const holder = heap.root(heap.new(node));
      // So far from a root that it is found late.
      const far = heap.root(heap.new(node));
      let from = far.address;
      for (let i = 0; i < 3000; i++) {
        node.to.set(from, heap.new(node));
        from = node.to.get(from);
      }
      const moved = heap.new(node);
      node.to.set(from, moved);
      heap.malloc(8, true);
      const { gc, alloc, spans } = runtimeOf(heap);
      const isMarked = (at: number): boolean => {
        const { span, index } = alloc.finder.owner(at)!;
        return spans.objects.isMarked(span, index);
      };
      expect(gc.collector.start()).toBe(true);
      while (!isMarked(holder.address)) gc.tracing!.marker.step(8);
      for (let i = 0; i < 20; i++) gc.tracing!.marker.step(8);
      expect(isMarked(moved)).toBe(false);
      store(heap, holder.address, node.to.get(from));
      heap.view(from, 8).fill(0);
      endCycle(heap);
      expect(heap.findObject(moved)?.base).toBe(moved);
    },
  );
});

// Guards that tiny blocks are forgotten when a cycle begins: one from before is white, and what comes into it would be.
test.each(['lists', 'treap', 'radix'] as const)(
  'a tiny object lives as long as it was allocated last, also where its block would be from before the cycle: %s',
  (generation) => {
    const heap = heapOf({ generation });
    const before = heap.malloc(3, true);
    const larger = heap.malloc(64, true);
    markAll(heap);
    const tiny = heap.malloc(3, true);
    heap.write(tiny, new Uint8Array([1, 2, 3]));
    expect(Math.floor(tiny / 16)).not.toBe(Math.floor(before / 16));
    endCycle(heap);
    expect(heap.findObject(tiny)?.base).toBe(tiny - (tiny % 16));
    expect([...heap.read(tiny, 3)]).toEqual([1, 2, 3]);
    // It was allocated last when the cycle began.
    expect(heap.findObject(larger)?.base).toBe(larger);
    expect(heap.findObject(before)).toBeUndefined();
  },
);
