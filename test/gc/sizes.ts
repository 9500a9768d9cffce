import type { HeapSizes } from '../../lib/gc/heap-sizes.ts';

/** Sizes of a heap; what is not told is 0. */
export const sizesOf = (sizes: Partial<HeapSizes>): HeapSizes => ({
  heapLive: 0,
  heapAlloc: 0,
  heapInUse: 0,
  heapFree: 0,
  mappedReady: 0,
  ...sizes,
});
