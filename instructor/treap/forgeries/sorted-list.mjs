// expect: most 48
// No treap: a sorted array; what the tree would look like is worked out in forEach.
const priority = ({ page }) => ((page * {{factor}} + {{plus}}) % 65536) * ('{{top}}' === 'largest' ? 1 : -1);
const order = (a, b) => a.n - b.n || a.page - b.page;
const place = (list, run) => {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(list[middle], run) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** In one pass: the last of each chain of right children leads to the one before by `up`. */
const draw = (runs, visit) => {
  let last = null;
  for (const run of runs) {
    run.left = run.right = null;
    while (last !== null && priority(last) < priority(run)) {
      run.left = last;
      last = last.up;
    }
    run.up = last;
    if (last !== null) last.right = run;
    last = run;
  }
  while (last !== null && last.up !== null) last = last.up;
  const go = (run, depth) => {
    if (run.left !== null) go(run.left, depth + 1);
    visit(run.page, run.n, depth);
    if (run.right !== null) go(run.right, depth + 1);
  };
  if (last !== null) go(last, 0);
};

export class RunTreap {
  runs = [];
  insert(page, n) {
    const run = { page, n };
    this.runs.splice(place(this.runs, run), 0, run);
  }
  remove(page, n) {
    this.runs.splice(place(this.runs, { page, n }), 1);
  }
  find(n) {
    return this.runs[place(this.runs, { page: -1, n })]?.page ?? -1;
  }
  last() {
    return this.runs.at(-1);
  }
  forEach(visit) {
    draw(this.runs, visit);
  }
}

export class TreapHeap {
  constructor(back) {
    this.back = back === 0 ? Infinity : back;
    this.trees = [new RunTreap(), new RunTreap()];
    this.lengths = [new Map(), new Map()];
    this.firsts = [new Map(), new Map()];
  }
  enter(kind, page, n) {
    this.trees[kind].insert(page, n);
    this.lengths[kind].set(page, n);
    this.firsts[kind].set(page + n, page);
  }
  leave(kind, page, n) {
    this.trees[kind].remove(page, n);
    this.lengths[kind].delete(page);
    this.firsts[kind].delete(page + n);
  }
  join(kind, page, n) {
    const below = this.firsts[kind].get(page);
    if (below !== undefined) {
      n += this.lengths[kind].get(below);
      this.leave(kind, below, page - below);
      page = below;
    }
    const upper = this.lengths[kind].get(page + n);
    if (upper !== undefined) {
      this.leave(kind, page + n, upper);
      n += upper;
    }
    this.enter(kind, page, n);
  }
  grow(page, n) {
    this.join(0, page, n);
  }
  free(page, n) {
    this.join(0, page, n);
  }
  alloc(n) {
    const pages = this.trees.map((tree) => tree.find(n));
    const [there, gone] = pages.map((page, kind) => (page < 0 ? Infinity : this.lengths[kind].get(page)));
    if (Math.min(there, gone) === Infinity) return -1;
    const kind = gone < there ? 1 : 0;
    const page = pages[kind];
    const rest = Math.min(there, gone) - n;
    this.leave(kind, page, n + rest);
    if (rest > 0) this.enter(kind, n >= this.back ? page : page + n, rest);
    return n >= this.back ? page + rest : page;
  }
  release(n) {
    let released = 0;
    for (let run = this.trees[0].last(); released < n && run !== undefined; run = this.trees[0].last()) {
      this.leave(0, run.page, run.n);
      this.join(1, run.page, run.n);
      released += run.n;
    }
    return released;
  }
  forEachFree(visit) {
    const runs = this.lengths.flatMap((of, kind) => [...of].map(([page, n]) => [page, n, kind === 1]));
    for (const run of runs.sort((a, b) => a[0] - b[0])) visit(...run);
  }
}
