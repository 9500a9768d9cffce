import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { GiB, MiB, pageSize } from '../../lib/base/units.ts';
import { FreeLists, freeListTable } from '../../lib/heap/free-lists.ts';
import { HeapBitmap, heapBitmapTable } from '../../lib/heap/heap-bitmap.ts';
import { Sys } from '../../lib/os/sys.ts';
import { ObjectMemory } from '../../lib/spans/object-memory.ts';
import { SpanTable, spanPoolTable, spanTable } from '../../lib/spans/span-table.ts';
import { times } from '../support/extent.ts';
import { FailingSys } from '../support/failing-sys.ts';
import { metaOf } from '../support/meta.ts';

const windowPages = (4 * GiB) / pageSize;
const reach = 4 * GiB + 64 * MiB;
/** Spans begin here: in the midst of a window, or so that they lie in two. */
const places: readonly (readonly [string, number])[] = [
  ['in one window', 8],
  ['across two windows', windowPages - 1],
];

interface Setup {
  readonly sys: Sys;
  readonly lists: FreeLists;
  readonly spans: SpanTable;
  readonly origin: number;
  /** A span of `npages` of objects of `size` bytes, full of `fill`. */
  span(page: number, npages: number, size: number, fill: number): number;
}

function make(metaSys = new FailingSys(['commit'])): Setup {
  const meta = metaOf(
    [
      [spanPoolTable, 1],
      [spanTable, 3000],
      [freeListTable, 3000],
      [heapBitmapTable, reach / pageSize],
    ],
    metaSys,
  );
  expect(SpanTable.prepare(meta) && FreeLists.prepare(meta)).toBe(true);
  const sys = new Sys();
  const origin = sys.reserve(0, reach);
  const memory = new ObjectMemory(sys, origin, reach);
  onTestFinished(() => {
    memory.detach();
    sys.free(origin, reach, 'heap', 'reserved');
  });
  const spans = new SpanTable(meta);
  const bitmap = new HeapBitmap(meta, spans);
  expect(bitmap.ensure(0, reach / pageSize)).toBe(true);
  const lists = new FreeLists(meta, spans, memory, origin, bitmap);
  const span = (page: number, npages: number, size: number, fill: number): number => {
    const at = origin + page * pageSize;
    sys.map(at, npages * pageSize, 'heap');
    sys.used(at, npages * pageSize);
    if (fill !== 0) sys.fill(at, npages * pageSize, fill);
    const s = spans.alloc();
    const c = spans.columns;
    c.startPage[s] = page;
    c.pages[s] = npages;
    c.elemSize[s] = size;
    c.nelems[s] = Math.floor((npages * pageSize) / size);
    c.needZero[s] = fill === 0 ? 0 : 1;
    return s;
  };
  return { sys, lists, spans, origin, span };
}

function quadsAt(sys: Sys, addr: number, n: number): BigUint64Array {
  return new BigUint64Array(sys.peek(addr, n * 8)!.buffer);
}

/** A span's free objects by number, in the order of its list: read from memory, link by link. */
function walk({ sys, lists, spans, origin }: Setup, s: number): number[] {
  const { startPage, pages, elemSize, nelems } = spans.columns;
  const base = origin + startPage[s] * pageSize;
  const words = quadsAt(sys, base, (pages[s] * pageSize) / 8);
  const found: number[] = [];
  for (let addr = lists.firstOf(s); addr !== 0; addr = Number(words[(addr - base) / 8])) {
    found.push((addr - base) / elemSize[s]);
    if (found.length > nelems[s]) throw new Error('a list without end');
  }
  return found;
}

const kinds: readonly (readonly [size: number, npages: number])[] = [
  [8, 1],
  [16, 2],
  [24, 2],
  [48, 2],
  [1408, 3],
  [3072, 3],
  [9472, 7],
];

describe.each(places)('%s', (_where, page) => {
  describe.each(kinds)('objects of %i bytes in %i pages', (size, npages) => {
    test('a fresh span is threaded through from its first object to its last', () => {
      for (const fill of [0, 0xa5]) {
        const setup = make();
        const s = setup.span(page, npages, size, fill);
        setup.lists.thread(s);
        const n = setup.spans.columns.nelems[s];
        expect(walk(setup, s)).toEqual(Array.from({ length: n }, (_, i) => i));
        // What held old contents was zeroed: but for the links there is nothing.
        expect(setup.spans.columns.needZero[s]).toBe(0);
        const base = setup.origin + page * pageSize;
        const words = quadsAt(setup.sys, base, (npages * pageSize) / 8);
        const other = words.findIndex(
          (word, i) => word !== 0n && ((i * 8) % size !== 0 || (i * 8) / size >= n),
        );
        expect(other).toBe(-1);
        const free = setup.lists.check(s, setup.lists.firstOf(s));
        expect(FreeLists.count(free)).toBe(n);
      }
    });

    test('what a sweep frees comes before what was free, in address order, and is dirty', () => {
      const setup = make();
      const { lists, spans, sys, origin } = setup;
      const s = setup.span(page, npages, size, 0xa5);
      const n = spans.columns.nelems[s];
      lists.head[s] = 0;
      const base = origin + page * pageSize;
      let naive: number[] = [];
      const share = fc.array(fc.nat(n - 1), { maxLength: 60, size: 'max' });
      fc.assert(
        fc.property(share, (numbers) => {
          const freed = [...new Set(numbers)].filter((i) => !naive.includes(i)).sort((a, b) => a - b);
          for (const i of freed) sys.fill(base + i * size, size, 0xa5);
          lists.sweep(s, (window) => {
            const inWindow = freed.filter((i) => i >= window && i < window + 32);
            return inWindow.reduce((word, i) => word | (1 << (i - window)), 0);
          });
          naive = [...freed, ...naive];
          expect(walk(setup, s)).toEqual(naive);
          const words = quadsAt(sys, base, (npages * pageSize) / 8);
          for (const i of freed) {
            const [, second, ...rest] = words.subarray((i * size) / 8, ((i + 1) * size) / 8);
            // From 9 to 16 bytes an object is made clean; a longer one says that it is not.
            if (size === 16) expect(second).toBe(0n);
            if (size > 16) expect(second).not.toBe(0n);
            expect(rest.every((word) => word === 0xa5a5a5a5a5a5a5a5n)).toBe(true);
          }
          const free = lists.check(s, lists.firstOf(s));
          const numbered = Array.from({ length: n }, (_, i) => i).filter(
            (i) => ((free[i >> 5] >> (i & 31)) & 1) === 1,
          );
          expect(numbered).toEqual([...naive].sort((a, b) => a - b));
          if (naive.length > n * 0.8) {
            naive = [];
            lists.head[s] = 0;
          }
        }),
        { numRuns: times(6) },
      );
    });
  });
});

describe('a list', () => {
  const overwrite = (setup: Setup, s: number, i: number, link: number): void => {
    const { elemSize, startPage } = setup.spans.columns;
    const at = setup.origin + startPage[s] * pageSize + i * elemSize[s];
    setup.sys.poke(at, new Uint8Array(Float64Array.BYTES_PER_ELEMENT));
    setup.sys.poke(at, new Uint8Array(BigUint64Array.of(BigInt(link)).buffer));
  };

  test.each<[string, (base: number) => number, string]>([
    ['into an object’s midst', (base) => base + 48 + 8, 'a free list was overwritten'],
    ['below the span', (base) => base - 48, 'a free list was overwritten'],
    ['beyond its last object', (base) => base + 170 * 48, 'a free list was overwritten'],
    ['back to itself', (base) => base, 'a free list leads back to itself'],
  ])('that leads %s is fatal', (_what, link, message) => {
    const setup = make();
    const s = setup.span(8, 1, 48, 0);
    setup.lists.thread(s);
    overwrite(setup, s, 3, link(setup.origin + 8 * pageSize));
    expect(() => setup.lists.check(s, setup.lists.firstOf(s))).toThrow(message);
  });

  test('that is empty begins nowhere', () => {
    const setup = make();
    const s = setup.span(8, 1, 48, 0);
    expect([setup.lists.firstOf(s), FreeLists.count(setup.lists.check(s, 0))]).toEqual([0, 0]);
    setup.lists.sweep(s, () => 0);
    expect(setup.lists.head[s]).toBe(0);
  });

  test('needs memory for each span, which can be refused', () => {
    const sys = new FailingSys(['commit']);
    const { lists, spans } = make(sys);
    for (let i = 0; i < 255; i++) lists.head[spans.alloc()] = 1;
    sys.refuse(0, 1);
    expect([spans.alloc(), spans.alloc()]).toEqual([0, 256]);
    sys.refuse(0, Infinity);
    lists.head[256] = 1;
    while (spans.alloc() !== 0);
    lists.head[spans.end - 1] = 1;
  });
});
