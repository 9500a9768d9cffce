// expect: most 80
// No tree: a sorted list of the free runs, gone through from its beginning each time. Its answers are right, its work is not.
// reference: FAN, PAGES, summarize, merge
const last = { page: Infinity, n: Infinity, next: null };

export class PageAlloc {
  first = { page: -1, n: 0, next: last };

  /** The last run that begins before a page. */
  before(page) {
    let run = this.first;
    while (run.next.page < page) run = run.next;
    return run;
  }

  free(page, n) {
    const run = this.before(page);
    const next = run.next;
    if (run.n > 0 && run.page + run.n === page) {
      run.n += n;
      if (next.page === page + n) {
        run.n += next.n;
        run.next = next.next;
      }
    } else if (next.page === page + n) {
      next.page = page;
      next.n += n;
    } else run.next = { page, n, next };
  }

  take(page, n) {
    const run = this.before(page + 1);
    const after = run.page + run.n - page - n;
    if (after > 0) run.next = { page: page + n, n: after, next: run.next };
    run.n = page - run.page;
    if (run.n === 0) this.before(page).next = run.next;
  }

  alloc(n) {
    let before = this.first;
    while (before.next.n < n) before = before.next;
    const run = before.next;
    if (run === last) return -1;
    const page = run.page;
    if (run.n === n) before.next = run.next;
    else {
      run.page += n;
      run.n -= n;
    }
    return page;
  }

  summary(level, index) {
    const size = PAGES / FAN ** level;
    const from = index * size;
    const to = from + size;
    let [start, most, end] = [0, 0, 0];
    for (let run = this.first.next; run.page < to; run = run.next) {
      const a = Math.max(run.page, from);
      const b = Math.min(run.page + run.n, to);
      if (b <= a) continue;
      if (a === from) start = b - a;
      if (b === to) end = b - a;
      if (b - a > most) most = b - a;
    }
    return [start, most, end];
  }
}
