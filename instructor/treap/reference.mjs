// The reference of exercise 3.
const FACTOR = {{factor}};
const PLUS = {{plus}};
const TOP = '{{top}}';

/** Whether a run of the first page belongs above one of the second. */
const above = (a, b) => {
  const [x, y] = [(a.page * FACTOR + PLUS) % 65536, (b.page * FACTOR + PLUS) % 65536];
  return TOP === 'largest' ? x > y : x < y;
};

export class RunTreap {
  root = null;

  insert(page, n) {
    const node = { page, n, left: null, right: null, parent: null };
    let at = this.root;
    let goesLeft = false;
    while (at !== null) {
      node.parent = at;
      goesLeft = n < at.n || (n === at.n && page < at.page);
      at = goesLeft ? at.left : at.right;
    }
    if (node.parent === null) this.root = node;
    else if (goesLeft) node.parent.left = node;
    else node.parent.right = node;
    while (node.parent !== null && above(node, node.parent)) this.rotateUp(node);
  }

  search(page, n) {
    let at = this.root;
    while (at.page !== page) at = n < at.n || (n === at.n && page < at.page) ? at.left : at.right;
    return at;
  }

  remove(page, n) {
    const node = this.search(page, n);
    while (node.left !== null && node.right !== null)
      this.rotateUp(above(node.left, node.right) ? node.left : node.right);
    this.put(node, node.left ?? node.right);
  }

  /** Puts a node, or nothing, in the place of another. */
  put(node, other) {
    const { parent } = node;
    if (other !== null) other.parent = parent;
    if (parent === null) this.root = other;
    else if (parent.left === node) parent.left = other;
    else parent.right = other;
  }

  rotateUp(node) {
    const { parent } = node;
    this.put(parent, node);
    const isLeft = parent.left === node;
    const inner = isLeft ? node.right : node.left;
    if (isLeft) {
      parent.left = inner;
      node.right = parent;
    } else {
      parent.right = inner;
      node.left = parent;
    }
    if (inner !== null) inner.parent = parent;
    parent.parent = node;
  }

  best(n) {
    let found = null;
    for (let at = this.root; at !== null; ) {
      if (at.n >= n) {
        found = at;
        at = at.left;
      } else at = at.right;
    }
    return found;
  }

  find(n) {
    return this.best(n)?.page ?? -1;
  }

  last() {
    let at = this.root;
    while (at !== null && at.right !== null) at = at.right;
    return at;
  }

  forEach(visit) {
    const go = (node, depth) => {
      if (node === null) return;
      go(node.left, depth + 1);
      visit(node.page, node.n, depth);
      go(node.right, depth + 1);
    };
    go(this.root, 0);
  }
}

export class TreapHeap {
  there = new RunTreap();
  gone = new RunTreap();
  byFirst = new Map();
  byEnd = new Map();

  constructor(back) {
    this.back = back === 0 ? Infinity : back;
  }

  treeOf(givenBack) {
    return givenBack ? this.gone : this.there;
  }

  enter(page, n, givenBack) {
    const run = { page, n, givenBack };
    this.byFirst.set(page, run);
    this.byEnd.set(page + n, run);
    this.treeOf(givenBack).insert(page, n);
  }

  leave({ page, n, givenBack }) {
    this.byFirst.delete(page);
    this.byEnd.delete(page + n);
    this.treeOf(givenBack).remove(page, n);
  }

  /** Enters a run, with its neighbours of the same kind. */
  join(page, n, givenBack) {
    const below = this.byEnd.get(page);
    if (below !== undefined && below.givenBack === givenBack) {
      this.leave(below);
      page = below.page;
      n += below.n;
    }
    const upper = this.byFirst.get(page + n);
    if (upper !== undefined && upper.givenBack === givenBack) {
      this.leave(upper);
      n += upper.n;
    }
    this.enter(page, n, givenBack);
  }

  grow(page, n) {
    this.join(page, n, false);
  }

  free(page, n) {
    this.join(page, n, false);
  }

  alloc(n) {
    const there = this.there.best(n);
    const gone = this.gone.best(n);
    const takesGone = gone !== null && (there === null || gone.n < there.n);
    const node = takesGone ? gone : there;
    if (node === null) return -1;
    const run = this.byFirst.get(node.page);
    this.leave(run);
    const rest = run.n - n;
    if (n >= this.back) {
      if (rest > 0) this.enter(run.page, rest, takesGone);
      return run.page + rest;
    }
    if (rest > 0) this.enter(run.page + n, rest, takesGone);
    return run.page;
  }

  release(n) {
    let released = 0;
    while (released < n) {
      const node = this.there.last();
      if (node === null) break;
      const run = this.byFirst.get(node.page);
      this.leave(run);
      released += run.n;
      this.join(run.page, run.n, true);
    }
    return released;
  }

  forEachFree(visit) {
    const runs = [...this.byFirst.values()].sort((a, b) => a.page - b.page);
    for (const { page, n, givenBack } of runs) visit(page, n, givenBack);
  }
}
