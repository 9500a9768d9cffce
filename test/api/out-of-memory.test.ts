import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { MiB } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { codeOf } from '../support/codes.ts';
import { FailingSys, type Refusable } from '../support/failing-sys.ts';
import { HeapModel } from '../support/heap-model.ts';
import { mappedBytes } from '../support/maps.ts';

/**
 * Every request to the system for memory is refused once, one after the other, and then from there on
 * for a while. Whatever the heap was doing must end in ERR_OUT_OF_MEMORY or in success, leave it sound,
 * and go through when asked again; disposing must give back all there was.
 */

const reach = 512 * MiB;

/** Grows through several arenas, uses many size classes, dies, collects, releases and grows again. */
function* work(model: HeapModel): Generator<() => void> {
  const { heap } = model;
  const stacks: number[] = [];
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 60; i++) {
      const size = [1, 7, 16, 24, 48, 200, 1000, 3000, 9000, 20000, 40000, 300_000][i % 12];
      yield () => void model.malloc(size + round, i % 5 !== 0, i % 2 === 0);
    }
    yield () => void model.malloc(20 * MiB, true, false);
    yield () => void model.malloc(50 * MiB, true, false);
    yield () => void stacks.push(heap.allocStack(3 * MiB));
    yield () => void stacks.push(heap.allocStack(40_000));
    for (const size of [2048, 5000, 16_384]) yield () => void stacks.push(heap.allocStack(size));
    for (let i = 0; i < 40; i++) yield () => model.drop(i * 7);
    yield () => heap.gc();
    yield () => void heap.freeOSMemory();
    yield () => void heap.readMemStats();
    yield () => void heap.step();
    yield () => {
      for (const addr of stacks.splice(0)) heap.freeStack(addr);
    };
  }
}

interface Outcome {
  /** Requests until the heap was made, and in all. */
  readonly made: number;
  readonly requests: number;
  readonly codes: ReadonlySet<string>;
}

function run(kinds: readonly Refusable[], options: HeapOptions, pass: number, count: number): Outcome {
  const sys = new FailingSys(kinds, { hardDecommit: options.hardDecommit ?? false });
  const codes = new Set<string>();
  sys.refuse(pass, count);
  let heap: Heap | undefined;
  let made = 0;
  const code = codeOf(() => {
    heap = new Heap({ reach, environment: false, debug: true, ...options, sys });
  });
  if (heap === undefined) {
    expect(code).toBe('ERR_OUT_OF_MEMORY');
    codes.add(code);
    sys.relent();
  } else {
    made = sys.requests;
    const model = new HeapModel(heap);
    for (const step of work(model)) {
      const refused = sys.refused;
      const found = codeOf(step);
      codes.add(found);
      if (sys.refused === refused) {
        expect(found, 'nothing was refused').toBe('none');
        continue;
      }
      expect(['none', 'ERR_OUT_OF_MEMORY']).toContain(found);
      heap.check(3);
      model.verifyAll();
      sys.relent();
      if (found !== 'none') step();
    }
    heap.check(3);
    model.verifyAll();
    const [range] = heap.ranges();
    heap.dispose();
    expect(mappedBytes(range.base, range.base + reach)).toBe(0);
  }
  const requests = sys.requests;
  expect(sys.states?.list(), 'something is still mapped').toEqual([]);
  const accounts = sys.accounts as unknown as { of(purpose: string): number; ready: number };
  expect([accounts.of('heap'), accounts.of('gc'), accounts.of('mspan'), accounts.ready]).toEqual([
    0, 0, 0, 0,
  ]);
  return { made, requests, codes };
}

const cases: readonly [string, readonly Refusable[], HeapOptions][] = [
  ['reserving address space', ['reserve'], {}],
  ['mapping pages', ['map'], {}],
  ['committing metadata', ['commit'], {}],
  ['allocating beside the heap', ['alloc'], {}],
  ['mapping pages again after a hard decommit', ['used'], { hardDecommit: true, memoryLimit: 30 * MiB }],
];

describe.each(cases)('refused: %s', (_name, kinds, options) => {
  const { made, requests } = run(kinds, options, Infinity, 0);

  test('once, at every request', () => {
    let seen = 0;
    // Every request while the heap is made, and a spread of those that follow.
    const stride = Math.max(1, Math.floor((requests - made) / 25));
    for (let n = 0; n < requests; n += n < made ? 1 : stride) {
      if (run(kinds, options, n, 1).codes.has('ERR_OUT_OF_MEMORY')) seen++;
    }
    expect(seen, 'no refusal was felt').toBeGreaterThan(0);
  });

  test('for a while', () => {
    const stride = Math.max(1, Math.floor(requests / 8));
    for (let n = 0; n < requests; n += stride) run(kinds, options, n, 50);
  });
});

/** A heap, and what refuses it memory from now on. */
function refusable(
  generation: 'lists' | 'treap',
  kinds: readonly Refusable[],
): { heap: Heap; sys: FailingSys } {
  const sys = new FailingSys(kinds);
  const heap = new Heap({ reach, environment: false, debug: true, generation, sys });
  onTestFinished(() => {
    sys.relent();
    heap.dispose();
  });
  return { heap, sys };
}

describe('freeing needs no memory', () => {
  test.each(['lists', 'treap'] as const)('of the system: %s', (generation) => {
    const { heap, sys } = refusable(generation, ['commit', 'map', 'alloc']);
    // Room for all that follows, so that no growth looks after it.
    heap.freeStack(heap.allocStack(63 * MiB));
    const stacks = Array.from({ length: 3000 }, () => heap.allocStack(8192));
    sys.refuse(0, Infinity);
    // Every other one first: each becomes a free run of its own.
    for (const from of [0, 1])
      for (let i = from; i < stacks.length; i += 2) heap.freeStack(stacks[i] as number);
    expect(sys.refused).toBe(0);
    heap.check(3);
  });
});

test('what could be grown into is used, though the system has no more', () => {
  const { heap, sys } = refusable('lists', ['map']);
  heap.allocStack(63.75 * MiB);
  const [{ base, bytes: size }] = heap.ranges() as [{ base: number; bytes: number }];
  // Somebody else has what adjoins.
  const neighbour = base + 64 * MiB;
  expect(size).toBe(64 * MiB);
  const foreign = sys.reserve(neighbour, MiB);
  expect(foreign).toBe(neighbour);
  // The rest of the old space is granted, the new one is not.
  sys.refuse(1, Infinity);
  const stack = heap.allocStack(200 * 1024);
  expect(stack).toBeLessThan(neighbour);
  expect(codeOf(() => heap.allocStack(200 * 1024))).toBe('ERR_OUT_OF_MEMORY');
  expect(heap.readMemStats().HeapSys + heap.readMemStats().StackInuse).toBe(64 * MiB);
  heap.check(3);
  sys.free(foreign, MiB, 'heap', 'reserved');
});
