import fc from 'fast-check';
import { expect, it } from 'vitest';
import { noSearch, plainRadixMemory, stateWord } from '../../../lib/pages/radix/columns.ts';
import { levelStart } from '../../../lib/pages/radix/levels.ts';
import { RadixPageAlloc } from '../../../lib/pages/radix/page-alloc.ts';
import type { PageCache } from '../../../lib/pages/radix/page-cache.ts';
import { times } from '../../support/extent.ts';
import { Twin, type TwinCache } from './faithful.ts';
import {
  allocatedRanges,
  cacheOf,
  chunkPages,
  count,
  page,
  type Range,
  rangesWhere,
  scavengedRanges,
} from './heaps.ts';

// One operation is a kind and two numbers, read against what is allocated at that moment.
type Step = readonly [kind: string, a: number, b: number];

const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 8 }) },
  { weight: 3, arbitrary: fc.integer({ min: 9, max: 70 }) },
  { weight: 2, arbitrary: fc.integer({ min: 71, max: 600 }) },
  { weight: 1, arbitrary: fc.integer({ min: 601, max: 5000 }) },
);
const kinds = fc.oneof(
  { weight: 10, arbitrary: fc.constant('alloc') },
  { weight: 9, arbitrary: fc.constant('free') },
  { weight: 2, arbitrary: fc.constant('freePart') },
  { weight: 1, arbitrary: fc.constant('range') },
  { weight: 2, arbitrary: fc.constant('fill') },
  { weight: 3, arbitrary: fc.constant('take') },
  { weight: 2, arbitrary: fc.constant('flush') },
  { weight: 2, arbitrary: fc.constant('force') },
  { weight: 2, arbitrary: fc.constant('background') },
  { weight: 1, arbitrary: fc.constant('generation') },
  { weight: 1, arbitrary: fc.constant('grow') },
);
const steps = fc.array(fc.tuple(kinds, sizes, fc.nat({ max: 1 << 20 })), { minLength: 20, maxLength: 160 });

class Pair {
  readonly fast: RadixPageAlloc;
  readonly twin: Twin;
  private readonly held: Range[] = [];
  private readonly caches: { row: number; fast: PageCache; twin: TwinCache }[] = [];
  private readonly free: number[];
  private readonly reach: number;

  constructor(chunks: readonly number[], later: readonly number[], minPages: number, hugePages: number) {
    this.reach = (Math.max(...chunks, ...later) + 1) * chunkPages;
    this.fast = new RadixPageAlloc(plainRadixMemory(this.reach, 4), {
      physPageSize: minPages * 8192,
      physHugePageSize: hugePages * 8192,
    });
    this.twin = new Twin(this.reach, minPages, hugePages);
    this.free = [...later];
    for (const chunk of chunks) this.grow(chunk);
  }

  run([kind, a, b]: Step): void {
    switch (kind) {
      case 'alloc': {
        const at = this.fast.alloc(count(a));
        expect(at).toBe(this.twin.alloc(a));
        if (at < 0) return;
        expect(this.fast.lastScavenged).toBe(this.twin.lastScavenged);
        this.held.push([at, a]);
        return;
      }
      case 'free':
      case 'freePart': {
        if (this.held.length === 0) return;
        const i = b % this.held.length;
        const [from, n] = this.held[i]!;
        this.held.splice(i, 1);
        const skip = kind === 'free' ? 0 : a % n;
        const m = kind === 'free' ? n : 1 + ((a * 7) % (n - skip));
        this.fast.free(page(from + skip), count(m));
        this.twin.free(from + skip, m);
        if (skip > 0) this.held.push([from, skip]);
        if (skip + m < n) this.held.push([from + skip + m, n - skip - m]);
        return;
      }
      case 'range': {
        const from = b % this.reach;
        let n = 0;
        while (n < a && from + n < this.reach && this.twin.allocated[from + n] === 0) n++;
        if (n === 0) return;
        expect(this.fast.allocRange(page(from), count(n))).toBe(this.twin.allocRange(from, n));
        this.held.push([from, n]);
        return;
      }
      case 'fill': {
        if (this.caches.length === 4) return;
        const row = this.freeRow();
        const fast = cacheOf(this.fast, row);
        const twin = this.twin.allocToCache();
        expect(this.fast.allocToCache(fast)).toBe(twin !== undefined);
        if (twin === undefined) return;
        expect(fast.base).toBe(twin.base);
        this.caches.push({ row, fast, twin });
        return;
      }
      case 'take': {
        if (this.caches.length === 0) return;
        const { fast, twin } = this.caches[b % this.caches.length]!;
        const n = 1 + (a % 9);
        const [at, scavenged] = Twin.takeFromCache(twin, n);
        expect(fast.alloc(count(n))).toBe(at);
        if (at < 0) return;
        expect(fast.lastScavenged).toBe(scavenged);
        this.held.push([at, n]);
        return;
      }
      case 'flush': {
        if (this.caches.length === 0) return;
        const [cache] = this.caches.splice(b % this.caches.length, 1);
        this.fast.flushCache(cache!.fast);
        this.twin.flush(cache!.twin);
        return;
      }
      case 'force':
      case 'background': {
        const [fast, twin]: Range[][] = [[], []];
        const bytes = a * 5000;
        const released = this.fast.scavenge(bytes, kind === 'force', (from, n) => fast!.push([from, n]));
        const pages = this.twin.scavenge(bytes, kind === 'force', (from, n) => twin!.push([from, n]));
        expect(fast).toEqual(twin);
        expect(released).toBe(pages * 8192);
        return;
      }
      case 'generation':
        this.fast.nextGeneration();
        this.twin.nextGeneration();
        return;
      default: {
        if (this.free.length > 0) this.grow(this.free.splice(b % this.free.length, 1)[0]!);
      }
    }
  }

  /** Everything both know must be the same. */
  compare(): void {
    this.fast.check(3);
    const { fast, twin } = this;
    const grown = rangesWhere(this.reach, (p) => twin.grown[p] === 1);
    expect([...fast.inUse()]).toEqual(grown);
    const inHeap = (p: number): boolean => twin.grown[p] === 1;
    expect(allocatedRanges(fast)).toEqual(
      rangesWhere(this.reach, (p) => inHeap(p) && twin.allocated[p] === 1),
    );
    expect(scavengedRanges(fast)).toEqual(rangesWhere(this.reach, (p) => twin.scavenged[p] === 1));
    const { state } = fast.memory;
    const search = state[stateWord.search];
    expect(search === noSearch ? Number.POSITIVE_INFINITY : search).toBe(twin.searchPage);
    expect([
      [state[stateWord.backgroundCursor], state[stateWord.backgroundMarked]],
      [state[stateWord.forceCursor], state[stateWord.forceMarked]],
      state[stateWord.freeHwm],
    ]).toEqual([
      [twin.background.page, Number(twin.background.marked)],
      [twin.forced.page, Number(twin.forced.marked)],
      twin.freeHwm,
    ]);
    twin.sums.forEach((sums, level) => {
      const first = levelStart(level, fast.sums.roots);
      sums.forEach((sum, i) => {
        const { start, max, end } = fast.sums;
        const found = [start[first + i], max[first + i], end[first + i]];
        if (found[0] !== sum.start || found[1] !== sum.max || found[2] !== sum.end) {
          expect(found, `level ${level} entry ${i}`).toEqual([sum.start, sum.max, sum.end]);
        }
      });
    });
    for (const chunk of new Set(
      grown.flatMap(([from, n]) => Array.from({ length: n / chunkPages }, (_, i) => from / chunkPages + i)),
    )) {
      const data = twin.chunks[chunk]!;
      const flags = Number(data.hasFree) + 2 * Number(data.noHugePage);
      expect(fast.index.density[chunk], `density of chunk ${chunk}`).toBe(
        data.inUse | (data.lastInUse << 16) | (flags << 26),
      );
      expect(fast.index.generation[chunk]).toBe(data.generation);
    }
  }

  private grow(chunk: number): void {
    expect(this.fast.grow(page(chunk * chunkPages), count(chunkPages))).toBe(true);
    this.twin.grow(chunk * chunkPages, chunkPages);
  }

  private freeRow(): number {
    const used = new Set(this.caches.map(({ row }) => row));
    return [0, 1, 2, 3].find((row) => !used.has(row))!;
  }
}

const shapes: { name: string; chunks: number[]; later: number[]; min: number; huge: number; runs: number }[] =
  [
    { name: 'one chunk', chunks: [0], later: [], min: 1, huge: 256, runs: 150 },
    { name: 'a few chunks', chunks: [0, 1, 2], later: [3, 4], min: 1, huge: 256, runs: 120 },
    {
      name: 'with gaps and over blocks of eight',
      chunks: [6, 7, 8, 15, 16, 17],
      later: [0, 9, 40, 63, 64],
      min: 1,
      huge: 0,
      runs: 100,
    },
    { name: 'physical pages of 64 KiB', chunks: [0, 1], later: [2], min: 8, huge: 64, runs: 80 },
  ];

it.each(shapes)('does what its slow twin does: $name', ({ chunks, later, min, huge, runs }) => {
  fc.assert(
    fc.property(steps, (ops) => {
      const pair = new Pair(chunks, later, min, huge);
      for (const step of ops) pair.run(step);
      pair.compare();
    }),
    { numRuns: times(Math.ceil(runs / 3), runs) },
  );
});

it('does what its slow twin does: across root entries, compared after every step', () => {
  fc.assert(
    fc.property(steps, (ops) => {
      const pair = new Pair([4094, 4095, 4096], [4093, 4097], 1, 256);
      for (const step of ops.slice(0, 40)) pair.run(step);
      pair.compare();
    }),
    { numRuns: times(2, 4) },
  );
});
