/** The electric fence: what was freed is never used again, and whoever looks at it is told. */
import { describe, expect, onTestFinished, test } from 'vitest';
import FirstFit from '../../examples/first-fit.mjs';
import { Heap } from '../../lib/api/heap.ts';
import { generations } from '../../lib/design/design.ts';
import { type HeapOptions, resolveOptions } from '../../lib/design/options.ts';
import { Sys } from '../../lib/os/sys.ts';
import type { PageHeapClass } from '../../lib/pages/contract.ts';
import { codeOf } from '../support/codes.ts';
import { isAll } from '../support/is-all.ts';
import { Random } from '../support/random.ts';

const reach = 2 ** 28;

function heapOf(options: HeapOptions): Heap {
  const heap = new Heap({ environment: false, reach, efence: true, ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

describe.each(generations)('behind an electric fence, %s', (generation) => {
  test.each<[string, HeapOptions]>([
    ['explicit', { liveness: 'explicit' }],
    ['tracing', { liveness: 'tracing', marking: 'stop-the-world' }],
    [
      'beside the program',
      { liveness: 'tracing', ...(generation === 'lists' ? {} : { marking: 'incremental' }) },
    ],
  ])('no address comes twice, and late looks are told: %s', (_name, options) => {
    const heap = heapOf({ generation, ...options, debug: true });
    const node = heap.type({ next: 'pointer', key: 'f64', big: 'u64' });
    const random = new Random(11);
    const seen = new Set<number>();
    const gone: number[] = [];
    const isTraced = options.liveness === 'tracing';
    for (let round = 0; round < 4; round++) {
      const kept: number[] = [];
      for (let i = 0; i < 60; i++) {
        const size = 1 + random.below(i % 5 === 0 ? 40_000 : 600);
        const addr = i % 3 === 0 ? heap.new(node) : heap.malloc(size);
        // A page of its own.
        expect(addr % 8192).toBe(0);
        expect(seen.has(addr)).toBe(false);
        seen.add(addr);
        heap.fill(addr, i % 3 === 0 ? 24 : size, 1);
        if (i % 3 === 0) node.next.set(addr, 0);
        kept.push(addr);
      }
      heap.check(3);
      if (isTraced) heap.malloc(0);
      else heap.dropAll(kept);
      heap.gc();
      heap.check(3);
      gone.push(...kept);
    }
    const other = heap.new(node);
    for (const addr of gone) {
      expect(heap.findObject(addr)).toBeUndefined();
      const looks = [
        () => heap.read(addr, 1),
        () => heap.write(addr, new Uint8Array(1)),
        () => heap.fill(addr, 1, 1),
        () => heap.copy(other, addr, 1),
        () => heap.view(addr, 1),
        () => node.next.get(addr),
        () => node.next.set(addr, other),
        () => node.key.get(addr),
        () => node.key.set(addr, 1),
        () => node.big.get(addr),
        ...(isTraced ? [() => heap.root(addr)] : [() => heap.drop(addr)]),
      ];
      expect(looks.map(codeOf)).toEqual(looks.map(() => 'ERR_NOT_ALLOCATED'));
    }
    node.key.set(other, 4);
    expect(node.key.get(other)).toBe(4);
    // Nothing of them is anybody's any more.
    expect(heap.readMemStats().HeapInuse).toBe(8192);
    heap.freeOSMemory();
    heap.check(3);
  });

  test('pages beside those of a freed object are used as ever', () => {
    const heap = heapOf({ generation });
    const stacks = Array.from({ length: 20 }, () => heap.allocStack(32_768));
    const objects = Array.from({ length: 200 }, (_, i) => heap.malloc(100 * i + 1));
    heap.dropAll(objects.filter((_, i) => i % 2 === 0));
    for (const stack of stacks) heap.freeStack(stack);
    heap.gc();
    heap.check(3);
    objects.forEach((addr, i) => {
      if (i % 2 === 1) heap.fill(addr, 100 * i + 1, i);
    });
    for (let i = 0; i < 200; i++) heap.fill(heap.malloc(1000), 1000, i);
    heap.check(3);
    objects.forEach((addr, i) => {
      if (i % 2 === 1) expect(isAll(heap.read(addr, 100 * i + 1), i)).toBe(true);
    });
  });

  test('where mappings are short it goes on without, and says so', () => {
    const sys = new Sys({ mappings: { limit: () => 65_530, count: () => 63_000 } });
    const heap = heapOf({ generation, sys });
    const addr = heap.malloc(10);
    heap.drop(addr);
    heap.gc();
    heap.check(3);
    expect(heap.malloc(10)).toBe(addr);
    expect(heap.fallbacks().join()).toContain('freed memory stays accessible');
  });
});

test('with a custom page heap', () => {
  const heap = heapOf({ pageHeap: FirstFit as PageHeapClass, scavenger: 'none' });
  const addr = heap.malloc(10);
  heap.drop(addr);
  heap.gc();
  heap.check(3);
  expect(codeOf(() => heap.read(addr, 1))).toBe('ERR_NOT_ALLOCATED');
  expect(heap.malloc(10)).not.toBe(addr);
});

test('GODEBUG=efence=1 puts it up', () => {
  const before = process.env.GODEBUG;
  process.env.GODEBUG = 'efence=1';
  try {
    expect(resolveOptions({}).efence).toBe(true);
    expect(resolveOptions({ efence: false }).efence).toBe(false);
    expect(resolveOptions({ environment: false }).efence).toBe(false);
  } finally {
    if (before === undefined) delete process.env.GODEBUG;
    else process.env.GODEBUG = before;
  }
});
