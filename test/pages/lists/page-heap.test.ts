import { afterEach, describe, expect, it } from 'vitest';
import { bytes, pageCount, pageIndex } from '../../../lib/base/units.ts';
import type { PageHeapHost } from '../../../lib/pages/contract.ts';
import type { ListsPageHeap } from '../../../lib/pages/lists/page-heap.ts';
import { standAloneLists } from '../../../lib/pages/stand-alone.ts';
import { NaiveLists } from '../free-run-heaps.ts';
import { randomOf } from '../random.ts';

const disposals: (() => void)[] = [];
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose();
});

interface Setup {
  readonly heap: ListsPageHeap;
  readonly released: [number, number, number][];
  clock: number;
}

function setup(grown = 256): Setup {
  const released: [number, number, number][] = [];
  const made: { clock: number } = { clock: 1 };
  const host: PageHeapHost = {
    reachPages: pageCount(65536),
    physPages: 1,
    now: () => made.clock,
    release: (page, n, newly) => released.push([page, n, newly]),
  };
  const { pages, dispose } = standAloneLists(host);
  disposals.push(dispose);
  if (grown > 0) pages.grow(pageIndex(0), pageCount(grown));
  return Object.assign(made, { heap: pages, released });
}

const alloc = ({ heap }: Setup, n: number): number => heap.alloc(pageCount(n));
const free = ({ heap }: Setup, page: number, n: number): void => heap.free(pageIndex(page), pageCount(n));
const runs = ({ heap }: Setup): number[][] => {
  const found: number[][] = [];
  heap.forEachFree((page, n, scavenged, since) => found.push([page, n, scavenged, since]));
  return found;
};

describe('an allocation', () => {
  it('takes the run of its size that was freed last', () => {
    const s = setup();
    for (let i = 0; i < 5; i++) alloc(s, 4);
    free(s, 0, 4);
    free(s, 8, 4);
    expect([alloc(s, 4), alloc(s, 4), alloc(s, 4)]).toEqual([8, 0, 20]);
  });

  it('takes the best fit among large runs, the lowest of equals', () => {
    const s = setup(3880);
    const held = [300, 10, 200, 10, 200, 10, 150, 3000].map((n) => [alloc(s, n), n] as const);
    for (const i of [0, 4, 2, 6]) free(s, held[i]![0], held[i]![1]);
    expect(alloc(s, 160)).toBe(310);
    expect(alloc(s, 160)).toBe(520);
    expect(alloc(s, 151)).toBe(0);
    s.heap.check(3);
  });

  it('forgets the release of the whole run it takes from', () => {
    const s = setup(256);
    s.clock = 100;
    expect(s.heap.releaseUnused(10)).toBe(256 * 8192);
    expect(alloc(s, 6)).toBe(0);
    expect(s.heap.lastScavenged).toBe(256);
    expect(runs(s)).toEqual([[6, 250, 0, 1]]);
  });

  it('answers −1 when there is no run, and changes nothing', () => {
    const s = setup(64);
    alloc(s, 32);
    expect(alloc(s, 33)).toBe(-1);
    expect(runs(s)).toEqual([[32, 32, 0, 1]]);
  });

  it('knows what was never used', () => {
    const s = setup(64);
    alloc(s, 8);
    expect(s.heap.lastNeedZero).toBe(false);
    free(s, 0, 8);
    alloc(s, 64);
    expect(s.heap.lastNeedZero).toBe(true);
  });
});

describe('a freed run', () => {
  it('takes over the count of the one before it, and adds that of the one after', () => {
    const s = setup(256);
    for (let i = 0; i < 4; i++) alloc(s, 64);
    free(s, 0, 64);
    free(s, 128, 64);
    s.clock = 50;
    expect(s.heap.releaseUnused(10)).toBe(128 * 8192);
    s.clock = 60;
    free(s, 64, 64);
    expect(runs(s)).toEqual([[0, 192, 128, 60]]);
    s.clock = 100;
    expect(s.heap.releaseUnused(10)).toBe(64 * 8192);
    expect(s.released.at(-1)).toEqual([0, 192, 64]);
  });
});

it('releases whole runs, the large ones first, and asks whether to stop', () => {
  const s = setup(512);
  alloc(s, 20);
  alloc(s, 100);
  alloc(s, 20);
  free(s, 0, 20);
  expect(s.heap.release(bytes(8192), true)).toBe(372 * 8192);
  expect(s.heap.release(bytes(8192), true, () => true)).toBe(20 * 8192);
  expect(s.released).toEqual([
    [140, 372, 372],
    [0, 20, 20],
  ]);
});

describe('any sequence', () => {
  it.each([1, 2, 3, 4, 5, 6])('does as the naive twin does, seed %i', (seed) => {
    const s = setup(0);
    const naive = new NaiveLists();
    const random = randomOf(seed);
    const held: [number, number][] = [];
    let top = 0;
    for (let step = 0; step < 1500; step++) {
      s.clock = step;
      naive.now = step;
      const kind = random(100);
      if (kind < 52) {
        const n = random(10) === 0 ? 100 + random(400) : 1 + random(20);
        const page = alloc(s, n);
        expect(page).toBe(naive.alloc(n));
        if (page >= 0) held.push([page, n]);
        else {
          s.heap.grow(pageIndex(top), pageCount(512));
          naive.free(top, 512);
          top += 512;
        }
      } else if (kind < 97 && held.length > 0) {
        const [[page, n]] = held.splice(random(held.length), 1) as [[number, number]];
        const keep = random(6) === 0 ? random(n) : 0;
        free(s, page + keep, n - keep);
        naive.free(page + keep, n - keep);
        if (keep > 0) held.push([page, keep]);
      } else {
        expect(s.heap.releaseUnused(200)).toBe(naive.releaseUnused(200) * 8192);
      }
      if (step % 25 === 0) s.heap.check(3);
    }
    expect(runs(s)).toEqual(naive.sorted().map((r) => [r.page, r.n, r.released, r.since]));
  });
});
