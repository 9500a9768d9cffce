import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, test } from 'vitest';
import { EventQueue } from '../../lib/api/event-queue.ts';
import { Heap } from '../../lib/api/heap.ts';
import { PageHeapError } from '../../lib/base/errors.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import type { HeapEvent } from '../../lib/gc/events.ts';

const MiB = 2 ** 20;
const heaps: Heap[] = [];

function newHeap(options: HeapOptions): Heap {
  const heap = new Heap({ reach: 512 * MiB, environment: false, ...options });
  heaps.push(heap);
  return heap;
}

afterEach(() => {
  for (const heap of heaps.splice(0)) heap.dispose();
});

/** Allocates and drops 64 KiB objects until a collection was heard of. */
function churn(heap: Heap, heard: () => boolean): void {
  for (let i = 0; i < 10_000 && !heard(); i++) heap.drop(heap.malloc(64 * 1024));
  expect(heard()).toBe(true);
}

describe('the queue', () => {
  const event = (at: number): HeapEvent => ({ kind: 'scav', by: 'bg', at, bytes: 0, line: '' });

  test('takes nothing where nobody listens', () => {
    expect(new EventQueue(undefined).sink).toBeUndefined();
  });

  test('tells what waits, in order, once', () => {
    const heard: number[] = [];
    const queue = new EventQueue((e) => heard.push(e.at));
    const sink = queue.sink!;
    for (const at of [1, 2, 3]) sink(event(at));
    expect(queue.pending).toBe(true);
    expect(heard).toEqual([]);
    queue.tell();
    expect(queue.pending).toBe(false);
    queue.tell();
    expect(heard).toEqual([1, 2, 3]);
  });

  test('tells what the listener itself brings about after it has returned', () => {
    const log: string[] = [];
    const queue: EventQueue = new EventQueue((e) => {
      log.push(`in ${e.at}`);
      if (e.at < 3) {
        sink(event(e.at + 1));
        queue.tell();
      }
      log.push(`out ${e.at}`);
    });
    const sink = queue.sink!;
    sink(event(1));
    queue.tell();
    expect(log).toEqual(['in 1', 'out 1', 'in 2', 'out 2', 'in 3', 'out 3']);
  });
});

describe.each(['lists', 'treap', 'radix'] as const)('a listener of a %s heap', (generation) => {
  test('finds the heap whole, and may use it', () => {
    const kinds: string[] = [];
    const heap = newHeap({
      generation,
      onEvent(event) {
        kinds.push(event.kind);
        heap.check(3);
        heap.readMemStats();
        heap.fill(heap.malloc(100), 100, 7);
        if (kinds.length < 3) heap.gc();
      },
    });
    churn(heap, () => kinds.includes('gc'));
    heap.freeOSMemory();
    heap.check(3);
    expect(kinds.filter((kind) => kind === 'gc').length).toBeGreaterThanOrEqual(3);
    expect(kinds).toContain('scav');
  });

  test('may dispose of it: the operation that was running has succeeded, the next one is told', () => {
    let seen = 0;
    const heap = newHeap({
      generation,
      onEvent() {
        seen++;
        heap.dispose();
      },
    });
    const addr = heap.malloc(100);
    expect(() => heap.gc()).not.toThrow();
    expect(seen).toBeGreaterThanOrEqual(1);
    expect(() => heap.drop(addr)).toThrow(expect.objectContaining({ code: 'ERR_DISPOSED' }));
  });

  test('may dispose of it when memory was given back', () => {
    const heap = newHeap({ generation, onEvent: (event) => event.kind === 'scav' && heap.dispose() });
    heap.drop(heap.malloc(8 * MiB));
    expect(heap.freeOSMemory()).toBeGreaterThan(0);
    expect(() => heap.gc()).toThrow(expect.objectContaining({ code: 'ERR_DISPOSED' }));
  });

  test('of a shared heap is told outside the lock', () => {
    let inner: Heap | undefined;
    const codes: string[] = [];
    const heap = newHeap({
      generation,
      onEvent() {
        inner ??= Heap.attach(handle);
        inner.malloc(1000);
        inner.check(3);
        codes.push('ok');
      },
    });
    const handle = heap.share();
    heap.gc();
    expect(codes[0]).toBe('ok');
    inner?.dispose();
  });
});

test('what a listener throws is an uncaught exception, and neither the operation nor the heap suffers', () => {
  const script = `
    import { Heap } from './dist/lib/api/index.js';
    const caught = [];
    process.on('uncaughtException', (error) => caught.push(error.message));
    const heap = new Heap({ generation: 'treap', environment: false, onEvent: (event) => { throw new Error(event.kind) } });
    let kept = 0;
    for (let i = 0; i < 300; i++) heap.drop(heap.malloc(1 << 20)), kept++;
    heap.gc();
    heap.check(3);
    const { NumGC, HeapAlloc } = heap.readMemStats();
    heap.dispose();
    process.on('exit', () => {
      console.log(JSON.stringify({ kept, NumGC, HeapAlloc, gc: caught.filter((kind) => kind === 'gc').length, others: caught.filter((kind) => kind !== 'gc' && kind !== 'scav') }));
    });`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  const told = JSON.parse(out) as {
    kept: number;
    NumGC: number;
    HeapAlloc: number;
    gc: number;
    others: string[];
  };
  expect(told).toMatchObject({ kept: 300, HeapAlloc: 0, others: [] });
  expect(told.NumGC).toBeGreaterThan(1);
  expect(told.gc).toBe(told.NumGC);
});

describe('who watches', () => {
  const refused: [string, unknown][] = [
    ['onEvent', 5],
    ['onEvent', null],
    ['clock', {}],
    ['clock', null],
    ['warn', 'loud'],
    ['warn', null],
    ['sys', 1],
    ['sys', null],
  ];
  test.each(refused)('%s: %o is refused', (name, value) => {
    let error: unknown;
    try {
      newHeap({ [name]: value } as HeapOptions);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(PageHeapError);
    expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION' });
    expect((error as PageHeapError).message).toContain(name);
  });

  test.each([{ onEvent: 5 }, { debug: 1 }, { timed: 'no' }, { generation: 'lists' }, null, 5, []])(
    'of an attached heap (%j) are looked at too, and nothing stays attached',
    (options) => {
      const heap = newHeap({});
      const handle = heap.share();
      expect(() => Heap.attach(handle, options as never)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
      );
      expect(() => heap.dispose()).not.toThrow();
    },
  );
});

test('a debugged heap that is shared does not take another thread’s transitions for its own', () => {
  for (const generation of ['lists', 'treap', 'radix'] as const) {
    const heap = newHeap({ generation, debug: true });
    heap.malloc(1 * MiB);
    const other = Heap.attach(heap.share());
    for (let i = 0; i < 40; i++) other.drop(other.malloc(2 * MiB));
    heap.gc();
    expect(heap.freeOSMemory()).toBeGreaterThan(0);
    heap.check(3);
    other.dispose();
  }
});
