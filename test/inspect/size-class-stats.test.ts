import { describe, expect, it } from 'vitest';
import { Heap } from '../../lib/api/index.ts';

describe('size-class statistics', () => {
  it('account for every byte of every span in use', () => {
    const heap = new Heap({ environment: false, collect: false });
    const sizes = [8, 24, 100, 1000, 1025, 5000, 30_000, 40_000, 1_000_000];
    const kept: number[] = [];
    for (let i = 0; i < 3000; i++) {
      const address = heap.malloc(sizes[i % sizes.length], i % 2 === 0);
      if (i % 3 === 0) heap.drop(address);
      else kept.push(address);
    }
    const before = heap.sizeClasses();
    const held = before.reduce((sum, row) => sum + row.inuseBytes + row.freeBytes + row.tailWaste, 0);
    expect(held).toBe(heap.sample().heapInuse);
    heap.gc();
    const after = heap.sizeClasses();
    expect(after.reduce((sum, row) => sum + row.inuseBytes, 0)).toBe(heap.readMemStats().HeapAlloc);
    for (const row of after) {
      expect(row.freeBytes).toBeGreaterThanOrEqual(0);
      expect(row.objects).toBe(row.mallocs - row.frees);
      if (row.class > 0) expect(row.spanBytes).toBe(row.objectsPerSpan * row.size + row.tailOfSpan);
    }
    // Tiny objects share blocks, everything else has a row of its own.
    expect(after.find((row) => row.class === 0)?.spans).toBe(after.find((row) => row.class === 0)?.objects);
    expect(kept.length).toBe(2000);
    heap.dispose();
  });
});
