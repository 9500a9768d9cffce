/**
 * The mcache over free lists: of the cached span, the slot holds the address of the first free object, and
 * malloc follows the links from there. Instead of windows there is the list.
 *
 * Not here: what an mcache is (mcache.ts), the lists (heap/free-lists.ts).
 */
import { fatal } from '../base/errors.ts';
import type { FreeLists } from '../heap/free-lists.ts';
import type { HeapState } from '../heap/heap-state.ts';
import { f64, table, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { MCache, type MCacheDeps } from './mcache.ts';
import { numSpanClasses } from './size-classes.ts';

/** Rows are Ps. */
export const freeListCacheTable = table('freeListCaches', 'mcache', {
  /** The address of the first free object of the cached span; 0: none. */
  first: f64('p', numSpanClasses),
});

export class FreeListMCache extends MCache {
  readonly #lists: Views<typeof freeListCacheTable>;
  readonly #freeLists: FreeLists;
  readonly #state: HeapState;
  /** In 2014 only a collection begins a new tiny block; looking at statistics does not. */
  protected override readonly keepsTiny: boolean = true;

  constructor(freeLists: FreeLists, deps: MCacheDeps) {
    super(deps);
    this.#freeLists = freeLists;
    this.#state = deps.state;
    this.#lists = deps.meta.views(freeListCacheTable);
  }

  static prepare(meta: MetaMemory): boolean {
    return meta.commit(freeListCacheTable, 0, meta.rows(freeListCacheTable));
  }

  get lists(): Views<typeof freeListCacheTable> {
    return this.#lists;
  }

  /** A list has no windows: when it is at its end, the span is full. */
  override openNext(): boolean {
    return false;
  }

  override attach(slot: number, s: number, spanClass: number): void {
    const { columns } = this;
    const { head } = this.#freeLists;
    if (head[s] === 0) fatal('a span for caching has no free object', { span: s, spanClass });
    columns.spans[slot] = s;
    columns.windowBase[slot] = this.#state.arenas.addressOf(this.#state.spans.columns.startPage[s]);
    this.#lists.first[slot] = this.#freeLists.firstOf(s);
    head[s] = 0;
  }

  protected override close(slot: number, s: number): void {
    const { columns } = this;
    const { elemSize } = this.#state.spans.columns;
    const first = this.#lists.first[slot];
    this.#freeLists.head[s] = first === 0 ? 0 : (first - columns.windowBase[slot]) / elemSize[s] + 1;
    this.#lists.first[slot] = 0;
    columns.spans[slot] = 0;
  }
}
