import { afterAll, describe, expect, it } from 'vitest';
import FirstFit from '../../../examples/first-fit.mjs';
import { conformanceChecks, runConformance } from '../../../lib/lab/conformance/checks.ts';
import { kernelChecks } from '../../../lib/lab/conformance/kernel.ts';
import { ConformanceError, type MakePageHeap } from '../../../lib/lab/conformance/model.ts';
import type { PageHeap, PageHeapClass, PageHeapHost } from '../../../lib/pages/contract.ts';
import { standAloneLists, standAloneRadix, standAloneTreap } from '../../../lib/pages/stand-alone.ts';

const disposals: (() => void)[] = [];
afterAll(() => {
  for (const dispose of disposals) dispose();
});

const kept =
  (make: (host: PageHeapHost) => { pages: PageHeap; dispose: () => void }): MakePageHeap =>
  (host) => {
    const { pages, dispose } = make(host);
    disposals.push(dispose);
    return pages;
  };

const OwnClass = FirstFit as unknown as PageHeapClass;
const heaps: Record<string, MakePageHeap> = {
  lists: kept(standAloneLists),
  treap: kept(standAloneTreap),
  radix: kept((host) => standAloneRadix(host, { physPageSize: 4096, physHugePageSize: 2 ** 21 })),
  'radix without huge pages': kept((host) =>
    standAloneRadix(host, { physPageSize: 4096, physHugePageSize: 0 }),
  ),
  'the example, first fit': (host) => new OwnClass(host),
};

for (const [name, make] of Object.entries(heaps)) {
  describe(`the page heap ${name}`, () => {
    for (const check of conformanceChecks(make, { runs: 25 })) it(check.name, () => check.run());
  });
}

describe.each(['lists', 'treap', 'radix', OwnClass] as const)('in a heap, against the kernel: %s', (kind) => {
  for (const check of kernelChecks(kind)) it(check.name, () => check.run());
});

/** The example, with one method broken. */
type Break = (heap: PageHeap & Record<string, unknown>, host: PageHeapHost) => void;

const breaks: readonly (readonly [string, Break])[] = [
  [
    'hands out a page twice',
    (heap) => {
      const alloc = heap.alloc.bind(heap);
      let last = -1;
      heap.alloc = (n) => (n === 7 && last >= 0 ? (last as never) : ((last = alloc(n)) as never));
    },
  ],
  [
    'hands out pages beyond its ranges',
    (heap) => {
      const alloc = heap.alloc.bind(heap);
      heap.alloc = (n) => (n === 3 ? ((alloc(n) + 20_000) as never) : alloc(n));
    },
  ],
  [
    'loses a page of what is freed',
    (heap) => {
      const free = heap.free.bind(heap);
      heap.free = (page, n) => (n > 1 ? free(page, (n - 1) as never) : free(page, n));
    },
  ],
  [
    'answers −1 although there is room',
    (heap) => {
      const alloc = heap.alloc.bind(heap);
      heap.alloc = (n) => (n > 900 ? (-1 as never) : alloc(n));
    },
  ],
  [
    'says nothing of what it takes back',
    (heap) => Object.defineProperty(heap, 'lastScavenged', { get: () => 0, set: () => undefined }),
  ],
  [
    'releases what is allocated',
    (heap, host) => {
      const release = heap.release.bind(heap);
      heap.release = (nbytes, force, shouldStop) => {
        host.release(1024 as never, 1 as never, 0 as never);
        return release(nbytes, force, shouldStop);
      };
    },
  ],
  [
    'answers more than it released',
    (heap) => {
      const release = heap.release.bind(heap);
      heap.release = (nbytes, force, shouldStop) => (release(nbytes, force, shouldStop) + 8192) as never;
    },
  ],
  [
    'does not ask whether to stop',
    (heap) => {
      const release = heap.release.bind(heap);
      heap.release = (nbytes, force) => release(nbytes, force);
    },
  ],
  [
    'releases nothing',
    (heap) => {
      heap.release = () => 0 as never;
    },
  ],
  [
    'counts pages that it does not have',
    (heap) => {
      const stats = heap.stats.bind(heap);
      heap.stats = () => ({ ...stats(), pages: stats().pages + 1 });
    },
  ],
  [
    'tells of half of its free runs',
    (heap) => {
      const forEachFree = heap.forEachFree.bind(heap);
      heap.forEachFree = (visit) => {
        let i = 0;
        forEachFree((...run) => (i++ % 2 === 0 ? visit(...run) : undefined));
      };
    },
  ],
];

describe('a page heap that', () => {
  it.each(breaks)('%s is found out', (_what, spoil) => {
    const results = runConformance(
      (host) => {
        const heap = new OwnClass(host) as PageHeap & Record<string, unknown>;
        spoil(heap, host);
        return heap;
      },
      { runs: 20, seed: 1 },
    );
    const failed = results.filter(({ error }) => error !== undefined);
    expect(failed.length).toBeGreaterThan(0);
    const direct = failed.find(({ error }) => error instanceof ConformanceError)?.error as
      | ConformanceError
      | undefined;
    expect(direct?.steps.length ?? 0).toBeGreaterThan(0);
  });

  it('fails at random tells the seed and the path by which it fails again', () => {
    const make: MakePageHeap = (host) => {
      const heap = new OwnClass(host);
      const free = heap.free.bind(heap);
      heap.free = (page, n) => (n === 13 ? undefined : free(page, n));
      return heap;
    };
    const last = runConformance(make, { runs: 300, seed: 7 }).at(-1)?.error;
    expect(last?.message).toMatch(/seed: 7, path: "[\d:]+"/);
    const path = /path: "([\d:]+)"/.exec(last?.message ?? '')?.[1] ?? '';
    expect(runConformance(make, { runs: 300, seed: 7, path }).at(-1)?.error).toBeDefined();
  });
});
