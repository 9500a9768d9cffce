/**
 * The registry in lists: the designs of 2014 and 2019.
 *
 * For allocating, both have two lists a span class. A span with free objects stands in *nonempty*; one
 * without, or one that is cached, in *empty*. Caching takes the first of nonempty, sweeping it if it must
 * be; where there is none, it goes through empty, sweeps what is unswept, and moves each to the end. It stops
 * at the first swept one: behind it, too, are those that this search swept before. That is a bound on the
 * search, not a proof that none is left. A span that the sweeper swept and that stayed full keeps its place, so
 * unswept ones may stand behind it; an allocation then takes a new span, as it did in the real runtime, and
 * the sweeper frees theirs later.
 *
 * For sweeping they differ:
 *   stacks (2019)  a stack of swept spans and one of unswept; the two trade roles each cycle. A span is
 *                  pushed when it is allocated and when it was swept. One that was swept out of turn stays
 *                  on the unswept stack, and is passed over when popped.
 *   busy (2014)    the sweeper goes through the array of all spans ever made, as long as it was when the
 *                  sweep began: here, the span ids. Spans of one large object stand in busy lists by their
 *                  pages, swept ones at the end, for who needs pages at once (gc/busy-reclaimer.ts).
 *
 * Not here: the lists themselves (span-lists.ts), the stacks' memory (span-sets.ts).
 */
import { fatal } from '../base/errors.ts';
import { i32, table, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { type SpanTable, spanState } from '../spans/span-table.ts';
import type { SpanLists } from './span-lists.ts';
import type { RegistrySweeper, SpanRegistry } from './span-registry.ts';
import type { SpanSets } from './span-sets.ts';
import type { SweepState } from './sweep-state.ts';

export const listRegistryTable = table('listRegistry', 'other', {
  /** The next span the sweeper looks at, and one past the last. */
  cursor: i32('heap'),
  end: i32('heap'),
});

export class ListRegistry implements SpanRegistry {
  readonly lists: SpanLists;
  readonly #sets: SpanSets;
  readonly #spans: SpanTable;
  readonly #sweepState: SweepState;
  readonly #state: Views<typeof listRegistryTable>;
  readonly #stacks: boolean;

  /** @param stacks the sweeping of 2019; false: that of 2014 */
  constructor(
    meta: MetaMemory,
    lists: SpanLists,
    sets: SpanSets,
    spans: SpanTable,
    sweepState: SweepState,
    stacks: boolean,
  ) {
    this.lists = lists;
    this.#sets = sets;
    this.#spans = spans;
    this.#sweepState = sweepState;
    this.#state = meta.views(listRegistryTable);
    this.#stacks = stacks;
  }

  prepareFor(_spanClass: number, spans: number): boolean {
    // The links of the lists stand beside the spans. The stacks are the sets of one class.
    return !this.#stacks || this.#sets.prepareFor(0, spans);
  }

  allocated(s: number, large: boolean): void {
    const { lists } = this;
    const { spanClass, pages } = this.#spans.columns;
    if (this.#stacks) this.#pushSwept(s);
    if (!large) lists.insertBack(lists.empty(spanClass[s]), s);
    else if (!this.#stacks) lists.insertBack(lists.busy(pages[s]), s);
  }

  freed(s: number): void {
    this.lists.remove(s);
  }

  swept(s: number, preserve: boolean): void {
    if (this.#stacks) this.#pushSwept(s);
    if (!preserve && this.#spans.columns.elemSize[s] !== 0) this.#place(s);
  }

  uncached(s: number): void {
    this.#place(s);
  }

  take(spanClass: number, sweeper: RegistrySweeper): number {
    const { lists } = this;
    const { sweepGen, allocCount, nelems } = this.#spans.columns;
    const beingSwept = this.#sweepState.gen - 1;
    const nonempty = lists.nonempty(spanClass);
    const empty = lists.empty(spanClass);
    for (let s = lists.first(nonempty); s !== 0; s = lists.next(s)) {
      if (sweepGen[s] === beingSwept) continue;
      const acquired = sweeper.tryAcquire(s);
      lists.remove(s);
      lists.insertBack(empty, s);
      if (acquired) sweeper.sweep(s, true);
      return s;
    }
    for (let s = lists.first(empty); s !== 0; ) {
      if (sweepGen[s] === beingSwept) {
        s = lists.next(s);
        continue;
      }
      if (!sweeper.tryAcquire(s)) return 0;
      lists.remove(s);
      lists.insertBack(empty, s);
      sweeper.sweep(s, true);
      if (allocCount[s] !== nelems[s]) return s;
      s = lists.first(empty);
    }
    return 0;
  }

  beginSweep(): void {
    this.#state.cursor[0] = 1;
    this.#state.end[0] = this.#spans.end;
  }

  nextUnswept(): number {
    if (this.#stacks) return this.#sets.pop(this.#sets.partialUnswept(0, this.#sweepState.gen));
    const { cursor, end } = this.#state;
    const { sweepGen, state } = this.#spans.columns;
    const unswept = this.#sweepState.gen - 2;
    for (let s = cursor[0]; s < end[0]; s++) {
      if (sweepGen[s] !== unswept || state[s] !== spanState.inUse) continue;
      cursor[0] = s + 1;
      return s;
    }
    cursor[0] = end[0];
    return 0;
  }

  check(isCached: (s: number) => boolean): void {
    const { lists } = this;
    const spans = this.#spans;
    const c = spans.columns;
    const gen = this.#sweepState.gen;
    for (let s = 1; s < spans.end; s++) {
      if (c.state[s] !== spanState.inUse) continue;
      const at = lists.listOf(s);
      const large = c.elemSize[s] === 0;
      const full = c.allocCount[s] === c.nelems[s];
      const wanted = large
        ? this.#stacks
          ? -1
          : lists.busy(c.pages[s])
        : full || isCached(s)
          ? lists.empty(c.spanClass[s])
          : lists.nonempty(c.spanClass[s]);
      // One not swept yet stands where it stood before the cycle.
      if (at !== wanted && (large || c.sweepGen[s] === gen))
        fatal('a span stands in the wrong list', { span: s, list: at, wanted });
    }
    if (!this.#stacks) return;
    const places = new Uint8Array(spans.end);
    this.#sets.forEach(this.#sets.partialSwept(0, gen), (s) => places[s]++);
    for (let s = 1; s < spans.end; s++) {
      if (c.state[s] !== spanState.inUse) continue;
      const expected = c.sweepGen[s] === gen || c.sweepGen[s] === gen + 3 ? 1 : 0;
      if (places[s] !== expected)
        fatal('a span is lost or stands twice', { span: s, places: places[s], expected });
    }
  }

  #pushSwept(s: number): void {
    this.#sets.push(this.#sets.partialSwept(0, this.#sweepState.gen), s);
  }

  /** Puts a swept span of small objects that is in no cache into the list where it belongs. */
  #place(s: number): void {
    const { lists } = this;
    const { allocCount, nelems, spanClass } = this.#spans.columns;
    if (allocCount[s] === nelems[s]) return;
    const nonempty = lists.nonempty(spanClass[s]);
    if (lists.listOf(s) === nonempty) return;
    lists.remove(s);
    lists.insertFront(nonempty, s);
  }
}
