/**
 * The naive twin of the stack pools, after the runtime's stack.go: caches and pools as arrays of stacks, each
 * named by the span it is of, counted as spans are made, and its number in it.
 */
const KiB = 1024;
const spanBytes = 32 * KiB;

interface Stack {
  readonly span: number;
  readonly n: number;
}

interface PoolSpan {
  readonly id: number;
  readonly free: Stack[];
  out: number;
}

export class StackModel {
  /** Spans that there are. */
  readonly spans = new Map<number, PoolSpan>();
  made = 0;
  readonly #lists: PoolSpan[][] = [[], [], [], []];
  readonly #caches: Stack[][][];

  constructor(ps: number) {
    this.#caches = Array.from({ length: ps }, () => [[], [], [], []]);
  }

  static orderOf(size: number): number {
    return [2, 4, 8, 16].findIndex((k) => size <= k * KiB);
  }

  static sizeOf(order: number): number {
    return 2 * KiB * 2 ** order;
  }

  alloc(p: number, order: number): Stack {
    const cache = this.#caches[p][order];
    const size = StackModel.sizeOf(order);
    if (cache.length === 0) while (cache.length * size < spanBytes / 2) cache.push(this.#take(order));
    return cache.pop() as Stack;
  }

  free(p: number, order: number, stack: Stack): void {
    const cache = this.#caches[p][order];
    const size = StackModel.sizeOf(order);
    if (cache.length * size >= spanBytes)
      while (cache.length * size > spanBytes / 2) this.#put(order, cache.pop() as Stack);
    cache.push(stack);
  }

  flush(): void {
    for (const caches of this.#caches)
      caches.forEach((cache, order) => {
        while (cache.length > 0) this.#put(order, cache.pop() as Stack);
      });
  }

  #take(order: number): Stack {
    const list = this.#lists[order];
    if (list.length === 0) {
      const id = this.made++;
      const n = spanBytes / StackModel.sizeOf(order);
      const span = { id, free: Array.from({ length: n }, (_, i) => ({ span: id, n: i })), out: 0 };
      this.spans.set(id, span);
      list.unshift(span);
    }
    const span = list[0];
    span.out++;
    const stack = span.free.pop() as Stack;
    if (span.free.length === 0) list.shift();
    return stack;
  }

  #put(order: number, stack: Stack): void {
    const list = this.#lists[order];
    const span = this.spans.get(stack.span) as PoolSpan;
    if (span.free.length === 0) list.unshift(span);
    span.free.push(stack);
    if (--span.out > 0) return;
    list.splice(list.indexOf(span), 1);
    this.spans.delete(span.id);
  }
}
