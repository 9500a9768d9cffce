/** Finalizers, cleanups and weak handles where several threads share a heap: each view here stands for a thread of its own. */
import { setTimeout as pass } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import { specialsOf } from '../../lib/api/special-heap.ts';
import { codeOf } from '../support/codes.ts';

const heaps: Heap[] = [];
afterEach(() => {
  for (const heap of heaps.splice(0).reverse()) heap.dispose();
});

function shared(): { heap: Heap; other: Heap } {
  const heap = new Heap({ environment: false, reach: 2 ** 27, gcPercent: -1 });
  const other = Heap.attach(heap.share());
  heaps.push(heap, other);
  return { heap, other };
}

test('whichever thread collects, a callback is called by the one that set it', () => {
  const { heap, other } = shared();
  const called: string[] = [];
  const [a, b, c] = [heap.malloc(64), heap.malloc(64), heap.malloc(64)];
  heap.setFinalizer(a, () => called.push('heap'));
  other.setFinalizer(b, () => called.push('other'));
  other.addCleanup(c, () => called.push('cleanup'));
  heap.dropAll([a, b, c]);
  heap.gc();
  heap.check();
  expect(heap.runFinalizers()).toBe(1);
  expect(called).toEqual(['heap']);
  expect(other.runFinalizers()).toBe(2);
  expect(called.sort()).toEqual(['cleanup', 'heap', 'other']);
  heap.check();
});

test('a thread finds out by itself that something is due for it', async () => {
  const { heap, other } = shared();
  let called = 0;
  const at = heap.malloc(64);
  other.setFinalizer(at, () => called++);
  heap.drop(at);
  heap.gc();
  for (let i = 0; i < 50 && called === 0; i++) await pass(20);
  expect(called).toBe(1);
});

test('any thread may remove a finalizer; its own lets the function go', () => {
  const { heap, other } = shared();
  const at = heap.malloc(64);
  other.setFinalizer(at, () => expect.fail('it was removed'));
  heap.setFinalizer(at, null);
  heap.setFinalizer(at, () => {});
  expect(codeOf(() => other.setFinalizer(at, () => {}))).toBe('ERR_FINALIZER_SET');
  heap.check();
  heap.drop(at);
  heap.gc();
  expect(other.runFinalizers()).toBe(0);
  expect(heap.runFinalizers()).toBe(1);
  heap.check();
});

test('what a thread set ends with its use of the heap: objects die without', () => {
  const { heap, other } = shared();
  const [due, later] = [heap.malloc(64), heap.malloc(64)];
  for (const at of [due, later]) other.setFinalizer(at, () => expect.fail('its thread has left'));
  const weak = other.weak(heap.malloc(64));
  expect(weak.get()).toBeGreaterThan(0);
  heap.drop(due);
  heap.gc();
  expect(heap.findObject(due)).toBeDefined();
  heaps.pop();
  other.dispose();
  heap.check();
  heap.gc();
  expect(heap.findObject(due)).toBeUndefined();
  heap.drop(later);
  heap.gc();
  expect(heap.findObject(later)).toBeUndefined();
  heap.check();
  expect(runtimeOf(heap).special.specials.live).toBe(0);
});

test('of a thread that ended without leaving, the queue keeps nothing, and its P can be taken over', () => {
  const { heap, other } = shared();
  const objects = [heap.malloc(64), heap.malloc(64)];
  for (const at of objects) other.setFinalizer(at, () => expect.fail('its thread has ended'));
  heap.drop(objects[0]!);
  heap.gc();
  // As the row of the P looks when its thread was terminated: its holder is no thread of this process.
  const { held } = runtimeOf(heap).alloc.mcache.columns;
  const p = held.lastIndexOf(held[0]!);
  const thread = held[p]!;
  held[p] = 0x3fffffff;
  heap.gc();
  expect(heap.findObject(objects[0]!)).toBeUndefined();
  const third = Heap.attach(heap.share());
  held[p] = thread;
  heap.drop(objects[1]!);
  heap.gc();
  expect(third.runFinalizers()).toBe(0);
  expect(heap.findObject(objects[1]!)).toBeUndefined();
  heap.check();
  third.dispose();
  // Of a thread that has ended nothing goes on.
  specialsOf(other).close();
  heaps.pop();
});

test('pins and weak handles are those of the heap: every thread has the same', () => {
  const { heap, other } = shared();
  const at = heap.malloc(64);
  const [mine, others] = [heap.weak(at), other.weak(at)];
  heap.pin(at);
  other.pin(at);
  heap.drop(at);
  other.unpin(at);
  heap.gc();
  expect([heap.pins(at), other.pins(at), heap.findObject(at)?.base]).toEqual([1, 1, at]);
  heap.unpin(at);
  other.gc();
  expect([mine.get(), others.get(), heap.findObject(at)]).toEqual([0, 0, undefined]);
  heap.check();
});

test('a weak handle whose object another thread found dead is not mistaken for the next of its number', () => {
  const { heap, other } = shared();
  const [a, b] = [heap.malloc(64), heap.malloc(64)];
  const old = other.weak(a);
  heap.drop(a);
  heap.gc();
  const first = heap.weak(b);
  expect(runtimeOf(heap).special.weak.live).toBe(1);
  expect(old.get()).toBe(0);
  const young = other.weak(b);
  expect(young).not.toBe(old);
  old.dispose();
  expect([old.get(), young.get(), first.get()]).toEqual([0, b, b]);
  expect(other.weak(b)).toBe(young);
  first.dispose();
  expect(young.get()).toBe(b);
  heap.check();
});
