/** The checks in a heap, against the kernel: the page heaps that keep the contract, and some that only these find out. */
import { describe, expect, it } from 'vitest';
import Buddy from '../../../examples/buddy.mjs';
import { PageHeapError } from '../../../lib/base/errors.ts';
import { ConformanceError, kernelChecks } from '../../../lib/lab/conformance/index.ts';
import type { PageHeap, PageHeapHost } from '../../../lib/pages/contract.ts';
import { OwnClass } from './page-heaps.ts';

describe.each(['lists', 'treap', 'radix', OwnClass, Buddy] as const)(
  'in a heap, against the kernel: %s',
  (kind) => {
    for (const check of kernelChecks(kind)) it(check.name, () => check.run());
  },
);

/** What a check throws. */
function thrown(run: () => void): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The example, with one method broken. */
type Break = (heap: PageHeap & Record<string, unknown>, host: PageHeapHost) => void;

/** Kinds of page heaps that only the kernel can tell from right ones. */
const kernelBreaks: readonly (readonly [string, Break, typeof ConformanceError | typeof PageHeapError])[] = [
  [
    'says that what it hands out is zero',
    (heap) => Object.defineProperty(heap, 'lastNeedZero', { get: () => false }),
    ConformanceError,
  ],
  [
    'gives back what lies beside a free run',
    (heap, host) => {
      const all = heap.releaseUnused?.bind(heap);
      heap.releaseUnused = (limit) => {
        const before: number[] = [];
        heap.forEachFree((page) => before.push(page - 1));
        const got = all?.(limit) ?? 0;
        for (const page of before) if (page >= 0) host.release(page as never, 1 as never, 0 as never);
        return got as never;
      };
    },
    // Before it comes to that: the heap refuses it.
    PageHeapError,
  ],
];

describe('in a heap, a page heap that', () => {
  it.each(kernelBreaks)('%s is found out', (_what, spoil, kind) => {
    class Spoiled extends OwnClass {
      constructor(host: PageHeapHost) {
        super(host);
        spoil(this as unknown as PageHeap & Record<string, unknown>, host);
      }
    }
    const failed = kernelChecks(Spoiled)
      .map(({ run }) => thrown(run))
      .filter((error) => error !== undefined);
    for (const error of failed) expect(error).toBeInstanceOf(kind);
    expect(failed.length).toBeGreaterThan(0);
  });

  it.each([
    ['DONTNEED', 0],
    ['FREE', 1],
  ] as const)('tells the host of less than it counts is found out under %s', (_advice, i) => {
    class Stingy extends OwnClass {
      constructor(host: PageHeapHost) {
        super({
          reachPages: host.reachPages,
          physPages: host.physPages,
          now: () => host.now(),
          // One page again and again, and each time as one more.
          release: (page, _n, newly) => {
            for (let k = 0; k < newly; k++) host.release(page, 1 as never, 1 as never);
          },
        });
      }
    }
    expect(() => kernelChecks(Stingy)[i]?.run()).toThrow(/given back are resident/);
  });
});
