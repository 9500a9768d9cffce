/**
 * A heap's life on a system without memory: every request is refused once, one after the other, and then from there on
 * for a while. Whatever the heap was doing must end in ERR_OUT_OF_MEMORY or in success, leave it sound, and go through
 * when asked again; disposing must give back all there was.
 */
import { describe, expect, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { MiB } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { codeOf } from './codes.ts';
import { FailingSys, type Refusable } from './failing-sys.ts';
import { HeapModel } from './heap-model.ts';
import { mappedIn } from './maps.ts';

export const reach = 512 * MiB;

/** Grows through several arenas, uses many size classes, dies, collects, releases and grows again. */
function* work(model: HeapModel, rounds: number): Generator<() => void> {
  const { heap } = model;
  const stacks: number[] = [];
  for (let round = 0; round < rounds; round++) {
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

function run(
  kinds: readonly Refusable[],
  options: HeapOptions,
  rounds: number,
  pass: number,
  count: number,
): Outcome {
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
    for (const step of work(model, rounds)) {
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
    const ranges = heap.ranges();
    heap.dispose();
    expect(mappedIn(ranges)).toBe(0);
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

/** How much is tried. */
export interface RefusalSpread {
  /** Rounds of the workload. */
  readonly rounds: number;
  /** Requests, of those while the heap is made, that are refused. */
  readonly made: number;
  /** Those of the requests that follow. */
  readonly later: number;
  /** Requests from which on the system refuses for a while. */
  readonly whiles: number;
}

/** At most `count` of the numbers from `from` to before `to`, evenly. */
function spreadOf(from: number, to: number, count: number): number[] {
  const stride = Math.max(1, Math.floor((to - from) / count));
  const numbers: number[] = [];
  for (let n = from; n < to && numbers.length < count; n += stride) numbers.push(n);
  return numbers;
}

/** A test for each kind of request. */
export function testRefusals({ rounds, made, later, whiles }: RefusalSpread): void {
  describe.each(cases)('refused: %s', (_name, kinds, options) => {
    test('once, and for a while', () => {
      const whole = run(kinds, options, rounds, Infinity, 0);
      const { requests } = whole;
      let seen = 0;
      for (const n of [...spreadOf(0, whole.made, made), ...spreadOf(whole.made, requests, later)])
        if (run(kinds, options, rounds, n, 1).codes.has('ERR_OUT_OF_MEMORY')) seen++;
      expect(seen, 'no refusal was felt').toBeGreaterThan(0);
      for (const n of spreadOf(0, requests, whiles)) run(kinds, options, rounds, n, 50);
    });
  });
}
