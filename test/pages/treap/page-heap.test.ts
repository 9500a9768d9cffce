import { afterEach, describe, expect, it } from 'vitest';
import { bytes, pageCount, pageIndex } from '../../../lib/base/units.ts';
import type { PageHeapHost } from '../../../lib/pages/contract.ts';
import { standAloneTreap } from '../../../lib/pages/stand-alone.ts';
import type { TreapPageHeap } from '../../../lib/pages/treap/page-heap.ts';
import { NaiveTreap } from '../free-run-heaps.ts';
import { randomOf } from '../random.ts';

const disposals: (() => void)[] = [];
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose();
});

interface Setup {
  readonly heap: TreapPageHeap;
  readonly released: [number, number, number][];
  clock: number;
}

function setup(grown = 512, physPages = 1): Setup {
  const released: [number, number, number][] = [];
  const made: { clock: number } = { clock: 1 };
  const host: PageHeapHost = {
    reachPages: pageCount(65536),
    physPages,
    now: () => made.clock,
    release: (page, n, newly) => released.push([page, n, newly]),
  };
  const { pages, dispose } = standAloneTreap(host);
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
  it('takes the best fit of both treaps, and where both fit alike the one whose memory is there', () => {
    const s = setup(1024);
    const held = [20, 10, 20, 10, 30, 900].map((n) => [alloc(s, n), n] as const);
    for (const i of [0, 4]) free(s, held[i]![0], held[i]![1]);
    s.heap.release(bytes(Number.MAX_SAFE_INTEGER), true);
    free(s, held[2]![0], held[2]![1]);
    // 0..20 and 60..90 are released, 30..50 is there.
    expect(alloc(s, 20)).toBe(30);
    expect(s.heap.lastScavenged).toBe(0);
    expect(alloc(s, 20)).toBe(0);
    expect(s.heap.lastScavenged).toBe(20);
  });

  it('leaves the rest in the state and at the age of what it was cut from', () => {
    const s = setup(128);
    s.clock = 90;
    s.heap.releaseUnused(10);
    expect(alloc(s, 28)).toBe(0);
    expect(s.heap.lastScavenged).toBe(28);
    expect(runs(s)).toEqual([[28, 100, 100, 1]]);
  });
});

describe('neighbours', () => {
  it('merge only in the same state', () => {
    const s = setup(256);
    for (let i = 0; i < 4; i++) alloc(s, 64);
    free(s, 0, 64);
    s.heap.release(bytes(1), true);
    free(s, 64, 64);
    expect(runs(s)).toEqual([
      [0, 64, 64, 1],
      [64, 64, 0, 1],
    ]);
    s.heap.release(bytes(1), true);
    expect(runs(s)).toEqual([[0, 128, 128, 1]]);
    // The merged run is given back once more, whole; nothing of it is new.
    expect(s.released.slice(-2)).toEqual([
      [64, 64, 64],
      [0, 128, 0],
    ]);
    s.heap.check(3);
  });
});

describe('scavenging', () => {
  it('takes the largest first and may release more than was asked', () => {
    const s = setup(512);
    const held = [10, 1, 40, 1, 20, 1, 439].map((n) => [alloc(s, n), n] as const);
    for (const i of [0, 2, 4]) free(s, held[i]![0], held[i]![1]);
    expect(s.heap.release(bytes(30 * 8192), true)).toBe(40 * 8192);
    expect(s.heap.release(bytes(30 * 8192), true)).toBe(30 * 8192);
    expect(s.released.map(([page]) => page)).toEqual([11, 52, 0]);
  });
});

describe('release by age', () => {
  it('goes from the smallest run up, each with what it borders on, the young ones left', () => {
    const s = setup(512);
    const held = [10, 1, 40, 1, 20, 1, 439].map((n) => [alloc(s, n), n] as const);
    for (const i of [0, 2, 4]) free(s, held[i]![0], held[i]![1]);
    s.clock = 1000;
    free(s, held[1]![0], 1);
    free(s, held[5]![0], 1);
    // 0..51 is one run, as young as its youngest part; so is 52..73.
    expect(s.heap.releaseUnused(500)).toBe(0);
    expect(s.heap.releaseUnused(-1)).toBe(73 * 8192 - 8192);
    expect(s.released.map(([page, n]) => [page, n])).toEqual([
      [52, 21],
      [0, 51],
    ]);
  });
});

describe('physical pages of 16 KiB', () => {
  it('are given back only whole', () => {
    const s = setup(64, 2);
    alloc(s, 64);
    free(s, 3, 6);
    expect(s.heap.release(bytes(1), true)).toBe(4 * 8192);
    expect(s.released).toEqual([[4, 4, 4]]);
    free(s, 21, 2);
    expect(s.heap.release(bytes(1), true)).toBe(0);
    expect(runs(s)).toEqual([
      [3, 6, 4, 1],
      [21, 2, 0, 1],
    ]);
  });

  it('hold the border between a released run and one that is not', () => {
    const s = setup(64, 2);
    alloc(s, 64);
    free(s, 0, 7);
    s.heap.release(bytes(1), true);
    expect(runs(s)).toEqual([[0, 7, 6, 1]]);
    free(s, 7, 5);
    expect(runs(s)).toEqual([
      [0, 6, 6, 1],
      [6, 6, 0, 1],
    ]);
    s.heap.check(3);
  });
});

describe('any sequence', () => {
  it.each([1, 2, 3, 4, 5, 6])('does as the naive twin does, seed %i', (seed) => {
    const s = setup(0);
    const naive = new NaiveTreap();
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
      } else if (kind < 94 && held.length > 0) {
        const [[page, n]] = held.splice(random(held.length), 1) as [[number, number]];
        free(s, page, n);
        naive.free(page, n);
      } else if (kind < 97) {
        const n = 1 + random(60);
        expect(s.heap.release(bytes(n * 8192), true)).toBe(naive.release(n) * 8192);
      } else {
        s.heap.releaseUnused(200);
        naive.releaseUnused(200);
      }
      if (step % 25 === 0) s.heap.check(3);
    }
    expect(runs(s).map(([page, n, scavenged]) => [page, n, scavenged])).toEqual(
      naive.sorted().map((r) => [r.page, r.n, r.released * r.n]),
    );
  });

  it.each([
    [2, 11],
    [4, 12],
    [8, 13],
  ])('keeps its books with %i pages to a physical one, seed %i', (physPages, seed) => {
    const s = setup(4096, physPages);
    const random = randomOf(seed);
    const held: [number, number][] = [];
    for (let step = 0; step < 1500; step++) {
      const kind = random(100);
      if (kind < 50) {
        const n = 1 + random(40);
        const page = alloc(s, n);
        if (page >= 0) held.push([page, n]);
      } else if (kind < 92 && held.length > 0) {
        const [[page, n]] = held.splice(random(held.length), 1) as [[number, number]];
        free(s, page, n);
      } else if (kind < 97) {
        s.heap.release(bytes((1 + random(100)) * 8192), true);
      } else {
        s.clock = step;
        s.heap.releaseUnused(random(400));
      }
      s.heap.check(3);
    }
    for (const [page, n] of s.released) expect([page % physPages, n % physPages]).toEqual([0, 0]);
    for (const [page, n] of held) free(s, page, n);
    s.heap.release(bytes(Number.MAX_SAFE_INTEGER), true);
    s.heap.check(3);
    expect(s.heap.stats().freePages).toBe(4096);
  });
});
