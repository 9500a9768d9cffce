/**
 * The page heap's contract as tests: every page heap runs these, one's own included. What it does is
 * held against a model that knows of each page only whether it was grown and whether it is held.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, pageCount, pageIndex } from '../../lib/base/units.ts';
import type { PageHeap, PageHeapHost } from '../../lib/pages/contract.ts';

export interface ContractOptions {
  readonly make: (host: PageHeapHost) => PageHeap;
  /** Ranges the heap may be grown by, in pages; they do not overlap. */
  readonly ranges: readonly (readonly [page: number, n: number])[];
  /** Whether fresh pages count as scavenged. */
  readonly freshIsScavenged: boolean;
}

export function pageHeapContract(name: string, { make, ranges, freshIsScavenged }: ContractOptions): void {
  let hook: (page: number, npages: number) => void = () => {};
  const host: PageHeapHost = {
    reachPages: pageCount(2 ** 20),
    physPages: 1,
    now: () => 0,
    release: (page, npages) => hook(page, npages),
  };
  const grownHeap = (): PageHeap => {
    hook = () => {};
    const heap = make(host);
    for (const [page, n] of ranges) expect(heap.grow(pageIndex(page), pageCount(n))).toBe(true);
    return heap;
  };
  const total = ranges.reduce((sum, [, n]) => sum + n, 0);
  const longest = Math.max(...ranges.map(([, n]) => n));

  describe(`${name} keeps the page heap's contract`, () => {
    it('has no page before it grows, and all of them free afterwards', () => {
      const heap = make(host);
      expect(heap.alloc(pageCount(1))).toBe(-1);
      expect(heap.stats()).toEqual({ pages: 0, freePages: 0, scavengedPages: 0 });
      heap.check(3);
      const scavengedPages = freshIsScavenged ? total : 0;
      expect(grownHeap().stats()).toEqual({ pages: total, freePages: total, scavengedPages });
    });

    it('hands out each page once, and says −1 when there is no run', () => {
      const heap = grownHeap();
      const held = new Set<number>();
      for (let page = heap.alloc(pageCount(1)); page >= 0; page = heap.alloc(pageCount(1))) {
        expect(held.has(page)).toBe(false);
        held.add(page);
      }
      expect(held.size).toBe(total);
      const inRanges = [...held].every((page) => ranges.some(([from, n]) => page >= from && page < from + n));
      expect(inRanges).toBe(true);
      expect(heap.stats().freePages).toBe(0);
      heap.check(3);
      for (const page of held) heap.free(pageIndex(page), pageCount(1));
      expect(heap.alloc(pageCount(longest))).toBeGreaterThanOrEqual(0);
      heap.check(3);
    });

    it('releases what is free, once, and says so when it is allocated again', () => {
      const heap = grownHeap();
      const page = heap.alloc(pageCount(longest));
      heap.free(page, pageCount(longest));
      const seen = new Set<number>();
      hook = (from, n) => {
        for (let p = from; p < from + n; p++) {
          expect(seen.has(p)).toBe(false);
          seen.add(p);
        }
      };
      const expected = freshIsScavenged ? longest : total;
      expect(heap.release(bytes(total * 8192), true)).toBe(expected * 8192);
      expect(seen.size).toBe(expected);
      expect(heap.release(bytes(8192), true)).toBe(0);
      expect(heap.stats()).toEqual({ pages: total, freePages: total, scavengedPages: total });
      heap.alloc(pageCount(longest));
      expect(heap.lastScavenged).toBe(longest);
      heap.check(3);
    });

    it('is asked after each piece whether to stop', () => {
      const heap = grownHeap();
      const pages = [
        heap.alloc(pageCount(3)),
        heap.alloc(pageCount(1)),
        heap.alloc(pageCount(3)),
        heap.alloc(pageCount(1)),
      ];
      heap.free(pages[0]!, pageCount(3));
      heap.free(pages[2]!, pageCount(3));
      let pieces = 0;
      hook = () => pieces++;
      heap.release(bytes(total * 8192), true, () => true);
      expect(pieces).toBe(1);
      heap.check(3);
    });

    it('agrees with a model over any sequence', () => {
      const op = fc.tuple(
        fc.constantFrom('alloc', 'alloc', 'free', 'part', 'release'),
        fc.integer({ min: 1, max: 300 }),
        fc.nat(),
      );
      fc.assert(
        fc.property(fc.array(op, { maxLength: 120 }), (ops) => {
          const heap = grownHeap();
          const held: [number, number][] = [];
          const owner = new Map<number, boolean>();
          const released = new Set<number>();
          if (freshIsScavenged)
            for (const [from, n] of ranges) for (let p = from; p < from + n; p++) released.add(p);
          for (const [kind, n, which] of ops) {
            if (kind === 'alloc') {
              const page = heap.alloc(pageCount(n));
              if (page < 0) continue;
              let wasReleased = 0;
              for (let p: number = page; p < page + n; p++) {
                expect(owner.get(p) ?? false).toBe(false);
                owner.set(p, true);
                if (released.delete(p)) wasReleased++;
              }
              expect(heap.lastScavenged).toBe(wasReleased);
              held.push([page, n]);
            } else if (kind === 'release') {
              hook = (from, count) => {
                for (let p = from; p < from + count; p++) {
                  expect([owner.get(p) ?? false, released.has(p)]).toEqual([false, false]);
                  released.add(p);
                }
              };
              heap.release(bytes(n * 8192), which % 2 === 0);
            } else if (held.length > 0) {
              const [[from, m]] = held.splice(which % held.length, 1) as [[number, number]];
              const keep = kind === 'part' ? n % m : 0;
              heap.free(pageIndex(from + keep), pageCount(m - keep));
              for (let p = from + keep; p < from + m; p++) owner.set(p, false);
              if (keep > 0) held.push([from, keep]);
            }
          }
          heap.check(3);
          const inUse = held.reduce((sum, [, n]) => sum + n, 0);
          expect(heap.stats()).toEqual({
            pages: total,
            freePages: total - inUse,
            scavengedPages: released.size,
          });
        }),
        { numRuns: 60 },
      );
    });
  });
}
