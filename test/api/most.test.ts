/** How many there can be of what a heap has only so many of, and what is said when there are as many. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { specialKind } from '../../lib/heap/specials.ts';
import { codeOf } from '../support/codes.ts';
import { isWhole } from '../support/extent.ts';

const MiB = 2 ** 20;

function heapOf(options: HeapOptions = {}): Heap {
  const heap = new Heap({ environment: false, reach: 64 * MiB, gcPercent: -1, ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

/** A call that has no room: what it says. */
function refusal(call: () => unknown): string {
  expect(codeOf(call)).toBe('ERR_OUT_OF_MEMORY');
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('as many as there can be', () => {
  test('roots', () => {
    const heap = heapOf({ liveness: 'tracing' });
    const { roots } = runtimeOf(heap).gc.tracing!;
    const last = heap.root(0);
    while (roots.add(0, 0) !== 0);
    const said = 'no more roots: 4,194,303 are the most';
    expect(refusal(() => heap.root(0))).toBe(said);
    expect(refusal(() => heap.own({}, 0))).toBe(said);
    expect(refusal(() => heap.global('one'))).toBe(said);
    expect(refusal(() => heap.scope((scope) => scope.root(0)))).toBe(said);
    last.dispose();
    heap.root(0);
    heap.check();
  });

  test('globals', () => {
    const heap = heapOf({ liveness: 'tracing' });
    for (let i = 0; i < 4096; i++) heap.global(`${i}`);
    expect(refusal(() => heap.global('one'))).toBe('no more globals: 4,096 are the most');
    heap.global('4095');
    heap.root(0);
  });

  test('stacks of frames', () => {
    const heap = heapOf({ liveness: 'tracing' });
    const { roots } = runtimeOf(heap).gc.tracing!;
    while (roots.addStack(0, 0, 0) !== 0);
    expect(refusal(() => heap.newStack(2048))).toBe('no more stacks of frames: 65,535 are the most');
    expect(heap.readMemStats().StackInuse).toBe(0);
  });

  test('user arenas', () => {
    const heap = heapOf();
    const arenas = runtimeOf(heap).alloc.userArenas!;
    const last = heap.newArena();
    while (arenas.make(0) !== 0);
    expect(refusal(() => heap.newArena())).toBe('no more user arenas: 65,535 are the most');
    last.free();
    heap.newArena();
  });

  test('specials and weak handles, of which there are fewer where the reach is small', () => {
    const heap = heapOf();
    const { special, alloc } = runtimeOf(heap);
    const [a, b] = [heap.malloc(64), heap.malloc(64)];
    const { span } = alloc.finder.find(a)!;
    heap.pin(b);
    while (special.specials.add(span, a, specialKind.cleanup, 0) !== 0);
    const said = `no more finalizers, cleanups, weak handles, second pins and samples of the memory profile: 524,287 are the most`;
    expect(refusal(() => heap.setFinalizer(b, () => {}))).toBe(said);
    expect(refusal(() => heap.addCleanup(b, () => {}, 0))).toBe(said);
    expect(refusal(() => heap.weak(b))).toBe(said);
    expect(refusal(() => heap.pin(b))).toBe(said);
    expect(refusal(() => heap.willSurvive(b))).toBe(said);

    const other = heapOf();
    for (let i = 0; i < 131_071; i++) other.weak(other.malloc(16));
    expect(refusal(() => other.weak(other.malloc(16)))).toBe('no more weak handles: 131,071 are the most');
    other.addCleanup(other.malloc(16), () => {}, 0);
  });
});

describe('the memory profile says what it lacks', () => {
  const lacks = (heap: Heap): string[] => heap.fallbacks().filter((text) => text.includes('memory profile'));
  const objects = (heap: Heap): number =>
    heap.memProfile(true).reduce((sum, { allocObjects }) => sum + allocObjects, 0);

  test('beyond so many labels, and does not hang', () => {
    const heap = heapOf({ memProfileRate: 1 });
    for (let i = 1; i < 2 ** 17 + 100; i++) {
      heap.setMemProfileLabel(`request ${i}`);
      heap.malloc(24);
    }
    const said =
      'the memory profile lacks 100 sampled objects: it has room for 131,071 pairs of place and size';
    expect(lacks(heap)).toEqual([said]);
    // Those that it has are counted on.
    heap.setMemProfileLabel('request 1');
    heap.malloc(24);
    expect(objects(heap)).toBe(2 ** 17);
    heap.check();
    heap.dispose();
    expect(lacks(heap)).toEqual([]);
  });

  test('beyond so many bytes of labels', () => {
    const heap = heapOf({ memProfileRate: 1 });
    const long = 'x'.repeat(MiB);
    for (let i = 0; i < 70; i++) {
      heap.setMemProfileLabel(long + i);
      heap.malloc(24);
    }
    expect(lacks(heap)).toEqual([
      'the memory profile lacks 7 sampled objects: it has room for 67,108,864 bytes of labels and call sites',
    ]);
    expect(objects(heap)).toBe(63);
  });

  test.runIf(isWhole)('beyond so many objects, on a shared heap with its debugging on too', () => {
    const heap = heapOf({ memProfileRate: 1, debug: true });
    heap.setMemProfileLabel('all');
    for (let i = 0; i < 524_300; i++) heap.malloc(16);
    heap.share();
    expect(lacks(heap)).toEqual([
      'the memory profile lacks 13 sampled objects: a heap has 524,287 finalizers, cleanups, weak handles, second pins and samples of the memory profile at most',
    ]);
    expect(objects(heap)).toBe(524_287);
  });
});
