/**
 * What the naive model knows of each page: one byte, or one number, a page.
 *
 *   state      never grown, free, or allocated
 *   used       ever handed out
 *   hollow     holds no memory and may count as scavenged: fresh (where such pages count), or given back, and
 *              not handed out since
 *   counted    counts as scavenged by the page heap: hollow, less what a design forgets
 *   freedAt    when it became free
 *   changedBy  the number of the call by which it became free or allocated (steps.ts)
 *   youngAt    when it was last part of a stretch of free pages that something was freed into: the latest time
 *              that a design which merges runs may tell of it
 *   oldAt      the earliest time that a design may tell of it while it is released: that of the oldest page it was ever
 *              part of a released stretch with, since it became free
 *
 * Not here: what a page heap must answer (session.ts).
 */

export const notGrown = 0;
export const isFree = 1;
export const isHeld = 2;

export class PageModel {
  readonly state: Uint8Array;
  readonly used: Uint8Array;
  readonly hollow: Uint8Array;
  readonly counted: Uint8Array;
  readonly freedAt: Float64Array;
  readonly youngAt: Float64Array;
  readonly oldAt: Float64Array;
  readonly changedBy: Uint32Array;
  grown = 0;
  free = 0;

  constructor(reachPages: number) {
    this.state = new Uint8Array(reachPages);
    this.used = new Uint8Array(reachPages);
    this.hollow = new Uint8Array(reachPages);
    this.counted = new Uint8Array(reachPages);
    this.freedAt = new Float64Array(reachPages);
    this.youngAt = new Float64Array(reachPages);
    this.oldAt = new Float64Array(reachPages);
    this.changedBy = new Uint32Array(reachPages);
  }

  /** @param by the number of the call */
  grow(page: number, n: number, by: number, now: number, fresh: boolean): void {
    this.grown += n;
    this.changedBy.fill(by, page, page + n);
    this.#mark(this.hollow, page, n, fresh ? 1 : 0);
    this.#mark(this.counted, page, n, fresh ? 1 : 0);
    this.#becomeFree(page, n, now);
    if (fresh) this.#mergeReleased(page, n);
  }

  /** Pages are handed out. How many of them counted as scavenged. */
  take(page: number, n: number, by: number): number {
    this.changedBy.fill(by, page, page + n);
    const taken = countOf(this.counted, page, page + n);
    this.#mark(this.state, page, n, isHeld);
    this.#mark(this.used, page, n, 1);
    this.#mark(this.hollow, page, n, 0);
    this.#mark(this.counted, page, n, 0);
    this.free -= n;
    return taken;
  }

  give(page: number, n: number, by: number, now: number): void {
    this.changedBy.fill(by, page, page + n);
    this.#becomeFree(page, n, now);
  }

  release(page: number, n: number): void {
    const isNew = countOf(this.hollow, page, page + n) < n;
    this.#mark(this.hollow, page, n, 1);
    this.#mark(this.counted, page, n, 1);
    // What was released before has been put together: one that goes on telling of it costs no look at all around.
    if (isNew) this.#mergeReleased(page, n);
  }

  /** The stretch of free pages round [page, page + n), as [first, end). */
  stretch(page: number, n: number): [number, number] {
    return this.#around(page, n, (p) => this.state[p] === isFree);
  }

  /**
   * Since when a run may be told to be unused, from the earliest to the latest. Of what was `released` whole
   * nothing can be released too early: there the age of any part will do, also of one that it was parted from since.
   */
  ages(page: number, n: number, released: boolean): [least: number, most: number] {
    const end = page + n;
    const least = released ? earliest(this.oldAt, page, end) : latest(this.freedAt, page, end);
    return [least, latest(this.youngAt, page, end)];
  }

  /**
   * The first of n pages in a row that are free; −1 if there are none.
   * @param align only those that begin at a multiple of it
   */
  runOf(n: number, align = 1): number {
    let run = 0;
    for (let page = 0; page < this.state.length; page++) {
      run = this.state[page] === isFree ? run + 1 : 0;
      const first = page + 1 - n;
      if (run >= n && first % align === 0) return first;
    }
    return -1;
  }

  /** Forgets of free pages whose physical page is not free as a whole that they were released. */
  forgetBroken(first: number, end: number, physPages: number): void {
    for (let page = first; page < end; page++) {
      const base = page - (page % physPages);
      if (this.state.subarray(base, base + physPages).some((s) => s !== isFree)) this.counted[page] = 0;
    }
  }

  #becomeFree(page: number, n: number, now: number): void {
    this.#mark(this.state, page, n, isFree);
    this.free += n;
    this.freedAt.fill(now, page, page + n);
    this.oldAt.fill(now, page, page + n);
    this.youngAt.fill(now, ...this.stretch(page, n));
  }

  /** Released pages came to others: a design may have made one run of them, with the age of any. */
  #mergeReleased(page: number, n: number): void {
    const [low, high] = this.#around(page, n, (p) => this.state[p] === isFree && this.hollow[p] === 1);
    this.oldAt.fill(earliest(this.oldAt, low, high), low, high);
  }

  /** The pages round [page, page + n) up to the first that is not like them, as [first, end). */
  #around(page: number, n: number, isLike: (page: number) => boolean): [number, number] {
    let low = page;
    let high = page + n;
    while (low > 0 && isLike(low - 1)) low--;
    while (high < this.state.length && isLike(high)) high++;
    return [low, high];
  }

  #mark(column: Uint8Array, page: number, n: number, value: number): void {
    column.fill(value, page, page + n);
  }
}

// Asked of each free run after every call: loops, since callbacks over parts of a column take most of a suite's time.
function earliest(times: Float64Array, first: number, end: number): number {
  let found = Number.POSITIVE_INFINITY;
  for (let page = first; page < end; page++) if ((times[page] ?? 0) < found) found = times[page] ?? 0;
  return found;
}

function latest(times: Float64Array, first: number, end: number): number {
  let found = Number.NEGATIVE_INFINITY;
  for (let page = first; page < end; page++) if ((times[page] ?? 0) > found) found = times[page] ?? 0;
  return found;
}

/** How many of the bytes from `first` to below `end` are set. */
export function countOf(column: Uint8Array, first: number, end: number): number {
  let n = 0;
  for (let page = first; page < end; page++) n += column[page] ?? 0;
  return n;
}
