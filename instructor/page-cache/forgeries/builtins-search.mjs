// expect: most 90
// Right; rows are searched by what is built in, which counts what it goes through.
const LIMIT = {{limit}};
const KEEP = {{keep}};
const ENOUGH = 16;
const FULL = 0xffffffff;

/** The number of the lowest set bit of a word that is not 0. */
const lowestBit = (word) => 31 - Math.clz32(word & -word);

/** So many bits, from a bit on: 0 to 32 of them. */
const mask = (from, count) => (count <= 0 ? 0 : count >= 32 ? -1 : ((2 ** count - 1) << from) | 0);

/** The bits as text: what is built in searches. */
export function lowestRow(lo, hi, n) {
  const bits = (lo >>> 0).toString(2).padStart(32, '0');
  const above = (hi >>> 0).toString(2).padStart(32, '0');
  return [...(above + bits)].reverse().join('').indexOf('1'.repeat(n));
}

const bitsIn = (word) => {
  let n = 0;
  for (let left = word; left !== 0; left &= left - 1) n++;
  return n;
};
/** Set bits in a row, from the lowest up, and from the highest down. */
const rowUp = (word) => (word === FULL ? 32 : lowestBit(~word));
const rowDown = (word) => Math.clz32(~word);

export class CachedHeap {
  constructor(pages) {
    this.words = new Uint32Array(pages / 32);
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

export class OwnHeap extends CachedHeap {
  /** Words below this one were used: no other pages are needed yet. */
  used = 0;

  allocFor(p, n) {
    if (n >= 32) return this.took(this.alloc(n), n);
    const page = this.take(p, n);
    if (page >= 0) return page;
    // The lowest block that was used, has such a row, and enough besides for some more; else one that nobody has used.
    this.flush(p);
    let best = -1;
    for (let w = 0; w < this.used && best < 0; w += 2) {
      const bits = bitsIn(this.words[w]) + bitsIn(this.words[w + 1]);
      if (bits >= n + ENOUGH && lowestRow(this.words[w], this.words[w + 1], n) >= 0) best = w;
    }
    if (best < 0) best = this.used;
    if (best < this.words.length) {
      this.fillFrom(p, best * 32);
      const found = this.take(p, n);
      if (found >= 0) return this.took(found, n);
    }
    return this.took(this.alloc(n), n);
  }

  took(page, n) {
    const end = 2 * Math.ceil((page + n) / 64);
    if (end > this.used) this.used = end;
    return page;
  }
}
