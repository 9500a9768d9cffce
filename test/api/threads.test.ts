import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import type { HeapHandle } from '../../lib/api/index.ts';
import { PageHeapError } from '../../lib/base/errors.ts';
import { GiB, MiB } from '../../lib/base/units.ts';
import { type Generation, generations } from '../../lib/design/design.ts';
import { Child } from '../os/child.ts';
import { codeOf } from '../support/codes.ts';
import { isAll } from '../support/heap-model.ts';
import { mappedBytes } from '../support/maps.ts';
import type { LiveObject, MutatorAnswer, MutatorTask } from './children/mutator.ts';

let child: Child;
beforeAll(async () => {
  child = await Child.bundle('mutator', join(import.meta.dirname, 'children'));
});
afterAll(() => child.remove());

function newHeap(ps = 8, generation: Generation = 'radix'): Heap {
  return new Heap({ reach: 4 * GiB, environment: false, ps, gcPercent: 50, generation });
}

let seeds = 1;

/** A worker and what it says, in order. */
class Mutator {
  readonly worker: Worker;
  readonly exit: Promise<unknown>;
  private readonly said: MutatorAnswer[] = [];
  private readonly waiting: ((message: MutatorAnswer) => void)[] = [];
  private failure: Error | undefined;

  constructor(handle: HeapHandle, manner: MutatorTask['manner'], stamp = 1, operations = 30_000) {
    const task: MutatorTask = { handle, manner, seed: 7919 * seeds++, operations, noscan: true, stamp };
    this.worker = child.thread(task);
    this.exit = new Promise((resolve) => this.worker.once('exit', resolve));
    this.worker.on('message', (message: MutatorAnswer) => {
      const waiter = this.waiting.shift();
      if (waiter === undefined) this.said.push(message);
      else waiter(message);
    });
    this.worker.on('error', (error: Error) => {
      this.failure = error;
      for (const waiter of this.waiting.splice(0)) {
        waiter({ kind: 'error', code: error.name, message: error.message });
      }
    });
  }

  /** The next thing it says, which must be of this kind. */
  async hears<K extends MutatorAnswer['kind']>(kind: K): Promise<Extract<MutatorAnswer, { kind: K }>> {
    if (this.failure !== undefined) throw this.failure;
    const message = this.said.shift() ?? (await new Promise<MutatorAnswer>((go) => this.waiting.push(go)));
    expect(message).toMatchObject({ kind });
    return message as Extract<MutatorAnswer, { kind: K }>;
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Takes what an operation answers, and that it answered within two seconds. */
function promptly(operation: () => unknown): string {
  const start = performance.now();
  const code = codeOf(operation);
  expect(performance.now() - start, 'this hung').toBeLessThan(2000);
  return code;
}

describe('several threads on one heap', () => {
  test.each(generations)('allocate, drop and collect at the same time: %s', async (generation) => {
    const heap = newHeap(8, generation);
    const handle = heap.share();
    const workers = [new Mutator(handle, 'work', 17), new Mutator(handle, 'work', 18)];
    for (const worker of workers) await worker.hears('attached');
    expect(codeOf(() => heap.dispose())).toBe('ERR_IN_USE');

    // This thread takes part.
    const own: LiveObject[] = [];
    let ownAllocated = 0;
    for (let i = 0; i < 300; i++) {
      for (let k = 0; k < 20; k++) {
        const size = 20 + ((i * 37 + k * 11) % 900);
        const addr = heap.malloc(size);
        heap.view(addr, size).fill(99);
        own.push({ addr, size });
        ownAllocated++;
      }
      while (own.length > 500) heap.drop(own.splice((i * 131) % own.length, 1)[0].addr);
      if (i % 60 === 0) {
        heap.gc();
        heap.check(2);
      }
      await pause(0);
    }
    const outcomes = [];
    for (const worker of workers) outcomes.push(await worker.hears('done'));
    for (const worker of workers) await worker.exit;

    heap.check(3);
    for (const { addr, size } of own) expect(isAll(heap.view(addr, size), 99)).toBe(true);
    for (const [i, { live }] of outcomes.entries()) {
      for (const { addr, size } of live) expect(isAll(heap.view(addr, size), 17 + i)).toBe(true);
    }
    heap.gc();
    heap.check(3);
    const stats = heap.readMemStats();
    const live = [own, ...outcomes.map((outcome) => outcome.live)].flat();
    const allocated = ownAllocated + outcomes.reduce((sum, outcome) => sum + outcome.allocated, 0);
    expect(stats.Mallocs).toBe(allocated);
    expect(stats.HeapObjects).toBe(live.length);
    expect(stats.Frees).toBe(allocated - live.length);
    expect(stats.HeapAlloc).toBe(live.reduce((sum, { size }) => sum + heap.roundUpSize(size), 0));
    heap.dispose();
  });

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
    const [range] = heap.ranges();
    for (let i = 0; i < 3; i++) {
      const worker = new Mutator(handle, 'idle');
      await worker.hears('attached');
      expect(codeOf(() => heap.dispose())).toBe('ERR_IN_USE');
      await worker.end();
      heap.check(3);
    }
    heap.malloc(5 * MiB);
    heap.gc();
    heap.dispose();
    expect(mappedBytes(range.base, range.base + 4 * GiB)).toBe(0);
  });

  test('inside the lock: ERR_OWNER_DEAD for everybody, also who waits; the heap can be disposed', async () => {
    const heap = newHeap();
    const handle = heap.share();
    const [range] = heap.ranges();
    const holder = new Mutator(handle, 'inside');
    await holder.hears('attached');
    await holder.hears('inside');
    const waiter = new Mutator(handle, 'idle'); // waits for the lock to attach
    await pause(100);
    await holder.end();
    expect((await waiter.hears('error')).code).toBe('ERR_OWNER_DEAD');
    for (const operation of [
      () => heap.malloc(10),
      () => heap.drop(range.base),
      () => heap.gc(),
      () => heap.readMemStats(),
      () => heap.check(1),
      () => Heap.attach(handle),
    ]) {
      expect(promptly(operation)).toBe('ERR_OWNER_DEAD');
    }
    expect(promptly(() => heap.dispose())).toBe('none');
    expect(mappedBytes(range.base, range.base + 4 * GiB)).toBe(0);
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

  test('at random moments: a clear error or a working heap, never a hang', async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 12; round++) {
      const heap = newHeap();
      const handle = heap.share();
      const workers = [new Mutator(handle, 'endless', 21), new Mutator(handle, 'endless', 22)];
      for (const worker of workers) await worker.hears('attached');
      await pause((round * 7919) % 60);
      for (const worker of workers) await worker.end();
      const code = promptly(() => {
        const addr = heap.malloc(100);
        heap.fill(addr, 100, 1);
        heap.drop(addr);
        heap.gc();
        heap.check(3);
      });
      expect(['none', 'ERR_OWNER_DEAD']).toContain(code);
      outcomes.add(code);
      expect(promptly(() => heap.dispose())).toBe('none');
    }
    expect(outcomes.size).toBeGreaterThan(0);
  });
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
