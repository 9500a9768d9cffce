/**
 * The registry in sets: the 2023 design. For each span class four sets: partial and full, swept and unswept.
 *
 * Caching takes, in this order: a swept span with free objects; an unswept one that had some (swept now,
 * and surely usable); unswept full ones, swept in the hope of free objects. At most 101 spans are looked at
 * in one search (the runtime's budget of 100, counted down through 0), so that a search among full spans
 * costs about one hundredth of what a fresh span would waste. The sweeper takes class by class, full ones
 * before partial ones; the class reached is remembered. Of each set the span that was put there first is taken first.
 *
 * A cached span stands in no set.
 *
 * Not here: the sets themselves (span-sets.ts).
 */
import { fatal } from '../base/errors.ts';
import { i32, table, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { type SpanTable, spanState } from '../spans/span-table.ts';
import type { RegistrySweeper, SpanRegistry } from './span-registry.ts';
import type { SpanSets } from './span-sets.ts';
import type { SweepState } from './sweep-state.ts';

/** Spans looked at in one search, less one. */
const sweepBudget = 100;

export const setRegistryTable = table('setRegistry', 'other', {
  /** Where the search for unswept spans stands: span class × 2 + (0 full, 1 partial). */
  cursor: i32('heap'),
});

export class SetRegistry implements SpanRegistry {
  readonly #sets: SpanSets;
  readonly #spans: SpanTable;
  readonly #sweepState: SweepState;
  readonly #state: Views<typeof setRegistryTable>;
  readonly #spanClasses: number;

  constructor(
    meta: MetaMemory,
    sets: SpanSets,
    spans: SpanTable,
    sweepState: SweepState,
    spanClasses: number,
  ) {
    this.#sets = sets;
    this.#spans = spans;
    this.#sweepState = sweepState;
    this.#state = meta.views(setRegistryTable);
    this.#spanClasses = spanClasses;
  }

  prepareFor(spanClass: number, spans: number): boolean {
    return this.#sets.prepareFor(spanClass, spans);
  }

  allocated(s: number, large: boolean): void {
    if (large)
      this.#sets.push(this.#sets.fullSwept(this.#spans.columns.spanClass[s], this.#sweepState.gen), s);
  }

  freed(): void {
    // It may stand in a set on; who pops it sees by its generation that it is not what was looked for.
  }

  swept(s: number, preserve: boolean): void {
    if (!preserve) this.#place(s);
  }

  uncached(s: number): void {
    this.#place(s);
  }

  take(spanClass: number, sweeper: RegistrySweeper): number {
    const sets = this.#sets;
    const sweepState = this.#sweepState;
    const gen = sweepState.gen;
    const ready = sets.shift(sets.partialSwept(spanClass, gen));
    if (ready !== 0 || sweepState.isDone()) return ready;

    let budget = sweepBudget;
    const partial = sets.partialUnswept(spanClass, gen);
    for (; budget >= 0; budget--) {
      const s = sets.shift(partial);
      if (s === 0) break;
      if (sweeper.tryAcquire(s)) {
        sweeper.sweep(s, true);
        return s;
      }
    }
    const full = sets.fullUnswept(spanClass, gen);
    const { allocCount, nelems } = this.#spans.columns;
    for (; budget >= 0; budget--) {
      const s = sets.shift(full);
      if (s === 0) break;
      if (sweeper.tryAcquire(s)) {
        sweeper.sweep(s, true);
        if (allocCount[s] !== nelems[s]) return s;
        this.#place(s);
      }
    }
    return 0;
  }

  beginSweep(): void {
    this.#state.cursor[0] = 0;
  }

  nextUnswept(): number {
    const state = this.#state;
    const sets = this.#sets;
    const gen = this.#sweepState.gen;
    const end = this.#spanClasses * 2;
    for (let cursor = state.cursor[0]; cursor < end; cursor++) {
      const spanClass = cursor >>> 1;
      const s = sets.shift(
        (cursor & 1) === 0 ? sets.fullUnswept(spanClass, gen) : sets.partialUnswept(spanClass, gen),
      );
      if (s !== 0) {
        state.cursor[0] = cursor;
        return s;
      }
    }
    state.cursor[0] = end;
    return 0;
  }

  /** Every swept span stands in just one swept set, the one that fits, or in a cache. */
  check(isCached: (s: number) => boolean): void {
    const spans = this.#spans;
    const sets = this.#sets;
    const spanClasses = this.#spanClasses;
    const c = spans.columns;
    const gen = this.#sweepState.gen;
    const places = new Uint8Array(spans.end);
    for (let s = 1; s < spans.end; s++) if (c.state[s] === spanState.inUse && isCached(s)) places[s]++;
    for (let spanClass = 0; spanClass < spanClasses; spanClass++) {
      const look = (set: number, full: boolean): void =>
        sets.forEach(set, (s) => {
          places[s]++;
          if (c.state[s] !== spanState.inUse || c.spanClass[s] !== spanClass || c.sweepGen[s] !== gen) {
            fatal('a swept set holds a span that is not', {
              span: s,
              spanClass,
              state: c.state[s],
              sweepGen: c.sweepGen[s],
            });
          }
          if ((c.allocCount[s] === c.nelems[s]) !== full)
            fatal('a span stands in the wrong set', { span: s, full: full ? 1 : 0 });
        });
      look(sets.partialSwept(spanClass, gen), false);
      look(sets.fullSwept(spanClass, gen), true);
    }
    for (let s = 1; s < spans.end; s++) {
      if (c.state[s] !== spanState.inUse) continue;
      const expected = c.sweepGen[s] === gen || c.sweepGen[s] === gen + 3 ? 1 : 0;
      if (places[s] !== expected)
        fatal('a span is lost or stands twice', {
          span: s,
          places: places[s],
          expected,
          sweepGen: c.sweepGen[s] - gen,
        });
    }
  }

  /** Puts a swept span on the set where it belongs. */
  #place(s: number): void {
    const sets = this.#sets;
    const { allocCount, nelems, spanClass } = this.#spans.columns;
    const gen = this.#sweepState.gen;
    sets.push(
      allocCount[s] === nelems[s] ? sets.fullSwept(spanClass[s], gen) : sets.partialSwept(spanClass[s], gen),
      s,
    );
  }
}
