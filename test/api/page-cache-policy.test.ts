/** A page cache policy of the user's: it decides, and where it fails the built-in cache goes on. */
import { describe, expect, it } from 'vitest';
import { runtimeOf } from '../../lib/api/heap.ts';
import { pageCount, pId } from '../../lib/base/units.ts';
import { Heap, type PageCachePolicyClass, type PageChoice, type PageRequest } from '../../lib/index.ts';
import type { CustomCachePageHeap } from '../../lib/pages/radix/custom-cache.ts';
import { faultOf, inHeap, work } from './part-world.ts';

type Methods = {
  serves?: (request: PageRequest) => unknown;
  fill?: (request: PageRequest) => unknown;
  choose?: (choice: PageChoice) => unknown;
};

function policy(methods: Methods): PageCachePolicyClass {
  class Mine {}
  Object.assign(Mine.prototype, methods);
  return Mine as never;
}

/** Pages that single pages of a fresh heap are, from the first. */
function pagesOf(n: number, methods: Methods | undefined, holes: readonly number[] = []): number[] {
  using heap = new Heap({
    ...{ environment: false, reach: '64MiB', collect: false, scavenge: false },
    ...(methods === undefined ? {} : { pageCachePolicy: policy(methods) }),
  });
  const { pages } = runtimeOf(heap);
  pages.prepareGrow?.(0 as never, pageCount(512));
  (pages as unknown as { grow(page: number, n: number): boolean }).grow(0, 512);
  const all = Array.from({ length: 512 }, () => pages.alloc(pageCount(1)));
  for (const i of holes.length > 0 ? holes : all.keys()) pages.free(all[i] as never, pageCount(1));
  const got = Array.from({ length: n }, () => {
    const page = pages.allocCached?.(pId(0), pageCount(1)) ?? -1;
    return page < 0 ? pages.alloc(pageCount(1)) : page;
  });
  pages.check(3);
  pages.flushCached?.(pId(0));
  pages.check(3);
  return got;
}

describe('a page cache policy', () => {
  it('with no opinion hands out what the built-in cache does', () => {
    const built = pagesOf(300, undefined);
    expect(pagesOf(300, { choose: () => undefined })).toEqual(built);
    expect(pagesOf(300, { fill: () => 64 })).toEqual(built);
    expect(pagesOf(300, { fill: () => 8 })).toEqual(built);
    expect(pagesOf(300, { serves: () => false })).toEqual(built);
  });

  it('says how much is cached, and what is served', () => {
    const cached = (methods: Methods, pages: number): number => {
      using heap = new Heap({
        environment: false,
        reach: '64MiB',
        collect: false,
        pageCachePolicy: policy(methods),
      });
      heap.malloc(8192);
      const seen: number[] = [];
      const heaps = runtimeOf(heap).pages as CustomCachePageHeap;
      heaps.flushCached(pId(0));
      const page = heaps.allocCached(pId(0), pageCount(pages));
      if (page < 0) return -1;
      seen.push(heaps.caches[0]?.freePages() ?? Number.NaN);
      return seen[0] ?? Number.NaN;
    };
    expect(cached({ fill: () => 64, serves: ({ pages }) => pages <= 20 }, 20)).toBeGreaterThan(20);
    expect(cached({ fill: () => 8 }, 1)).toBeLessThan(8);
    expect(cached({ fill: () => 0 }, 1)).toBe(-1);
    expect(cached({ serves: ({ pages }) => pages === 1 }, 2)).toBe(-1);
  });

  it('chooses among the runs that fit', () => {
    const choices: PageChoice[] = [];
    const got = pagesOf(
      4,
      {
        choose: (choice) => {
          choices.push(choice);
          return choice.places.length - 1;
        },
      },
      [3, 5, 60, 63],
    );
    expect(got).toEqual([63, 60, 5, 3]);
    expect(choices[0]).toMatchObject({ p: 0, pages: 1, cached: 4, places: [3, 5, 60, 63] });
    expect(Object.isFrozen(choices[0]?.places)).toBe(true);
  });

  it('knows which pages have memory behind them', () => {
    using heap = new Heap({
      ...{ environment: false, reach: '64MiB', collect: false, scavenge: false },
      pageCachePolicy: policy({ choose: ({ released }) => Math.max(0, released.indexOf(0)) }),
    });
    const objects = Array.from({ length: 512 }, () => heap.malloc(8192));
    for (const at of objects.slice(0, 40)) heap.drop(at);
    heap.freeOSMemory();
    heap.drop(objects[50] as number);
    heap.gc();
    // Of the first 64 pages the one that was freed last alone has memory.
    expect(heap.malloc(8192)).toBe(objects[50]);
    expect(heap.malloc(8192)).toBe(objects[0]);
    heap.check(3);
  });

  it.each<[string, Methods, RegExp]>([
    [
      'serves answers a number',
      { serves: () => 1 },
      /the page cache policy Mine: serves answered 1, and must answer true or false/,
    ],
    ['fill answers 12', { fill: () => 12 }, /fill answered 12, and must answer one of 0, 8, 16, 32, 64/],
    [
      'choose answers beyond',
      { choose: ({ places }) => places.length },
      /choose answered \d+, and must answer the index of a place, from 0 to \d+, or nothing/,
    ],
    ['choose answers a half', { choose: () => 0.5 }, /choose answered 0.5/],
    ['choose is async', { choose: async () => 0 }, /choose answered a Promise/],
    [
      'fill throws',
      {
        fill: () => {
          throw new Error('oh');
        },
      },
      /the page cache policy Mine threw in fill: Error: oh/,
    ],
    [
      'choose uses the heap',
      { choose: ({ places }) => (places as number[]).push(1) },
      /threw in choose: TypeError/,
    ],
  ])('where %s the built-in cache goes on, and it is told', (_what, methods, message) => {
    inHeap({ pageCachePolicy: policy(methods) }, (world) => {
      const fault = faultOf(world);
      expect(fault.code).toBe('ERR_POLICY');
      expect(fault.message).toMatch(message);
      work(world);
      world.heap.check(3);
      expect(world.heap.fallbacks().join('\n')).toMatch(message);
    });
  });

  it('is of the radix page heap, and sets the width itself', () => {
    const pageCachePolicy = policy({ fill: () => 8 });
    expect(() => new Heap({ generation: 'treap', pageCachePolicy })).toThrow(
      "option pageCachePolicy: is of the page heap 'radix'",
    );
    expect(() => new Heap({ pageCachePages: 8, pageCachePolicy })).toThrow(
      'option pageCachePages: is of the built-in page cache',
    );
    expect(() => new Heap({ pageCachePolicy: policy({}) })).toThrow('has no serves, no fill, no choose');
  });

  it('leaves heaps without one as they were', () => {
    using heap = new Heap({ environment: false, reach: '64MiB' });
    expect(runtimeOf(heap).pages.constructor.name).toBe('RadixPageHeap');
  });
});
