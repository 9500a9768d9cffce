/** Page caches of fewer pages than 64: the heap keeps its contract, and hands out the pages that first fit would. */
import { describe, expect, it } from 'vitest';
import { runtimeOf } from '../../../lib/api/heap.ts';
import { pageCount, pId } from '../../../lib/base/units.ts';
import { Heap, type HeapOptions } from '../../../lib/index.ts';
import { conformanceChecks } from '../../../lib/lab/conformance/checks.ts';
import type { PageHeapHost } from '../../../lib/pages/contract.ts';
import { plainRadixMemory } from '../../../lib/pages/radix/columns.ts';
import { NarrowCachePageHeap } from '../../../lib/pages/radix/narrow-cache.ts';
import { goDenseness } from '../../../lib/pages/radix/scavenge-index.ts';
import { those, times } from '../../support/extent.ts';

const make = (width: number) => (host: PageHeapHost) =>
  new NarrowCachePageHeap(
    plainRadixMemory(host.reachPages, 4),
    { physPageSize: 4096 * Math.max(1, 2 * host.physPages), physHugePageSize: 2 ** 21 },
    host,
    goDenseness,
    width,
  );

describe.each(those([0, 8, 16, 32], (width) => width % 16 === 0 && width < 32))(
  'with caches of %i pages',
  (width) => {
    // Without a cache it differs in what goes through caches alone.
    const ofCaches = /cache|naive model/;
    // What takes half a second each.
    const slow = /^has each range in one piece/;
    const drained = /^hands out every page/;
    const all = conformanceChecks(make(width), { runs: times(1, 2), seed: 1 });
    const checks = those(all, ({ name }) =>
      width > 0 ? !slow.test(name) : ofCaches.test(name) && !drained.test(name),
    );
    it.each(checks.map(({ name, run }) => [name, run] as const))('%s', (_name, run) => run());

    it('hands out single pages from the lowest, a block at a time', () => {
      const pages = make(width)({
        ...{ reachPages: pageCount(1024), physPages: 1 },
        now: () => 0,
        release: () => {},
      });
      pages.grow(0 as never, pageCount(512));
      pages.alloc(pageCount(3));
      const got = Array.from({ length: 70 }, () => pages.allocCached(pId(0), pageCount(1)));
      expect(got).toEqual(Array.from({ length: 70 }, (_, i) => (width === 0 ? -1 : i + 3)));
      const { freePages } = pages.stats();
      // What is left in the cache is free.
      expect(freePages).toBe(512 - 3 - (width === 0 ? 0 : 70));
      pages.check(3);
      pages.flushCached(pId(0));
      pages.check(3);
      expect(pages.alloc(pageCount(1))).toBe(width === 0 ? 3 : 73);
    });
  },
);

it('a heap works with each width, and they differ in what caches hold', () => {
  const cached = (options: HeapOptions): number => {
    using heap = new Heap({ environment: false, reach: '64MiB', ...options });
    heap.malloc(8192);
    heap.check(3);
    return runtimeOf(heap).pages.stats().freePages;
  };
  const all = [0, 8, 16, 32, 64].map((pageCachePages) => cached({ pageCachePages }));
  expect(new Set(all).size).toBe(1);
  expect(() => new Heap({ pageCachePages: 12 as never })).toThrow(
    'option pageCachePages: must be one of 0, 8, 16, 32, 64, not 12',
  );
  expect(() => new Heap({ generation: 'treap', pageCachePages: 8 })).toThrow(
    "option pageCachePages: is of the page heap 'radix', and this heap has 'treap'",
  );
});
