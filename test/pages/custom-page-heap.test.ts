import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import Example from '../../examples/first-fit.mjs';
import { Heap } from '../../lib/api/heap.ts';
import { PageHeapError } from '../../lib/base/errors.ts';
import {
  type Bytes,
  bytes,
  type PageCount,
  type PageIndex,
  pageCount,
  pageIndex,
} from '../../lib/base/units.ts';
import type { PageHeapClass, PageHeapHost } from '../../lib/pages/contract.ts';

const MiB = 2 ** 20;

/** The example as one that does not release by age: what it gives back goes through release. */
class FirstFit extends Example {
  // As if it were not there.
  override readonly releaseUnused = undefined as never;
}

/** Bytes of address space this process has: VmSize. */
function addressSpace(): number {
  return 1024 * Number(/^VmSize:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

function failureOf(pageHeap: PageHeapClass, use: (heap: Heap) => unknown): PageHeapError {
  let heap: Heap | undefined;
  try {
    heap = new Heap({ pageHeap, reach: 512 * MiB, environment: false });
    use(heap);
  } catch (error) {
    expect(error).toBeInstanceOf(PageHeapError);
    return error as PageHeapError;
  } finally {
    try {
      heap?.dispose();
    } catch {
      // A page heap that fails may fail there too.
    }
  }
  throw new Error('nothing was thrown');
}

const work = (heap: Heap): void => {
  for (let i = 0; i < 200; i++) heap.drop(heap.malloc(64 * 1024));
  heap.freeOSMemory();
  heap.readMemStats();
  heap.check(3);
};

/** A page heap in which one member is not as it should be. */
function spoilt(name: string, make: (pages: object) => unknown): PageHeapClass {
  class Spoilt extends FirstFit {
    constructor(...args: ConstructorParameters<typeof FirstFit>) {
      super(...args);
      const value = make(this);
      Object.defineProperty(this, name, { get: () => value, set: () => undefined });
    }
  }
  return Spoilt as unknown as PageHeapClass;
}

const boom = (): never => {
  throw new RangeError('boom');
};

describe('a page heap of one’s own', () => {
  test.each(['alloc', 'free', 'grow', 'release', 'forEachFree', 'stats', 'check'])(
    'that throws in %s is named, with the call and the cause',
    (name) => {
      const error = failureOf(
        spoilt(name, () => boom),
        (heap) => {
          work(heap);
          heap.pageStates();
        },
      );
      expect(error).toMatchObject({ code: 'ERR_PAGE_HEAP', value: 'Spoilt' });
      expect(error.message).toBe(`the page heap Spoilt threw in ${name}: boom`);
      expect(error.cause).toBeInstanceOf(RangeError);
    },
  );

  test('that throws when it is made', () => {
    class Unmade {
      constructor() {
        boom();
      }
    }
    const error = failureOf(Unmade as unknown as PageHeapClass, work);
    expect(error.message).toBe('the page heap Unmade threw in its constructor: boom');
  });

  test.each<[string, unknown, RegExp]>([
    [
      'alloc',
      () => undefined,
      /: alloc\(\d+\) answered undefined, and must answer −1 or the first of \d+ pages? below \d+/,
    ],
    ['alloc', () => 0.5, /answered 0.5, and must/],
    ['alloc', () => -2, /answered -2, and must/],
    ['alloc', () => 2 ** 40, /answered 1099511627776, and must/],
    ['grow', () => 1, /: grow answered 1, and must answer true or false/],
    ['release', () => undefined, /: release answered undefined, and must answer bytes/],
    ['release', () => -1, /answered -1, and must/],
    ['stats', () => null, /: stats answered null, and must answer an object/],
    ['lastScavenged', Number.NaN, /: lastScavenged answered NaN, and must answer a whole number/],
  ])('whose %s answers %o', (name, value, message) => {
    const error = failureOf(
      spoilt(name, () => value),
      work,
    );
    expect(error.code).toBe('ERR_PAGE_HEAP');
    expect(error.message).toMatch(message);
  });

  const large = 64 * 1024;
  const withLarge = (pageHeap: PageHeapClass, use: (heap: Heap) => unknown): Heap => {
    const heap = new Heap({ pageHeap, reach: 512 * MiB, environment: false, physPageSize: large });
    try {
      use(heap);
    } finally {
      heap.dispose();
    }
    return heap;
  };

  test('is told of larger physical pages, and gives back whole ones', () => {
    let told = 0;
    class Told extends Example {
      constructor(host: PageHeapHost) {
        super(host);
        told = host.physPages;
      }
    }
    withLarge(Told, work);
    expect(told).toBe(8);
  });

  test('that gives back parts of large physical pages is refused', () => {
    class Parts extends Example {
      constructor(host: PageHeapHost) {
        super({ ...host, physPages: 1, now: () => host.now(), release: host.release });
      }
    }
    expect(() =>
      withLarge(Parts, (heap) => {
        const [, second] = [heap.malloc(8192), heap.malloc(8192)];
        heap.drop(second);
        heap.freeOSMemory();
      }),
    ).toThrow(/called host.release\(\d+, \d+, \d+\): physical pages are of 8 pages/);
  });

  test('has stacks where it puts aligned pages, which are looked at', () => {
    class Aligned extends Example {
      asked = 0;
      override allocAligned(n: PageCount, align: PageCount): PageIndex {
        this.asked++;
        const page = this.alloc(pageCount(n + align));
        if (page < 0) return page;
        const at = Math.ceil(page / align) * align;
        if (at > page) this.free(page, pageCount(at - page));
        this.free(pageIndex(at + n), pageCount(page + align - at));
        return pageIndex(at);
      }
    }
    withLarge(Aligned, (heap) => {
      heap.malloc(8192);
      const stacks = [2048, 40_000, 300_000].map((n) => heap.allocStack(n));
      expect(stacks.slice(1).map((addr) => addr % large)).toEqual([0, 0]);
      heap.check(3);
      for (const addr of stacks) heap.freeStack(addr);
      heap.check(3);
    });
    class Askew extends Example {
      override allocAligned(n: PageCount): PageIndex {
        return this.alloc(n);
      }
    }
    expect(() =>
      withLarge(Askew, (heap) => {
        heap.malloc(8192);
        heap.allocStack(40_000);
      }),
    ).toThrow(/allocAligned\(5, 8\) answered \d+, and must answer -1, or a multiple of 8$/);
  });

  test('that hands out a page twice is refused at once, with call and page', () => {
    let calls = 0;
    let last = -1;
    class Twice extends FirstFit {
      override alloc(n: PageCount): PageIndex {
        if (++calls === 300) return pageIndex(last);
        last = super.alloc(n);
        return pageIndex(last);
      }
    }
    const error = failureOf(Twice, (heap) => {
      for (let i = 0; i < 400; i++) heap.malloc(64 * 1024);
    });
    expect(error).toMatchObject({ code: 'ERR_PAGE_HEAP', value: 'Twice' });
    expect(error.message).toMatch(
      /^the page heap Twice answered (\d+) for alloc\(8\): page \1 is allocated already$/,
    );
    expect(calls).toBe(300);
  });

  test.each<[string, (page: number, n: number) => number, RegExp]>([
    ['outside what was grown', () => 40_000, /answered 40000 for alloc\(\d+\): page 40000 was never grown$/],
    ['partly outside', (_page, n) => 513 - n, /for alloc\(\d+\): page 512 was never grown$/],
    ['partly allocated', (page) => page - 1, /for alloc\(\d+\): page \d+ is allocated already$/],
  ])('that hands out pages %s is refused', (_what, spoil, message) => {
    let calls = 0;
    class Spoiling extends FirstFit {
      override alloc(n: PageCount): PageIndex {
        const page = super.alloc(n);
        return page >= 0 && ++calls === 3 ? pageIndex(spoil(page, n)) : page;
      }
    }
    const error = failureOf(Spoiling, (heap) => {
      for (let i = 0; i < 3; i++) heap.malloc(64 * 1024);
    });
    expect(error.code).toBe('ERR_PAGE_HEAP');
    expect(error.message).toMatch(message);
  });

  test('that has no room right after it grew is named', () => {
    class Roomless extends FirstFit {
      override alloc(): PageIndex {
        return pageIndex(-1);
      }
    }
    const error = failureOf(Roomless, work);
    expect(error.code).toBe('ERR_PAGE_HEAP');
    expect(error.message).toMatch(
      /^the page heap Roomless answered -1 for alloc\(\d+\) right after grow\(0, 512\): those pages are free$/,
    );
  });

  test('that refuses to grow has the pages another time', () => {
    let refusals = 0;
    class Refusing extends FirstFit {
      override grow(page: PageIndex, n: PageCount): boolean {
        return refusals++ < 2 ? false : super.grow(page, n);
      }
    }
    const heap = new Heap({ pageHeap: Refusing, reach: 512 * MiB, environment: false });
    expect(() => heap.malloc(64 * 1024)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_MEMORY' }));
    expect(refusals).toBeGreaterThan(0);
    refusals = 2;
    work(heap);
    heap.dispose();
  });

  test.each<[string, unknown, unknown, unknown, RegExp]>([
    [
      'that is allocated',
      0,
      1,
      0,
      /^the page heap Giving called host\.release\(0, 1, 0\): page 0 is allocated$/,
    ],
    [
      'that was never grown',
      40_000,
      1,
      0,
      /called host\.release\(40000, 1, 0\): page 40000 was never grown$/,
    ],
    ['that is nowhere', -1, 1, 0, /called host\.release\(-1, 1, 0\): there are 65536 pages$/],
    [
      'of no pages',
      0,
      0,
      0,
      /called host\.release\(0, 0, 0\): the first page and how many are whole numbers, one at least$/,
    ],
    ['at a text', '9', 1, 1, /called host\.release\('9', 1, 1\): the first page/],
    [
      'at a symbol',
      Symbol('p'),
      1n,
      1,
      /called host\.release\(Symbol\(p\), 1n, a bigint, 1\): the first page/,
    ],
    [
      'with a count left out',
      100,
      2,
      undefined,
      /called host\.release\(100, 2, undefined\): the third says how many of the 2 were not/,
    ],
    ['with a count that is none', 100, 2, NaN, /called host\.release\(100, 2, NaN\): the third/],
    ['with a part of a page', 100, 2, 0.5, /called host\.release\(100, 2, 0\.5\): the third/],
    ['with fewer than none', 100, 2, -1, /called host\.release\(100, 2, -1\): the third/],
    ['with its bytes', 100, 2, 16_384, /called host\.release\(100, 2, 16384\): the third/],
  ])('that gives back memory %s is refused before it comes to that', (_what, page, n, newly, message) => {
    class Giving extends FirstFit {
      private readonly host: PageHeapHost;
      constructor(host: PageHeapHost) {
        super(host);
        this.host = host;
      }
      override release(): Bytes {
        this.host.release(page as PageIndex, n as PageCount, newly as PageCount);
        return bytes(0);
      }
    }
    const error = failureOf(Giving, (heap) => {
      heap.malloc(64 * 1024);
      heap.freeOSMemory();
    });
    expect(error.code).toBe('ERR_PAGE_HEAP');
    expect(error.message).toMatch(message);
  });

  test('that gives the same memory back as new again and again is refused when that is more than there is', () => {
    class Generous extends FirstFit {
      private readonly host: PageHeapHost;
      constructor(host: PageHeapHost) {
        super(host);
        this.host = host;
      }
      override release(): Bytes {
        for (;;) this.host.release(pageIndex(100), pageCount(100), pageCount(100));
      }
    }
    const error = failureOf(Generous, (heap) => {
      heap.malloc(64 * 1024);
      heap.freeOSMemory();
    });
    expect(error.code).toBe('ERR_PAGE_HEAP');
    expect(error.message).toMatch(
      /^the page heap Generous called host\.release\(100, 100, 100\): by its own count [45]\d\d of its 504 free pages are given back already$/,
    );
  });

  test.each([-1, 1000])(
    'that says of an allocation that %d of its pages were given back is refused',
    (said) => {
      class Saying extends FirstFit {
        override alloc(n: PageCount): PageIndex {
          const page = super.alloc(n);
          (this as { lastScavenged: number }).lastScavenged = said;
          return page;
        }
      }
      const error = failureOf(Saying, work);
      expect(error.code).toBe('ERR_PAGE_HEAP');
      expect(error.message).toMatch(
        new RegExp(
          `^the page heap Saying: lastScavenged answered ${said}, and must answer 0 to \\d+, the pages that were given back$`,
        ),
      );
    },
  );

  test('releases by age where it can when everything is to go, and by amount where it cannot', () => {
    const calls: [string, number][] = [];
    class Plain extends FirstFit {
      override release(nbytes: Bytes, force: boolean): Bytes {
        calls.push(['release', nbytes]);
        return super.release(nbytes, force);
      }
    }
    class Aging extends Example {
      override releaseUnused(limit: number): Bytes {
        calls.push(['releaseUnused', limit]);
        return super.release(bytes(Number.MAX_SAFE_INTEGER), true);
      }
    }
    for (const pageHeap of [Plain, Aging]) {
      const heap = new Heap({
        pageHeap,
        scavenger: 'none',
        reach: 512 * MiB,
        environment: false,
      });
      heap.drop(heap.malloc(MiB));
      heap.freeOSMemory();
      expect(heap.readMemStats().HeapReleased).toBe(heap.readMemStats().HeapIdle);
      heap.dispose();
    }
    expect(calls).toEqual([
      ['release', Number.MAX_SAFE_INTEGER],
      ['releaseUnused', -1],
    ]);
  });

  test('works as it is, and what it leaves out is left out', () => {
    const heap = new Heap({
      pageHeap: Example as unknown as PageHeapClass,
      reach: 512 * MiB,
      environment: false,
    });
    work(heap);
    heap.dispose();
  });
});

test('a heap that cannot be made leaves nothing mapped behind', () => {
  class Unmade {
    constructor() {
      boom();
    }
  }
  const before = addressSpace();
  for (let i = 0; i < 20; i++) failureOf(Unmade as unknown as PageHeapClass, work);
  failureOf(class Lacking {} as unknown as PageHeapClass, work);
  expect(addressSpace() - before).toBeLessThan(256 * MiB);
});
