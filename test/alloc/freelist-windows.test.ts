import { expect, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { GiB, MiB, pageSize } from '../../lib/base/units.ts';
import { isAll } from '../support/is-all.ts';
import { inOnePiece } from '../support/one-piece.ts';

/** A heap that is full up to 63 pages below the end of its first 4 GiB. */
function heapUpToTheWindow(): { heap: Heap; dispose: () => void } {
  return inOnePiece(
    () => new Heap({ generation: 'lists', reach: 4 * GiB + 128 * MiB, environment: false, gcPercent: -1 }),
    (heap) => {
      // Never touched, so it costs address space alone. Spans of two pages follow it, one of them in both windows.
      for (let i = 1; i < 64; i++) heap.malloc(64 * MiB, true, false);
      heap.malloc(64 * MiB - 63 * pageSize, true, false);
    },
  );
}

// Object memory has windows of 4 GiB. A span that lies in two must be threaded, taken from and swept in both.
test('free lists lead across the end of a window', () => {
  const { heap, dispose } = heapUpToTheWindow();
  const [{ base: origin }] = heap.ranges();
  const size = 1408;
  const end = origin + 4 * GiB;
  const objects: number[] = [];
  while (objects.length === 0 || Math.max(...objects.slice(-1)) < end + 16 * pageSize) {
    const addr = heap.malloc(size, true, true);
    objects.push(addr);
    if (addr < end && addr + size > end) continue; // no view crosses the window's end
    const view = heap.view(addr, size);
    expect(isAll(view, 0)).toBe(true);
    view.fill(0xa5);
  }
  heap.check(3);
  expect(new Set(objects).size).toBe(objects.length);
  expect(objects.some((addr) => addr < end) && objects.some((addr) => addr >= end)).toBe(true);
  for (const [i, addr] of objects.entries()) if (i % 3 !== 0) heap.drop(addr);
  heap.gc();
  heap.check(3);
  const again: number[] = [];
  for (let i = 0; i < objects.length / 2; i++) {
    const addr = heap.malloc(size, true, true);
    if (!(addr < end && addr + size > end)) expect(isAll(heap.view(addr, size), 0)).toBe(true);
    again.push(addr);
  }
  heap.check(3);
  const live = [...objects.filter((_, i) => i % 3 === 0), ...again];
  expect(new Set(live).size).toBe(live.length);
  dispose();
});
