// A custom page heap that rounds up: a buddy system. Free memory lies in blocks of 1, 2, 4, … 512 pages, each at a
// multiple of its length. A block is halved until it fits; a free block is put together with its buddy, the other half
// of the block that both came from, whose number differs in one bit.
//
//   npx pageheap conform examples/buddy.mjs
//   npx pageheap compare perl -c radix -c buddy:radix,page-heap=examples/buddy.mjs
//
// What is rounded up is in use and no one's: the comparison shows what that costs.

/** The largest block is of 2 ** 9 pages, 4 MiB. More than that is a row of largest blocks, wherever they lie. */
const largestOrder = 9;
const largest = 2 ** largestOrder;

/** @implements {import('pageheap').PageHeap} */
export default class Buddy {
  freshScavenged = true;
  lastScavenged = 0;
  /** Free blocks of each order: first page → since when it is unused. */
  #blocks = Array.from({ length: largestOrder + 1 }, () => /** @type {Map<number, number>} */ (new Map()));
  /** A byte for each page: 1 while it counts as given back. */
  #hollow;
  #pages = 0;
  #host;

  /** @param {import('pageheap').PageHeapHost} host */
  constructor(host) {
    this.#host = host;
    this.#hollow = new Uint8Array(host.reachPages);
  }

  // The heap asks it first, and then `alloc` for as many.
  roundUp(n) {
    return n < largest ? 2 ** (32 - Math.clz32(n - 1)) : Math.ceil(n / largest) * largest;
  }

  alloc(n) {
    const page = n < largest ? this.#halve(Math.log2(n)) : this.#takeRow(n / largest);
    if (page < 0) return -1;
    this.lastScavenged = this.#hollowIn(page, n);
    this.#hollow.fill(0, page, page + n);
    return page;
  }

  free(page, n) {
    this.#add(page, n, this.#host.now());
  }

  grow(page, n) {
    // By whole largest blocks.
    if (page % largest !== 0 || n % largest !== 0) return false;
    this.#pages += n;
    this.#hollow.fill(1, page, page + n);
    this.#add(page, n, this.#host.now());
    return true;
  }

  release(nbytes, _force, shouldStop) {
    return this.#release(nbytes, () => true, shouldStop);
  }

  releaseUnused(limit) {
    const now = this.#host.now();
    return this.#release(Infinity, (since) => now - since > limit);
  }

  forEachFree(visit) {
    const blocks = this.#blocks.flatMap((all, order) =>
      [...all].map(([page, since]) => ({ page, n: 2 ** order, since })),
    );
    for (const { page, n, since } of blocks.sort((a, b) => a.page - b.page))
      visit(page, n, this.#hollowIn(page, n), since);
  }

  stats() {
    let [freePages, scavengedPages] = [0, 0];
    this.forEachFree((_page, n, scavenged) => {
      freePages += n;
      scavengedPages += scavenged;
    });
    return { pages: this.#pages, freePages, scavengedPages };
  }

  check() {
    this.#blocks.forEach((all, order) => {
      for (const page of all.keys()) {
        if (page % 2 ** order !== 0) throw new Error(`block ${page} is at no multiple of ${2 ** order}`);
        if (order < largestOrder && all.has(page ^ (2 ** order)))
          throw new Error(`block ${page} and its buddy are both free`);
      }
    });
  }

  /** A block of this order, cut from the smallest that there is. */
  #halve(order) {
    let from = order;
    while (from < largestOrder && this.#blocks[from].size === 0) from++;
    const [first] = this.#blocks[from];
    if (first === undefined) return -1;
    const [page, since] = first;
    this.#blocks[from].delete(page);
    while (from > order) {
      from--;
      this.#blocks[from].set(page + 2 ** from, since);
    }
    return page;
  }

  /** So many largest blocks, one after another. */
  #takeRow(count) {
    const all = this.#blocks[largestOrder];
    const pages = [...all.keys()].sort((a, b) => a - b);
    let first = 0;
    for (let i = 0; i < pages.length; i++) {
      if (pages[i] !== pages[first] + (i - first) * largest) first = i;
      if (i - first + 1 < count) continue;
      for (const page of pages.slice(first, i + 1)) all.delete(page);
      return pages[first];
    }
    return -1;
  }

  /** Adds free pages: as blocks, as large as their place and number allow. */
  #add(page, n, since) {
    while (n > 0) {
      let order = Math.min(largestOrder, 31 - Math.clz32(n));
      while (page % 2 ** order !== 0) order--;
      this.#addBlock(page, order, since);
      page += 2 ** order;
      n -= 2 ** order;
    }
  }

  #addBlock(page, order, since) {
    for (; order < largestOrder; order++) {
      const buddy = page ^ (2 ** order);
      const other = this.#blocks[order].get(buddy);
      if (other === undefined) break;
      this.#blocks[order].delete(buddy);
      page = Math.min(page, buddy);
      // As young as its younger half.
      since = Math.max(since, other);
    }
    this.#blocks[order].set(page, since);
  }

  /** Releases what of the free blocks is there and `goes`, the largest first. */
  #release(nbytes, goes, shouldStop) {
    let released = 0;
    // Memory goes by whole physical pages.
    for (let order = largestOrder; 2 ** order >= Math.max(1, this.#host.physPages); order--) {
      const n = 2 ** order;
      for (const [page, since] of this.#blocks[order]) {
        const newly = n - this.#hollowIn(page, n);
        if (newly === 0 || !goes(since)) continue;
        this.#hollow.fill(1, page, page + n);
        this.#host.release(page, n, newly);
        released += newly;
        if (released * 8192 >= nbytes || shouldStop?.()) return released * 8192;
      }
    }
    return released * 8192;
  }

  #hollowIn(page, n) {
    let hollow = 0;
    for (let p = page; p < page + n; p++) hollow += this.#hollow[p];
    return hollow;
  }
}
