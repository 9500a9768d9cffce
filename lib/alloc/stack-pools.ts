/**
 * Stack pools: stacks of 2, 4, 8 and 16 KiB, as the runtime keeps those of goroutines.
 *
 *     a P's cache        for each size a list of free stacks, at most 32 KiB; the P alone takes from it
 *       │  ▲             empty: stacks for 16 KiB come from the pool; full: all but 16 KiB go back
 *       ▼  │
 *     the pool           for each size the spans of 32 KiB that have free stacks, in each of these a list of them
 *       │  ▲             no span with any: a new one; a span whose last stack came back goes at once
 *       ▼  │
 *     the page heap
 *
 * All lists are last in, first out, and threaded through the free stacks themselves: the first 8 bytes of one hold
 * the address of the next, 0 at the end. So a fresh span is written to at each of its stacks, from the lowest, which
 * then lies last in the list; and a stack that is freed is written to once more. Both show in RSS.
 *
 * Of each stack there is one bit: *taken*, somebody's. All others are free, in a cache or in the pool; the span's
 * `allocCount` has those that the pool gave out, the cached ones included.
 *
 * The runtime keeps empty spans while it marks, and gives them back when the cycle ends, since the mark phase may
 * still look at them. Here nobody frees a stack while a cycle marks, so an empty span never waits.
 *
 * Invariants: a span stands in its size's list exactly when it has a free stack in the pool; a list leads only to
 * stacks of its size that are not taken, which is looked at when one is: whoever writes to a stack after it was
 * freed destroys a list.
 *
 * Mechanism after the runtime's stack.go (1.4 to 1.21). Not here: stacks that are spans of their own (stacks.ts);
 * when caches are emptied (mcache.ts).
 */
import { popcount32 } from '../base/bits.ts';
import { fatal } from '../base/errors.ts';
import { KiB, pageSize, type SpanId, spanId } from '../base/units.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { MHeap } from '../heap/mheap.ts';
import { f64, i32, table, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { type ObjectMemory, pageWordsShift, windowPageMask } from '../spans/object-memory.ts';
import { SpanTable, spanState, spanUse } from '../spans/span-table.ts';

const smallest = 2 * KiB;
/** How many sizes of pooled stacks there are: each is twice the one before. */
export const stackPoolSizes = 4;
const sizes = stackPoolSizes;
/** Bytes of a span of pooled stacks, and the most that a P caches of a size. */
const spanBytes = 32 * KiB;
const spanPages = spanBytes / pageSize;
const halfCache = spanBytes / 2;

/** The largest stack that comes from a pool. */
export const maxPooledStack = smallest << (sizes - 1);

/** Rows are Ps. */
export const stackCacheTable = table('stackCaches', 'mcache', {
  /** The address of the first free stack that is cached, for each size; 0: none. */
  first: f64('p', sizes),
  /** Bytes of those cached. */
  bytes: i32('p', sizes),
});

/** Rows are the sizes. */
export const stackPoolTable = table('stackPools', 'other', {
  /** The first span with free stacks; 0: none. */
  first: i32('heap'),
});

/** Rows are spans. */
export const stackSpanTable = table('stackSpans', 'mspan', {
  /** Number of the first free stack in the pool, plus one; 0: none. */
  free: i32('heap'),
  /** The stacks that are somebody's, as ones. */
  taken: i32('heap'),
  /** The neighbours in the size's list. */
  next: i32('heap'),
  prev: i32('heap'),
});

/** What the pools work with. */
export interface StackPoolDeps {
  readonly meta: MetaMemory;
  readonly heap: MHeap;
  readonly state: HeapState;
  readonly memory: ObjectMemory;
}

export class StackPools {
  readonly #heap: MHeap;
  readonly #state: HeapState;
  readonly #memory: ObjectMemory;
  readonly #caches: Views<typeof stackCacheTable>;
  readonly #pools: Views<typeof stackPoolTable>;
  readonly #spans: Views<typeof stackSpanTable>;

  constructor({ meta, heap, state, memory }: StackPoolDeps) {
    this.#heap = heap;
    this.#state = state;
    this.#memory = memory;
    this.#caches = meta.views(stackCacheTable);
    this.#pools = meta.views(stackPoolTable);
    this.#spans = meta.views(stackSpanTable);
    state.spans.beside(stackSpanTable);
  }

  /** Puts memory behind what is needed from the start. False when there is none. Once a heap. */
  static prepare(meta: MetaMemory): boolean {
    return (
      meta.commit(stackCacheTable, 0, meta.rows(stackCacheTable)) &&
      meta.commit(stackPoolTable, 0, sizes) &&
      SpanTable.prepareBeside(meta, stackSpanTable)
    );
  }

  /** A stack of at least `size` bytes, at most `maxPooledStack`, from P `p`'s cache; 0 where there is no memory. */
  alloc(p: number, size: number): number {
    const order = orderOf(size);
    const { first, bytes } = this.#caches;
    const slot = p * sizes + order;
    if (first[slot] === 0 && !this.#refill(p, order)) return 0;
    const addr = first[slot];
    first[slot] = this.#nextOf(addr, order);
    bytes[slot] -= smallest << order;
    const s = this.#spanOf(addr);
    this.#spans.taken[s] |= 1 << this.#numberOf(s, addr);
    return addr;
  }

  /** Gives the stack at `addr`, in span `s` of this pool, to P `p`'s cache. @returns whether one begins there */
  free(p: number, s: SpanId, addr: number): boolean {
    const { elemSize } = this.#state.spans.columns;
    const { first, bytes } = this.#caches;
    const stack = this.find(s, addr);
    if (stack?.base !== addr) return false;
    const size = elemSize[s];
    const order = orderOf(size);
    const slot = p * sizes + order;
    if (bytes[slot] >= spanBytes) this.#giveBack(p, order, halfCache);
    this.#spans.taken[s] &= ~(1 << this.#numberOf(s, addr));
    this.#link(addr, first[slot]);
    first[slot] = addr;
    bytes[slot] += size;
    return true;
  }

  /** The stack in span `s` of this pool that holds the byte at `addr`: its first byte, and its bytes. */
  find(s: SpanId, addr: number): { readonly base: number; readonly size: number } | undefined {
    const n = this.#numberOf(s, addr);
    if (((this.#spans.taken[s] >>> n) & 1) === 0) return undefined;
    const size = this.#state.spans.columns.elemSize[s];
    return { base: this.#baseOf(s) + n * size, size };
  }

  /** Empties P `p`'s cache. */
  flush(p: number): void {
    for (let order = 0; order < sizes; order++) this.#giveBack(p, order, 0);
  }

  /** `fatal` where lists, caches and bits do not tell of the same stacks. Reads the lists in the stacks. */
  check(): void {
    const { columns, end } = this.#state.spans;
    const { free, taken, next, prev } = this.#spans;
    const { first, bytes } = this.#caches;
    const cached = new Map<number, number>();
    for (const slot of first.keys()) {
      const order = slot % sizes;
      let held = 0;
      for (let addr = first[slot]; addr !== 0; addr = this.#nextOf(addr, order)) {
        const s = this.#requireFree(addr, order);
        cached.set(s, (cached.get(s) ?? 0) + 1);
        held += smallest << order;
        if (held > spanBytes) break;
      }
      if (held !== bytes[slot] || held > spanBytes)
        fatal('a cache of stacks miscounts its bytes', { slot, held, bytes: bytes[slot] });
    }
    const listed = new Set<number>();
    for (let order = 0; order < sizes; order++) {
      let last = 0;
      for (let s = this.#pools.first[order]; s !== 0; s = next[s]) {
        if (prev[s] !== last || listed.has(s) || columns.elemSize[s] !== smallest << order || free[s] === 0)
          fatal('a list of stack spans is broken', { order, span: s, prev: prev[s], free: free[s] });
        listed.add(s);
        last = s;
      }
    }
    for (let s = 1; s < end; s++) {
      if (!this.#isPooled(s)) continue;
      const order = orderOf(columns.elemSize[s]);
      const base = this.#baseOf(spanId(s));
      const most = spanBytes / (smallest << order);
      let pooled = 0;
      for (let addr = free[s] === 0 ? 0 : base + (free[s] - 1) * columns.elemSize[s]; addr !== 0; ) {
        if (this.#requireFree(addr, order) !== s || ++pooled > most)
          fatal('a list of free stacks leads elsewhere', { span: s, stack: addr });
        addr = this.#nextOf(addr, order);
      }
      const out = popcount32(taken[s]) + (cached.get(s) ?? 0);
      if (out !== columns.allocCount[s] || out + pooled !== most || listed.has(s) !== pooled > 0)
        fatal('a span miscounts its stacks', { span: s, out, allocCount: columns.allocCount[s], pooled });
    }
  }

  // ------------------------------------------------------------------ a P's cache

  /** Fetches stacks for half of what a cache may hold. False where not even one can be had. */
  #refill(p: number, order: number): boolean {
    const { first, bytes } = this.#caches;
    const slot = p * sizes + order;
    while (bytes[slot] < halfCache) {
      const addr = this.#take(p, order);
      if (addr === 0) break;
      this.#link(addr, first[slot]);
      first[slot] = addr;
      bytes[slot] += smallest << order;
    }
    return first[slot] !== 0;
  }

  /** Gives the pool what a cache has beyond so many bytes. */
  #giveBack(p: number, order: number, keep: number): void {
    const { first, bytes } = this.#caches;
    const slot = p * sizes + order;
    while (bytes[slot] > keep) {
      const addr = first[slot];
      first[slot] = this.#nextOf(addr, order);
      bytes[slot] -= smallest << order;
      this.#put(addr, order);
    }
  }

  // ------------------------------------------------------------------ the pool

  /** Takes a stack from the pool, which may need a span for it; 0 where there is no memory. */
  #take(p: number, order: number): number {
    const { allocCount, elemSize } = this.#state.spans.columns;
    const { free } = this.#spans;
    const s = spanId(this.#pools.first[order] || this.#makeSpan(p, order));
    if (s === 0) return 0;
    const addr = this.#baseOf(s) + (free[s] - 1) * elemSize[s];
    const next = this.#nextOf(addr, order);
    free[s] = next === 0 ? 0 : this.#numberOf(s, next) + 1;
    allocCount[s]++;
    if (next === 0) this.#remove(s, order);
    return addr;
  }

  /** Puts a free stack into the pool. A span that is empty then goes. */
  #put(addr: number, order: number): void {
    const { allocCount, elemSize } = this.#state.spans.columns;
    const { free } = this.#spans;
    const s = this.#spanOf(addr);
    if (free[s] === 0) this.#insert(s, order);
    this.#link(addr, free[s] === 0 ? 0 : this.#baseOf(s) + (free[s] - 1) * elemSize[s]);
    free[s] = this.#numberOf(s, addr) + 1;
    if (--allocCount[s] > 0) return;
    this.#remove(s, order);
    free[s] = 0;
    this.#heap.freeManual(s);
  }

  /** A span of free stacks, in its list; 0 where there is no memory. */
  #makeSpan(p: number, order: number): SpanId {
    const s = this.#heap.allocManual(p, spanPages, spanUse.stack);
    if (s === 0) return s;
    const size = smallest << order;
    const { free, taken } = this.#spans;
    const base = this.#baseOf(s);
    this.#state.spans.columns.elemSize[s] = size;
    taken[s] = 0;
    for (let at = 0; at < spanBytes; at += size) this.#link(base + at, at === 0 ? 0 : base + at - size);
    free[s] = spanBytes / size;
    this.#insert(s, order);
    return s;
  }

  #insert(s: number, order: number): void {
    const { first } = this.#pools;
    const { next, prev } = this.#spans;
    const head = first[order];
    next[s] = head;
    prev[s] = 0;
    if (head !== 0) prev[head] = s;
    first[order] = s;
  }

  #remove(s: number, order: number): void {
    const { next, prev } = this.#spans;
    if (prev[s] === 0) this.#pools.first[order] = next[s];
    else next[prev[s]] = next[s];
    if (next[s] !== 0) prev[next[s]] = prev[s];
  }

  // ------------------------------------------------------------------ stacks

  #baseOf(s: SpanId): number {
    const { arenas, spans } = this.#state;
    return arenas.addressOf(spans.columns.startPage[s]);
  }

  /** The span of a stack of this pool. */
  #spanOf(addr: number): SpanId {
    return spanId(this.#state.pageColumns.spanOf[this.#state.arenas.pageOf(addr)]);
  }

  /** The number, in its span, of the stack that holds the byte at `addr`. */
  #numberOf(s: SpanId, addr: number): number {
    return Math.floor((addr - this.#baseOf(s)) / this.#state.spans.columns.elemSize[s]);
  }

  #isPooled(s: number): boolean {
    const { state, use, elemSize } = this.#state.spans.columns;
    return state[s] === spanState.manual && use[s] === spanUse.stack && elemSize[s] !== 0;
  }

  /** The stack that follows a free one in its list; 0: none. */
  #nextOf(addr: number, order: number): number {
    const words = this.#memory.words(this.#state.arenas.pageOf(addr));
    const at = this.#wordOf(addr);
    const next = (words[at + 1] >>> 0) * 2 ** 32 + (words[at] >>> 0);
    if (next !== 0) this.#requireFree(next, order);
    return next;
  }

  #link(addr: number, next: number): void {
    const words = this.#memory.words(this.#state.arenas.pageOf(addr));
    const at = this.#wordOf(addr);
    words[at] = (next % 2 ** 32) | 0;
    words[at + 1] = Math.floor(next / 2 ** 32);
  }

  /** Where a stack's first word is in its window, which it cannot cross. */
  #wordOf(addr: number): number {
    const { arenas } = this.#state;
    const page = arenas.pageOf(addr);
    return ((page & windowPageMask) << pageWordsShift) + ((addr - arenas.addressOf(page)) >>> 2);
  }

  /** The span of what must be a free stack of a size. */
  #requireFree(addr: number, order: number): SpanId {
    const { arenas, spans } = this.#state;
    const page = arenas.pageOf(addr);
    const s = page >= 0 && page < arenas.reachPages && arenas.isKnown(page) ? this.#spanOf(addr) : spanId(0);
    const size = smallest << order;
    if (
      !this.#isPooled(s) ||
      spans.columns.elemSize[s] !== size ||
      (addr - this.#baseOf(s)) % size !== 0 ||
      ((this.#spans.taken[s] >>> this.#numberOf(s, addr)) & 1) !== 0
    )
      fatal('a list of free stacks was overwritten: a stack was written to after it was freed', {
        span: s,
        stack: addr,
        size,
      });
    return s;
  }
}

/** The number of the smallest pooled size that holds so many bytes. */
function orderOf(size: number): number {
  let order = 0;
  while (smallest << order < size) order++;
  return order;
}
