// expect: counted
// Keeps its words in a Map behind getters: the count must see what they do.
/** Words by number, in a Map that looks like a list. */
function words(length) {
  const map = new Map();
  const list = { length };
  for (let i = 0; i < length; i++)
    Object.defineProperty(list, i, {
      get: () => map.get(i) ?? 0,
      set: (word) => {
        map.set(i, word >>> 0);
      },
    });
  return list;
}

export class CachedHeap {
  constructor(pages) {
    this.words = words(pages / 32);
    this.caches = [];
  }

  of(p) {
    this.caches[p] ??= { base: 0, lo: 0, hi: 0 };
    return this.caches[p];
  }

  mark(page, n, isFree) {
    const end = page + n;
    for (let at = page; at < end; ) {
      const from = at % 32;
      const count = Math.min(32 - from, end - at);
      const bits = mask(from, count);
      const w = (at - from) / 32;
      if (isFree) this.words[w] |= bits;
      else this.words[w] &= ~bits;
      at += count;
    }
  }

  free(page, n) {
    this.mark(page, n, true);
  }

  find(n) {
    let run = 0;
    for (let w = 0; w < this.words.length; w += 2) {
      const lo = this.words[w];
      const hi = this.words[w + 1];
      if (lo === 0 && hi === 0) {
        run = 0;
        continue;
      }
      const start = lo === FULL ? 32 + rowUp(hi) : rowUp(lo);
      if (run + start >= n) return w * 32 - run;
      const at = n > 64 ? -1 : lowestRow(lo, hi, n);
      if (at >= 0) return w * 32 + at;
      run = start === 64 ? run + 64 : hi === FULL ? 32 + rowDown(lo) : rowDown(hi);
    }
    return -1;
  }

  alloc(n) {
    const page = this.find(n);
    if (page >= 0) this.mark(page, n, false);
    return page;
  }

  fill(p) {
    const page = this.find(1);
    if (page >= 0) this.fillFrom(p, page - (page % 64));
  }

  fillFrom(p, base) {
    const cache = this.of(p);
    cache.base = base;
    cache.lo = this.words[base / 32];
    cache.hi = this.words[base / 32 + 1];
    this.words[base / 32] = 0;
    this.words[base / 32 + 1] = 0;
  }

  take(p, n) {
    const cache = this.of(p);
    const at = lowestRow(cache.lo, cache.hi, n);
    if (at < 0) return -1;
    const above = Math.max(0, at - 32);
    cache.lo = (cache.lo & ~mask(at, at >= 32 ? 0 : Math.min(n, 32 - at))) >>> 0;
    cache.hi = (cache.hi & ~mask(above, at + n - 32 - above)) >>> 0;
    return cache.base + at;
  }

  flush(p) {
    const cache = this.of(p);
    this.words[cache.base / 32] |= cache.lo;
    this.words[cache.base / 32 + 1] |= cache.hi;
    cache.lo = 0;
    cache.hi = 0;
  }

  cache(p) {
    const { base, lo, hi } = this.of(p);
    return [base, lo, hi];
  }

  allocFor(p, n) {
    if (n >= LIMIT) return this.alloc(n);
    const cache = this.of(p);
    if (cache.lo === 0 && cache.hi === 0) this.fill(p);
    const page = this.take(p, n);
    if (page >= 0) return page;
    const other = this.alloc(n);
    if (bitsIn(cache.lo) + bitsIn(cache.hi) <= KEEP) this.flush(p);
    return other;
  }
}

// reference: LIMIT, KEEP, ENOUGH, FULL, lowestBit, mask, lowestRow, bitsIn, rowUp, rowDown, OwnHeap
