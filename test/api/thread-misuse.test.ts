/**
 * Misuse of what is about the collector from other threads: nonsense while this thread works and collects, addresses of
 * other threads' objects, and things of another view of the same heap.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import { MiB } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { Child } from '../os/child.ts';
import { those, times } from '../support/extent.ts';
import { nonsense, typed } from '../support/nonsense.ts';
import { Random, seedOf } from '../support/random.ts';
import { calls, worldOf } from './collector-calls.ts';

let child: Child;
beforeAll(async () => {
  child = await Child.bundle('misuser', join(import.meta.dirname, 'children'));
});
afterAll(() => child.remove());

const designs = (['lists', 'treap', 'radix'] as const).flatMap((generation) =>
  (['stop-the-world', 'incremental'] as const).map((marking) => ({ generation, marking })),
);
const tried = those(designs, (_design, i) => [0, 3, 5].includes(i));

function heapOf(options: HeapOptions): Heap {
  const heap = new Heap({
    ...{
      environment: false,
      reach: 512 * MiB,
      liveness: 'tracing',
      gcPercent: 50,
      ps: 6,
      memProfileRate: 4096,
    },
    ...options,
  });
  onTestFinished(() => heap.dispose());
  return heap;
}

test.each(tried)('nonsense while another thread works: $generation, $marking', async (options) => {
  const heap = heapOf(options);
  const hasArenas = options.generation === 'radix';
  const seed = seedOf('PAGEHEAP_SEED');
  const random = new Random(seed);
  const node = heap.type({ next: 'pointer', id: 'f64' });
  const list = heap.root();
  const others: number[] = [];
  for (let i = 0; i < 200; i++) {
    const at = heap.new(node);
    node.next.set(at, list.address);
    node.id.set(at, i);
    list.address = at;
    others.push(at);
  }
  const handle = heap.share();
  const answers = [true, false].map((leaves, i) => {
    const worker = child.thread({
      handle,
      hasArenas,
      seed: seed + i,
      rounds: times(400, 1500),
      others,
      leaves,
    });
    const failed = once(worker, 'error').then(([error]) => Promise.reject(error));
    const answered = once(worker, 'message');
    return Promise.race([once(worker, 'exit').then(async () => (await answered)[0]), failed]);
  });
  let ended = 0;
  const all = Promise.all(answers).finally(() => {
    ended = 1;
  });
  // Its own work, held against what it knows.
  for (let i = 0; ended === 0; i++) {
    for (let k = 0; k < 50; k++) heap.new(node);
    const at = random.of(others);
    expect(node.id.get(at), `seed ${seed}`).toBe(others.indexOf(at));
    if (i % 20 === 0) heap.gc();
    await setTimeout(1);
  }
  for (const { wrong, calls: n } of await all) {
    expect(wrong, `PAGEHEAP_SEED=${seed}`).toEqual([]);
    expect(n).toBe(times(400, 1500));
  }
  let at = list.address;
  for (let i = 199; i >= 0; i--) {
    expect(node.id.get(at)).toBe(i);
    at = node.next.get(at);
  }
  heap.gc();
  heap.check(3);
});

test.each(tried)('things of another view of the heap: $generation, $marking', (options) => {
  const heap = heapOf({ ...options, gcPercent: -1 });
  const hasArenas = options.generation === 'radix';
  const view = Heap.attach(heap.share());
  const [one, other] = [worldOf(heap, hasArenas), worldOf(view, hasArenas)];
  const { collector } = runtimeOf(heap).gc;
  // Each call of one view with each thing of the other, and the calls of the other's things.
  const things = [other.type, other.root, other.stack, other.weak, other.arena, other.heap, other.kept];
  // To write fields of the other's object, or to unpin it, is no misuse: the heap is one.
  for (const [name, call] of Object.entries(calls).filter(([name]) => !/^(?:fields|unpin)/.test(name))) {
    if (options.marking === 'incremental' && !collector.isMarking) collector.start();
    for (const a of things)
      for (const b of [...things, ...nonsense.slice(0, 6)])
        typed(name, () => call(one, a as never, b as never));
  }
  one.type.to.set(one.framed, 0);
  other.type.to.set(other.framed, 0);
  heap.gc();
  for (const { type, root, kept, stack, framed, weak } of [one, other]) {
    expect([type.to.get(root.address), stack.get(1), weak.get()]).toEqual([kept, framed, kept]);
    expect([type.n.get(kept), type.n.get(framed)]).toEqual([7, 8]);
  }
  // What the other has goes with it, and its things say so; what this one has stays.
  view.dispose();
  for (const use of [
    () => other.root.address,
    () => other.stack.get(1),
    () => other.weak.get(),
    () => other.type.n.get(one.kept),
    () => view.new(other.type),
  ])
    expect(use).toThrow(expect.objectContaining({ code: 'ERR_DISPOSED' }));
  heap.gc();
  expect(one.type.n.get(one.root.address) >= 0 && one.weak.get()).toBe(one.kept);
  heap.check(3);
});
