import { expect, it } from 'vitest';
import { pId } from '../../../lib/base/units.ts';
import { MetaMemory } from '../../../lib/meta/meta-memory.ts';
import { Sys } from '../../../lib/os/sys.ts';
import { commitRadixSetup, radixCapacities, radixMemory } from '../../../lib/pages/radix/columns.ts';
import { RadixPageAlloc } from '../../../lib/pages/radix/page-alloc.ts';
import { PageCache } from '../../../lib/pages/radix/page-cache.ts';
import { chunkPages, count, page, withHuge } from './heaps.ts';

// Over real columns memory that was not committed faults, so this process ends if the allocator reads
// a row that it did not commit.
const reach = 2 * 4096 * chunkPages;
const capacities = ([pages, ps]: readonly number[]) => radixCapacities(pages!, ps!);

it('lives in columns, touches only what it committed, and a second object attaches by address', () => {
  const sys = new Sys();
  const meta = MetaMemory.create(sys, capacities, [reach, 2])!;
  expect(commitRadixSetup(meta)).toBe(true);
  const heap = new RadixPageAlloc(radixMemory(meta, reach), withHuge);
  expect(heap.alloc(count(1))).toBe(-1);
  // Growth leaves gaps of every kind: within a block of eight, beyond it, across root entries.
  const chunks = [4097, 3, 700, 4095, 4096, 0, 8191, 17];
  for (const chunk of chunks) {
    expect(heap.grow(page(chunk * chunkPages), count(chunkPages))).toBe(true);
    heap.check(3);
  }
  expect(heap.alloc(count(3 * chunkPages))).toBe(4095 * chunkPages);
  expect(heap.alloc(count(3 * chunkPages))).toBe(-1);
  const cache = new PageCache(heap.memory, pId(1));
  expect(heap.allocToCache(cache)).toBe(true);

  const attached = MetaMemory.attach(new Sys(), capacities, meta.base);
  const other = new RadixPageAlloc(radixMemory(attached, reach), withHuge);
  const cacheThere = new PageCache(other.memory, pId(1));
  expect(cacheThere.alloc(count(4))).toBe(0);
  expect(other.alloc(count(1))).toBe(64);
  expect(other.grow(page(5 * chunkPages), count(chunkPages))).toBe(true);
  other.flushCache(cacheThere);
  expect(cache.isEmpty()).toBe(true);
  expect(heap.alloc(count(1))).toBe(4);

  heap.free(page(4095 * chunkPages), count(3 * chunkPages));
  heap.nextGeneration();
  expect(heap.scavenge(Number.POSITIVE_INFINITY, false, () => {})).toBe(3 * chunkPages * 8192);
  expect(other.scavenge(Number.POSITIVE_INFINITY, true, () => {})).toBe(0);
  heap.check(3);
  other.check(3);
  attached.detach();
  meta.release();
});
