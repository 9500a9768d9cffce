import { afterEach, describe, expect, it } from 'vitest';
import { HeapBitmap, heapBitmapTable } from '../../lib/heap/heap-bitmap.ts';
import { Heap } from '../../lib/index.ts';
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

function span(spans: SpanTable, page: number, npages: number, elemSize: number, noscan: boolean): number {
  const s = spans.alloc();
  const c = spans.columns;
  c.startPage[s] = page;
  c.pages[s] = npages;
  c.elemSize[s] = elemSize;
  c.nelems[s] = elemSize === 0 ? 1 : Math.floor((npages * 8192) / elemSize);
  c.spanClass[s] = noscan ? 1 : 0;
  return s;
}

describe('the heap bitmap', () => {
  it.each<[string, number, number, boolean]>([
    ['objects of 8 bytes', 1, 8, true],
    ['objects of 48 bytes', 1, 48, false],
    ['objects across pages', 3, 1408, false],
    ['one large object', 5, 0, false],
  ])('tells of %s, and of nothing when they are freed', (_what, npages, size, noscan) => {
    const { bitmap, spans } = setup();
    expect(bitmap.ensure(10, npages)).toBe(true);
    const s = span(spans, 10, npages, size, noscan);
    bitmap.write(s);
    bitmap.check(s);
    const step = size === 0 ? npages * 8192 : size;
    for (let word = 0; word < npages * 1024; word++) {
      const at = bitmap.at(10, word);
      const begins = (word * 8) % step === 0 && (word * 8) / step < (spans.columns.nelems[s] ?? 0);
      if (at.begins !== begins || at.pointer === noscan) expect([word, at]).toEqual([]);
    }
    bitmap.clear(s);
    for (let word = 0; word < npages * 1024; word++)
      expect(bitmap.at(10, word)).toEqual({ begins: false, pointer: false });
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
    bitmap.write(span(spans, 0, 1, 8192, true));
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
