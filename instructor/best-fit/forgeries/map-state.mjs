// expect: counted
// Keeps its free runs in a Map, by page, and goes through it by what is built in: the count must see it.
// reference: TAIL, TIE, Runs, FirstFit, BestFit, NextFit

export class OwnFit {
  #runs = new Map();
  #ends = new Map();

  grow(page, n) {
    this.free(page, n);
  }

  #drop(page, n) {
    this.#runs.delete(page);
    this.#ends.delete(page + n);
  }

  #put(page, n) {
    this.#runs.set(page, n);
    this.#ends.set(page + n, page);
  }

  free(page, n) {
    let [from, count] = [page, n];
    if (this.#ends.has(page)) {
      from = this.#ends.get(page);
      const below = this.#runs.get(from);
      count += below;
      this.#drop(from, below);
    }
    if (this.#runs.has(page + n)) {
      const above = this.#runs.get(page + n);
      this.#drop(page + n, above);
      count += above;
    }
    this.#put(from, count);
  }

  alloc(n) {
    const [page, size] = [...this.#runs.entries()].filter(([, m]) => m >= n).sort((a, b) => a[1] - b[1] || a[0] - b[0])[0] ?? [-1, 0];
    if (page < 0) return -1;
    this.#drop(page, size);
    if (size > n) this.#put(page + n, size - n);
    return page;
  }

  forEachFree(visit) {
    [...this.#runs].sort((a, b) => a[0] - b[0]).forEach(([page, n]) => visit(page, n));
  }
}
