/** What a thread holds of a heap that traces, when the thread is gone. Each view here stands for a thread of its own. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { codeOf } from '../support/codes.ts';

/** No thread of any process has this number. */
const noThread = 0x3fffffff;
const nodes = 100;

const kinds = ['root', 'own', 'stack', 'arena', 'nothing but a global', 'pin'] as const;
type Kind = (typeof kinds)[number];
/** Of these the heap keeps account, not the thread. */
const stays = (kind: Kind): boolean => kind === 'nothing but a global' || kind === 'pin';

/** A heap, and another thread's view of it that holds a list in one way. */
function held(kind: Kind, options: HeapOptions = {}) {
  const heap = new Heap({
    ...{ environment: false, reach: 2 ** 30, liveness: 'tracing', gcPercent: -1, ps: 3 },
    ...options,
  });
  const views = [heap];
  onTestFinished(() => {
    for (const view of views.reverse()) view.dispose();
  });
  const other = Heap.attach(heap.share());
  views.push(other);
  const node = other.type({ next: 'pointer', id: 'f64' });
  const building = other.root();
  for (let i = 0; i < nodes; i++) {
    const at = other.new(node);
    node.next.set(at, building.address);
    building.address = at;
  }
  const list = building.address;
  const kept: unknown[] = [];
  if (kind === 'root') kept.push(other.root(list));
  else if (kind === 'own') kept.push(other.own(heap, list));
  else if (kind === 'nothing but a global') other.global('list').address = list;
  else if (kind === 'pin') other.pin(list);
  else if (kind === 'stack') {
    const stack = other.newStack(4096);
    stack.push(3);
    stack.set(2, list);
    kept.push(stack);
  } else {
    const arena = other.newArena();
    node.next.set(arena.new(node), list);
    kept.push(arena);
  }
  building.dispose();
  // The object allocated last is a root, too.
  other.new(node);
  heap.gc();
  expect(heap.readMemStats().HeapObjects).toBeGreaterThan(nodes);
  const { held: holders } = runtimeOf(heap).alloc.mcache.columns;
  const p = holders.lastIndexOf(holders[0]!);
  return { heap, other, node, list, kept, p, holders, views };
}

/** What is left, once two cycles have run and been swept. */
function left(heap: Heap): number {
  heap.gc();
  heap.gc();
  heap.check(3);
  return heap.readMemStats().HeapObjects;
}

describe.each(kinds)('%s', (kind) => {
  const expected = stays(kind) ? nodes : 0;

  test('goes with the dispose of its thread', () => {
    const { heap, other, list, views } = held(kind);
    views.pop();
    other.dispose();
    expect(left(heap)).toBe(expected);
    if (stays(kind)) expect(heap.findObject(list)?.base).toBe(list);
    const { gc, alloc } = runtimeOf(heap);
    expect(gc.tracing!.roots.live).toBe(kind === 'nothing but a global' ? 1 : 0);
    expect(gc.tracing!.roots.stackBytes).toBe(0);
    expect(alloc.userArenas!.live).toBe(0);
  });

  test('goes with the next cycle after its thread ended', () => {
    const { heap, p, holders } = held(kind);
    const thread = holders[p]!;
    holders[p] = noThread;
    expect(left(heap)).toBe(expected);
    holders[p] = thread;
  });
});

test.each(['root', 'stack', 'arena'] as const)(
  'what a thread held goes when its P is taken over: %s',
  (kind) => {
    const { heap, p, holders } = held(kind);
    const thread = holders[p]!;
    holders[p] = noThread;
    const next = Heap.attach(heap.share());
    expect(holders[p]).toBe(thread);
    const mine = next.root(next.new(next.type({ next: 'pointer' })));
    expect(left(heap)).toBe(1);
    mine.dispose();
    next.dispose();
    expect(left(heap)).toBe(0);
    holders[p] = thread;
  },
);

test('what others hold stays', () => {
  const { heap, other, views } = held('root');
  const node = heap.type({ next: 'pointer' });
  const mine = heap.root(heap.new(node));
  const third = Heap.attach(heap.share());
  views.push(third);
  const theirs = third.root(third.new(third.type({ next: 'pointer' })));
  views.splice(1, 1);
  other.dispose();
  expect(left(heap)).toBe(2);
  expect([mine, theirs].every((root) => heap.findObject(root.address)?.base === root.address)).toBe(true);
});

test('a handle of a view that was disposed of is gone, and ends nobody else’s', () => {
  const { heap, other, kept, views } = held('root');
  views.pop();
  other.dispose();
  const root = kept[0] as ReturnType<Heap['root']>;
  expect(codeOf(() => root.address)).toBe('ERR_DISPOSED');
  const mine = heap.root(heap.new(heap.type({ next: 'pointer' })));
  root.dispose();
  expect(left(heap)).toBe(1);
  mine.dispose();
});

test('what was held when a cycle began is kept by it, though its thread leaves meanwhile', () => {
  for (const kind of ['root', 'stack'] as const) {
    const { heap, other, list, views } = held(kind, { marking: 'incremental' });
    const { gc } = runtimeOf(heap);
    expect(gc.collector.start()).toBe(true);
    views.pop();
    other.dispose();
    // Read from a root a moment ago, as far as this thread is concerned.
    while (gc.collector.isMarking) heap.step();
    gc.sweeper.sweepAll();
    expect(heap.findObject(list)?.base).toBe(list);
    expect(left(heap)).toBe(0);
  }
});

// Guards that the last object needs no shading when its thread leaves: it is marked by then, from before or since.
test.each([
  ['a small one from before', 48, false],
  ['a large one from before', 100_000, false],
  ['a tiny one since', 3, true],
  ['a small one since', 48, true],
  ['a large one since', 100_000, true],
])('what a thread allocated last is kept by the cycle in which it leaves: %s', (_what, size, isSince) => {
  const { heap, other, views } = held('nothing but a global', { marking: 'incremental' });
  const { gc } = runtimeOf(heap);
  const before = other.malloc(size, true);
  expect(gc.collector.start()).toBe(true);
  const last = isSince ? other.malloc(size, true) : before;
  views.pop();
  other.dispose();
  while (gc.collector.isMarking) heap.step();
  gc.sweeper.sweepAll();
  expect(heap.findObject(last)).toBeDefined();
  expect(left(heap)).toBe(nodes);
  expect(heap.findObject(last)).toBeUndefined();
});

describe.each(['explicit', 'tracing'] as const)('weak handles, liveness %s', (liveness) => {
  function weakly() {
    const heap = new Heap({ environment: false, reach: 2 ** 27, liveness, gcPercent: -1, ps: 40 });
    const views = [heap];
    onTestFinished(() => {
      for (const view of views.reverse()) view.dispose();
    });
    // So many that their Ps are of both words of a handle's row.
    for (let i = 1; i < 40; i++) views.push(Heap.attach(heap.share()));
    const objects = Array.from({ length: 3 }, () => heap.malloc(64));
    for (const at of objects) heap.pin(at);
    const { special, alloc } = runtimeOf(heap);
    return {
      heap,
      views,
      objects,
      weak: special.weak,
      specials: special.specials,
      holders: alloc.mcache.columns.held,
    };
  }

  test('of a thread that leaves go, and those of others stay', () => {
    const { heap, views, objects, weak } = weakly();
    const [a, b] = objects as [number, number];
    const mine = heap.weak(a);
    const last = views.at(-1)!;
    const kept: object[] = [last.weak(a), last.weak(b), views[5]!.weak(b)];
    expect(weak.live).toBe(2);
    views.pop();
    last.dispose();
    expect(weak.live).toBe(2);
    mine.dispose();
    expect(weak.live).toBe(1);
    views.splice(5, 1)[0]!.dispose();
    expect(weak.live).toBe(0);
    expect(kept).toHaveLength(3);
    heap.check(3);
  });

  test('of a thread that ended without a word go with the next cycle, or with its P', () => {
    const { heap, views, objects, weak, specials, holders } = weakly();
    const [a, b] = objects as [number, number];
    const pinned = specials.live;
    const mine = heap.weak(a);
    const [dead, gone] = [views[39]!, views[38]!];
    const kept = [dead.weak(a), dead.weak(b), gone.weak(b)];
    expect(specials.live).toBe(pinned + 2);
    const thread = holders[39]!;
    holders[39] = noThread;
    heap.gc();
    // The other one still has it.
    expect(weak.live).toBe(2);
    holders[38] = noThread;
    const next = Heap.attach(heap.share());
    views.push(next);
    expect(weak.live).toBe(1);
    expect(specials.live).toBe(pinned + 1);
    expect(mine.get()).toBe(a);
    expect(kept).toHaveLength(3);
    holders[39] = thread;
    holders[38] = thread;
    heap.check(3);
  });

  test('asking again and again is one holding', () => {
    const { heap, views, objects, weak } = weakly();
    const at = objects[0]!;
    const [one, other] = [heap.weak(at), views[33]!.weak(at)];
    expect(heap.weak(at)).toBe(one);
    one.dispose();
    one.dispose();
    expect([weak.live, other.get(), one.get()]).toEqual([1, at, 0]);
    const again = heap.weak(at);
    other.dispose();
    expect([weak.live, again.get()]).toEqual([1, at]);
    again.dispose();
    expect(weak.live).toBe(0);
  });
});
