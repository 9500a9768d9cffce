/**
 * Twelve page heaps with one fault each, and one with none: first fit over 64 pages, in two chunks of 32, which gives free
 * runs back to the system from the highest down.
 *
 * A fault shows under a condition only, as faults do that survive a test; where there is a number in it, it is the
 * student's own.
 */

export const heapPages = 64;
export const chunkPages = 32;

export interface FreeRun {
  page: number;
  n: number;
  /** The system has its memory. */
  released: boolean;
}

export const faultNames = [
  'exact',
  'mergeReleased',
  'loseAbove',
  'earlyRest',
  'shortFree',
  'releaseBeyond',
  'releaseTwice',
  'staysReleased',
  'largest',
  'hint',
  'boundaryAlloc',
  'boundaryMerge',
] as const;
export type FaultName = (typeof faultNames)[number];

/** What a heap is asked, and what it tells of itself. */
export class FaultyHeap {
  readonly runs: FreeRun[] = [{ page: 0, n: heapPages, released: true }];
  readonly #fault: FaultName | undefined;
  readonly #c: number;
  #hint = 0;

  /** @param c the number in the fault */
  constructor(fault: FaultName | undefined, c: number) {
    this.#fault = fault;
    this.#c = c;
  }

  #has(fault: FaultName, condition = true): boolean {
    return this.#fault === fault && condition;
  }

  /** The first of n pages in a row, the lowest; −1 for none. */
  alloc(n: number): number {
    const from = this.#has('hint') ? this.#hint : 0;
    const at = this.runs.findIndex(
      (run) => run.page >= from && (this.#has('largest', n >= this.#c) ? run.n > n : run.n >= n),
    );
    if (at < 0) return this.#acrossTheBoundary(n);
    const [run] = this.runs.splice(at, 1) as [FreeRun];
    const rest = run.n - n;
    if (rest > 0) {
      const early = this.#has('earlyRest', n === this.#c) ? 1 : 0;
      this.runs.splice(at, 0, { page: run.page + n - early, n: rest + early, released: run.released });
    } else if (this.#has('exact', n >= this.#c)) {
      this.runs.splice(at, 0, { page: run.page + n - 1, n: 1, released: run.released });
    }
    if (this.#has('staysReleased', run.released && rest === 0))
      this.runs.splice(at, 0, { page: run.page, n: 1, released: true });
    this.#hint = run.page + n;
    return run.page;
  }

  /** A fault: of a run that ends with the lower chunk the upper chunk is not looked at. */
  #acrossTheBoundary(n: number): number {
    const at = this.runs.findIndex(
      ({ page, n: size }) => page + size === chunkPages && page + n <= heapPages && size < n,
    );
    if (!this.#has('boundaryAlloc') || at < 0) return -1;
    const [run] = this.runs.splice(at, 1) as [FreeRun];
    return run.page;
  }

  free(page: number, n: number): void {
    const size = this.#has('shortFree', n === this.#c) ? n - 1 : n;
    const at = this.runs.filter((run) => run.page < page).length;
    this.runs.splice(at, 0, { page, n: size, released: false });
    this.#merge(at, page, size);
  }

  /** Joins what was freed with its neighbours. What was given back and what was not stay apart. */
  #merge(at: number, page: number, n: number): void {
    const run = this.runs[at] as FreeRun;
    const above = this.runs[at + 1];
    const below = this.runs[at - 1];
    const gap = this.#has('boundaryMerge', page + n === chunkPages) ? 1 : 0;
    const touchesBelow = below !== undefined && below.page + below.n === page;
    if (above !== undefined && (run.page + run.n === above.page || run.page + run.n + gap === above.page)) {
      const both = touchesBelow && below.released === run.released;
      const joins = above.released === run.released || this.#has('mergeReleased', above.n >= this.#c);
      if (joins) {
        if (!this.#has('loseAbove', both && above.n >= this.#c)) run.n = above.page + above.n - run.page;
        if (this.#has('mergeReleased')) run.released = above.released;
        this.runs.splice(at + 1, 1);
      }
    }
    if (touchesBelow && below.released === run.released) {
      below.n += run.n;
      this.runs.splice(at, 1);
    }
  }

  /** Gives whole free runs back, from the highest down, until it is n pages. @returns what went */
  release(n: number): FreeRun[] {
    const gone: FreeRun[] = [];
    let left = n;
    for (let i = this.runs.length - 1; i >= 0 && left > 0; i--) {
      const run = this.runs[i] as FreeRun;
      if (run.released && !this.#has('releaseTwice', run.n === this.#c)) continue;
      const beyond = this.#has('releaseBeyond', run.n === this.#c) ? 1 : 0;
      run.released = true;
      gone.push({ page: run.page, n: Math.min(run.n + beyond, heapPages - run.page), released: true });
      left -= run.n;
    }
    this.#joinReleased();
    return gone;
  }

  /** What was given back side by side is one run. */
  #joinReleased(): void {
    for (let i = this.runs.length - 2; i >= 0; i--) {
      const run = this.runs[i] as FreeRun;
      const above = this.runs[i + 1] as FreeRun;
      if (!run.released || !above.released || run.page + run.n !== above.page) continue;
      run.n += above.n;
      this.runs.splice(i + 1, 1);
    }
  }
}
