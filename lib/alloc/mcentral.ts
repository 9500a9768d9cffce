/**
 * The central lists: where mcaches get spans with free objects, and bring them back.
 *
 * For a span class: a span with free objects, if the books know one or sweeping finds one; else a fresh
 * span from the heap.
 *
 * Not here: how the books look for one (heap/set-registry.ts, heap/list-registry.ts), sweep pacing (gc/, through `hooks`).
 */
import { fatal } from '../base/errors.ts';
import { pageSize, type SpanId, spanId } from '../base/units.ts';
import type { FreeLists } from '../heap/free-lists.ts';
import type { MHeap } from '../heap/mheap.ts';
import type { SpanBooks } from '../heap/span-registry.ts';
import type { SpanSweeper } from '../heap/sweep-span.ts';
import { type SizeClasses, tinySpanClass } from './size-classes.ts';

export interface CentralHooks {
  /** Before a span of `bytes` is allocated: sweep what the pace demands, less `callerPages`. */
  deductSweepCredit(bytes: number, callerPages: number): void;
}

export class MCentral {
  readonly #heap: MHeap;
  readonly #books: SpanBooks;
  readonly #sweeper: SpanSweeper;
  readonly #classes: SizeClasses;
  /** Where free objects are threaded: what makes the list of a fresh span. */
  readonly #freeLists: FreeLists | undefined;
  hooks: CentralHooks = { deductSweepCredit: () => {} };

  constructor(
    heap: MHeap,
    books: SpanBooks,
    sweeper: SpanSweeper,
    classes: SizeClasses,
    freeLists: FreeLists | undefined,
  ) {
    this.#heap = heap;
    this.#books = books;
    this.#sweeper = sweeper;
    this.#classes = classes;
    this.#freeLists = freeLists;
  }

  /** A span with at least one free object for P `p`'s cache, or 0 when the system has no memory. */
  cacheSpan(p: number, spanClass: number): SpanId {
    const sizeClass = spanClass >>> 1;
    this.hooks.deductSweepCredit(this.#classes.pages[sizeClass] * pageSize, 0);
    const s = this.#books.take(spanClass, this.#sweeper) || this.#growSpan(p, spanClass);
    if (s === 0) return spanId(0);
    const { allocCount, nelems } = this.#heap.parts.spans.columns;
    if (allocCount[s] === nelems[s]) fatal('a span for caching has no free objects', { span: s, spanClass });
    return spanId(s);
  }

  /**
   * Takes a span back from a cache. One that was cached before the sweep in progress began is swept
   * here and now: nobody else would.
   */
  uncacheSpan(s: number): void {
    const { sweepState, spans } = this.#heap.parts;
    const { sweepGen } = spans.columns;
    const gen = sweepState.gen;
    if (sweepGen[s] === gen + 1) {
      sweepGen[s] = gen - 1;
      this.#sweeper.sweep(s, false);
    } else {
      sweepGen[s] = gen;
      this.#books.uncached(s);
    }
  }

  #growSpan(p: number, spanClass: number): SpanId {
    const sizeClass = spanClass >>> 1;
    const heap = this.#heap;
    const s = heap.allocHeapSpan(
      p,
      this.#classes.pages[sizeClass],
      spanClass,
      this.#classes.sizes[sizeClass],
      this.#classes.objects[sizeClass],
    );
    if (s !== 0 && spanClass === tinySpanClass) {
      const row = heap.parts.tinyStarts.alloc();
      if (row === 0) {
        heap.freeSpan(s);
        return spanId(0);
      }
      heap.parts.spans.columns.tinyStarts[s] = row;
      heap.parts.spans.columns.stride[s] = 0;
    }
    if (s !== 0) this.#freeLists?.thread(s);
    return s;
  }
}
