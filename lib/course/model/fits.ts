/**
 * The judge's own page heaps: free runs in a list, lowest first, and a rule that says which run an allocation takes.
 *
 * What a hand-in answers is held against these, page by page. Freed pages are merged with free neighbours at once.
 * An allocation takes the front of its run, or its back from `tail` pages on.
 *
 * Not here: releasing, time.
 */

export interface Run {
  page: number;
  n: number;
}

/** The index of the run for n pages; −1 for none. `rover` is the page after the last allocation. */
export type Choose = (runs: readonly Run[], n: number, rover: number) => number;

export interface FitRules {
  /** Allocations of so many pages and more are taken from the back of their run. Infinity for none. */
  readonly tail: number;
  /** Which of several runs of the same size best fit takes. */
  readonly tie: 'lowest' | 'highest';
}

export type FitName = 'FirstFit' | 'BestFit' | 'NextFit';

export function chooserOf(name: FitName, { tie }: FitRules): Choose {
  switch (name) {
    case 'FirstFit':
      return (runs, n) => runs.findIndex((run) => run.n >= n);
    case 'NextFit':
      return (runs, n, rover) => {
        const ahead = runs.findIndex((run) => run.page >= rover && run.n >= n);
        return ahead >= 0 ? ahead : runs.findIndex((run) => run.n >= n);
      };
    case 'BestFit':
      return (runs, n) => {
        let best = -1;
        runs.forEach((run, i) => {
          if (run.n < n) return;
          if (best < 0 || run.n < runs[best].n || (run.n === runs[best].n && tie === 'highest')) best = i;
        });
        return best;
      };
  }
}

export class FitModel {
  readonly runs: Run[] = [];
  pages = 0;
  #rover = 0;
  readonly #choose: Choose;
  readonly #tail: number;

  constructor(choose: Choose, tail = Number.POSITIVE_INFINITY) {
    this.#choose = choose;
    this.#tail = tail;
  }

  grow(page: number, n: number): void {
    this.pages += n;
    this.free(page, n);
  }

  /** @returns the first page; −1 where no run is large enough */
  alloc(n: number): number {
    const at = this.#choose(this.runs, n, this.#rover);
    if (at < 0) return -1;
    const run = this.runs[at];
    const page = n >= this.#tail ? run.page + run.n - n : run.page;
    this.take(page, n);
    return page;
  }

  /** Whether just these pages are free. */
  isFree(page: number, n: number): boolean {
    return this.runs.some((run) => page >= run.page && page + n <= run.page + run.n);
  }

  /** Allocates just these pages, which are free. */
  take(page: number, n: number): void {
    const at = this.runs.findIndex((run) => page >= run.page && page + n <= run.page + run.n);
    const run = this.runs[at];
    const after = { page: page + n, n: run.page + run.n - page - n };
    const before = { page: run.page, n: page - run.page };
    this.runs.splice(at, 1, ...[before, after].filter((part) => part.n > 0));
    this.#rover = page + n;
  }

  free(page: number, n: number): void {
    const next = this.runs.findIndex((run) => run.page > page);
    const at = next < 0 ? this.runs.length : next;
    const made = { page, n };
    const above = this.runs[at];
    const below = this.runs[at - 1];
    let [from, count] = [at, 0];
    if (above !== undefined && page + n === above.page) {
      made.n += above.n;
      count++;
    }
    if (below !== undefined && below.page + below.n === page) {
      made.page = below.page;
      made.n += below.n;
      from--;
      count++;
    }
    this.runs.splice(from, count, made);
  }
}
