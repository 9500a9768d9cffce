// A custom page heap: first fit over an array of free runs, the simplest that keeps the contract.
//
//   npx pageheap conform examples/first-fit.mjs
//   npx pageheap run perl --page-heap examples/first-fit.mjs
//   npx pageheap compare perl -c radix -c mine:radix,page-heap=examples/first-fit.mjs
//   npx pageheap compare perl -c lists -c mine:lists,page-heap=examples/first-fit.mjs

/** @implements {import('pageheap').PageHeap} */
export default class FirstFit {
  // What grow adds counts as scavenged: the system has put no memory behind it yet.
  freshScavenged = true;
  lastScavenged = 0;
  /** Free runs, lowest address first, neighbours put together if they are in the same state. */
  #runs = /** @type {{ page: number, n: number, released: boolean, since: number }[]} */ ([]);
  #pages = 0;
  #host;

  /** @param {import('pageheap').PageHeapHost} host */
  constructor(host) {
    this.#host = host;
  }

  alloc(n) {
    for (let first = 0; first < this.#runs.length; first++) {
      // A run may go on in a neighbour of the other state.
      let [size, last] = [this.#runs[first].n, first];
      while (size < n && this.#touches(last)) size += this.#runs[++last].n;
      if (size >= n) return this.#take(first, n);
    }
    return -1;
  }

  free(page, n) {
    this.#add({ page, n, released: false, since: this.#host.now() });
  }

  grow(page, n) {
    this.#pages += n;
    this.#add({ page, n, released: true, since: this.#host.now() });
    return true;
  }

  release(nbytes, _force, shouldStop) {
    return this.#release(nbytes, () => true, shouldStop);
  }

  releaseUnused(limit) {
    const now = this.#host.now();
    return this.#release(Infinity, ({ since }) => now - since > limit);
  }

  forEachFree(visit) {
    for (const { page, n, released, since } of this.#runs) visit(page, n, released ? n : 0, since);
  }

  stats() {
    const sum = (runs) => runs.reduce((pages, { n }) => pages + n, 0);
    return {
      pages: this.#pages,
      freePages: sum(this.#runs),
      scavengedPages: sum(this.#runs.filter(({ released }) => released)),
    };
  }

  check() {
    this.#runs.forEach(({ page, n }, i) => {
      const next = this.#runs[i + 1];
      if (n < 1 || (next !== undefined && page + n > next.page)) throw new Error(`free runs overlap at ${page}`);
    });
  }

  /** Releases what of the free runs is there and `goes`, highest first. */
  #release(nbytes, goes, shouldStop) {
    const phys = this.#host.physPages;
    let released = 0;
    for (let i = this.#runs.length - 1; i >= 0 && released * 8192 < nbytes; i--) {
      const run = this.#runs[i];
      // Memory goes by whole physical pages: what is beside them in a run stays.
      const page = Math.ceil(run.page / phys) * phys;
      const n = Math.floor((run.page + run.n) / phys) * phys - page;
      if (run.released || n <= 0 || !goes(run)) continue;
      const [head, tail] = [page - run.page, run.page + run.n - page - n];
      if (tail > 0) this.#runs.splice(i + 1, 0, { ...run, page: page + n, n: tail });
      if (head > 0) this.#runs.splice(i, 0, { ...run, n: head });
      Object.assign(run, { page, n, released: true });
      released += n;
      this.#host.release(page, n, n);
      if (shouldStop?.()) break;
    }
    this.#merge();
    return released * 8192;
  }

  #touches(i) {
    const next = this.#runs[i + 1];
    return next !== undefined && this.#runs[i].page + this.#runs[i].n === next.page;
  }

  #take(first, n) {
    const { page } = this.#runs[first];
    this.lastScavenged = 0;
    for (let left = n; left > 0; ) {
      const run = this.#runs[first];
      const taken = Math.min(left, run.n);
      if (run.released) this.lastScavenged += taken;
      run.page += taken;
      run.n -= taken;
      left -= taken;
      if (run.n === 0) this.#runs.splice(first, 1);
    }
    return page;
  }

  #add(run) {
    const at = this.#runs.findIndex(({ page }) => page > run.page);
    this.#runs.splice(at < 0 ? this.#runs.length : at, 0, run);
    this.#merge();
  }

  #merge() {
    for (let i = this.#runs.length - 2; i >= 0; i--) {
      const [run, next] = [this.#runs[i], this.#runs[i + 1]];
      if (!this.#touches(i) || run.released !== next.released) continue;
      run.n += next.n;
      run.since = Math.max(run.since, next.since);
      this.#runs.splice(i + 1, 1);
    }
  }
}
