// The reference of exercise 4.
const LEAF = {{leaf}};
const FAN = {{fan}};
const LEVELS = {{levels}}; // below the root
const PAGES = 65536;

export function summarize(bits) {
  let start = 0;
  let most = 0;
  let run = 0;
  let i = 0;
  for (const bit of bits) {
    i++;
    if (bit === 1) run++;
    else run = 0;
    if (run === i) start = run;
    if (run > most) most = run;
  }
  return [start, most, run];
}

export function merge(children, pages) {
  let start = 0;
  let most = 0;
  let end = 0;
  let before = 0;
  for (const [s, m, e] of children) {
    if (start === before) start += s;
    if (m > most) most = m;
    if (end + s > most) most = end + s;
    end = e === pages ? end + pages : e;
    before += pages;
  }
  return [start, most, end];
}

export class PageAlloc {
  bits = new Uint8Array(PAGES);
  /** By level: start, max and end of each node, side by side. */
  nodes = [];
  sizes = [];

  constructor() {
    for (let level = 0; level <= LEVELS; level++) {
      this.nodes.push(new Uint32Array(3 * FAN ** level));
      this.sizes.push(PAGES / FAN ** level);
    }
  }

  summary(level, index) {
    const nodes = this.nodes[level];
    return [nodes[3 * index], nodes[3 * index + 1], nodes[3 * index + 2]];
  }

  set(level, index, [start, most, end]) {
    const nodes = this.nodes[level];
    nodes[3 * index] = start;
    nodes[3 * index + 1] = most;
    nodes[3 * index + 2] = end;
  }

  mark(page, n, bit) {
    this.bits.subarray(page, page + n).fill(bit);
    let first = Math.floor(page / LEAF);
    let last = Math.floor((page + n - 1) / LEAF);
    for (let i = first; i <= last; i++) this.set(LEVELS, i, summarize(this.bits.subarray(i * LEAF, (i + 1) * LEAF)));
    for (let level = LEVELS - 1; level >= 0; level--) {
      first = Math.floor(first / FAN);
      last = Math.floor(last / FAN);
      for (let i = first; i <= last; i++) this.set(level, i, this.merged(level, i));
    }
  }

  merged(level, index) {
    const children = [];
    for (let i = index * FAN; i < (index + 1) * FAN; i++) children.push(this.summary(level + 1, i));
    return merge(children, this.sizes[level + 1]);
  }

  free(page, n) {
    this.mark(page, n, 1);
  }

  take(page, n) {
    this.mark(page, n, 0);
  }

  find(level, index, n) {
    if (level === LEVELS) {
      let run = 0;
      let page = index * LEAF;
      for (const bit of this.bits.subarray(page, page + LEAF)) {
        page++;
        run = bit === 1 ? run + 1 : 0;
        if (run === n) return page - n;
      }
      return -1;
    }
    const size = this.sizes[level + 1];
    let run = 0;
    let at = index * FAN * size;
    for (let i = index * FAN; i < (index + 1) * FAN; i++) {
      const [start, most, end] = this.summary(level + 1, i);
      if (run + start >= n) return at;
      if (most >= n) return this.find(level + 1, i, n);
      if (start === size) run += size;
      else {
        run = end;
        at = (i + 1) * size - end;
      }
    }
    return -1;
  }

  alloc(n) {
    const [, most] = this.summary(0, 0);
    if (most < n) return -1;
    const page = this.find(0, 0, n);
    this.take(page, n);
    return page;
  }
}
