/** Cycles that mark beside the program, as a whole: asked for, shared, failing, paced. */
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import { nanotime } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import type { CycleEvent } from '../../lib/gc/events.ts';
import type { Marked } from '../../lib/gc/mark/marker.ts';
import { runningCycleTable } from '../../lib/gc/running-cycle.ts';
import { Child } from '../os/child.ts';
import { codeOf } from '../support/codes.ts';
import { markSlowly } from '../support/slow-marking.ts';

const fields = { left: 'pointer', right: 'pointer', key: 'f64' } as const;
const mib = 2 ** 20;

function heapOf(options: HeapOptions = {}): Heap {
  const heap = new Heap({
    ...{ environment: false, reach: 2 ** 30, liveness: 'tracing', marking: 'incremental' },
    ...options,
  });
  onTestFinished(() => heap.dispose());
  return heap;
}

/** A heap with a list of n nodes on a root, in the middle of a cycle. */
function inCycle(n: number, options: HeapOptions = {}) {
  const heap = heapOf({ gcPercent: -1, ...options });
  const node = heap.type(fields);
  const list = heap.root();
  for (let i = 0; i < n; i++) {
    const one = heap.new(node);
    node.left.set(one, list.address);
    list.address = one;
  }
  const { gc } = runtimeOf(heap);
  markSlowly(runtimeOf(heap));
  expect(gc.collector.start()).toBe(true);
  expect(gc.collector.isMarking).toBe(true);
  return { heap, node, list, gc };
}

const generations = ['lists', 'treap', 'radix'] as const;

describe.each(generations)('a cycle beside the program, %s', (generation) => {
  test('that is under way when one is asked for is ended, and a whole one is run', () => {
    const { heap, node, list } = inCycle(3000, { generation });
    // Reached when the cycle began, so this one keeps it; the next does not.
    const second = node.left.get(list.address);
    node.left.set(list.address, 0);
    heap.malloc(0);
    heap.gc();
    expect(heap.sample().numGC).toBe(2);
    expect(heap.readMemStats().NumForcedGC).toBe(1);
    expect(heap.findObject(second)).toBeUndefined();
    expect(heap.readMemStats().HeapObjects).toBe(1);
    heap.check(3);
  });

  test('counts what it has marked as a look at every span would', () => {
    const { heap, gc } = inCycle(2000, { generation });
    const seen: number[] = [];
    const { tracing } = gc;
    const { end } = tracing!.marker;
    tracing!.marker.end = () => {
      const marked = Reflect.apply(end, tracing!.marker, []) as Marked;
      const { state, spans } = runtimeOf(heap);
      let objects = 0;
      for (let s = 1; s < state.spans.end; s++)
        if (state.spans.columns.state[s] === 1) objects += spans.objects.countMarked(s);
      seen.push(marked.objects, objects);
      return marked;
    };
    for (let i = 0; i < 300; i++) heap.malloc(1 + (i % 90), i % 2 === 0);
    heap.malloc(100_000, false);
    heap.malloc(50_000);
    while (gc.collector.isMarking) heap.step();
    expect(seen).toHaveLength(2);
    expect(seen[0]).toBe(seen[1]);
    heap.check(3);
  });

  // Guards the bytes that the next cycle will have to scan: what was marked, and what was allocated meanwhile.
  test('knows what there is to scan when it has ended', () => {
    const { heap, node, list, gc } = inCycle(2000, { generation });
    const bytes = 2500 * heap.findObject(list.address)!.size;
    /** Beside the list: the object that was allocated last, where that counts. */
    const rest = () => Number(heap.readMetrics()['/gc/scan/heap:bytes']) - bytes;
    for (let i = 0; i < 500; i++) {
      const one = heap.new(node);
      node.left.set(one, list.address);
      list.address = one;
    }
    heap.malloc(64, true);
    while (gc.collector.isMarking) heap.step();
    expect([0, 64]).toContain(rest());
    heap.gc();
    expect([0, 64]).toContain(rest());
  });

  test('that meets a pointer to nothing is none, and the heap is sound', () => {
    let now = 0;
    const clock = { now: () => nanotime((now += 100_000)) };
    const { heap, node, list, gc } = inCycle(1000, { generation, clock });
    const pair = heap.type({ to: 'pointer' });
    const holder = heap.root(heap.new(pair));
    // A page that was never used.
    const end = list.address - (list.address % 8192) + 40 * mib;
    heap.view(holder.address, 8).set(new Uint8Array(new BigUint64Array([BigInt(end)]).buffer));
    expect(() => {
      while (gc.collector.isMarking) heap.step();
    }).toThrow(/found bad pointer/);
    expect(gc.collector.isMarking).toBe(false);
    heap.check(3);
    pair.to.set(holder.address, 0);
    heap.gc();
    expect(heap.readMemStats().HeapObjects).toBe(1001);
    expect(node.left.get(list.address)).toBeGreaterThan(0);
    heap.check(3);
  });

  test('can be left in the middle', () => {
    const { heap } = inCycle(500, { generation });
    heap.dispose();
    expect(codeOf(() => heap.step())).toBe('ERR_DISPOSED');
  });
});

test('any thread goes on with a cycle', () => {
  let now = 0;
  const clock = { now: () => nanotime((now += 30_000)) };
  const { heap, node, list, gc } = inCycle(3000, { clock });
  const other = Heap.attach(heap.share(), { clock });
  markSlowly(runtimeOf(other));
  const theirs = other.type(fields);
  const mine = other.root(other.new(theirs));
  let turn = 0;
  while (gc.collector.isMarking) {
    const view = turn++ % 2 === 0 ? heap : other;
    view.step();
    // From a part that is not scanned yet to one that was allocated black.
    theirs.left.set(mine.address, node.left.get(list.address));
    node.left.set(list.address, node.left.get(theirs.left.get(mine.address)));
  }
  expect(turn).toBeGreaterThan(3);
  other.check(3);
  expect(heap.findObject(theirs.left.get(mine.address))).toBeDefined();
  other.dispose();
});

test('threads build, change and collect at the same time', async () => {
  const heap = heapOf({ gcPercent: 5, ps: 3 });
  const handle = heap.share();
  const child = await Child.bundle('tracing-mutator', join(import.meta.dirname, '../api/children'));
  onTestFinished(() => child.remove());
  const workers = [0, 1].map(() => child.thread({ handle, rounds: 120 }));
  const answers = workers.map(
    (worker) =>
      new Promise<unknown>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      }),
  );
  expect(await Promise.all(answers)).toEqual([0, 0]);
  await Promise.all(workers.map((worker) => worker.terminate()));
  expect(heap.sample().numGC).toBeGreaterThan(3);
  heap.check(3);
});

describe('marking is paced', () => {
  test('by those who allocate alone, where no clock moves: the goal is kept', () => {
    const seen: CycleEvent[] = [];
    const heap = heapOf({
      clock: { now: () => nanotime(1) },
      gcPercent: 100,
      onEvent: (event) => void (event.kind === 'gc' && seen.push(event)),
    });
    const node = heap.type(fields);
    const list = heap.root();
    for (let i = 0; i < 400_000; i++) {
      const one = heap.new(node);
      if (i % 4 !== 0) continue;
      node.left.set(one, list.address);
      list.address = one;
    }
    expect(seen.length).toBeGreaterThan(2);
    for (const { heapStart, heapEnd, goal } of seen) {
      expect(heapStart).toBeLessThan(goal);
      expect(heapEnd).toBeLessThan(goal * 1.1 + 65_536);
    }
  });

  // Guards that a program which never comes back to the event loop marks in the background, too: assists alone would do all of it.
  test('by those who allocate, a quarter of the time in the background', () => {
    const seen: CycleEvent[] = [];
    let now = 0;
    const heap = heapOf({
      clock: { now: () => nanotime((now += 20_000)) },
      gcPercent: 100,
      onEvent: (event) => void (event.kind === 'gc' && seen.push(event)),
    });
    const node = heap.type(fields);
    const list = heap.root();
    for (let i = 0; i < 400_000; i++) {
      const one = heap.new(node);
      if (i % 4 !== 0) continue;
      node.left.set(one, list.address);
      list.address = one;
    }
    expect(seen.length).toBeGreaterThan(2);
    for (const { background, ns } of seen) {
      expect(background / ns).toBeGreaterThan(0.1);
      expect(background / ns).toBeLessThan(0.4);
    }
  });

  test('a quarter of the time in the background, which step asks for', () => {
    let now = 0;
    const { heap, gc } = inCycle(20_000, { clock: { now: () => nanotime((now += 100_000)) } });
    const wait = heap.step();
    expect(wait).toBe(0);
    const { background } = runtimeOf(heap).memory.meta.views(runningCycleTable);
    expect(background[0]).toBeGreaterThan(0);
    let waited = 0;
    while (gc.collector.isMarking) waited += heap.step() > 0 ? 1 : 0;
    expect(waited).toBeGreaterThan(0);
  });
});

describe('it is told', () => {
  test('in the line of Go: pauses, marking, assists and the background', () => {
    const seen: CycleEvent[] = [];
    const heap = heapOf({
      gcPercent: 50,
      onEvent: (event) => void (event.kind === 'gc' && seen.push(event)),
    });
    const node = heap.type(fields);
    const list = heap.root();
    for (let i = 0; i < 200_000; i++) {
      const one = heap.new(node);
      node.left.set(one, list.address);
      list.address = one;
    }
    const { line, pause, ns, longest, assist, background } = seen.at(-1)!;
    expect(line).toMatch(
      /^gc \d+ @[\d.]+s \d+%: [\d.]+\+[\d.]+\+[\d.]+ ms clock, [\d.]+\+[\d.]+\/[\d.]+\/0\+[\d.]+ ms cpu, \d+->\d+->\d+ MB, \d+ MB goal, 0 MB stacks, 0 MB globals, 1 P$/,
    );
    expect(pause).toBeLessThan(ns);
    expect(assist + background).toBeGreaterThan(0);
    expect(longest).toBeGreaterThan(0);
    const { numGC } = heap.sample();
    expect(numGC).toBe(seen.length);
  });
});

test('what does not go together is refused', () => {
  const make = (options: HeapOptions) => () => new Heap({ environment: false, ...options });
  expect(make({ marking: 'incremental' })).toThrow(/marking: .* needs the liveness 'tracing'/);
  expect(make({ checkMark: true })).toThrow(/checkMark/);
  expect(make({ liveness: 'tracing', trigger: 'live' })).toThrow(/trigger: .*needs 'paced'/);
  expect(make({ liveness: 'tracing', rootBytes: 1000 })).toThrow(/rootBytes/);
  expect(make({ liveness: 'tracing', marking: 'now' as 'incremental' })).toThrow(/marking/);
});
