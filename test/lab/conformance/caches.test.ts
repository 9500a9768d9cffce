/**
 * The example with a cache of pages for each P: it keeps the contract, in the suite and in a heap, and each mutant of
 * it is found.
 */
import { describe, expect, it, test } from 'vitest';
import { Heap, pageState } from '../../../lib/api/index.ts';
import { pageSize } from '../../../lib/base/units.ts';
import { ConformanceError, conformanceChecks } from '../../../lib/lab/conformance/index.ts';
import { times } from '../../support/extent.ts';
import { also, classOf, type Edit } from './example-edits.ts';

/** With a cache of single pages for each P, eight at a time. */
const cached: readonly Edit[] = [
  also(`  #caches = [];

  get #all() {
    return [...this.#runs, ...this.#caches.flat()].sort((a, b) => a.page - b.page);
  }

  allocCached(p, n) {
    if (n > 1) return -1;
    const cache = (this.#caches[p] ??= []);
    for (let left = cache.length > 0 ? 0 : 8; left > 0 && this.#runs.length > 0; left--) {
      const [{ since }] = this.#runs;
      cache.push({ page: this.alloc(1), n: 1, released: this.lastScavenged === 1, since });
    }
    const run = cache.shift();
    this.lastScavenged = run?.released ? 1 : 0;
    return run?.page ?? -1;
  }

  flushCached(p) {
    const cache = this.#caches[p] ?? [];
    this.#caches[p] = [];
    for (const run of cache) this.#add(run);
  }`),
  ['since } of this.#runs) visit', 'since } of this.#all) visit'],
  ['freePages: sum(this.#runs)', 'freePages: sum(this.#all)'],
  ['sum(this.#runs.filter', 'sum(this.#all.filter'],
];

describe('the example with a cache for each P keeps the contract:', () => {
  const Class = classOf(...cached);
  for (const { name, run } of conformanceChecks((host) => new Class(host), { runs: times(2, 6) }))
    it(name, run);
});

const mutants: readonly { readonly what: string; readonly edits: readonly Edit[] }[] = [
  {
    what: 'hands out a page that it keeps in the cache',
    edits: [
      ...cached,
      ['const run = cache.shift();', 'const run = cache[0];\n    if (cache.length > 1) cache.shift();'],
    ],
  },
  {
    what: 'forgets a page of a cache that is flushed',
    edits: [
      ...cached,
      ['for (const run of cache) this.#add(run);', 'for (const run of cache.slice(1)) this.#add(run);'],
    ],
  },
  {
    what: 'does not tell of the pages in caches',
    edits: [...cached, ['since } of this.#all) visit', 'since } of this.#runs) visit']],
  },
  {
    what: 'forgets that a cached page was released',
    edits: [...cached, ['this.lastScavenged = run?.released ? 1 : 0;', 'this.lastScavenged = 0;']],
  },
];

test.each(mutants)('one that $what is found', ({ edits }) => {
  const Class = classOf(...edits);
  const check = conformanceChecks((host) => new Class(host)).find(({ name }) =>
    name.startsWith('hands out every page once through caches'),
  );
  expect(check?.run).toThrow(ConformanceError);
});

describe('in a heap', () => {
  const options = { environment: false, reach: 2 ** 28, scavenger: 'none' } as const;

  it('small spans come through the cache of the P, whose pages are free for everyone who looks', () => {
    using heap = new Heap({ ...options, pageHeap: classOf(...cached), debug: true });
    const objects = Array.from({ length: 40 }, () => heap.malloc(pageSize));
    heap.check(3);
    for (const object of objects.filter((_, i) => i % 2 === 0)) heap.drop(object);
    heap.gc();
    heap.malloc(3 * pageSize);
    heap.check(3);
    const { heapFree, heapReleased } = heap.sample();
    const { states } = heap.pageStates();
    const bytesIn = (state: number): number => states.filter((s) => s === state).length * pageSize;
    expect([bytesIn(pageState.free), bytesIn(pageState.released)]).toEqual([heapFree, heapReleased]);
  });

  it('a page that a cache hands out although it is allocated is refused at once', () => {
    const Class = classOf(...cached, ['const run = cache.shift();', 'const run = cache.at(-1);']);
    using heap = new Heap({ ...options, pageHeap: Class });
    expect(() => {
      for (let i = 0; i < 20; i++) heap.malloc(pageSize);
    }).toThrow(/the page heap FirstFit answered \d+ for allocCached\(0, 1\): page \d+ is allocated already/);
  });

  it('a class with half of a cache is refused', () => {
    const Class = classOf(also('allocCached() {\n    return -1;\n  }'));
    expect(() => new Heap({ ...options, pageHeap: Class })).toThrow('FirstFit lacks flushCached');
  });
});
