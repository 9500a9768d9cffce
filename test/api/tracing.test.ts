/** Heaps that trace, as a program uses them: types, fields, roots of all kinds, and what is refused. */
import { describe, expect, onTestFinished, test } from 'vitest';
import FirstFit from '../../examples/first-fit.mjs';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import { generations } from '../../lib/design/design.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import type { PageHeapClass } from '../../lib/pages/contract.ts';
import { codeOf } from '../support/codes.ts';
import { collectUntil } from '../support/garbage.ts';

const reach = 2 ** 30;
const GiB = 2 ** 30;

function heapOf(options: HeapOptions = {}): Heap {
  const heap = new Heap({ environment: false, reach, liveness: 'tracing', ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

const fields = { left: 'pointer', right: 'pointer', key: 'f64' } as const;

/** Objects that live, but the one that was allocated last. */
const living = (heap: Heap): number => {
  // What was allocated last is a root: an empty object takes its place.
  heap.malloc(0);
  heap.gc();
  heap.check(3);
  return heap.readMemStats().HeapObjects;
};

describe.each(generations)('a heap that traces, %s', (generation) => {
  test('keeps what its roots lead to, and no more', () => {
    const heap = heapOf({ generation, debug: true });
    const node = heap.type(fields);
    const root = heap.root(heap.new(node));
    node.left.set(root.address, heap.new(node));
    node.right.set(node.left.get(root.address), heap.new(node));
    node.key.set(node.right.get(node.left.get(root.address)), 42.5);
    // A cycle that nothing leads to.
    const one = heap.root(heap.new(node));
    node.left.set(one.address, heap.new(node));
    node.left.set(node.left.get(one.address), one.address);
    expect(living(heap)).toBe(5);
    one.dispose();
    one.dispose();
    expect(living(heap)).toBe(3);
    expect(node.key.get(node.right.get(node.left.get(root.address)))).toBe(42.5);
    node.left.set(root.address, 0);
    expect(living(heap)).toBe(1);
    root.address = 0;
    expect(living(heap)).toBe(0);
  });

  test('keeps an object that a pointer leads into, and a block of tiny objects as a whole', () => {
    const heap = heapOf({ generation });
    const big = heap.newArray(heap.type({ x: 'f64' }), 10_000);
    const root = heap.root(big + 79_999);
    const tiny = heap.malloc(3);
    const neighbour = heap.malloc(3);
    const other = heap.root(tiny);
    heap.fill(neighbour, 3, 7);
    // The array, and the block.
    expect(living(heap)).toBe(2);
    expect([...heap.read(neighbour, 3)]).toEqual([7, 7, 7]);
    expect(codeOf(() => (root.address = big + 90_000))).toBe('ERR_NOT_ALLOCATED');
    root.dispose();
    other.dispose();
    expect(living(heap)).toBe(0);
  });

  test('takes the words of an object without a type for pointers if they are', () => {
    const heap = heapOf({ generation });
    const node = heap.type(fields);
    const plain = heap.root(heap.malloc(40, false));
    const held = heap.new(node);
    const words = new BigUint64Array(5);
    words[2] = BigInt(held) + 9n;
    words[3] = 0x1234n;
    words[4] = BigInt(held + 2 ** 35);
    heap.write(plain.address, new Uint8Array(words.buffer));
    expect(living(heap)).toBe(2);
    heap.fill(plain.address + 16, 8, 0);
    expect(living(heap)).toBe(1);
    // Where what it points to is free, it keeps nothing.
    heap.write(plain.address, new Uint8Array(words.buffer));
    expect(living(heap)).toBe(1);
  });

  test('finds a pointer to a free object, and one to nothing', () => {
    const zombie = heapOf({ generation });
    const node = zombie.type(fields);
    const root = zombie.root(zombie.new(node));
    const neighbour = zombie.root(zombie.new(node));
    const lost = zombie.new(node);
    zombie.malloc(0);
    zombie.gc();
    node.left.set(root.address, lost);
    expect(() => zombie.gc()).toThrow(/found pointer to free object/);
    expect(neighbour.address).toBeGreaterThan(0);

    const bad = heapOf({ generation });
    const pair = bad.type({ to: 'pointer' });
    const large = bad.malloc(100_000);
    const holder = bad.root(bad.new(pair));
    bad.malloc(0);
    bad.gc();
    pair.to.set(holder.address, large + 8192);
    expect(() => bad.gc()).toThrow(/found bad pointer in the heap/);
  });

  test('collects by itself when its goal is reached', () => {
    const heap = heapOf({ generation, gcPercent: 10 });
    const node = heap.type(fields);
    const list = heap.root();
    for (let i = 0; i < 40_000; i++) {
      const at = heap.new(node);
      if (i % 10 !== 0) continue;
      node.left.set(at, list.address);
      node.key.set(at, i);
      list.address = at;
    }
    expect(heap.sample().numGC).toBeGreaterThan(0);
    let n = 0;
    for (let at = list.address; at !== 0; at = node.left.get(at))
      n += node.key.get(at) === 39_990 - 10 * n ? 1 : 0;
    expect(n).toBe(4000);
    expect(living(heap)).toBe(4000);
  });

  test('marks a large array in pieces, and what lies behind the last pointer of one not at all', () => {
    const heap = heapOf({ generation });
    const slot = heap.type({ to: 'pointer', n: 'f64' });
    const all = heap.root(heap.newArray(slot, 60_000));
    for (let i = 0; i < 60_000; i += 1000) slot.to.set(all.address + i * slot.layout.size, heap.malloc(24));
    const tail = heap.type({ to: ['pointer', 40], rest: ['f64', 8000] });
    const other = heap.root(heap.new(tail));
    tail.to.set(other.address, 39, heap.malloc(48));
    tail.rest.set(other.address, 7999, 1.5);
    expect(living(heap)).toBe(1 + 60 + 1 + 1);
  });
});

test.each(generations)('marking goes on where there is no memory for work buffers: %s', (generation) => {
  for (const markOrder of ['objects', 'spans'] as const) {
    const heap = heapOf({ generation, markOrder });
    const node = heap.type(fields);
    const slot = heap.type({ to: 'pointer' });
    const all = heap.root(heap.newArray(slot, 5000)).address;
    for (let i = 0; i < 5000; i++) {
      const at = heap.new(node);
      slot.to.set(all + i * 8, at);
      if (i % 3 === 0) node.right.set(at, heap.malloc(200, false));
    }
    const { heap: pages } = runtimeOf(heap).alloc;
    const { allocManual } = pages;
    let asked = 0;
    pages.allocManual = (...given) => {
      asked++;
      return asked % 2 === 0 ? allocManual.apply(pages, given) : (0 as ReturnType<typeof allocManual>);
    };
    const before = heap.readMemStats().HeapObjects;
    expect(living(heap)).toBe(before);
    expect(asked > 0).toBe(markOrder === 'objects');
    heap.dispose();
  }
});

// Where the first span of a heap begins is the kernel's choice: with one or another shift a small span crosses the end.
test('objects are marked across the ends of windows of 4 GiB', () => {
  expect([0, 1, 2].some(marksAcrossWindows)).toBe(true);
});

/** @param shift spans of five pages before the others @returns whether a span of small objects lies in two windows */
function marksAcrossWindows(shift: number): boolean {
  const heap = heapOf({ reach: 16 * GiB, gcPercent: -1 });
  const node = heap.type({ to: ['pointer', 383], n: 'f64' });
  const big = heap.type({ x: 'f64' });
  const chain = heap.root();
  const held: number[] = [];
  // Memory that is never touched costs nothing but addresses.
  heap.own(held, heap.newArray(big, 535_500_000));
  for (let i = 0; i < shift; i++) heap.own(held, heap.malloc(5 * 8192, true));
  for (let i = 0; i < 6000; i++) {
    const at = heap.new(node);
    node.to.set(at, 382, chain.address);
    node.n.set(at, i);
    chain.address = at;
  }
  const spread = heap.ranges().reduce((sum, { bytes }) => sum + bytes, 0);
  expect(spread).toBeGreaterThan(4 * GiB);
  // A large object with pointers that begins in one window and ends in the next.
  const wide = heap.type({ gap: ['f64', 2 ** 22], ends: ['pointer', 4] });
  heap.own(held, heap.newArray(big, 534_000_000));
  const across = heap.root(heap.newArray(wide, 6));
  wide.ends.set(across.address + 5 * wide.layout.size, 3, heap.malloc(48));
  const { columns: c, end } = runtimeOf(heap).state.spans;
  const crossing = (large: boolean): number[] =>
    Array.from({ length: end }, (_, s) => s).filter(
      (s) => (c.elemSize[s] === 0) === large && (c.startPage[s]! % 2 ** 19) + c.pages[s]! > 2 ** 19,
    );
  expect(crossing(true).length).toBeGreaterThan(0);
  const hasCrossing = crossing(false).length > 0;
  heap.malloc(0);
  heap.gc();
  expect(heap.readMemStats().HeapObjects).toBe(2 + shift + 6000 + 1 + 1);
  let n = 0;
  for (let at = chain.address; at !== 0; at = node.to.get(at, 382)) n += node.n.get(at) === 5999 - n ? 1 : 0;
  expect(n).toBe(6000);
  expect(held.length).toBe(0);
  return hasCrossing;
}

test('a custom page heap serves one as well', () => {
  const heap = heapOf({ pageHeap: FirstFit as unknown as PageHeapClass });
  const node = heap.type(fields);
  const list = heap.root();
  for (let i = 0; i < 50_000; i++) {
    const at = heap.new(node);
    if (i % 5 === 0) {
      node.left.set(at, list.address);
      list.address = at;
    }
  }
  expect(living(heap)).toBe(10_000);
});

describe('a shared heap that traces', () => {
  test('sees the roots of all threads, and has its globals by their names', () => {
    const heap = heapOf({ debug: false });
    const node = heap.type(fields);
    const early = heap.root(heap.new(node));
    const other = Heap.attach(heap.share());
    const theirs = other.type(fields);
    const root = other.root(other.new(theirs));
    const stack = other.newStack(1000);
    const at = stack.push(3);
    stack.set(at + 2, other.new(theirs));
    theirs.left.set(root.address, other.new(theirs));
    other.global('shared').address = other.new(theirs);
    heap.new(node);
    other.new(theirs);
    heap.gc();
    heap.check(3);
    // Four of the other thread's, one of this one's, and the last of each.
    expect(heap.readMemStats().HeapObjects).toBe(7);
    expect(heap.global('shared').address).toBe(other.global('shared').address);
    node.key.set(early.address, 1);
    node.left.set(early.address, heap.global('shared').address);
    expect(theirs.key.get(early.address)).toBe(1);
    stack.dispose();
    root.dispose();
    other.global('shared').address = 0;
    other.dispose();
    heap.malloc(0);
    heap.gc();
    expect(heap.readMemStats().HeapObjects).toBe(2);
    expect(codeOf(() => theirs.key.get(early.address))).toBe('ERR_DISPOSED');
  });
});

describe('roots', () => {
  test('of a scope end with it, also where it throws', () => {
    const heap = heapOf();
    const node = heap.type(fields);
    let kept: { root(address: number): unknown } | undefined;
    const sum = heap.scope((scope) => {
      const a = scope.keep(heap.new(node));
      const b = scope.root(heap.new(node));
      kept = scope;
      node.key.set(a, 1);
      node.key.set(b.address, 2);
      expect(living(heap)).toBe(2);
      return node.key.get(a) + node.key.get(b.address);
    });
    expect(sum).toBe(3);
    expect(living(heap)).toBe(0);
    expect(codeOf(() => kept?.root(0))).toBe('ERR_DISPOSED');
    expect(() =>
      heap.scope((scope) => {
        scope.keep(heap.new(node));
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(codeOf(() => heap.scope(async () => 1))).toBe('ERR_INVALID_ARGUMENT');
    expect(codeOf(() => heap.scope(5 as never))).toBe('ERR_INVALID_ARGUMENT');
    expect(living(heap)).toBe(0);
  });

  test('in frames live as long as their frame', () => {
    const heap = heapOf();
    const node = heap.type(fields);
    const stack = heap.newStack(2048);
    expect(stack.capacity).toBe(256);
    const outer = stack.push(2);
    stack.set(outer + 1, heap.new(node));
    const inner = stack.push(1);
    expect(stack.get(inner)).toBe(0);
    stack.set(inner, heap.new(node));
    expect(living(heap)).toBe(2);
    stack.pop(1);
    expect(living(heap)).toBe(1);
    expect(stack.top).toBe(2);
    expect([stack.push(1), stack.get(2)]).toEqual([2, 0]);
    expect([stack.hold(heap.new(node)), stack.top, living(heap)]).toEqual([3, 4, 2]);
    expect([stack.hold(0), stack.get(4)]).toEqual([4, 0]);
    stack.pop(2);
    expect(living(heap)).toBe(1);
    for (const wrong of [-8, 0.5, Number.NaN, 2 ** 53, '8', 8n, Symbol('8'), undefined])
      expect(codeOf(() => stack.hold(wrong as never))).toBe('ERR_INVALID_ADDRESS');
    expect(stack.top).toBe(3);
    expect(codeOf(() => stack.get(3))).toBe('ERR_OUT_OF_RANGE');
    expect(codeOf(() => stack.set(-1, 0))).toBe('ERR_OUT_OF_RANGE');
    expect(codeOf(() => stack.set(0, undefined as never))).toBe('ERR_INVALID_ADDRESS');
    expect(codeOf(() => stack.push(254))).toBe('ERR_OUT_OF_RANGE');
    stack.push(253);
    expect(codeOf(() => stack.hold(0))).toBe('ERR_OUT_OF_RANGE');
    stack.pop(253);
    expect(codeOf(() => stack.push(0.5))).toBe('ERR_INVALID_SIZE');
    expect(codeOf(() => stack.pop(4))).toBe('ERR_OUT_OF_RANGE');
    expect(codeOf(() => stack.pop(-1))).toBe('ERR_INVALID_SIZE');
    stack.dispose();
    stack.dispose();
    expect(codeOf(() => stack.push(1))).toBe('ERR_DISPOSED');
    expect(codeOf(() => stack.hold(0))).toBe('ERR_DISPOSED');
    expect(codeOf(() => stack.get(0))).toBe('ERR_DISPOSED');
    expect(living(heap)).toBe(0);
    const { StackInuse } = heap.readMemStats();
    expect(StackInuse).toBe(0);
  });

  test('whose handle, or owner, JavaScript forgot are given up', async () => {
    const heap = heapOf();
    const node = heap.type(fields);
    (() => {
      heap.root(heap.new(node));
      heap.own({}, heap.new(node));
    })();
    const owner = {};
    heap.own(owner, heap.new(node));
    await collectUntil(() => living(heap) <= 1);
    expect(living(heap)).toBe(1);
    expect(Object.keys(owner)).toEqual([]);
    expect(codeOf(() => heap.own(5 as never, 0))).toBe('ERR_INVALID_ARGUMENT');
  });

  test('of an owner that is gone have ended: their handles touch no other root', async () => {
    const heap = heapOf();
    const node = heap.type(fields);
    const ended = (() => heap.own({}, heap.new(node)))();
    await collectUntil(() => living(heap) === 0);
    // It gets the number that the other had.
    const kept = heap.new(node);
    const root = heap.root(kept);
    expect(codeOf(() => ended.address)).toBe('ERR_DISPOSED');
    expect(codeOf(() => (ended.address = 0))).toBe('ERR_DISPOSED');
    ended.dispose();
    expect([living(heap), root.address]).toEqual([1, kept]);
  });

  test('are refused an address behind the bytes that were asked for, which marking takes for no object’s', () => {
    const heap = heapOf({ generation: 'treap' });
    const large = heap.newArray(heap.type(fields), 4000);
    const behind = large + 4000 * 24 + 8;
    const root = heap.root(large);
    for (const take of [
      () => heap.root(behind),
      () => (root.address = behind),
      () => (heap.global('one').address = behind),
      () => heap.own({}, behind),
      () => heap.scope((scope) => scope.keep(behind)),
    ])
      expect(codeOf(take)).toBe('ERR_NOT_ALLOCATED');
    root.address = behind - 16;
    expect(living(heap)).toBe(1);
  });

  test('are refused what they cannot hold, and are gone with the heap', () => {
    const heap = heapOf();
    const root = heap.root();
    expect(root.address).toBe(0);
    for (const [given, code] of [
      [5, 'ERR_INVALID_ADDRESS'],
      [-1, 'ERR_INVALID_ADDRESS'],
      [0.5, 'ERR_INVALID_ADDRESS'],
      [Number.NaN, 'ERR_INVALID_ADDRESS'],
      ['1', 'ERR_INVALID_ADDRESS'],
      [2 ** 60, 'ERR_INVALID_ADDRESS'],
      [heap.malloc(100_000) + 200_000, 'ERR_NOT_ALLOCATED'],
    ] as const) {
      expect([given, codeOf(() => (root.address = given as number))]).toEqual([given, code]);
      expect([given, codeOf(() => heap.root(given as number))]).toEqual([given, code]);
    }
    for (const name of ['', 'x'.repeat(64), 'a\0b', 5 as never])
      expect(codeOf(() => heap.global(name))).toBe('ERR_INVALID_ARGUMENT');
    expect(heap.global('é'.repeat(31)).address).toBe(0);
    const gone = heap.root();
    gone.dispose();
    expect(codeOf(() => gone.address)).toBe('ERR_DISPOSED');
    expect(codeOf(() => (gone.address = 0))).toBe('ERR_DISPOSED');
    const stack = heap.newStack(64);
    heap.dispose();
    for (const use of [
      () => root.address,
      () => (root.address = 0),
      () => heap.root(),
      () => heap.global('x'),
      () => heap.newStack(8),
      () => stack.push(1),
      () => stack.hold(0),
      () => stack.get(0),
    ])
      expect(codeOf(use)).toBe('ERR_DISPOSED');
    root.dispose();
    stack.dispose();
  });
});

test('what tells which words are pointers costs what it costs in each generation', () => {
  const cost = (options: HeapOptions): number => {
    const heap = heapOf({ pageHeap: 'radix', growthUnit: 2 ** 22, gcPercent: -1, ...options });
    const before = heap.readMemStats().GCSys;
    heap.root(heap.newArray(heap.type({ x: 'pointer' }), 2 ** 22));
    return (heap.readMemStats().GCSys - before) / 2 ** 25;
  };
  const rest = cost({ pointerBits: 'bits' }) - 1 / 64;
  expect(rest).toBeLessThan(1 / 100);
  for (const [pointerBits, share] of [
    ['nibbles', 1 / 16],
    ['pairs', 1 / 32],
    ['bits', 1 / 64],
  ] as const)
    expect(Math.abs(cost({ pointerBits }) - rest - share)).toBeLessThan(1 / 500);
});
