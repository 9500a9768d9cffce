/**
 * A treap of free runs: a search tree by (pages, address), balanced by random priorities.
 *
 * A node is a run's row; its key is the run's pages and first page, so a run must be taken out before it
 * changes and put back after. Priorities are a heap: no node's is above its parent's. They decide the shape
 * and nothing else: what is found does not depend on them.
 *
 * Insertion goes down by key to a leaf and rotates up by priority; removal rotates down to a leaf.
 *
 * Source of the structure: Seidel and Aragon, "Randomized Search Trees" (1996).
 * Not here: which treap a run belongs to.
 */
import { fatal } from '../../base/errors.ts';
import type { Views } from '../../meta/column.ts';
import type { treapNodeTable } from './columns.ts';

export class Treap {
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #parent: Int32Array;
  readonly #priority: Int32Array;
  readonly #pages: Int32Array;
  readonly #start: Int32Array;
  readonly #root: Int32Array;
  readonly #seed: Int32Array;

  /**
   * @param root one element: the root
   * @param random one element: the state of the priorities' generator, which all treaps of a page heap share
   */
  constructor(
    nodes: Views<typeof treapNodeTable>,
    pages: Int32Array,
    start: Int32Array,
    root: Int32Array,
    random: Int32Array,
  ) {
    this.#left = nodes.left;
    this.#right = nodes.right;
    this.#parent = nodes.parent;
    this.#priority = nodes.priority;
    this.#pages = pages;
    this.#start = start;
    this.#root = root;
    this.#seed = random;
  }

  /** The smallest run of at least npages, the lowest of those; 0 if there is none. */
  find(npages: number): number {
    const left = this.#left;
    const right = this.#right;
    const pages = this.#pages;
    let best = 0;
    for (let node = this.#root[0]; node !== 0; ) {
      if (pages[node] >= npages) {
        best = node;
        node = left[node];
      } else {
        node = right[node];
      }
    }
    return best;
  }

  /** The run with the least key; 0 if there is none. */
  first(): number {
    return this.above(-1, -1);
  }

  /** The run with the greatest key; 0 if there is none. */
  last(): number {
    return this.below(Infinity, 0);
  }

  /** The first run after a key. */
  above(npages: number, page: number): number {
    let best = 0;
    for (let node = this.#root[0]; node !== 0; ) {
      if (this.#pages[node] > npages || (this.#pages[node] === npages && this.#start[node] > page)) {
        best = node;
        node = this.#left[node];
      } else {
        node = this.#right[node];
      }
    }
    return best;
  }

  /** The last run before a key. */
  below(npages: number, page: number): number {
    let best = 0;
    for (let node = this.#root[0]; node !== 0; ) {
      if (this.#pages[node] < npages || (this.#pages[node] === npages && this.#start[node] < page)) {
        best = node;
        node = this.#right[node];
      } else {
        node = this.#left[node];
      }
    }
    return best;
  }

  insert(s: number): void {
    const left = this.#left;
    const right = this.#right;
    const parent = this.#parent;
    const priority = this.#priority;
    const pages = this.#pages;
    const start = this.#start;
    const root = this.#root;
    const n = pages[s];
    const page = start[s];
    let above = 0;
    let goesLeft = false;
    for (let node = root[0]; node !== 0; ) {
      above = node;
      goesLeft = n < pages[node] || (n === pages[node] && page < start[node]);
      node = goesLeft ? left[node] : right[node];
    }
    left[s] = 0;
    right[s] = 0;
    parent[s] = above;
    const rank = this.#random();
    priority[s] = rank;
    if (above === 0) {
      root[0] = s;
      return;
    }
    if (goesLeft) left[above] = s;
    else right[above] = s;
    while (parent[s] !== 0 && priority[parent[s]] < rank) this.#rotateUp(s);
  }

  remove(s: number): void {
    const left = this.#left;
    const right = this.#right;
    const parent = this.#parent;
    const priority = this.#priority;
    const root = this.#root;
    for (;;) {
      const l = left[s];
      const r = right[s];
      if (l === 0 || r === 0) {
        const child = l === 0 ? r : l;
        const above = parent[s];
        if (child !== 0) parent[child] = above;
        if (above === 0) root[0] = child;
        else if (left[above] === s) left[above] = child;
        else right[above] = child;
        return;
      }
      this.#rotateUp(priority[l] > priority[r] ? l : r);
    }
  }

  /** Calls `visit` for every run, by key. */
  forEach(visit: (s: number) => void): void {
    const descend = (node: number): void => {
      if (node === 0) return;
      descend(this.#left[node]);
      visit(node);
      descend(this.#right[node]);
    };
    descend(this.#root[0]);
  }

  /** `fatal` where order, priorities or links are broken. @returns the runs in it */
  check(): number {
    const left = this.#left;
    const right = this.#right;
    const parent = this.#parent;
    const priority = this.#priority;
    const pages = this.#pages;
    const start = this.#start;
    let count = 0;
    let last = 0;
    this.forEach((s) => {
      count++;
      for (const child of [left[s], right[s]]) {
        if (child !== 0 && (parent[child] !== s || priority[child] > priority[s]))
          fatal('a treap is broken', { node: s, child, parent: parent[child] });
      }
      if (last !== 0 && (pages[last] > pages[s] || (pages[last] === pages[s] && start[last] >= start[s])))
        fatal('a treap is out of order', { node: s, before: last });
      last = s;
    });
    return count;
  }

  /** Puts a node in its parent's place, and the parent below it. */
  #rotateUp(s: number): void {
    const left = this.#left;
    const right = this.#right;
    const parent = this.#parent;
    const root = this.#root;
    const p = parent[s];
    const above = parent[p];
    if (left[p] === s) {
      const inner = right[s];
      left[p] = inner;
      if (inner !== 0) parent[inner] = p;
      right[s] = p;
    } else {
      const inner = left[s];
      right[p] = inner;
      if (inner !== 0) parent[inner] = p;
      left[s] = p;
    }
    parent[p] = s;
    parent[s] = above;
    if (above === 0) root[0] = s;
    else if (left[above] === p) left[above] = s;
    else right[above] = s;
  }

  /** Marsaglia's xorshift32; its state begins as zero, which stands for its seed. */
  #random(): number {
    let x = this.#seed[0] || 0x2545f491;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#seed[0] = x;
    return x;
  }
}
