// expect: most 82
// All but its own heap is right. That one has no cache, and says so.
// reference: LIMIT, KEEP, FULL, lowestBit, mask, lowestRow, bitsIn, rowUp, rowDown, CachedHeap

export class OwnHeap extends CachedHeap {
  allocFor(p, n) {
    return this.alloc(n);
  }

  cache() {
    return [0, 0, 0];
  }
}
