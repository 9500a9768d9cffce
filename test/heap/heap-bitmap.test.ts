import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Heap } from '../../lib/api/index.ts';
import { HeapBitmap, heapBitmapTable } from '../../lib/heap/heap-bitmap.ts';
import { MetaMemory } from '../../lib/meta/meta-memory.ts';
import { Sys } from '../../lib/os/sys.ts';
import { SpanTable, spanPoolTable, spanTable } from '../../lib/spans/span-table.ts';

const pages = 64;
const metas: MetaMemory[] = [];
afterEach(() => {
  for (const meta of metas.splice(0)) meta.release();
});

function setup(): { bitmap: HeapBitmap; spans: SpanTable; meta: MetaMemory } {
  const meta = MetaMemory.create(
    new Sys(),
    () => [
      [spanPoolTable, 1],
      [spanTable, 512],
      [heapBitmapTable, pages],
    ],
    [],
  )!;
  metas.push(meta);
  SpanTable.prepare(meta);
  const spans = new SpanTable(meta);
  return { bitmap: new HeapBitmap(meta, spans), spans, meta };
}

function span(spans: SpanTable, page: number, npages: number, elemSize: number): number {
  const s = spans.alloc();
  const c = spans.columns;
  c.startPage[s] = page;
  c.pages[s] = npages;
  c.elemSize[s] = elemSize;
  c.nelems[s] = elemSize === 0 ? 1 : Math.floor((npages * 8192) / elemSize);
  return s;
}

describe('the heap bitmap', () => {
  it.each<[string, number, number, number]>([
    ['objects of 8 bytes', 1, 8, 0],
    ['objects of 48 bytes', 1, 48, 1],
    ['objects across pages', 3, 1408, 1],
    ['one large object', 5, 0, 0],
  ])('tells of %s, and of nothing when they are freed', (_what, npages, size, leftOver) => {
    const { bitmap, spans } = setup();
    expect(bitmap.ensure(10, npages)).toBe(true);
    const s = span(spans, 10, npages, size);
    bitmap.write(s);
    bitmap.check(s);
    const step = size === 0 ? npages * 8192 : size;
    // Behind the last object of a span that is not filled one more begins: what is left over.
    const begin = spans.columns.nelems[s]! + leftOver;
    for (let word = 0; word < npages * 1024; word++) {
      const at = bitmap.at(10, word);
      const begins = (word * 8) % step === 0 && (word * 8) / step < begin;
      if (at.begins !== begins || at.pointer) expect([word, at]).toEqual([]);
    }
    bitmap.clear(s);
    for (let word = 0; word < npages * 1024; word++)
      expect(bitmap.at(10, word)).toMatchObject({ begins: false, pointer: false });
  });

  it('tells of the words of an object that may hold pointers, and of none beyond', () => {
    const { bitmap, spans } = setup();
    bitmap.ensure(10, 2);
    const s = span(spans, 10, 2, 48);
    bitmap.write(s);
    const pointers = (): number[] =>
      Array.from({ length: 2048 }, (_, word) => word).filter((word) => bitmap.at(10, word).pointer);
    bitmap.writePointers(10, 12, 6, 6);
    // Across the border of pages: words 1020 to 1025, of which four are asked for.
    bitmap.writePointers(10, 1020, 4, 6);
    expect(pointers()).toEqual([12, 13, 14, 15, 16, 17, 1020, 1021, 1022, 1023]);
    // Swept, its first word ends what there is to scan.
    bitmap.forgetPointers(10, 12);
    expect(pointers().slice(0, 2)).toEqual([13, 14]);
    // Another of three words in its place: the fourth ends it.
    bitmap.writePointers(10, 12, 3, 6);
    expect(pointers().slice(0, 5)).toEqual([12, 13, 14, 16, 17]);
    bitmap.check(s);
  });

  it('that tells of other objects is found out', () => {
    const { bitmap, spans } = setup();
    bitmap.ensure(10, 1);
    const s = span(spans, 10, 1, 48);
    bitmap.write(s);
    spans.columns.elemSize[s] = 64;
    expect(() => bitmap.check(s)).toThrow('does not tell of the objects of a span');
  });

  it('grows down as the heap grows up, and ends with its table', () => {
    const { bitmap, meta } = setup();
    const before = meta.accounts.of('gc');
    expect(bitmap.ensure(0, 32)).toBe(true);
    expect(meta.accounts.of('gc') - before).toBe((32 * 8192) / 16);
    expect(bitmap.ensure(0, 32)).toBe(true);
    expect(meta.accounts.of('gc') - before).toBe((32 * 8192) / 16);
    expect(bitmap.ensure(60, 8)).toBe(false);
    const end = meta.addressOf(heapBitmapTable, 'bits') + pages * 512;
    const bits = meta.views(heapBitmapTable).bits;
    const { spans } = { spans: new SpanTable(meta) };
    bitmap.write(span(spans, 0, 1, 8192));
    // Page 0 lies at the very end.
    expect(bits[(pages - 1) * 128]).toBe(1);
    expect(end).toBeGreaterThan(meta.addressOf(heapBitmapTable, 'bits'));
  });
});

it('a heap of 2014 pays a sixteenth of itself for it', () => {
  const gcSys = (objects: 'freelist' | 'bitmap'): number => {
    const heap = new Heap({ generation: 'lists', objects, reach: 2 ** 28, environment: false });
    for (let i = 0; i < 64; i++) heap.malloc(2 ** 20, true, false);
    const { GCSys, HeapSys } = heap.readMemStats();
    heap.dispose();
    return GCSys / HeapSys;
  };
  expect(gcSys('freelist') - gcSys('bitmap')).toBeGreaterThan(1 / 17);
});

describe('a heap of 2014', () => {
  it.each(['lists', 'treap', 'radix'] as const)(
    'knows whether an object may hold pointers: %s',
    (generation) => {
      const heap = new Heap({ generation, reach: 2 ** 28, environment: false });
      for (const size of [8, 24, 100, 5000, 100_000]) {
        for (const noscan of [true, false]) {
          const at = heap.malloc(size, noscan);
          expect([size, heap.findObject(at + size - 1)?.noscan]).toEqual([size, noscan]);
          heap.drop(at);
        }
      }
      heap.gc();
      // Where an object with pointers was, one without has none.
      for (let i = 0; i < 200; i++) expect(heap.findObject(heap.malloc(100))?.noscan).toBe(true);
      heap.check(3);
      heap.dispose();
    },
  );

  it('pays for the bits of a large object without pointers when it frees it, not before', () => {
    const resident = (): number =>
      Number(/^Rss:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1]) * 1024;
    const heap = new Heap({ generation: 'lists', reach: 2 ** 30, environment: false });
    const before = resident();
    const at = heap.malloc(2 ** 29, true, false);
    expect(resident() - before).toBeLessThan(2 ** 23);
    heap.drop(at);
    heap.gc();
    expect(resident() - before).toBeGreaterThan(2 ** 25 - 2 ** 23);
    heap.dispose();
  });
});
