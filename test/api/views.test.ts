/**
 * Views of objects: theirs to read and write, and nothing beyond; whatever is done with one, the heap goes on.
 */
import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { GiB, KiB, MiB } from '../../lib/base/units.ts';
import { codeOf } from '../support/codes.ts';
import { isAll } from '../support/is-all.ts';

function make(options: object = {}): Heap {
  const heap = new Heap({ environment: false, reach: 512 * MiB, ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

test('two views of one object are one memory, that of the heap', () => {
  const heap = make();
  const addr = heap.malloc(100);
  const [a, b] = [heap.view(addr, 100), heap.view(addr + 10, 20)];
  a[12] = 7;
  expect(b[2]).toBe(7);
  expect(heap.read(addr + 12, 1)).toEqual(Uint8Array.of(7));
  heap.fill(addr, 100, 3);
  expect(isAll(a, 3)).toBe(true);
  expect(heap.view(addr, 0)).toHaveLength(0);
});

test('its buffer is its span’s, so that clones and prints meet nothing that is not there', () => {
  const heap = make();
  const small = heap.view(heap.malloc(100), 100);
  const large = heap.view(heap.malloc(100 * KiB), 100);
  expect([small.buffer.byteLength, large.buffer.byteLength]).toEqual([8 * KiB, 104 * KiB]);
  small[0] = 5;
  expect(structuredClone(small)[0]).toBe(5);
  expect(inspect(small, { showHidden: true })).toMatch(/\bbyteLength\]?: 8192/);
  const stack = heap.view(heap.allocStack(64 * KiB), 10);
  expect(stack.buffer.byteLength).toBe(64 * KiB);
});

test('one that was transferred is gone; the heap, and the next view, are not', () => {
  const heap = make();
  const addr = heap.malloc(100);
  const view = heap.view(addr, 100);
  view.fill(9);
  const { buffer } = view;
  try {
    structuredClone(buffer, { transfer: [buffer] });
  } catch {
    // An engine may refuse to.
  }
  const again = heap.view(addr, 100);
  expect(isAll(again, 9)).toBe(true);
  heap.drop(addr);
  heap.gc();
  for (let i = 0; i < 200; i++) expect(isAll(heap.view(heap.malloc(100), 100), 0)).toBe(true);
  heap.check(3);
});

test('all of them are empty once the heap is disposed of, also those of spans that are gone', () => {
  const heap = make();
  const views: Uint8Array[] = [];
  for (const size of [100, 3000, 20 * KiB]) {
    const addr = heap.malloc(size);
    views.push(heap.view(addr, size));
    heap.drop(addr);
    heap.gc();
    // The pages of the first are now in a span of another size.
    views.push(heap.view(heap.malloc(40 * KiB), 10));
  }
  for (let i = 0; i < 3000; i++) {
    const addr = heap.malloc(9000);
    if (i % 100 === 0) views.push(heap.view(addr, 100));
    else heap.view(addr, 100);
    heap.drop(addr);
    if (i % 1000 === 999) heap.gc();
  }
  heap.dispose();
  expect(views.map((view) => view.length)).toEqual(views.map(() => 0));
});

test('across a multiple of 4 GiB, and no longer than that', () => {
  const heap = make({ reach: 16 * GiB });
  const addr = heap.malloc(6 * GiB, true, false);
  const seam = addr + 4 * GiB - (addr % (4 * GiB));
  const view = heap.view(seam - 8, 16);
  view.fill(1);
  expect(heap.read(seam - 9, 18)).toEqual(Uint8Array.of(0, ...Array(16).fill(1), 0));
  heap.fill(seam - 4, 8, 2);
  expect([...view]).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1]);
  heap.copy(seam - 6, seam - 8, 12);
  expect([...view]).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1]);
  heap.copy(seam - 8, seam - 4, 12);
  expect([...view]).toEqual([1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 2, 2, 1, 1]);
  for (const n of [4 * GiB + 1, 5 * GiB]) {
    expect(codeOf(() => heap.view(addr, n))).toBe('ERR_INVALID_SIZE');
    expect(codeOf(() => heap.read(addr, n))).toMatch(/^(ERR_INVALID_SIZE|ERR_OUT_OF_MEMORY|none)$/);
  }
  heap.check(3);
});
