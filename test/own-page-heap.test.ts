import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import FirstFit from '../examples/first-fit.mjs';
import { PageHeapError } from '../lib/base/errors.ts';
import { type Bytes, bytes } from '../lib/base/units.ts';
import type { PageHeapClass } from '../lib/pages/contract.ts';
import { Heap } from '../lib/public-heap.ts';

const MiB = 2 ** 20;

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
      /must answer -1, or the first of \d+ pages below \d+ for alloc\(\d+\), not undefined/,
    ],
    ['alloc', () => 0.5, /not 0.5/],
    ['alloc', () => -2, /not -2/],
    ['alloc', () => 2 ** 40, /not 1099511627776/],
    ['grow', () => 1, /must answer true or false for grow, not 1/],
    ['release', () => undefined, /must answer bytes for release, not undefined/],
    ['release', () => -1, /not -1/],
    ['stats', () => null, /must answer an object for stats, not null/],
    ['lastScavenged', Number.NaN, /must answer a whole number for lastScavenged, not NaN/],
  ])('whose %s answers %o', (name, value, message) => {
    const error = failureOf(
      spoilt(name, () => value),
      work,
    );
    expect(error.code).toBe('ERR_PAGE_HEAP');
    expect(error.message).toMatch(message);
  });

  test('releases by age where it can when everything is to go, and by amount where it cannot', () => {
    const calls: [string, number][] = [];
    class Plain extends FirstFit {
      override release(nbytes: Bytes, force: boolean): Bytes {
        calls.push(['release', nbytes]);
        return super.release(nbytes, force);
      }
    }
    class Aging extends FirstFit {
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
      pageHeap: FirstFit as unknown as PageHeapClass,
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
