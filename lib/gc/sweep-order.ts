/**
 * The contract of an order of sweeping, and the queue that keeps it: which span is swept next.
 *
 *     export default class HighestFirst {
 *       order(spans) { return spans.toSorted((a, b) => b.page - a.page).map(({ id }) => id); }
 *     }
 *
 * An order is a class; the heap makes one, `new Order(host)`, and asks it once a collection, when marking has ended: it is
 * given all spans and answers their ids in the order in which they are to be swept. Those that it leaves out come after
 * the others, in the design's own order. Who needs a span, or pages, does not wait for its turn: that sweeps what it
 * finds. So an answer is a wish, and a wrong one cannot lose a span.
 *
 * Invariant: when the queue is empty the registry itself is asked, until it has none left. A span that was swept meanwhile, freed or
 * used again is passed over by who takes it, as with those that the registry names.
 *
 * Not here: sweeping (sweeper.ts); failing (base/part.ts): then the registry's order counts.
 */
import type { AnswerKind, Part, PartClass } from '../base/part.ts';
import { pageSize } from '../base/units.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { SpanRegistry } from '../heap/span-registry.ts';
import { spanState } from '../spans/span-table.ts';

/** A span as an order sees it, when marking has ended. */
export interface SweepSpan {
  readonly id: number;
  /** Its first page, from the heap's origin, and how many it has. */
  readonly page: number;
  readonly pages: number;
  /** Bytes of an object; of a span with one large object, its pages. */
  readonly objectSize: number;
  /** Objects that it has room for. */
  readonly objects: number;
  /** Whether no object in it was marked: sweeping it gives its pages back. */
  readonly empty: boolean;
}

export interface SweepOrder {
  order(spans: readonly SweepSpan[]): Iterable<number>;
}

/** What an order has from the heap when it is made; frozen. */
export interface SweepOrderHost {
  /** Bytes of the heap's page. */
  readonly pageSize: number;
}

export type SweepOrderClass = PartClass<SweepOrder, SweepOrderHost>;

export const sweepOrderPart = { option: 'sweepOrder', kind: 'sweep order', methods: ['order'] } as const;

/** What the sweeper asks: the registry, or something before it. */
export type SweepQueue = Pick<SpanRegistry, 'beginSweep' | 'nextUnswept'>;

export class OrderedSweep implements SweepQueue {
  readonly #registry: SweepQueue;
  readonly #state: HeapState;
  readonly #order: Part<SweepOrder>;
  #queue: readonly number[] = [];
  #next = 0;

  constructor(registry: SweepQueue, state: HeapState, order: Part<SweepOrder>) {
    this.#registry = registry;
    this.#state = state;
    this.#order = order;
  }

  beginSweep(): void {
    this.#registry.beginSweep();
    this.#next = 0;
    const spans = this.#order.usable ? this.#spans() : [];
    const known = new Set(spans.map(({ id }) => id));
    this.#queue = this.#order.ask('order', [Object.freeze(spans)], idsOf(known), []);
  }

  nextUnswept(): number {
    return this.#next < this.#queue.length ? (this.#queue[this.#next++] ?? 0) : this.#registry.nextUnswept();
  }

  #spans(): SweepSpan[] {
    const { spans, pageColumns } = this.#state;
    const { state, startPage, pages, elemSize, nelems } = spans.columns;
    const found: SweepSpan[] = [];
    for (let id = 1; id < spans.end; id++) {
      if (state[id] !== spanState.inUse) continue;
      const page = startPage[id];
      found.push(
        Object.freeze({
          ...{ id, page, pages: pages[id] },
          objectSize: elemSize[id] === 0 ? pages[id] * pageSize : elemSize[id],
          objects: nelems[id],
          empty: ((pageColumns.marks[page >>> 5] >>> (page & 31)) & 1) === 0,
        }),
      );
    }
    return found;
  }
}

const idsOf = (known: ReadonlySet<number>): AnswerKind<readonly number[]> => ({
  expected: 'ids of the spans that it was given',
  read: (answer) => {
    if (typeof answer !== 'object' || answer === null || !(Symbol.iterator in answer)) return undefined;
    const ids: number[] = [];
    for (const id of answer as Iterable<unknown>) {
      // Each at most once: an answer without end would be one.
      if (!known.has(id as number) || ids.length >= known.size) return undefined;
      ids.push(id as number);
    }
    return ids;
  },
});
