/**
 * Sweeping as the judge does it: a span by its bits; and a heap of spans between two collections, by a rule.
 *
 * The rule is Go's with two changes. *Pace*: of all pages as large a share is swept as the program has taken of the distance to the next
 * collection, less a margin; before it takes more, spans are swept in the student's order. *Reclaiming*: before n pages are
 * taken, n are freed, from empty spans, the lowest first; what a sweep frees beyond that is credit.
 */

export interface SweepHeap {
  /** Pages of each span. */
  readonly pages: readonly number[];
  /** Marked objects in each span; without any, all of its pages are free when it is swept. */
  readonly living: readonly number[];
  /** Pages that the program takes until the next collection begins. */
  readonly distance: number;
}

export const sweepOrders = ['highest', 'longest', 'fewest'] as const;
export type SweepOrderName = (typeof sweepOrders)[number];

export interface SweepRule {
  readonly order: SweepOrderName;
  readonly margin: number;
}

/**
 * The spans by their numbers, in the order in which they are swept. Of empty spans none has that of reclaiming, the lowest first: so
 * it is seen which of the two came first.
 */
export function inOrder({ pages, living }: SweepHeap, order: SweepOrderName): number[] {
  const rank = (span: number): number => {
    if (order === 'highest') return 0;
    return order === 'longest' ? -(pages[span] as number) : (living[span] as number);
  };
  const tie = order === 'longest' ? 1 : -1;
  return pages.map((_, span) => span).sort((a, b) => rank(a) - rank(b) || tie * (a - b));
}

/** The steps of the rule, of one call. */
export interface SweepWorking {
  readonly taken: number;
  /** The distance less the margin. */
  readonly way: number;
  readonly due: number;
  /** Spans swept by the pace; then the credit, and spans swept to reclaim. */
  readonly pace: readonly number[];
  readonly credit: number;
  readonly reclaimed: readonly number[];
}

export class SweepModel {
  readonly #heap: SweepHeap;
  readonly #rule: SweepRule;
  readonly #order: readonly number[];
  readonly #done: Uint8Array;
  #taken = 0;
  swept = 0;
  credit = 0;
  /** Of the last `before`. */
  #last: SweepWorking = { taken: 0, way: 1, due: 0, pace: [], credit: 0, reclaimed: [] };

  constructor(heap: SweepHeap, rule: SweepRule) {
    this.#heap = heap;
    this.#rule = rule;
    this.#order = inOrder(heap, rule.order);
    this.#done = new Uint8Array(heap.pages.length);
  }

  /** The program is about to take n pages. @returns the spans that are swept before it */
  before(n: number): number[] {
    const { pages, living, distance } = this.#heap;
    const all = pages.reduce((sum, one) => sum + one, 0);
    const spans: number[] = [];
    const sweep = (span: number): void => {
      this.#done[span] = 1;
      spans.push(span);
      this.swept += pages[span] as number;
      if (living[span] === 0) this.credit += pages[span] as number;
    };
    this.#taken += n;
    const way = Math.max(1, distance - this.#rule.margin);
    const due = Math.min(all, Math.ceil((all * this.#taken) / way));
    for (const span of this.#order) {
      if (this.swept >= due) break;
      if (this.#done[span] === 0) sweep(span);
    }
    const [pace, credit] = [spans.length, this.credit];
    for (let span = 0; span < pages.length && this.credit < n; span++)
      if (this.#done[span] === 0 && living[span] === 0) sweep(span);
    this.credit = Math.max(0, this.credit - n);
    this.#last = {
      ...{ taken: this.#taken, way, due, credit },
      ...{ pace: spans.slice(0, pace), reclaimed: spans.slice(pace) },
    };
    return spans;
  }

  /** How the rule came to the last answer of `before`. */
  get working(): SweepWorking {
    return this.#last;
  }

  /** The next collection begins. @returns the spans that were left */
  rest(): number[] {
    const spans = this.#order.filter((span) => this.#done[span] === 0);
    for (const span of spans) {
      this.#done[span] = 1;
      this.swept += this.#heap.pages[span] as number;
      if (this.#heap.living[span] === 0) this.credit += this.#heap.pages[span] as number;
    }
    return spans;
  }
}

/** What sweeping a span by its bits comes to: objects freed, the lowest free one (−1: none), and the words of what lives. */
export type Swept = readonly [freed: number, firstFree: number, ...words: number[]];

const bit = (words: readonly number[], i: number): boolean =>
  (((words[i >>> 5] as number) >>> (i & 31)) & 1) === 1;

/** @returns null where an object is marked that is not allocated: something is broken, and nothing may be freed */
export function sweptSpan(alloc: readonly number[], marks: readonly number[], objects: number): Swept | null {
  let [freed, firstFree] = [0, -1];
  for (let i = 0; i < objects; i++) {
    if (bit(marks, i) && !bit(alloc, i)) return null;
    if (bit(marks, i)) continue;
    if (firstFree < 0) firstFree = i;
    if (bit(alloc, i)) freed++;
  }
  return [freed, firstFree, ...marks];
}
