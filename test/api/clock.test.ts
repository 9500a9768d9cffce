/**
 * A clock of the user's can throw, answer nonsense, run back or use the heap it belongs to. Operations that are about
 * time say so before anything changes; all others go on with the last good reading. The heap is sound either way.
 */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import FirstFit from '../../examples/first-fit.mjs';
import { Heap } from '../../lib/api/heap.ts';
import type { Clock, PageHeapClass, PageHeapHost } from '../../lib/api/index.ts';
import { KiB, MiB, type Nanotime, nanotime } from '../../lib/base/units.ts';
import { generations } from '../../lib/design/design.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { codeOf } from '../support/codes.ts';
import { those } from '../support/extent.ts';
import { HeapModel } from '../support/heap-model.ts';

/** A clock whose nth reading from now on is another. */
class OddClock implements Clock {
  time = 1e9;
  readings = 0;
  #oddAt = Infinity;
  #odd: () => number = () => 0;

  now(): Nanotime {
    this.readings++;
    this.time += 1000;
    return nanotime(this.readings === this.#oddAt ? this.#odd() : this.time);
  }

  /** From now on it is right. @returns whether it was not */
  relent(): boolean {
    const was = this.readings >= this.#oddAt;
    this.#oddAt = Infinity;
    return was;
  }

  odd(after: number, what: () => unknown): void {
    this.#oddAt = this.readings + after;
    this.#odd = what as () => number;
  }
}

function make(options: HeapOptions): Heap {
  const heap = new Heap({ environment: false, reach: 256 * MiB, debug: true, ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

const oddities: Record<string, (heap: () => Heap) => () => unknown> = {
  throws: () => () => {
    throw new Error('no time');
  },
  'throws an error whose message is a symbol': () => () => {
    throw Object.assign(new Error(), { message: Symbol('m') });
  },
  'throws an error whose message cannot be read': () => () => {
    throw Object.defineProperty(new Error(), 'message', {
      get: () => {
        throw new Error('no message');
      },
    });
  },
  'throws a proxy that cannot be looked at': () => () => {
    throw new Proxy(new Error('no time'), {
      getPrototypeOf: () => {
        throw 2;
      },
    });
  },
  'answers NaN': () => () => Number.NaN,
  'answers Infinity': () => () => Number.POSITIVE_INFINITY,
  'answers nothing': () => () => undefined,
  'answers a bigint': () => () => 5n,
  'answers a symbol': () => () => Symbol('time'),
  'answers an object without a prototype': () => () => Object.create(null),
  'runs back': () => () => 5,
  'jumps ahead by a hundred years': () => () => 3e18,
  allocates: (heap) => () => heap().malloc(64),
  collects: (heap) => () => heap().gc(),
  'disposes of the heap': (heap) => () => heap().dispose(),
  'uses the heap and keeps quiet': (heap) => () => {
    expect(codeOf(() => heap().malloc(64))).toBe('ERR_REENTRANT');
    return 2e9;
  },
};

/** Allocates, drops and collects. */
function* work(model: HeapModel): Generator<() => void> {
  const { heap } = model;
  for (let i = 0; i < 30; i++)
    yield () => void model.malloc(1 + ((i * 791) % 12_000), i % 2 === 0, i % 3 === 0);
  yield () => void model.malloc(2 * MiB, true, false);
  for (let i = 0; i < 20; i++) yield () => model.drop(i * 7);
  yield () => heap.gc();
  yield () => void heap.step();
  yield () => void heap.freeOSMemory();
  yield () => heap.freeStack(heap.allocStack(40 * KiB));
  yield () => void heap.setGCPercent(50);
  yield () => void heap.readMemStats();
  yield () => void heap.readMetrics();
}

const expected = /^(none|ERR_CLOCK|ERR_REENTRANT)$/;

describe.each(generations)('%s', (generation) => {
  describe.each(['plain', 'shared'])('%s', (mode) => {
    // In both modes what can differ there: who comes back meets a lock, or none. All of them on each design where
    // everything is tried.
    const differing = Object.entries(oddities).filter(
      ([name]) => mode === 'plain' || !/answers|runs|jumps/.test(name),
    );
    const few = generation === 'radix' ? () => true : (_oddity: unknown, i: number) => i % 4 === 0;
    test.each(those(differing, few))('a clock that %s once', (_name, oddity) => {
      const clock = new OddClock();
      const heap = make({ generation, clock, debug: false });
      if (mode === 'shared') heap.share();
      const model = new HeapModel(heap);
      for (const after of those([1, 2, 4], (after) => after !== 2)) {
        for (const step of work(model)) {
          clock.odd(
            after,
            oddity(() => heap),
          );
          const code = codeOf(step);
          expect(code).toMatch(expected);
          if (clock.relent()) heap.check(3);
          // Nothing has happened, so it can be done again.
          if (code !== 'none') step();
        }
      }
      heap.check(3);
      model.verifyAll();
    });
  });

  test('gc, step and freeOSMemory tell of it, with the cause, and change nothing', () => {
    const clock = new OddClock();
    const heap = make({ generation, clock });
    heap.drop(heap.malloc(5000));
    for (const operation of [() => heap.gc(), () => heap.step(), () => heap.freeOSMemory()]) {
      const before = heap.sample();
      clock.odd(1, () => {
        throw new TypeError('no time');
      });
      expect(operation).toThrow(
        expect.objectContaining({
          code: 'ERR_CLOCK',
          message: 'the clock threw: no time',
          cause: expect.any(TypeError),
        }),
      );
      expect(heap.sample()).toEqual(before);
    }
    expect(heap.fallbacks().filter((text) => text.includes('clock'))).toEqual([]);
    clock.odd(2, () => Number.NaN);
    heap.gc();
    expect(heap.fallbacks()).toContain(
      'the clock answered NaN, and must answer nanoseconds: its last reading stood',
    );
  });

  test('a heap is not made with a clock that does not answer', () => {
    for (const now of [
      () => Number.NaN,
      () => 'now',
      () => {
        throw new Error('no');
      },
    ]) {
      expect(codeOf(() => make({ generation, clock: { now } as never }))).toBe('ERR_CLOCK');
    }
  });
});

describe('a page heap of the user’s', () => {
  /** Uses the heap in the middle of one of its own operations. */
  function entering(member: 'alloc' | 'free' | 'releaseUnused' | 'grow', use: () => void): PageHeapClass {
    return class extends FirstFit {
      constructor(host: PageHeapHost) {
        super(host);
        const operation = this[member]?.bind(this) as (...args: unknown[]) => unknown;
        Object.defineProperty(this, member, {
          value: (...args: unknown[]) => {
            use();
            return operation(...args);
          },
        });
      }
    };
  }

  test.each(['alloc', 'free', 'releaseUnused', 'grow'] as const)(
    'is refused within %s, whatever it asks for',
    (member) => {
      const codes = new Set<string>();
      let heap: Heap | undefined;
      let addr = 0;
      const operations = (of: Heap): (() => unknown)[] => [
        () => of.malloc(64),
        () => of.malloc(5 * MiB),
        () => of.drop(addr),
        () => of.findObject(addr),
        () => of.sizeOf(addr),
        () => of.allocStack(1),
        () => of.freeStack(addr),
        () => of.view(addr, 1),
        () => of.read(addr, 1),
        () => of.write(addr, Uint8Array.of(1)),
        () => of.fill(addr, 1, 1),
        () => of.copy(addr, addr, 1),
        () => of.gc(),
        () => of.step(),
        () => of.freeOSMemory(),
        () => of.setGCPercent(1),
        () => of.setMemoryLimit(-1),
        () => of.readMemStats(),
        () => of.readMetrics(),
        () => of.sizeClasses(),
        () => of.sample(),
        () => of.check(1),
        () => of.ranges(),
        () => of.pageStates(),
        () => of.share(),
        () => of.dispose(),
      ];
      const pageHeap = entering(member, () => {
        if (heap === undefined) return;
        for (const operation of operations(heap)) codes.add(codeOf(operation));
        expect([heap.roundUpSize(100), Array.isArray(heap.fallbacks())]).toEqual([112, true]);
      });
      const made = make({ pageHeap, scavenger: 'none' });
      addr = made.malloc(100);
      heap = made;
      const large = made.malloc(9 * MiB);
      made.drop(large);
      made.freeOSMemory();
      expect([...codes]).toEqual(['ERR_REENTRANT']);
      made.check(3);
    },
  );
});

test('background work goes on after a clock that failed once', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const clock = new OddClock();
  make({ clock, background: true });
  clock.odd(1, () => Number.NaN);
  await vi.advanceTimersByTimeAsync(50);
  expect(clock.relent()).toBe(true);
  const { readings } = clock;
  await vi.advanceTimersByTimeAsync(500);
  expect(clock.readings).toBeGreaterThan(readings);
});

test('a listener may use the heap, in every mode, and dispose of it', () => {
  for (const mode of ['plain', 'shared']) {
    let used = 0;
    const heap: Heap = make({
      onEvent: () => {
        if (used++ > 3) return;
        heap.drop(heap.malloc(100));
        heap.gc();
      },
    });
    if (mode === 'shared') heap.share();
    heap.gc();
    expect(used).toBeGreaterThan(3);
    heap.check(3);
  }
});
