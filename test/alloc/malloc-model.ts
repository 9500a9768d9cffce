/** malloc, drop and collect, random, held against a naive model. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { GiB, MiB } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { isWhole } from '../support/extent.ts';
import { HeapModel } from '../support/heap-model.ts';
import { isAll } from '../support/is-all.ts';

type Operation =
  | { readonly do: 'malloc'; readonly size: number; readonly noscan: boolean; readonly zero: boolean }
  | { readonly do: 'drop'; readonly nth: number }
  | { readonly do: 'drop many'; readonly every: number }
  | { readonly do: 'gc' | 'step' | 'release' | 'statistics' | 'check' };

const size = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 32 }) },
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 1200 }) },
  { weight: 3, arbitrary: fc.integer({ min: 1000, max: 33000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 32000, max: 3 * MiB }) },
);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      do: fc.constant('malloc' as const),
      size,
      noscan: fc.boolean(),
      zero: fc.boolean(),
    }),
  },
  { weight: 20, arbitrary: fc.record({ do: fc.constant('drop' as const), nth: fc.nat(10000) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('drop many' as const), every: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('gc', 'step', 'step', 'release', 'statistics', 'check') }),
  },
) as fc.Arbitrary<Operation>;

function perform(model: HeapModel, operation: Operation): void {
  const { heap } = model;
  switch (operation.do) {
    case 'malloc':
      model.malloc(operation.size, operation.noscan, operation.zero);
      break;
    case 'drop':
      model.drop(operation.nth);
      break;
    case 'drop many':
      for (let i = model.live.length - 1; i >= 0; i -= operation.every) model.drop(i);
      break;
    case 'gc':
      heap.gc();
      model.afterCollection();
      break;
    case 'step':
      heap.step();
      break;
    case 'release':
      heap.freeOSMemory();
      model.afterCollection();
      break;
    case 'statistics':
      heap.readMemStats();
      break;
    case 'check':
      heap.check(3);
      break;
  }
}

const kinds: readonly [string, HeapOptions][] = [
  ['as it comes', {}],
  ['collecting only when told', { gcPercent: -1 }],
  ['collecting all the time', { gcPercent: 1 }],
  ['under a memory limit', { memoryLimit: 24 * MiB }],
  ['overwriting what is swept', { clobberFree: true, gcPercent: 10 }],
  ['with MADV_FREE', { advise: 'free' }],
  ['with hard decommit', { hardDecommit: true, gcPercent: 20, memoryLimit: 16 * MiB }],
];

/** How much is tried of each kind. */
export interface MallocModelRuns {
  /** Random sequences of operations, and how long each may be. */
  readonly sequences: number;
  readonly length: number;
  /** Heaps of many objects of a few sizes, and the operations on each. */
  readonly heaps: number;
  readonly operations: number;
}

/** Two tests for each way to be collected. */
export function testMallocModel({ sequences, length, heaps, operations: steps }: MallocModelRuns): void {
  describe.each(kinds)('malloc, drop and collect against a naive model, %s', (_name, options) => {
    test('random operations', () => {
      fc.assert(
        fc.property(fc.array(operation, { minLength: 1, maxLength: length, size: 'max' }), (operations) => {
          using heap = new Heap({ reach: 1 * GiB, environment: false, debug: true, ...options });
          const model = new HeapModel(heap);
          for (const each of operations) perform(model, each);
          heap.check(3);
          model.verifyAll();
          heap.gc();
          model.afterCollection();
          heap.check(3);
        }),
        // To shrink a long sequence takes longer than all runs: it is told whole, by its seed.
        { numRuns: sequences, endOnFailure: isWhole },
      );
    });

    test('many objects of a few sizes, most of them dying', () => {
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: 1, max: 2048 }), { minLength: 1, maxLength: 4 }),
          fc.boolean(),
          fc.integer({ min: 1, max: 2 ** 31 - 1 }),
          (sizes, noscan, seed) => {
            using heap = new Heap({ reach: 1 * GiB, environment: false, ...options });
            const live: { addr: number; size: number; stamp: number }[] = [];
            let state = seed;
            const next = (n: number): number => {
              state = (Math.imul(state, 48271) >>> 0) % 2147483647;
              return state % n;
            };
            for (let i = 0; i < steps; i++) {
              if (live.length > 200 && next(100) < 51) {
                const at = next(live.length);
                const { addr, size, stamp } = live[at];
                const view = heap.view(addr, size);
                if (view[0] !== stamp || view[size - 1] !== stamp)
                  expect.fail(`${size} at ${addr} was overwritten`);
                heap.drop(addr);
                live[at] = live[live.length - 1];
                live.pop();
              } else {
                const size = sizes[next(sizes.length)];
                const addr = heap.malloc(size, noscan, true);
                const view = heap.view(addr, size);
                if (!isAll(view, 0)) expect.fail(`${size} bytes at ${addr} are not zero`);
                const stamp = 1 + next(255);
                view.fill(stamp);
                live.push({ addr, size, stamp });
              }
              if (i % 4096 === 4095) heap.check(3);
            }
            heap.gc();
            heap.check(3);
            expect(heap.readMemStats().HeapObjects).toBeLessThanOrEqual(live.length);
          },
        ),
        { numRuns: heaps },
      );
    });
  });
}
