// Exercise 3: a treap of free runs. README.md tells what each part must do.
//
//   npx pageheap lab check --first
//   npx pageheap lab step examples/two-kinds.pages

const FACTOR = {{factor}};
const PLUS = {{plus}};
const TOP = '{{top}}'; // the {{top}} priority of a subtree is on its top

/** @param {number} page the first page of a run */
const priority = (page) => (page * FACTOR + PLUS) % 65536;

export class RunTreap {
  /**
   * A run enters the tree. None with this first page is in it.
   * @param {number} page its first page, 0 to 65535
   * @param {number} n how many pages it has
   */
  insert(page, n) {
    throw new Error('insert is to be written');
  }

  /** A run leaves the tree: it is in it. @param {number} page @param {number} n */
  remove(page, n) {
    throw new Error('remove is to be written');
  }

  /** @param {number} n @returns {number} the first page of the shortest run of at least n pages, of several the lowest; −1 */
  find(n) {
    throw new Error('find is to be written');
  }

  /**
   * Visits each run in the order of the keys.
   * @param {(page: number, n: number, depth: number) => void} visit depth: how many nodes are above it, 0 of the root
   */
  forEach(visit) {
    throw new Error('forEach is to be written');
  }
}

export class TreapHeap {
  /** @param {number} back allocations of so many pages and more are taken from the back of their run; 0: none are */
  constructor(back) {
    this.back = back;
  }

  /** n fresh pages from `page` on: free, and not given back. @param {number} page @param {number} n */
  grow(page, n) {
    throw new Error('grow is to be written');
  }

  /** @param {number} n @returns {number} the first of n pages; −1 */
  alloc(n) {
    throw new Error('alloc is to be written');
  }

  /** @param {number} page @param {number} n a whole allocation */
  free(page, n) {
    throw new Error('free is to be written');
  }

  /** Gives whole runs back. @param {number} n pages, at least @returns {number} how many went */
  release(n) {
    throw new Error('release is to be written');
  }

  /** @param {(page: number, n: number, givenBack: boolean) => void} visit for each free run, lowest first */
  forEachFree(visit) {
    throw new Error('forEachFree is to be written');
  }
}
