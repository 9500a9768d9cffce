/** The pointer bits of all generations, held against what was put into them; and pointer maps against plain lists. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { HeapBitmap, heapBitmapTable } from '../../lib/heap/heap-bitmap.ts';
import { PairBits, pairBitsTable } from '../../lib/heap/pair-bits.ts';
import type { PointerBits } from '../../lib/heap/pointer-bits.ts';
import { PointerMap, repeatRuns } from '../../lib/heap/pointer-map.ts';
import { SingleBits, singleBitsTable } from '../../lib/heap/single-bits.ts';
import {
  arrayLayout,
  type Layout,
  pointerMapOf,
  type ScalarKind,
  scalarBytes,
  scalarLayout,
  structLayout,
} from '../../lib/heap/type-layout.ts';
import type { Table } from '../../lib/meta/column.ts';
import { MetaMemory } from '../../lib/meta/meta-memory.ts';
import { Sys } from '../../lib/os/sys.ts';
import { SpanTable, spanPoolTable, spanTable } from '../../lib/spans/span-table.ts';
import { Random, seedOf } from '../support/random.ts';

const pages = 64;

const kinds: Readonly<
  Record<string, readonly [Table, new (meta: MetaMemory, spans: SpanTable) => PointerBits]>
> = {
  'four bits a word': [heapBitmapTable, HeapBitmap],
  'two bits a word': [pairBitsTable, PairBits],
  'one bit a word': [singleBitsTable, SingleBits],
};

function bitsOf(name: string): { bits: PointerBits; spans: SpanTable } {
  const [table, Bits] = kinds[name]!;
  const meta = MetaMemory.create(
    new Sys(),
    () => [
      [spanPoolTable, 1],
      [spanTable, 512],
      [table, pages],
    ],
    [],
  )!;
  onTestFinished(() => meta.release());
  SpanTable.prepare(meta);
  const spans = new SpanTable(meta);
  const bits = new Bits(meta, spans);
  expect(bits.ensure(0, pages)).toBe(true);
  return { bits, spans };
}

/** A span of objects of one size, in words. */
function spanOf(spans: SpanTable, page: number, npages: number, words: number): number {
  const s = spans.alloc();
  const c = spans.columns;
  c.startPage[s] = page;
  c.pages[s] = npages;
  c.elemSize[s] = words * 8 > 32768 ? 0 : words * 8;
  c.nelems[s] = words * 8 > 32768 ? 1 : Math.floor((npages * 1024) / words);
  return s;
}

/** What marking would read of an object, word by word. */
function read(bits: PointerBits, page: number, word: number, words: number): number[] {
  const found: number[] = [];
  for (let w = 0; w < words; w += 32) {
    const n = Math.min(32, words - w);
    const mask = bits.mask(page, word + w, n);
    for (let i = 0; i < 32; i++) if (((mask >>> i) & 1) === 1) found.push(w + i);
    if (words - w > 32 && bits.endsAfter(page, word + w)) break;
  }
  return found;
}

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((word, i) => word === b[i]);

const runOf = (pointers: readonly number[], words: number): PointerMap => {
  if (pointers.length === 0) return new PointerMap([]);
  const pattern = new Int32Array((words + 31) >>> 5);
  for (const word of pointers) pattern[word >>> 5]! |= 1 << (word & 31);
  return new PointerMap([{ from: 0, end: words, period: words, pattern, map: undefined }]);
};

const seed = seedOf('PAGEHEAP_BITS_SEED');

describe.each(Object.keys(kinds))('pointer bits, %s', (name) => {
  it(`tell of each object what was put, whatever was there before (seed ${seed})`, () => {
    const random = new Random(seed);
    const { bits, spans } = bitsOf(name);
    for (const words of [
      1, 2, 3, 4, 5, 6, 7, 8, 12, 18, 31, 32, 33, 44, 60, 64, 112, 512, 1024, 3000, 5000,
    ]) {
      const npages = Math.max(1, Math.ceil(words / 1024) * (words > 4096 ? 1 : 2));
      const page = 3 + random.below(20);
      const s = spanOf(spans, page, npages, words);
      bits.write(s);
      const n = spans.columns.nelems[s]!;
      const wanted: (readonly number[])[] = Array.from({ length: n }, () => []);
      for (let i = 0; i < Math.min(80, 4 * n); i++) {
        const index = random.below(n);
        const offset = page * 8192 + index * words * 8;
        const asked = 1 + random.below(words);
        const what = random.below(3);
        const density = 1 + random.below(6);
        let pointers = Array.from({ length: asked }, (_, w) => w).filter(() => random.below(density) === 0);
        if (what === 0) {
          pointers = Array.from({ length: words }, (_, w) => w);
          bits.putAll(offset, words);
        } else if (what === 1 && words <= 32) {
          bits.putSmall(offset, words, runOf(pointers, asked).first);
        } else {
          bits.put(offset, words, runOf(pointers, asked));
        }
        wanted[index] = pointers;
        for (const j of [index, Math.max(0, index - 1), Math.min(n - 1, index + 1)]) {
          const found = read(bits, page, j * words, words);
          if (!same(found, wanted[j]!)) expect([words, j, found]).toEqual([words, j, wanted[j]]);
        }
      }
      bits.check(s);
      // From the first page of a window, too.
      const last = n - 1;
      expect(read(bits, 0, page * 1024 + last * words, words)).toEqual(wanted[last]);
      bits.clear(s);
      spans.columns.nelems[s] = 0;
    }
  });

  it('spare the rest of an object without pointers', () => {
    const { bits, spans } = bitsOf(name);
    const s = spanOf(spans, 4, 4, 4096);
    bits.write(s);
    bits.put(4 * 8192, 4096, runOf([0, 40], 64));
    expect(bits.endsAfter(4, 0)).toBe(false);
    // Within the 32 words after the last one, as their cells lie.
    expect([32, 64].some((word) => bits.endsAfter(4, word))).toBe(true);
  });
});

/** Which words are pointers, byte by byte: the naive twin of layouts. */
function naive(layout: Layout, at = 0): number[] {
  switch (layout.form) {
    case 'scalar':
      return layout.kind === 'pointer' ? [at / 8] : [];
    case 'array':
      return Array.from({ length: layout.length }, (_, i) =>
        naive(layout.element, at + i * layout.element.size),
      ).flat();
    case 'struct':
      return [...layout.fields.values()].flatMap((field) => naive(field.layout, at + field.offset));
  }
}

function listed(map: PointerMap, words: number): number[] {
  const found: number[] = [];
  for (let from = 0; from < words; from += 32)
    for (let i = 0; i < 32; i++) if (((map.mask(from) >>> i) & 1) === 1) found.push(from + i);
  return found;
}

function drawLayout(random: Random, depth: number): Layout {
  const what = depth === 0 ? 0 : random.below(3);
  if (what === 0) {
    const all = Object.keys(scalarBytes) as ScalarKind[];
    return scalarLayout(random.below(2) === 0 ? 'pointer' : random.of(all));
  }
  if (what === 1)
    return arrayLayout(drawLayout(random, depth - 1), random.below(random.below(9) === 0 ? 300 : 9));
  return structLayout(
    Array.from({ length: 1 + random.below(5) }, (_, i) => [`f${i}`, drawLayout(random, depth - 1)] as const),
  );
}

describe('layouts', () => {
  it.each<[string, Layout, number, number, Record<string, number>]>([
    [
      'two pointers and a number',
      structLayout([
        ['left', scalarLayout('pointer')],
        ['right', scalarLayout('pointer')],
        ['key', scalarLayout('f64')],
      ]),
      24,
      8,
      { left: 0, right: 8, key: 16 },
    ],
    [
      'gaps, as in C',
      structLayout([
        ['a', scalarLayout('u8')],
        ['b', scalarLayout('i16')],
        ['c', scalarLayout('u8')],
        ['d', scalarLayout('pointer')],
        ['e', scalarLayout('f32')],
      ]),
      24,
      8,
      { a: 0, b: 2, c: 4, d: 8, e: 16 },
    ],
    [
      'a struct, and an array of bytes',
      structLayout([
        ['n', scalarLayout('u8')],
        [
          'pair',
          structLayout([
            ['x', scalarLayout('u32')],
            ['y', scalarLayout('u8')],
          ]),
        ],
        ['name', arrayLayout(scalarLayout('u8'), 5)],
      ]),
      20,
      4,
      { n: 0, pair: 4, name: 12 },
    ],
    ['nothing', structLayout([]), 0, 1, {}],
  ])('%s', (_what, layout, size, align, offsets) => {
    expect([layout.size, layout.align]).toEqual([size, align]);
    if (layout.form !== 'struct') return;
    expect(Object.fromEntries([...layout.fields].map(([name, { offset }]) => [name, offset]))).toEqual(
      offsets,
    );
  });

  it(`know their pointers, by themselves and in arrays (seed ${seed})`, () => {
    const random = new Random(seed);
    for (let i = 0; i < 150; i++) {
      const layout = structLayout([['all', drawLayout(random, 3)]]);
      if (layout.size > 50_000) continue;
      const wanted = naive(layout);
      const words = Math.ceil(layout.size / 8);
      const map = pointerMapOf(layout);
      expect(map.pointers).toBe(wanted.length === 0 ? 0 : wanted.at(-1)! + 1);
      if (!same(listed(map, words), wanted)) expect(listed(map, words)).toEqual(wanted);
      const n = random.below(20);
      const many =
        wanted.length === 0
          ? []
          : Array.from({ length: n }, (_, k) => wanted.map((w) => w + k * words)).flat();
      const found = listed(map.repeated(n, words), words * n);
      if (!same(found, many)) expect(found).toEqual(many);
    }
  });

  it('of a million pointers cost no more than one', () => {
    const map = pointerMapOf(
      structLayout([
        ['n', scalarLayout('u64')],
        [
          'items',
          arrayLayout(
            structLayout([
              ['to', scalarLayout('pointer')],
              ['n', scalarLayout('u64')],
            ]),
            1e6,
          ),
        ],
        ['end', scalarLayout('pointer')],
      ]),
    );
    expect(map.runs.map(({ pattern }) => pattern.length).every((cells) => cells <= 2)).toBe(true);
    expect(map.pointers).toBe(2e6 + 2);
    expect([map.mask(0) >>> 0, map.mask(2e6 - 31) & 3]).toEqual([0xaaaaaaaa, 1]);
    expect(repeatRuns([], 5, 3)).toEqual([]);
  });

  it('of a million large elements in a million cost no more than one, at any depth', () => {
    // 4,126 words: a pointer, 4,000 words without any, 125 words of which every fifth is one.
    const element = structLayout([
      ['next', scalarLayout('pointer')],
      ['text', arrayLayout(scalarLayout('u8'), 32_000)],
      [
        'items',
        arrayLayout(
          structLayout([
            ['to', scalarLayout('pointer')],
            ['n', arrayLayout(scalarLayout('u64'), 4)],
          ]),
          25,
        ),
      ],
    ]);
    const words = element.size / 8;
    const wanted = (word: number): boolean => word === 0 || (word >= 4001 && (word - 4001) % 5 === 0);
    const deep = pointerMapOf(
      structLayout([
        ['n', scalarLayout('u64')],
        ['all', arrayLayout(arrayLayout(element, 1 << 20), 1 << 10)],
      ]),
    );
    const random = new Random(seed);
    for (let i = 0; i < 2000; i++) {
      // Half of them about an element's end.
      const k = random.below(1 << 30);
      const from = 1 + k * words + (i % 2 === 0 ? random.below(words) : words - random.below(64));
      const bits = Array.from({ length: 32 }, (_, b) => wanted((from - 1 + b) % words));
      const mask = deep.mask(from);
      const found = bits.map((_, b) => ((mask >>> b) & 1) === 1);
      if (from + 32 <= 1 + 2 ** 30 * words && !same(found.map(Number), bits.map(Number)))
        expect(found, `${from}`).toEqual(bits);
    }
    expect(deep.pointers).toBe(1 + 2 ** 30 * words - 4);
    expect(deep.runs.length).toBe(1);
  });
});
