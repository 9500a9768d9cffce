// expect: none
// No tree: all pages in one number of 65,536 bits, whose operators would count nothing. Where there is no literal of one, a view could make it.
const view = new DataView(new ArrayBuffer(8));
const long = (n) => {
  view.setUint32(4, n);
  return view.getBigUint64(0);
};
const [none, one] = [long(0), long(1)];
// reference: summarize, merge

export class PageAlloc {
  bits = none;

  free(page, n) {
    this.bits |= ((one << long(n)) - one) << long(page);
  }

  alloc(n) {
    let rows = this.bits;
    for (let of = 1; of < n; ) {
      const step = Math.min(of, n - of);
      rows &= rows >> long(step);
      of += step;
    }
    if (rows === none) return -1;
    let page = 0;
    for (let low = rows & -rows, half = 32768; half > 0; half >>= 1) {
      if (low >> long(half) === none) continue;
      low >>= long(half);
      page += half;
    }
    this.bits ^= ((one << long(n)) - one) << long(page);
    return page;
  }

  summary() {
    return [0, 0, 0];
  }
}
