import { ordinaryMemory } from '../../lib/pages/radix/columns.ts';
import { RadixPageAlloc } from '../../lib/pages/radix/page-alloc.ts';
import { pageHeapContract } from './contract.ts';

pageHeapContract('the radix page allocator', {
  make: () =>
    new RadixPageAlloc(ordinaryMemory(20 * 512, 1), { physPageSize: 4096, physHugePageSize: 2 ** 21 }),
  ranges: [
    [1024, 1024],
    [4608, 512],
    [2048, 512],
    [9728, 512],
  ],
  freshIsScavenged: true,
});
