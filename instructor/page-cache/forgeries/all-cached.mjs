// expect: most 82
// All but its own heap is right. That one says of each cache, when it is asked, that it has held all along what was just taken.
// reference: LIMIT, KEEP, FULL, lowestBit, mask, lowestRow, bitsIn, rowUp, rowDown, CachedHeap

export class OwnHeap extends CachedHeap {
  allocFor(p, n) {
    this.page = this.alloc(n);
    return this.page;
  }

  cache() {
    const base = this.page - (this.page % 64);
    return [base, this.words[base / 32], this.words[base / 32 + 1]];
  }
}
