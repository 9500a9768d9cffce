/**
 * Marking beside the program where memory is out in the middle of it, and what is given up while a cycle marks: what could
 * be reached when it began does not die in it.
 */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Heap, runtimeOf } from '../../../lib/api/heap.ts';
import { Shader } from '../../../lib/gc/mark/shader.ts';
import { WorkBuffers } from '../../../lib/gc/mark/work-buffers.ts';
import { Random } from '../../support/random.ts';
import { markSlowly } from '../../support/slow-marking.ts';
import { endCycle, heapOf } from './cycles.ts';

/** From now on there is memory for one work buffer. @returns how often what waited found no room in it */
function oneBuffer(): { readonly spilled: number } {
  const { push, release } = WorkBuffers.prototype;
  const { makeGray } = Shader.prototype;
  const count = { spilled: 0 };
  let hasOne = false;
  WorkBuffers.prototype.push = function () {
    if (hasOne) return false;
    hasOne = true;
    return push.call(this);
  };
  WorkBuffers.prototype.release = function () {
    hasOne = false;
    release.call(this);
  };
  Shader.prototype.makeGray = function (s, index) {
    if (new Error().stack?.includes('putBack') === true) count.spilled++;
    makeGray.call(this, s, index);
  };
  onTestFinished(() => {
    Object.assign(WorkBuffers.prototype, { push, release });
    Shader.prototype.makeGray = makeGray;
  });
  return count;
}

test('what waits to be read when a slice ends and finds no room is scanned later', () => {
  // A fan fills the buffer nearly; its first and its last object are roots of trees, whose objects lie far apart.
  const fan = 505;
  const n = 8000;
  const heap = heapOf();
  const node = heap.type({ left: 'pointer', right: 'pointer', id: 'f64', pad: ['f64', 125] });
  const all = heap.type({ to: ['pointer', fan] });
  const stack = heap.newStack(8 * n);
  stack.push(n);
  const nodes = Array.from({ length: n }, (_, i) => {
    const at = heap.new(node);
    stack.set(i, at);
    node.id.set(at, i);
    return at;
  });
  const order = nodes.slice();
  const random = new Random(11);
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const root = heap.root(heap.new(all));
  const trees = [order.slice(0, n / 2), order.slice(n / 2, n - fan + 2)];
  for (const tree of trees)
    for (let i = 1; i < tree.length; i++)
      node[i % 2 === 1 ? 'left' : 'right'].set(tree[(i - 1) >> 1]!, tree[i]!);
  const leaves = order.slice(n - fan + 2);
  for (const [i, at] of [trees[0]![0]!, ...leaves, trees[1]![0]!].entries())
    all.to.at(i).set(root.address, at);
  stack.pop(n);
  const count = oneBuffer();
  // A slice is long enough to find out how they lie.
  markSlowly(runtimeOf(heap), 128 * 300);
  expect(runtimeOf(heap).gc.collector.start()).toBe(true);
  endCycle(heap);
  expect(nodes.every((at, i) => node.id.get(at) === i)).toBe(true);
  expect(heap.readMemStats().HeapObjects).toBe(n + 1);
  expect(count.spilled).toBeGreaterThan(0);
});

/** From now on JavaScript forgets on command. @returns what forgets a target of a registry */
function forgetting(): (target: WeakKey) => void {
  const callbacks = new Map<WeakKey, () => void>();
  class Registry<T> {
    readonly #callback: (held: T) => void;
    constructor(callback: (held: T) => void) {
      this.#callback = callback;
    }
    register(target: WeakKey, held: T): void {
      callbacks.set(target, () => this.#callback(held));
    }
    unregister(): boolean {
      return false;
    }
  }
  vi.stubGlobal('FinalizationRegistry', Registry);
  onTestFinished(() => void vi.unstubAllGlobals());
  return (target) => callbacks.get(target)!();
}

describe.each(['lists', 'treap', 'radix'] as const)(
  'what is given up while a cycle marks, %s',
  (generation) => {
    /** What gives an object up that nothing else leads to. */
    type Hold = (heap: Heap, at: number, forget: (target: WeakKey) => void) => () => void;
    const ways: Readonly<Record<string, Hold>> = {
      'a pin': (heap, at) => {
        heap.pin(at);
        return () => heap.unpin(at);
      },
      'the last of two pins': (heap, at) => {
        heap.pin(at);
        heap.pin(at);
        return () => {
          heap.unpin(at);
          heap.unpin(at);
        };
      },
      'a root': (heap, at) => {
        const root = heap.root(at);
        return () => root.dispose();
      },
      // Guards that the engine's giving a root up is shaded as a dispose is.
      'a root that JavaScript forgot': (heap, at, forget) => {
        const root = heap.root(at);
        return () => forget(root);
      },
      'a root whose owner JavaScript forgot': (heap, at, forget) => {
        const owner = {};
        heap.own(owner, at);
        return () => forget(owner);
      },
      'a global': (heap, at) => {
        const root = heap.global('only');
        root.address = at;
        return () => {
          root.address = 0;
        };
      },
      'a frame': (heap, at) => {
        const stack = heap.newStack(4096);
        stack.push(1);
        stack.set(0, at);
        return () => stack.pop(1);
      },
      'a stack of frames': (heap, at) => {
        const stack = heap.newStack(4096);
        stack.push(3);
        stack.set(1, at);
        return () => stack.dispose();
      },
    };

    test.each(Object.entries(ways))('%s: it does not die in that cycle, but in the next', (_what, hold) => {
      const forget = forgetting();
      const heap = heapOf({ generation });
      const node = heap.type({ to: 'pointer' });
      const inner = heap.new(node);
      const outer = heap.new(node);
      node.to.set(outer, inner);
      const giveUp = hold(heap, outer, forget);
      heap.malloc(8, true);
      const { collector } = runtimeOf(heap).gc;
      expect(collector.start()).toBe(true);
      giveUp();
      endCycle(heap);
      expect([outer, inner].map((at) => heap.findObject(at)?.base)).toEqual([outer, inner]);
      heap.gc();
      expect([outer, inner].map((at) => heap.findObject(at))).toEqual([undefined, undefined]);
    });
  },
);
