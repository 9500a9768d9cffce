import { describe, expect, it } from 'vitest';
import {
  ConformanceError,
  type ConformanceOptions,
  conformanceChecks,
  type MakePageHeap,
} from '../../../lib/lab/conformance/index.ts';
import { lastSteps } from '../../../lib/lab/conformance/steps.ts';
import type { PageHeap, PageHeapHost } from '../../../lib/pages/contract.ts';
import { isWhole, times } from '../../support/extent.ts';
import { heaps, OwnClass } from './page-heaps.ts';

/** Of a heap that differs from another only in what it releases, what is about that. */
const released = /release|agrees with the naive model/;

/** What takes seconds where the heap looks through all its levels after each call; other heaps answer it, too. */
const slow = /^has each range in one piece|^hands out every page once through caches/;

const isTried = (heap: string, check: string): boolean => {
  if (heap === 'radix without huge pages') return released.test(check);
  return heap !== 'radix' || isWhole || !slow.test(check);
};

// All of them, with more random runs: test/long/lab/conformance/page-heaps.test.ts.
describe.each(Object.entries(heaps))('the page heap %s', (name, make) => {
  for (const check of conformanceChecks(make, { runs: times(1, 3) }))
    if (isTried(name, check.name)) it(check.name, () => check.run());
});

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
    'releases one page when it is asked for many',
    (heap) => {
      const release = heap.release.bind(heap);
      heap.release = (_nbytes, force, shouldStop) => release(8192 as never, force, shouldStop);
    },
  ],
  [
    'says of used pages that they are fresh',
    (heap) => Object.defineProperty(heap, 'lastNeedZero', { get: () => false }),
  ],
  [
    'frees the beginning of a run for its middle',
    (heap) => {
      const free = heap.free.bind(heap);
      heap.free = (page, n) => free((n === 50 ? page - 20 : page) as never, n);
    },
  ],
  [
    'does not put neighbours together',
    (heap) => {
      const alloc = heap.alloc.bind(heap);
      const free = heap.free.bind(heap);
      const cuts = new Set<number>();
      heap.free = (page, n) => {
        cuts.add(page);
        free(page, n);
      };
      heap.alloc = (n) => {
        const page = alloc(n);
        if (page < 0 || ![...cuts].some((cut) => cut > page && cut < page + n)) return page;
        free(page, n);
        return -1 as never;
      };
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
    const checks = conformanceChecks(
      (host) => {
        const heap = new OwnClass(host) as PageHeap & Record<string, unknown>;
        spoil(heap, host);
        return heap;
      },
      { runs: 20, seed: 1 },
    );
    // The first that finds it will do.
    const found = checks.some(({ run }) => {
      const error = thrown(run);
      return error instanceof ConformanceError && error.steps.length > 0;
    });
    expect(found).toBe(true);
  });

  /** Loses what is freed thirteen pages at a time: only the random run finds that. */
  const superstitious: MakePageHeap = (host) => {
    const heap = new OwnClass(host);
    const free = heap.free.bind(heap);
    heap.free = (page, n) => (n === 13 ? undefined : free(page, n));
    return heap;
  };
  const randomRun = (make: MakePageHeap, options: ConformanceOptions): ConformanceError | undefined => {
    const check = conformanceChecks(make, { runs: 300, ...options }).at(-1);
    return thrown(() => check?.run()) as ConformanceError | undefined;
  };

  it.each([7])('fails at random fails the same by the seed and the path it tells: seed %i', (seed) => {
    const first = randomRun(superstitious, { seed });
    expect(first).toBeInstanceOf(ConformanceError);
    const told = /again alone: seed (\d+), path (\S+)$/.exec(first?.message ?? '');
    expect(Number(told?.[1])).toBe(seed);
    let made = 0;
    const again = randomRun(
      (host) => {
        made++;
        return superstitious(host);
      },
      { seed, path: told?.[2] ?? '' },
    );
    expect(again?.message).toBe(first?.message);
    expect(again?.steps).toEqual(first?.steps);
    expect(again?.steps.some((step) => /^free \d+ 13$/.test(step))).toBe(true);
    // One, not three hundred.
    expect(made).toBe(1);
    expect(randomRun((host) => new OwnClass(host), { seed, path: told?.[2] ?? '' })).toBeUndefined();
  });

  it.each<[string, ConformanceOptions]>([
    ['a path without its seed', { path: '1:2,AB:C' }],
    ['a path that is none', { seed: 1, path: 'somewhere' }],
    ['half a path', { seed: 1, path: '1:2:3' }],
  ])('is not run again by %s', (_what, options) => {
    expect(() => conformanceChecks(superstitious, options)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    );
  });

  it('is not run again by a path that leads nowhere', () => {
    const error = randomRun(superstitious, { seed: 1, path: '1:9999999:3,AB:C' });
    expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION' });
  });

  it('throws from the first call tells so, with a seed that can be given again', () => {
    const error = randomRun(
      () => {
        throw new Error('no books');
      },
      { runs: 1 },
    );
    expect(error?.message).toMatch(/^its constructor threw Error: no books\nagain alone: seed \d+, path /);
    expect(error?.steps).toEqual([]);
  });
});

/** The example, otherwise made. */
const changed =
  (change: Break): MakePageHeap =>
  (host) => {
    const heap = new OwnClass(host) as PageHeap & Record<string, unknown>;
    change(heap, host);
    return heap;
  };

describe('a check of what a page heap need not do', () => {
  const small = 'grows by less than 512 pages, if it takes that';
  const large = 'releases whole physical pages, where they are 2 pages, if it can be made for them';
  const aligned = 'allocates from multiples of what is asked for, if it can';
  const byAge = 'releases by age, if it can, what is unused for long and nothing younger';
  const result = (
    change: Break,
    name: string,
  ): { error: string | undefined; skipped: string | undefined } => {
    const check = conformanceChecks(changed(change), { runs: 30, seed: 3 }).find((c) => c.name === name);
    let skipped: string | undefined;
    const error = thrown(() => {
      skipped = check?.attempt();
    });
    return { error: (error as Error | undefined)?.message, skipped };
  };
  const growing =
    (answer: () => boolean): Break =>
    (heap) => {
      const grow = heap.grow.bind(heap);
      heap.grow = (page, n) => (n === 16 ? answer() : grow(page, n));
    };
  const throwing = (error: unknown): (() => never) => {
    return () => {
      throw error;
    };
  };

  it.each<[string, Break, string, string]>([
    [
      'a method is not there',
      (heap) => (heap.releaseUnused = undefined as never),
      byAge,
      'it has no releaseUnused',
    ],
    ['it has no allocAligned', () => undefined, aligned, 'it has no allocAligned'],
    ['growth is answered with false', growing(() => false), small, 'it answers false to growth by 16 pages'],
    [
      'growth is refused',
      growing(throwing(new RangeError('no less than 512'))),
      small,
      'it refused: no less than 512',
    ],
    [
      'it is not made for large physical pages',
      (_heap, { physPages }) => physPages > 1 && throwing(new Error('8 KiB at most'))(),
      large,
      'it refused: 8 KiB at most',
    ],
  ])('is skipped with the reason where %s', (_what, change, name, skipped) => {
    expect(result(change, name)).toEqual({ error: undefined, skipped });
    const check = conformanceChecks(changed(change)).find((c) => c.name === name);
    expect(check?.attempt()).toBe(skipped);
    expect(check?.run()).toBeUndefined();
  });

  const bug: Break = (_heap, { physPages }) => physPages > 1 && throwing(new TypeError('of undefined'))();
  it.each<[string, Break, string, RegExp]>([
    [
      'growth is a TypeError',
      growing(throwing(new TypeError('of undefined'))),
      small,
      /^grow\(1024, 16\) threw TypeError: of undefined$/,
    ],
    [
      'growth is a ReferenceError',
      growing(throwing(new ReferenceError('no such'))),
      small,
      /^grow\(1024, 16\) threw ReferenceError: no such$/,
    ],
    [
      'growth throws no error',
      growing(throwing('words')),
      small,
      /^grow\(1024, 16\) threw 'words', which is no Error/,
    ],
    [
      'growth answers something else',
      growing(() => 1 as never),
      small,
      /^grow\(1024, 16\) answered 1, neither/,
    ],
    [
      'its constructor has a bug for large physical pages',
      bug,
      large,
      /^its constructor threw TypeError: of undefined$/,
    ],
    [
      'what must be aligned is not',
      (heap) => (heap.allocAligned = (n) => heap.alloc(n)),
      aligned,
      /^allocAligned\(\d+, \d+\) answered \d+, which is no multiple/,
    ],
    [
      'what must be aligned is not looked for',
      (heap) => (heap.allocAligned = () => -1 as never),
      aligned,
      /^allocAligned\(4, 1\) answered −1 although 5 pages in a row are free/,
    ],
    [
      'its constructor has a bug for large physical pages, at random',
      bug,
      'agrees with the naive model over any sequence of calls',
      /^its constructor threw TypeError: of undefined\nagain alone: seed 3/,
    ],
  ])('is broken where %s', (_what, change, name, error) => {
    expect(result(change, name)).toEqual({ error: expect.stringMatching(error), skipped: undefined });
  });

  it('is broken where what is no page heap may do is done while it refuses', () => {
    const change: Break = (heap, host) =>
      growing(() => {
        host.release(0 as never, 1 as never, 1 as never);
        return false;
      })(heap, host);
    expect(result(change, small).error).toBe(
      'host.release(0, 1, 1) gives page 0 back, and it was never grown',
    );
  });

  it('is kept where it was made', () => {
    for (const name of [small, large, byAge])
      expect(result(() => undefined, name)).toEqual({ error: undefined, skipped: undefined });
  });
});

describe('a failure', () => {
  it('shows the run that a release was measured against', () => {
    const halves: Break = (heap) => {
      const forEachFree = heap.forEachFree.bind(heap);
      heap.forEachFree = (visit) =>
        forEachFree((page, n, scavenged, since) => {
          for (let at = 0; at < n; at += 20) {
            const some = Math.min(20, n - at);
            visit(page + at, some, scavenged > 0 ? some : 0, since);
          }
        });
    };
    const checks = conformanceChecks(changed(halves)).filter(({ name }) => name.startsWith('releases about'));
    expect(thrown(() => checks[0]?.run())).toMatchObject({
      message: expect.stringMatching(
        /^host\.release\((\d+), 32, 32\): 1 page was wanted, and this goes neither down to a huge page nor is it a whole run as forEachFree told of it: the runs at \1, 20 pages; at \d+, 12 pages$/,
      ),
    });
  });

  it('has all of the calls', () => {
    const late: Break = (heap) => {
      const alloc = heap.alloc.bind(heap);
      let calls = 0;
      heap.alloc = (n) => (++calls > 100 ? (-2 as never) : alloc(n));
    };
    const check = conformanceChecks(changed(late)).find(({ name }) =>
      name.startsWith('hands out every page'),
    );
    const error = thrown(() => check?.run()) as ConformanceError;
    expect(error.steps[0]).toMatch(/^grow /);
    expect(error.steps.filter((step) => step.startsWith('alloc'))).toHaveLength(101);
  });

  it.each<[string, string[], string[]]>([
    ['few', ['a', '  = 1', 'b'], ['a', '  = 1', 'b']],
    ['just too many', ['a', '  = 1', 'b', '  = 2', 'c'], ['… 1 earlier', 'b', '  = 2', 'c']],
    ['a call that is cut', ['a', 'b', '  = 1', 'c', '  = 2', 'd'], ['… 2 earlier', 'c', '  = 2', 'd']],
    [
      'a call that did much',
      ['a', 'b', '  1', '  2', '  3', '  4'],
      ['… 1 earlier', 'b', '  … 1 earlier', '  2', '  3', '  4'],
    ],
    ['one call', ['a', '  1', '  2', '  3', '  4'], ['a', '  … 1 earlier', '  2', '  3', '  4']],
  ])('is shown with the last calls, whole: %s', (_what, steps, shown) => {
    expect(lastSteps(steps, 4)).toEqual(shown);
  });
});
