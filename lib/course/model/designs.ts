/**
 * The three designs of Go's page heap as they place pages, each in a few lines: free runs in a list, and a rule.
 *
 * - *lists* (2014): runs of fewer than `limit` pages lie in lists by their size; the list of just n pages is asked first, then
 *   that of n + 1, and so on, and of a list the run that entered it last is taken. Of longer runs the smallest, then the lowest.
 *   What a merge or a cut leaves enters its list anew.
 * - *treap* (2019): the smallest run, then one that was not given back, then the lowest. Runs that were given back and runs that
 *   were not are never merged. From `back` pages on the back of the run is taken.
 * - *radix* (2023): the lowest pages; from `high` pages on the highest.
 *
 * With Go's constants they place as the package's own page heaps do; a test holds them to it. A *misreading* is a rule as a
 * student may take it: operations that are asked are chosen so that each of them shows.
 *
 * Not here: which operations are asked, and how (exercises/predictions).
 */
import type { Generation } from '../../design/design.ts';
import type { Run } from './fits.ts';

export interface DesignRules {
  readonly limit: number;
  readonly back: number;
  readonly high: number;
}

export const goRules: DesignRules = {
  limit: 128,
  back: Number.POSITIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
};

export type Misreading =
  | 'Go’s constants'
  | 'from the constant on, without itself'
  | 'first fit'
  | 'best fit'
  | 'the oldest of a list'
  | 'the highest of a size'
  | 'given back first'
  | 'given back does not count'
  | 'all neighbours are merged'
  | 'what was given back stays apart'
  | 'not merged with the run below'
  | 'not merged with the run above';

export const misreadings: Readonly<Record<Generation, readonly Misreading[]>> = {
  lists: [
    'Go’s constants',
    'from the constant on, without itself',
    'first fit',
    'best fit',
    'the oldest of a list',
    'not merged with the run below',
    'not merged with the run above',
  ],
  treap: [
    'Go’s constants',
    'from the constant on, without itself',
    'first fit',
    'the highest of a size',
    'given back first',
    'given back does not count',
    'all neighbours are merged',
    'not merged with the run below',
    'not merged with the run above',
  ],
  radix: [
    'Go’s constants',
    'from the constant on, without itself',
    'best fit',
    'what was given back stays apart',
    'not merged with the run below',
    'not merged with the run above',
  ],
};

interface FreeRun extends Run {
  givenBack: boolean;
  /** When it entered its list. */
  entered: number;
}

/** The run before which no other comes. */
function least(runs: readonly FreeRun[], compare: (a: FreeRun, b: FreeRun) => number): FreeRun | undefined {
  let found = runs[0];
  for (const run of runs) if (found !== undefined && compare(run, found) < 0) found = run;
  return found;
}

export class DesignModel {
  readonly #design: Generation;
  readonly #rules: DesignRules;
  readonly #misread: Misreading | undefined;
  /** The lowest first. */
  readonly #runs: FreeRun[] = [];
  #entries = 0;

  constructor(design: Generation, rules: DesignRules, pages: number, misread?: Misreading) {
    this.#design = design;
    const { limit, back, high } = rules;
    this.#rules =
      misread === 'Go’s constants'
        ? goRules
        : misread === 'from the constant on, without itself'
          ? { limit: limit + 1, back: back + 1, high: high + 1 }
          : rules;
    this.#misread = misread;
    if (pages > 0) this.#runs.push({ page: 0, n: pages, givenBack: false, entered: 0 });
  }

  /** With whether each was given back. */
  heapKinds(): { page: number; n: number; givenBack: boolean }[] {
    return this.#runs.map(({ page, n, givenBack }) => ({ page, n, givenBack }));
  }

  get runs(): Run[] {
    return this.#runs.map(({ page, n }) => ({ page, n }));
  }

  /** The first page; −1 where no run is large enough. */
  alloc(n: number): number {
    const run = this.#choose(n);
    if (run === undefined) return -1;
    const fromBack =
      (this.#design === 'treap' && n >= this.#rules.back) ||
      (this.#design === 'radix' && n >= this.#rules.high);
    const page = fromBack ? run.page + run.n - n : run.page;
    if (run.n === n) this.#runs.splice(this.#runs.indexOf(run), 1);
    else {
      if (!fromBack) run.page += n;
      run.n -= n;
      run.entered = ++this.#entries;
    }
    return page;
  }

  free(page: number, n: number): void {
    const made = { page, n, givenBack: false, entered: ++this.#entries };
    const above = this.#runs.findIndex((run) => run.page > page);
    this.#runs.splice(above < 0 ? this.#runs.length : above, 0, made);
    this.#mergeAround(made);
  }

  /** Whole runs go back, the longest first, of several the highest, until it is so many pages. @returns how many went */
  release(npages: number): number {
    let gone = 0;
    while (gone < npages) {
      const there = this.#runs.filter(({ givenBack }) => !givenBack);
      const run = least(there, (a, b) => b.n - a.n || b.page - a.page);
      if (run === undefined) break;
      gone += run.n;
      run.givenBack = true;
      this.#mergeAround(run);
    }
    return gone;
  }

  /** Everything that is free goes back to the system. */
  giveBack(): void {
    for (const run of this.#runs) run.givenBack = true;
    for (const run of [...this.#runs]) if (this.#runs.includes(run)) this.#mergeAround(run);
  }

  #choose(n: number): FreeRun | undefined {
    const fitting = this.#runs.filter((run) => run.n >= n);
    const low = (a: FreeRun, b: FreeRun): number => a.page - b.page;
    const small = (a: FreeRun, b: FreeRun): number => a.n - b.n;
    if (this.#misread === 'first fit') return fitting[0];
    if (this.#misread === 'best fit') return least(fitting, (a, b) => small(a, b) || low(a, b));
    switch (this.#design) {
      case 'lists': {
        const listed = fitting.filter((run) => run.n < this.#rules.limit);
        const order = this.#misread === 'the oldest of a list' ? -1 : 1;
        return (
          least(listed, (a, b) => small(a, b) || order * (b.entered - a.entered)) ??
          least(fitting, (a, b) => small(a, b) || low(a, b))
        );
      }
      case 'treap': {
        const last =
          this.#misread === 'given back first' ? -1 : this.#misread === 'given back does not count' ? 0 : 1;
        const up = this.#misread === 'the highest of a size' ? -1 : 1;
        return least(
          fitting,
          (a, b) => small(a, b) || last * (Number(a.givenBack) - Number(b.givenBack)) || up * low(a, b),
        );
      }
      case 'radix':
        return n >= this.#rules.high ? fitting.at(-1) : fitting[0];
    }
  }

  #merges(a: FreeRun | undefined, b: FreeRun | undefined): boolean {
    if (a === undefined || b === undefined || a.page + a.n !== b.page) return false;
    const apart = this.#design === 'treap' || this.#misread === 'what was given back stays apart';
    return !apart || this.#misread === 'all neighbours are merged' || a.givenBack === b.givenBack;
  }

  #mergeAround(run: FreeRun): void {
    const at = this.#runs.indexOf(run);
    const above = this.#runs[at + 1];
    const below = this.#runs[at - 1];
    if (
      this.#misread !== 'not merged with the run above' &&
      above !== undefined &&
      this.#merges(run, above)
    ) {
      run.n += above.n;
      this.#runs.splice(at + 1, 1);
    }
    if (
      this.#misread !== 'not merged with the run below' &&
      below !== undefined &&
      this.#merges(below, run)
    ) {
      run.page = below.page;
      run.n += below.n;
      this.#runs.splice(at - 1, 1);
    }
  }
}
