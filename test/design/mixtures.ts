/** Heaps of mixed parts at work. */
import { describe, expect, it } from 'vitest';
import FirstFit from '../../examples/first-fit.mjs';
import { Heap, type HeapOptions } from '../../lib/api/index.ts';
import type { PageHeapClass } from '../../lib/pages/contract.ts';
import { randomOf } from '../pages/random.ts';
import { isAll } from '../support/is-all.ts';

const OwnClass = FirstFit as unknown as PageHeapClass;
const small = { reach: 2 ** 30, environment: false, debug: true } as const;

/** Allocates, writes, drops, collects and gives back, checking everything all along. */
function exercise(options: HeapOptions, steps: number, seed: number): void {
  const every = Math.floor(steps / 2.4);
  const heap = new Heap({ ...small, ...options });
  try {
    const random = randomOf(seed);
    const held: [number, number][] = [];
    for (let i = 0; i < steps; i++) {
      if (random(100) < 56 || held.length === 0) {
        const x = random(1000);
        const size = 1 + random(x < 700 ? 200 : x < 980 ? 4096 : x < 996 ? 32768 : 400_000);
        const zero = random(2) === 0;
        const at = heap.malloc(size, random(2) === 0, zero);
        if (zero && size <= 4096) expect(isAll(heap.read(at, size), 0)).toBe(true);
        heap.fill(at, size, 0xab);
        held.push([at, size]);
      } else {
        const k = random(held.length);
        const [at, size] = held[k] as [number, number];
        expect(isAll(heap.read(at, Math.min(size, 64)), 0xab)).toBe(true);
        heap.drop(at);
        held[k] = held.at(-1) as [number, number];
        held.pop();
      }
      if (i % 400 === 399) {
        heap.step();
        heap.check(3);
      }
      if (i % every === every - 1) heap.gc();
      if (i === Math.floor(steps / 2)) heap.freeOSMemory();
    }
    heap.check(3);
    for (const [at] of held) heap.drop(at);
    heap.freeOSMemory();
    heap.check(3);
    const { HeapInuse, HeapReleased, HeapIdle, HeapAlloc } = heap.readMemStats();
    expect([HeapInuse, HeapAlloc]).toEqual([0, 0]);
    // A page cache of 64 pages is no page heap's to release, as in the real runtime.
    const isRadix = (options.pageHeap ?? options.generation ?? 'radix') === 'radix';
    expect(HeapIdle - HeapReleased).toBeLessThanOrEqual(isRadix ? 64 * 8192 : 0);
  } finally {
    heap.dispose();
  }
}

const pageHeaps = ['lists', 'treap', 'radix', OwnClass] as const;
const styles = ['freelist', 'bitmap'] as const;
const sweeps = ['busy', 'stacks', 'sets'] as const;

/** Each page heap with each way to sweep, and with either kind of objects. */
const pairs: HeapOptions[] = pageHeaps.flatMap((pageHeap, i) =>
  sweeps.map((sweep, j) => ({ pageHeap, sweep, objects: styles[(i + j) % 2] as (typeof styles)[number] })),
);

/** All of these three with one another. */
const triples: HeapOptions[] = pageHeaps.flatMap((pageHeap) =>
  styles.flatMap((objects) => sweeps.map((sweep) => ({ pageHeap, objects, sweep }))),
);

const others: HeapOptions[] = [
  ...(['lists', 'treap', 'radix'] as const).map((generation) => ({ generation })),
  ...(['none', 'growth', 'background'] as const).map((scavenger) => ({
    generation: 'treap' as const,
    scavenger,
  })),
  { generation: 'treap', scavengeOnReuse: true, advise: 'dontneed' },
  { generation: 'treap', zeroing: 'object' },
  { generation: 'radix', zeroing: 'span' },
  { generation: 'lists', pageHeap: 'treap', sizeClasses: 'go1.21', growthUnit: 2 ** 26 },
  { generation: 'radix', scavenger: 'growth', scavengeOnReuse: true, hugePageHints: true },
  { generation: 'radix', sizeClasses: 'go1.4' },
  { generation: 'radix', trigger: 'live' },
  { generation: 'treap', trigger: 'live' },
  { generation: 'lists', trigger: 'paced' },
  { generation: 'lists', growthUnit: 2 ** 16, advise: 'free' },
  { pageHeap: OwnClass, growthUnit: 2 ** 18 },
];

export const mixtures = {
  /** With two choices of the three main parts in every combination. */
  pairs: [...pairs, ...others],
  /** With all three. */
  all: [...triples, ...others],
};

/** A test for each mixture. */
export function testMixtures(options: readonly HeapOptions[], steps: number, seed: number): void {
  describe('any mixture of parts keeps its books', () => {
    it.each(
      options.map(
        (each) => [JSON.stringify(each, (_, v) => (typeof v === 'function' ? v.name : v)), each] as const,
      ),
    )('%s', (_name, each) => exercise(each, steps, seed));
  });
}
