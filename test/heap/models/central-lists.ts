/** The two lists a span class of the runtimes of 2014 and 2019: spans with free objects, and those full or cached. */
import { isFull, type ModelSpan } from './whole-heap.ts';

export class CentralLists {
  private readonly nonempty = new Map<number, ModelSpan[]>();
  private readonly empty = new Map<number, ModelSpan[]>();
  private readonly acquire: (s: ModelSpan) => boolean;
  private readonly sweep: (s: ModelSpan) => void;

  /** @param acquire takes a span for sweeping that needs it @param sweep sweeps it, and leaves it where it is */
  constructor(acquire: (s: ModelSpan) => boolean, sweep: (s: ModelSpan) => void) {
    this.acquire = acquire;
    this.sweep = sweep;
  }

  /** A fresh span, which will be cached. */
  add(s: ModelSpan): void {
    of(this.empty, s.spanClass).push(s);
  }

  remove(s: ModelSpan): void {
    remove(of(this.nonempty, s.spanClass), s);
    remove(of(this.empty, s.spanClass), s);
  }

  /** Swept, or back from a cache: with free objects it comes to the front of those that have any. */
  place(s: ModelSpan): void {
    const nonempty = of(this.nonempty, s.spanClass);
    if (isFull(s) || nonempty.includes(s)) return;
    remove(of(this.empty, s.spanClass), s);
    nonempty.unshift(s);
  }

  /** A span with a free object, which will be cached; what needs sweeping on the way is swept. */
  find(spanClass: number): ModelSpan | undefined {
    const nonempty = of(this.nonempty, spanClass);
    const empty = of(this.empty, spanClass);
    const ready = nonempty.shift();
    if (ready !== undefined) {
      empty.push(ready);
      if (this.acquire(ready)) this.sweep(ready);
      return ready;
    }
    for (;;) {
      const s = empty[0];
      // What is swept stands at the end: behind a swept one nothing is looked for.
      if (s === undefined || !this.acquire(s)) return undefined;
      empty.shift();
      empty.push(s);
      this.sweep(s);
      if (!isFull(s)) return s;
    }
  }
}

function of(lists: Map<number, ModelSpan[]>, spanClass: number): ModelSpan[] {
  const list = lists.get(spanClass) ?? [];
  lists.set(spanClass, list);
  return list;
}

export function remove(list: ModelSpan[], s: ModelSpan): void {
  const at = list.indexOf(s);
  if (at >= 0) list.splice(at, 1);
}
