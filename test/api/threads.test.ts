import { describe, expect, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import { PageHeapError } from '../../lib/base/errors.ts';
import { GiB, MiB } from '../../lib/base/units.ts';
import { generations } from '../../lib/design/design.ts';
import { codeOf } from '../support/codes.ts';
import { isAll } from '../support/is-all.ts';
import { mappedIn } from '../support/maps.ts';
import { endAtRandomMoments, Mutator, newHeap, pause, promptly, workTogether } from './mutators.ts';

describe('several threads on one heap', () => {
  // More of it: test/long/api/threads.test.ts.
  test.each(generations)('allocate, drop and collect at the same time: %s', (generation) =>
    workTogether(generation, 2000),
  );

  test('a thread that leaves takes its views along and gives its P back', async () => {
    const heap = newHeap(2);
    const handle = heap.share();
    for (let i = 0; i < 4; i++) {
      const worker = new Mutator(handle, 'leave');
      await worker.hears('attached');
      expect((await worker.hears('left')).viewLength).toBe(0);
    }
    heap.check(3);
    heap.gc();
    expect(heap.readMemStats().HeapObjects).toBe(4);
    heap.dispose();
  });

  test('as many as there are Ps; the one too many is told', async () => {
    const heap = newHeap(2);
    const handle = heap.share();
    const first = new Mutator(handle, 'idle');
    await first.hears('attached');
    const second = new Mutator(handle, 'idle');
    expect((await second.hears('error')).code).toBe('ERR_NO_P');
    expect(codeOf(() => Heap.attach(handle))).toBe('ERR_NO_P');
    await first.end();
    using view = Heap.attach(handle);
    expect(view.findObject(view.malloc(64))?.size).toBe(64);
    view.dispose();
    heap.dispose();
  });

  test('one thread may attach to its own heap, and has to leave it', () => {
    const heap = newHeap();
    const other = Heap.attach(heap.share());
    const addr = other.malloc(1000);
    heap.fill(addr, 1000, 5);
    expect(isAll(other.read(addr, 1000), 5)).toBe(true);
    heap.drop(addr);
    expect(codeOf(() => other.drop(addr))).toBe('ERR_ALREADY_DROPPED');
    expect(codeOf(() => heap.dispose())).toBe('ERR_IN_USE');
    heap.check(3);
    other.dispose();
    expect(codeOf(() => other.malloc(1))).toBe('ERR_DISPOSED');
    heap.dispose();
    expect(codeOf(() => heap.malloc(1))).toBe('ERR_DISPOSED');
  });
});

describe('attaching is refused', () => {
  test('to what is no handle, no heap, not shared, or of another process', () => {
    using heap = newHeap();
    const none = {
      kind: 'pageheap',
      base: 0,
      pid: process.pid,
      advise: 'dontneed',
      hardDecommit: false,
    } as const;
    expect(codeOf(() => Heap.attach(undefined as never))).toBe('ERR_INVALID_ARGUMENT');
    expect(codeOf(() => Heap.attach({ kind: 'pageheap', base: 'x' } as never))).toBe('ERR_INVALID_ARGUMENT');
    expect(codeOf(() => Heap.attach({ ...none, base: 4096 }))).toBe('ERR_INCOMPATIBLE_HEAP');
    expect(codeOf(() => Heap.attach({ ...none, base: heap.ranges()[0].base }))).toBe('ERR_INCOMPATIBLE_HEAP');
    const handle = heap.share();
    expect(codeOf(() => Heap.attach({ ...handle, pid: 1 }))).toBe('ERR_INCOMPATIBLE_HEAP');
    expect(codeOf(() => Heap.attach({ ...handle, base: handle.base + 8 }))).toBe('ERR_INCOMPATIBLE_HEAP');
    heap.dispose();
    expect(codeOf(() => Heap.attach(handle))).toBe('ERR_INCOMPATIBLE_HEAP');
    expect(codeOf(() => heap.share())).toBe('ERR_DISPOSED');
  });

  test('to a heap that was never shared', () => {
    using heap = newHeap();
    const handle = heap.share();
    using unshared = newHeap();
    const base = runtimeOf(unshared).memory.meta.base;
    expect(codeOf(() => Heap.attach({ ...handle, base }))).toBe('ERR_NOT_SHARED');
    expect(unshared.malloc(100)).toBeGreaterThan(0);
  });
});

describe('a thread that is terminated', () => {
  test('while attached, outside the lock: its P is used on, and the heap can be disposed', async () => {
    const heap = newHeap(2);
    const handle = heap.share();
    for (let i = 0; i < 3; i++) {
      const worker = new Mutator(handle, 'idle');
      await worker.hears('attached');
      expect(codeOf(() => heap.dispose())).toBe('ERR_IN_USE');
      await worker.end();
      heap.check(3);
    }
    heap.malloc(5 * MiB);
    heap.gc();
    const ranges = heap.ranges();
    heap.dispose();
    expect(mappedIn(ranges)).toBe(0);
  });

  test('inside the lock: ERR_OWNER_DEAD for everybody, also who waits; the heap can be disposed', async () => {
    const heap = newHeap();
    const handle = heap.share();
    const ranges = heap.ranges();
    const holder = new Mutator(handle, 'inside');
    await holder.hears('attached');
    await holder.hears('inside');
    const waiter = new Mutator(handle, 'idle'); // waits for the lock to attach
    await pause(100);
    await holder.end();
    expect((await waiter.hears('error')).code).toBe('ERR_OWNER_DEAD');
    for (const operation of [
      () => heap.malloc(10),
      () => heap.drop(ranges[0].base),
      () => heap.gc(),
      () => heap.readMemStats(),
      () => heap.check(1),
      () => Heap.attach(handle),
    ]) {
      expect(promptly(operation)).toBe('ERR_OWNER_DEAD');
    }
    expect(promptly(() => heap.dispose())).toBe('none');
    expect(mappedIn(ranges)).toBe(0);
  });

  test('inside the lock, while another is attached: that one can leave, then the heap can be disposed', async () => {
    const heap = newHeap();
    const other = Heap.attach(heap.share());
    const holder = new Mutator(heap.share(), 'inside');
    await holder.hears('attached');
    await holder.hears('inside');
    await holder.end();
    expect(promptly(() => heap.dispose())).toBe('ERR_IN_USE');
    expect(promptly(() => other.dispose())).toBe('none');
    expect(promptly(() => heap.dispose())).toBe('none');
  });

  test('at random moments: a clear error or a working heap, never a hang', () => endAtRandomMoments(2));
});

test('a background timer of a heap that was lost stays quiet', async () => {
  const heap = new Heap({ reach: 1 * GiB, environment: false, background: true });
  const holder = new Mutator(heap.share(), 'inside');
  await holder.hears('attached');
  await holder.hears('inside');
  await holder.end();
  await pause(300);
  let error: unknown;
  try {
    heap.malloc(1);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(PageHeapError);
  heap.dispose();
});
