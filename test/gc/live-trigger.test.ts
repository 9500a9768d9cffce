import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { runtimeOf } from '../../lib/api/heap.ts';
import { Heap, type HeapOptions } from '../../lib/api/index.ts';
import type { HeapEvent } from '../../lib/gc/events.ts';
import { GcSettings, gcSettingsTable, noMemoryLimit } from '../../lib/gc/gc-settings.ts';
import { LiveTrigger, liveTriggerTable, runtimeObjects } from '../../lib/gc/live-trigger.ts';
import { plainViews } from '../../lib/meta/column.ts';
import { sizesOf } from './sizes.ts';

const MiB = 2 ** 20;
const pageSize = 8192;

function trigger(percent: number): { pacer: LiveTrigger; sweep: (bytes: number) => void } {
  let swept = 0;
  const settings = new GcSettings(plainViews(gcSettingsTable));
  settings.init(percent, noMemoryLimit);
  const pacer = new LiveTrigger(plainViews(liveTriggerTable), settings, () => swept);
  pacer.init();
  return {
    pacer,
    sweep: (bytes) => {
      swept += bytes;
    },
  };
}

describe('the goal of 2014', () => {
  test('is there from the first byte on: what the runtime itself keeps, grown by GOGC', () => {
    expect(trigger(100).pacer.heapGoal()).toBe(runtimeObjects);
    expect(trigger(50).pacer.heapGoal()).toBe(runtimeObjects / 2);
    expect(trigger(0).pacer.heapGoal()).toBe(0);
    expect(trigger(-1).pacer.heapGoal()).toBe(Infinity);
  });

  test.each([
    [100, 2],
    [50, 1.5],
    [300, 4],
  ])('at GOGC %i counts all that is there when a cycle ends, and falls as it is swept', (percent, factor) => {
    const { pacer, sweep } = trigger(percent);
    sweep(5 * MiB);
    // 8 MiB of objects, of which the marking found 3 alive.
    pacer.endCycle(3 * MiB, sizesOf({ heapAlloc: 8 * MiB }));
    const own = runtimeObjects * (factor - 1);
    expect(pacer.heapGoal()).toBe(Math.floor(8 * MiB * factor + own));
    sweep(2 * MiB);
    expect(pacer.heapGoal()).toBe(Math.floor(6 * MiB * factor + own));
    sweep(3 * MiB);
    expect(pacer.heapGoal()).toBe(Math.floor(3 * MiB * factor + own));
    // By objects, whatever the cached spans come to.
    const goal = pacer.heapGoal();
    pacer.tally(goal - 1);
    expect(pacer.shouldCollect()).toBe(false);
    pacer.tally(goal);
    expect(pacer.shouldCollect()).toBe(true);
  });

  test('is remembered by the cycle that ran under it', () => {
    const { pacer } = trigger(100);
    pacer.endCycle(MiB, sizesOf({ heapAlloc: MiB }));
    expect(pacer.lastHeapGoal).toBe(runtimeObjects);
    pacer.endCycle(MiB, sizesOf({ heapAlloc: MiB }));
    expect(pacer.lastHeapGoal).toBe(2 * MiB + runtimeObjects);
  });
});

/** A heap whose events are kept. */
function watched(options: HeapOptions): { heap: Heap; lines: (kind: HeapEvent['kind']) => string[] } {
  const events: HeapEvent[] = [];
  const heap = new Heap({
    reach: 2 ** 28,
    environment: false,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { heap, lines: (kind) => events.filter((e) => e.kind === kind).map(({ line }) => line) };
}

describe('a heap', () => {
  test('of 2014 collects often while it is small, a later one not below 4 MiB', () => {
    const cycles = (options: HeapOptions): number => {
      const { heap } = watched(options);
      for (let i = 0; i < 128; i++) heap.malloc(1024);
      for (let i = 0; i < 25_000; i++) heap.drop(heap.malloc(1024));
      const { NumGC } = heap.readMemStats();
      heap.check(3);
      heap.dispose();
      return NumGC;
    };
    // 25 MB of garbage at 128 KiB alive, of the runtime's 30 KB and of cached spans: every 150 KB or so.
    const lists = cycles({ generation: 'lists' });
    expect(lists).toBeGreaterThan(100);
    expect(lists).toBeLessThan(250);
    expect(cycles({ generation: 'lists', trigger: 'paced' })).toBeLessThan(10);
    expect(cycles({ generation: 'treap' })).toBeLessThan(10);
    expect(cycles({ generation: 'treap', trigger: 'live' })).toBeGreaterThan(100);
  });

  test('of 2014 counts what an mcache handed out when a span of objects comes or goes, and not before', () => {
    const { heap } = watched({ generation: 'lists', collect: false });
    const { heapAlloc } = heap.sample();
    const seen = (): number => heap.sample().heapAlloc - heapAlloc;
    const first = heap.malloc(64);
    for (let i = 1; i < 60; i++) heap.malloc(64);
    expect(seen()).toBe(0);
    // A large object: its own pages, and all that was handed out before.
    const large = heap.malloc(40_000);
    expect(seen()).toBe(60 * 64 + 40_960);
    for (let i = 0; i < 5; i++) heap.malloc(64);
    // The first span of a class, whose object comes after the count.
    heap.malloc(1024);
    expect(seen()).toBe(65 * 64 + 40_960);
    heap.drop(large);
    heap.drop(first);
    heap.malloc(64);
    heap.gc();
    expect(seen()).toBe(65 * 64 + 1024);
    expect(heap.readMemStats().HeapAlloc).toBe(65 * 64 + 1024);
    heap.check(3);
    heap.dispose();
  });

  test.each([
    ['lists', 'bitmap'],
    ['lists', 'freelist'],
    ['radix', 'bitmap'],
  ] as const)('with the trigger of 2014 is blind between two spans: %s, %s', (generation, objects) => {
    const { heap, lines } = watched({ generation, objects, trigger: 'live' });
    const runtime = runtimeOf(heap);
    const { trigger } = runtime.gc;
    const sizes = [16, 32, 48, 64, 80, 96, 112, 128];
    // A span of a page of each; then nearly all of their objects, which come to twice the goal.
    for (const size of sizes) heap.malloc(size);
    for (const size of sizes)
      for (let left = Math.floor(pageSize / size) - 2; left > 0; left--) heap.malloc(size);
    expect(lines('gc')).toEqual([]);
    expect(runtime.state.heapAlloc).toBeLessThan(1024);
    heap.malloc(40_000);
    expect(lines('gc')).toHaveLength(1);
    expect(trigger.lastHeapGoal).toBe(runtimeObjects);
    heap.dispose();
  });

  test('of 2014 collects twice under GODEBUG=gctrace=2, later ones do not', () => {
    vi.stubEnv('GODEBUG', 'gctrace=2');
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      written.mockRestore();
    });
    const cycles = (generation: 'lists' | 'treap' | 'radix'): number[] => {
      const { heap, lines } = watched({ generation, environment: true });
      heap.drop(heap.malloc(1024));
      heap.gc();
      const forced = lines('gc').length;
      while (lines('gc').length === forced) heap.drop(heap.malloc(65_536));
      const { NumGC } = heap.readMemStats();
      heap.dispose();
      return [forced, NumGC - forced];
    };
    expect(cycles('lists')).toEqual([2, 2]);
    expect(cycles('treap')).toEqual([1, 1]);
    expect(cycles('radix')).toEqual([1, 1]);
    expect(written.mock.calls.filter(([line]) => /^gc ?\d/.test(String(line)))).toHaveLength(8);
  });

  test('of 2014 tells in its gc line what lived before, from the first cycle on, and every span ever made', () => {
    const { heap, lines } = watched({ generation: 'lists' });
    const kept = Array.from({ length: 5 * 1024 }, () => heap.malloc(1024));
    heap.gc();
    heap.gc();
    for (const at of kept) heap.drop(at);
    heap.gc();
    heap.gc();
    const told = lines('gc').map((line) => /(\d+) -> (\d+) MB.*, (\d+)\/(\d+)\/(\d+) sweeps/.exec(line));
    const [first] = told;
    expect(first?.slice(1, 3)).toEqual(['0', '0']);
    const [, before, now, spans, background, pause] = told.at(-1)!.map(Number);
    expect([before, now]).toEqual([0, 0]);
    // The sweep that followed the cycle before was all in its pause, and took the 640 spans of the 5 MiB.
    expect(background).toBe(0);
    expect(pause).toBeGreaterThanOrEqual(640);
    expect(spans).toBeGreaterThanOrEqual(pause!);
    expect(told.at(-2)!.slice(1, 3)).toEqual(['5', '5']);
    heap.dispose();
  });

  test('background steps are told apart from pauses', () => {
    const { heap, lines } = watched({ generation: 'lists', gcPercent: 100 });
    for (let i = 0; i < 3000; i++) heap.malloc(1024);
    const before = lines('gc').length;
    // Garbage enough for a cycle by itself; then only steps sweep.
    while (lines('gc').length === before) heap.drop(heap.malloc(1024));
    while (heap.step() === 0);
    heap.gc();
    const [, spans, background, pause] = /(\d+)\/(\d+)\/(\d+) sweeps/.exec(lines('gc').at(-1)!)!.map(Number);
    expect(background).toBeGreaterThan(300);
    expect(pause).toBe(0);
    expect(spans).toBeGreaterThanOrEqual(background!);
    heap.dispose();
  });

  test.each([
    ['lists', / 1 -> 1 MB, /],
    ['treap', / 1->1->1 MB, 17592186044415 MB goal, /],
  ] as const)('without a goal prints none that a memory limit would set: %s', (generation, line) => {
    const { heap, lines } = watched({ generation, gcPercent: -1 });
    for (let i = 0; i < 1500; i++) heap.malloc(1024);
    expect(lines('gc')).toEqual([]);
    heap.gc();
    heap.gc();
    expect(lines('gc').at(-1)).toMatch(line);
    expect(heap.sample().goal).toBe(Infinity);
    expect(heap.readMemStats().NextGC).toBe(Infinity);
    heap.dispose();
  });

  test('of 2014 counts stacks as in use in its scvg line, a later one does not', () => {
    const last = (generation: 'lists' | 'treap'): string => {
      const { heap, lines } = watched({ generation });
      heap.allocStack(8 * MiB);
      heap.freeOSMemory();
      heap.dispose();
      return lines('scav').at(-1) ?? '';
    };
    expect(last('lists')).toMatch(/scvg-1: inuse: 8, idle: \d, sys: (8|9|1\d), /);
    expect(last('treap')).toMatch(/scvg-1: inuse: 0, idle: 56, sys: 56, /);
  });

  test('of 2014 keeps its tiny block when somebody looks at its statistics; a later one does not', () => {
    const together = (generation: 'lists' | 'treap'): boolean => {
      const { heap } = watched({ generation });
      const first = heap.malloc(1);
      heap.readMemStats();
      const second = heap.malloc(1);
      heap.dispose();
      return second === first + 1;
    };
    expect([together('lists'), together('treap')]).toEqual([true, false]);
  });

  test.each([
    ['lists', -2],
    ['treap', 0],
    ['radix', 0],
  ] as const)('leaves cached spans to the sweep, or sweeps them in the pause: %s', (generation, behind) => {
    const { heap } = watched({ generation, gcPercent: -1 });
    const runtime = runtimeOf(heap);
    const kept = heap.malloc(1024);
    const { spanOf } = runtime.state.pageColumns;
    const s = spanOf[runtime.state.arenas.pageOf(kept)]!;
    expect(runtime.gc.collector.collect(false)).toBe(true);
    const { sweepGen } = runtime.state.spans.columns;
    expect(sweepGen[s]! - runtime.state.sweepState.gen).toBe(behind);
    heap.check(3);
    heap.dispose();
  });
});
