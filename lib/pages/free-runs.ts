/**
 * Free runs: what the page heaps of 2014 and 2019 have in common. A run of free pages is a span.
 *
 * Each has a row of the span table, in the state *free*, and beside it a row here: how many of its pages
 * count as scavenged, and since when it is unused. The first and the last page of a run lead to it through
 * the page table, which is how a run that is freed finds its neighbours. All other entries of the page
 * table may be stale, so a neighbour is one only if its state and its bounds say so.
 *
 * Ids live on: an allocation takes over the run's own span, and what is left of the run gets another id; a span
 * that is freed becomes the run, and its neighbours' ids go back to the pool. So an id tells for how long a span has
 * been known, which is the order that the sweep of 2014 goes by. Freeing never needs an id; `ensure` makes sure of one
 * where an allocation cuts a run, and for every range grown.
 *
 * Not here: which of them to take (lists/, treap/), what a run's scavenged pages mean there.
 */
import { fatal } from '../base/errors.ts';
import { pageCount, pageSize, pagesPerArena, spanId } from '../base/units.ts';
import { f64, i32, type Table, table, type Views } from '../meta/column.ts';
import type { Capacity } from '../meta/memory-map.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { SpanTable, spanState } from '../spans/span-table.ts';
import type { FreeRunVisit, PageHeapStats } from './contract.ts';

/** Rows are spans. */
export const freeRunTable = table('freeRuns', 'mspan', {
  /** Pages of the run that count as scavenged. */
  scavenged: i32('heap'),
  /** When it became free, by the host's clock: nanoseconds. */
  unusedSince: f64('heap'),
});

export const freeRunStateTable = table('freeRunState', 'other', {
  /** Pages ever grown. */
  pages: f64('heap'),
});

/** What free runs need where there can be so many spans. */
export function freeRunCapacities(spans: number): readonly Capacity[] {
  return [
    [freeRunStateTable, 1],
    [freeRunTable, spans],
  ];
}

/** What free runs lie in. */
export interface FreeRunMemory {
  readonly meta: MetaMemory;
  readonly spans: SpanTable;
  /** The page table's column: page → span. */
  readonly spanOf: Int32Array;
  /** By arena: 1 where `spanOf` has memory. */
  readonly known: Uint8Array;
}

const arenaShift = Math.log2(pagesPerArena);

export class FreeRuns {
  readonly #start: Int32Array;
  readonly #pages: Int32Array;
  readonly #needZero: Uint8Array;
  readonly #scavenged: Int32Array;
  readonly #unusedSince: Float64Array;
  readonly #grown: Float64Array;
  readonly #memory: FreeRunMemory;
  readonly #state: Uint8Array;
  readonly #spanOf: Int32Array;
  readonly #known: Uint8Array;

  /** @param links what the page heap keeps of each run: rows beside the spans */
  constructor(memory: FreeRunMemory, links: Table) {
    const { meta, spans } = memory;
    const columns: Views<typeof freeRunTable> = meta.views(freeRunTable);
    this.#memory = memory;
    this.#start = spans.columns.startPage;
    this.#pages = spans.columns.pages;
    this.#needZero = spans.columns.needZero;
    this.#state = spans.columns.state;
    this.#scavenged = columns.scavenged;
    this.#unusedSince = columns.unusedSince;
    this.#grown = meta.views(freeRunStateTable).pages;
    this.#spanOf = memory.spanOf;
    this.#known = memory.known;
    spans.beside(freeRunTable);
    spans.beside(links);
  }

  get start(): Int32Array {
    return this.#start;
  }

  get pages(): Int32Array {
    return this.#pages;
  }

  get needZero(): Uint8Array {
    return this.#needZero;
  }

  get scavenged(): Int32Array {
    return this.#scavenged;
  }

  get unusedSince(): Float64Array {
    return this.#unusedSince;
  }

  get grown(): Float64Array {
    return this.#grown;
  }

  /** @param links as for the constructor */
  static prepare(meta: MetaMemory, links: Table): boolean {
    return (
      meta.commit(freeRunStateTable, 0, 1) &&
      SpanTable.prepareBeside(meta, freeRunTable) &&
      SpanTable.prepareBeside(meta, links)
    );
  }

  /** Makes sure that one more run can be made. False when there is no memory. */
  ensure(): boolean {
    return this.#memory.spans.ensureOne();
  }

  /** A new run, in no list yet. */
  make(page: number, npages: number, needZero: number, unusedSince: number): number {
    const s = this.#memory.spans.alloc();
    if (s === 0) fatal('no id for a free run', { page, npages });
    this.#start[s] = page;
    this.#pages[s] = npages;
    this.enter(s, needZero, unusedSince);
    return s;
  }

  /** A dead span becomes the run of its pages, in no list yet. */
  enter(s: number, needZero: number, unusedSince: number): void {
    this.#memory.spans.setState(spanId(s), spanState.free);
    this.#needZero[s] = needZero;
    this.#scavenged[s] = 0;
    this.#unusedSince[s] = unusedSince;
  }

  /**
   * A run is taken by an allocation of its first npages: it is a dead span of those, whose id is kept. What is left
   * becomes a run of its own, as old and as dirty, in no list yet, of which nothing counts as scavenged: its id; 0
   * where nothing is left.
   */
  cut(s: number, npages: number): number {
    this.#memory.spans.setState(spanId(s), spanState.dead);
    this.#scavenged[s] = 0;
    const rest = this.#pages[s] - npages;
    if (rest === 0) return 0;
    this.#pages[s] = npages;
    return this.make(this.#start[s] + npages, rest, this.#needZero[s], this.#unusedSince[s]);
  }

  /** The id of a dead span that nobody keeps goes back to the pool. */
  forget(s: number): void {
    this.#memory.spans.free(spanId(s));
  }

  /** A run is none any more: a neighbour took it in. */
  drop(s: number): void {
    const { spans } = this.#memory;
    spans.setState(spanId(s), spanState.dead);
    this.#needZero[s] = 0;
    spans.free(spanId(s));
  }

  /** Makes a run's first and last page lead to it: after its bounds have changed. */
  map(s: number): void {
    const first = this.#start[s];
    this.#spanOf[first] = s;
    this.#spanOf[first + this.#pages[s] - 1] = s;
  }

  /** The run that ends just before a page; 0 if there is none. */
  before(page: number): number {
    if (page === 0 || this.#known[(page - 1) >> arenaShift] !== 1) return 0;
    const s = this.#spanOf[page - 1];
    return this.#state[s] === spanState.free && this.#start[s] + this.#pages[s] === page ? s : 0;
  }

  /** The run that begins at a page; 0 if there is none. */
  at(page: number): number {
    if (this.#known[page >> arenaShift] !== 1) return 0;
    const s = this.#spanOf[page];
    return this.#state[s] === spanState.free && this.#start[s] === page ? s : 0;
  }

  /** Every run, lowest address first. Not for hot paths. */
  inOrder(): number[] {
    const found: number[] = [];
    for (let s = 1, end = this.#memory.spans.end; s < end; s++)
      if (this.#state[s] === spanState.free) found.push(s);
    return found.sort((a, b) => this.#start[a] - this.#start[b]);
  }

  forEach(visit: FreeRunVisit): void {
    for (const s of this.inOrder())
      visit(this.#start[s], this.#pages[s], this.#scavenged[s], this.#unusedSince[s]);
  }

  stats(): PageHeapStats {
    let freePages = 0;
    let scavengedPages = 0;
    for (const s of this.inOrder()) {
      freePages += this.#pages[s];
      scavengedPages += this.#scavenged[s];
    }
    return { pages: this.#grown[0], freePages, scavengedPages };
  }

  /** Each run by itself and beside its neighbours. `mayBorder`: two runs may lie side by side. */
  check(mayBorder: (a: number, b: number) => boolean): void {
    let last = 0;
    for (const s of this.inOrder()) {
      const page = this.#start[s];
      const npages = this.#pages[s];
      if (npages <= 0 || this.#scavenged[s] < 0 || this.#scavenged[s] > npages)
        fatal('a free run is malformed', { span: s, page, npages, scavenged: this.#scavenged[s] });
      if (this.#spanOf[page] !== s || this.#spanOf[page + npages - 1] !== s)
        fatal('the page table does not lead to a free run', { span: s, page, npages });
      const end = last === 0 ? -1 : this.#start[last] + this.#pages[last];
      if (end > page) fatal('free runs overlap', { span: s, page, other: last });
      if (end === page && !mayBorder(last, s))
        fatal('free runs that border were not merged', { span: s, page, other: last });
      last = s;
    }
    const { freePages, scavengedPages } = this.stats();
    if (freePages > this.#grown[0])
      fatal('more pages are free than there are', { freePages, scavengedPages });
  }

  /** Bytes of so many pages. */
  static bytes(npages: number): number {
    return pageCount(npages) * pageSize;
  }
}
