import { ordinaryMemory } from '../../lib/pages/radix/columns.ts';
import { RadixPageHeap } from '../../lib/pages/radix/page-heap.ts';
import { pageHeapContract } from './contract.ts';

pageHeapContract('the radix page allocator', {
  make: (host) =>
    new RadixPageHeap(ordinaryMemory(20 * 512, 1), { physPageSize: 4096, physHugePageSize: 2 ** 21 }, host),
  ranges: [
    [1024, 1024],
    [4608, 512],
    [2048, 512],
    [9728, 512],
  ],
  freshIsScavenged: true,
});
