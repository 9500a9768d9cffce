/**
 * Span lists: doubly linked lists of spans in use, for the registry of 2014 and 2019.
 *
 * A span stands in at most one list. The lists: for each span class one of spans that have free objects
 * (*nonempty*) and one of those that have none or are cached (*empty*, as the runtimes call them); and, for
 * the 2014 design, the *busy* lists of spans with one large object, by pages, those of 128 pages and more
 * together. Links are columns beside the span table.
 *
 * Not here: who stands where (list-registry.ts).
 */
import { fatal } from '../base/errors.ts';
import { i32, table, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { SpanTable } from '../spans/span-table.ts';

/** Rows are spans. */
export const spanLinkTable = table('spanLinks', 'mspan', {
  prev: i32('heap'),
  next: i32('heap'),
  /** The list a span stands in, plus one; 0: none. */
  list: i32('heap'),
});

/** Rows are lists. */
export const spanListTable = table('spanLists', 'gc', {
  first: i32('heap'),
  last: i32('heap'),
});

/** Spans of at least so many pages share one busy list. */
export const busyLists = 128;

/** The lists there are for so many span classes. */
export const spanListsFor = (spanClasses: number): number => spanClasses * 2 + busyLists + 1;

export class SpanLists {
  readonly #links: Views<typeof spanLinkTable>;
  readonly #lists: Views<typeof spanListTable>;
  readonly #firstBusy: number;

  constructor(meta: MetaMemory, spans: SpanTable, spanClasses: number) {
    spans.beside(spanLinkTable);
    this.#links = meta.views(spanLinkTable);
    this.#lists = meta.views(spanListTable);
    this.#firstBusy = spanClasses * 2;
  }

  static prepare(meta: MetaMemory): boolean {
    return (
      meta.commit(spanListTable, 0, meta.rows(spanListTable)) && SpanTable.prepareBeside(meta, spanLinkTable)
    );
  }

  nonempty(spanClass: number): number {
    return spanClass * 2;
  }

  empty(spanClass: number): number {
    return spanClass * 2 + 1;
  }

  busy(npages: number): number {
    return this.#firstBusy + (npages < busyLists ? npages : busyLists);
  }

  /** The list a span stands in, −1 for none. */
  listOf(s: number): number {
    return this.#links.list[s] - 1;
  }

  first(list: number): number {
    return this.#lists.first[list];
  }

  next(s: number): number {
    return this.#links.next[s];
  }

  insertFront(list: number, s: number): void {
    this.#link(list, s, 0, this.#lists.first[list]);
  }

  insertBack(list: number, s: number): void {
    this.#link(list, s, this.#lists.last[list], 0);
  }

  /** Takes a span out of its list, if it stands in one. */
  remove(s: number): void {
    const { prev, next, list } = this.#links;
    if (list[s] === 0) return;
    const at = list[s] - 1;
    if (prev[s] === 0) this.#lists.first[at] = next[s];
    else next[prev[s]] = next[s];
    if (next[s] === 0) this.#lists.last[at] = prev[s];
    else prev[next[s]] = prev[s];
    prev[s] = 0;
    next[s] = 0;
    list[s] = 0;
  }

  #link(list: number, s: number, before: number, after: number): void {
    const links = this.#links;
    const lists = this.#lists;
    if (links.list[s] !== 0) fatal('a span already stands in a list', { span: s, list: links.list[s] - 1 });
    links.prev[s] = before;
    links.next[s] = after;
    links.list[s] = list + 1;
    if (before === 0) lists.first[list] = s;
    else links.next[before] = s;
    if (after === 0) lists.last[list] = s;
    else links.prev[after] = s;
  }
}
