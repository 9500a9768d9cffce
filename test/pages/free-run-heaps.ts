/** Naive twins of the page heaps of 2014 and 2019: free runs as objects in one array, everything looked for. */
export interface Run {
  page: number;
  n: number;
  /** 2014: pages counted as released; 2019: whether the run is. */
  released: number;
  since: number;
  /** Order of insertion, for last in, first out. */
  order: number;
}

export abstract class NaiveHeap {
  runs: Run[] = [];
  now = 0;
  protected next = 0;

  abstract alloc(n: number): number;

  sorted(): Run[] {
    return [...this.runs].sort((a, b) => a.page - b.page);
  }

  protected without(run: Run): void {
    this.runs = this.runs.filter((r) => r !== run);
  }

  protected least(runs: Run[], less: (a: Run, b: Run) => boolean): Run | undefined {
    return runs.reduce<Run | undefined>(
      (best, r) => (best === undefined || less(r, best) ? r : best),
      undefined,
    );
  }
}

export class NaiveLists extends NaiveHeap {
  alloc(n: number): number {
    const fits = this.runs.filter((r) => r.n >= n);
    const small = fits.filter((r) => r.n < 128);
    const run =
      small.length > 0
        ? this.least(small, (a, b) => a.n < b.n || (a.n === b.n && a.order > b.order))
        : this.least(fits, (a, b) => a.n < b.n || (a.n === b.n && a.page < b.page));
    if (run === undefined) return -1;
    this.without(run);
    if (run.n > n)
      this.runs.push({ page: run.page + n, n: run.n - n, released: 0, since: run.since, order: this.next++ });
    return run.page;
  }

  free(page: number, n: number): void {
    const run = { page, n, released: 0, since: this.now, order: this.next++ };
    const before = this.runs.find((r) => r.page + r.n === page);
    if (before !== undefined) {
      run.page = before.page;
      run.n += before.n;
      run.released = before.released;
      this.without(before);
    }
    const after = this.runs.find((r) => r.page === page + n);
    if (after !== undefined) {
      run.n += after.n;
      run.released += after.released;
      this.without(after);
    }
    this.runs.push(run);
  }

  releaseUnused(limit: number): number {
    let pages = 0;
    for (const run of this.runs) {
      if (this.now - run.since <= limit) continue;
      pages += run.n - run.released;
      run.released = run.n;
    }
    return pages;
  }
}

export class NaiveTreap extends NaiveHeap {
  alloc(n: number): number {
    const best = (released: number): Run | undefined =>
      this.least(
        this.runs.filter((r) => r.n >= n && r.released === released),
        (a, b) => a.n < b.n || (a.n === b.n && a.page < b.page),
      );
    const [there, gone] = [best(0), best(1)];
    const run = there !== undefined && (gone === undefined || there.n <= gone.n) ? there : gone;
    if (run === undefined) return -1;
    this.without(run);
    if (run.n > n) this.settle({ ...run, page: run.page + n, n: run.n - n });
    return run.page;
  }

  free(page: number, n: number): void {
    this.settle({ page, n, released: 0, since: this.now, order: 0 });
  }

  /** The largest first, until nbytes. */
  release(npages: number): number {
    let pages = 0;
    while (pages < npages) {
      const run = this.least(
        this.runs.filter((r) => r.released === 0),
        (a, b) => a.n > b.n || (a.n === b.n && a.page > b.page),
      );
      if (run === undefined) break;
      this.without(run);
      pages += run.n;
      this.settle({ ...run, released: 1 });
    }
    return pages;
  }

  releaseUnused(limit: number): number {
    let pages = 0;
    const old = this.runs.filter((r) => r.released === 0 && this.now - r.since > limit);
    for (const run of old) {
      this.without(run);
      pages += run.n;
      this.settle({ ...run, released: 1 });
    }
    return pages;
  }

  private settle(run: Run): void {
    for (;;) {
      const near = this.runs.find(
        (r) => r.released === run.released && (r.page + r.n === run.page || run.page + run.n === r.page),
      );
      if (near === undefined) break;
      this.without(near);
      run = { ...run, page: Math.min(run.page, near.page), n: run.n + near.n };
    }
    this.runs.push(run);
  }
}
