/**
 * The write barrier: what keeps marking right while the program runs between its steps.
 *
 * The invariant is the strong one of three colours: *no black object holds a pointer to a white one*. (White: not marked;
 * gray: marked, and waits to be scanned; black: marked and scanned.) It rests on this:
 *
 *   stores        a pointer that is stored, by a field, `write`, `copy` or `fill`, is shaded, and so is the one that it
 *                 overwrites
 *   roots         what is put into a handle, a global or a frame is shaded, and what it replaces, or goes away with it. So
 *                 it does not matter when in a cycle a root is visited, and none is visited again at the end. So with
 *                 pins, with what an object refers to that gets a finalizer or loses one, and with what a weak handle answers
 *   allocation    an object is allocated black: what is free in the span of a cache is marked when the cache takes it, and
 *                 unmarked when it gives it back, so that malloc itself does nothing for it. It is zero, or what it
 *                 holds was stored through the barrier
 *   views         nobody sees what is stored through a view. So an object of which a view was handed out since marking
 *                 began is scanned again at the end; of a large one the pages that the view has. A view from before is the caller's risk: what is stored through it
 *                 while a cycle marks must also be held by something else
 *
 * To shade the overwritten pointer, too, is more than the invariant needs. It gives a second one: *what could be reached
 * when the cycle began is not freed by it* (but for what was overwritten through views, or lay in an arena that is freed). That makes the variables of
 * JavaScript as safe as they are when the world stops to mark. They are no roots, in either kind of marking; but what one
 * of them has read during a cycle, from an object or a root, could be reached then or was allocated since, so it does not
 * die in that cycle. And between two operations that may begin a cycle none dies at all.
 *
 * Nor would it do alone, though nearly all lives by it that lives by the first: what is overwritten through a view nobody
 * sees, and what is stored may be an object that nothing led to when the cycle began.
 *
 * Words that are stored may be anything: what leads to no object shades nothing.
 *
 * Not here: who stores (api/), what else a cycle is (gc/concurrent-cycle.ts).
 */
import type { MCache } from '../../alloc/mcache.ts';
import type { BlackAllocation } from '../../alloc/mcentral.ts';
import { popcount32 } from '../../base/bits.ts';
import { partsOf, WrittenOnce } from '../../base/written-once.ts';
import type { HeapState } from '../../heap/heap-state.ts';
import type { SpanObjects } from '../../heap/span-objects.ts';
import { objectSize, spanState } from '../../spans/span-table.ts';
import type { MarkColumns } from './mark-state.ts';
import type { Shader } from './shader.ts';

/**
 * By span: the span of a view after it (−1: none is; 0: it is not in the list), and its objects of which there are views; of a
 * large object its pages.
 */
export interface ViewedColumns {
  readonly viewed: Int32Array;
  readonly viewedFrom: Int32Array;
  readonly viewedTo: Int32Array;
}

export interface BarrierDeps {
  readonly state: HeapState;
  readonly objects: SpanObjects;
  readonly mcache: MCache;
  readonly shader: Shader;
  readonly columns: MarkColumns;
  readonly views: ViewedColumns;
}

const wordBytes = 8;

const given = partsOf<BarrierDeps>;

export class WriteBarrier extends WrittenOnce implements BlackAllocation {
  /** Told when stores must go through the barrier, and when they need not any more. */
  hooks: { isOnChanged(): void } = { isOnChanged: () => {} };
  readonly #deps = given(this);
  readonly #isOn = given(this).columns.isOn;
  readonly #shader = given(this).shader;

  constructor(deps: BarrierDeps) {
    super(deps);
  }

  /** Its [0] is not 0 while it is on: for who has no time to ask. */
  get isOnWord(): Int32Array {
    return this.#isOn;
  }

  /** Whether a cycle marks beside the program. */
  get isOn(): boolean {
    return this.#isOn[0] !== 0;
  }

  // ---------------------------------------------------------------- what the program does

  /** A pointer is stored, or read from where marking does not look: what it leads to lives. */
  shade(address: number): void {
    if (this.isOn) this.#shade(address);
  }

  /** Most of what is stored was allocated since marking began, or was marked before: it needs no more than a look. */
  #shade(address: number): void {
    const shader = this.#shader;
    if (address !== 0 && !shader.isMarked(address)) shader.shade(address, false);
  }

  /** What the object at an address refers to is kept from now on, the object not by that. */
  shadeIn(address: number): void {
    if (this.isOn) this.#deps.shader.rootsIn(address);
  }

  /** One pointer takes another's place. */
  replace(before: number, after: number): void {
    if (!this.isOn) return;
    this.#shade(before);
    this.#shade(after);
  }

  /**
   * Shades what the pointers among some bytes lead to: to be called before they are overwritten, and again after.
   * @param address of memory in the heap; of what is no object of the collector nothing is shaded
   */
  shadeRange(address: number, length: number): void {
    if (!this.isOn || length === 0) return;
    const { shader, state } = this.#deps;
    const s = shader.spanAt(address);
    const index = s === 0 ? -1 : shader.indexIn(s, address);
    if (index < 0) return;
    const c = state.spans.columns;
    if (this.#holdsNone(s) || shader.isPlain(s, index)) return;
    const start = address - state.arenas.addressOf(c.startPage[s]);
    const from = Math.floor(start / wordBytes);
    const end = Math.ceil((start + length) / wordBytes);
    const objectEnd = ((index + 1) * objectSize(c, s)) / wordBytes;
    shader.shadeWords(s, from, Math.min(end, objectEnd) - from, objectEnd, false);
  }

  /** A view of so many bytes, at least one, of an object is handed out. */
  viewed(address: number, length: number): void {
    if (!this.isOn) return;
    const { shader, state, columns, views } = this.#deps;
    const s = shader.spanAt(address);
    const index = s === 0 ? -1 : shader.indexIn(s, address);
    if (index < 0 || this.#holdsNone(s)) return;
    const { viewed, viewedFrom, viewedTo } = views;
    const { elemSize, startPage } = state.spans.columns;
    const { arenas } = state;
    const isLarge = elemSize[s] === 0;
    const from = isLarge ? arenas.pageOf(address) - startPage[s] : index;
    const to = 1 + (isLarge ? arenas.pageOf(address + length - 1) - startPage[s] : index);
    if (viewed[s] === 0) {
      viewed[s] = columns.viewed[0] === 0 ? -1 : columns.viewed[0];
      columns.viewed[0] = s;
      viewedFrom[s] = from;
      viewedTo[s] = to;
      return;
    }
    viewedFrom[s] = Math.min(viewedFrom[s], from);
    viewedTo[s] = Math.max(viewedTo[s], to);
  }

  // ---------------------------------------------------------------- what the allocator does

  spanCached(s: number): void {
    if (this.isOn) this.#mark(s);
  }

  spanUncached(s: number): void {
    if (this.isOn) this.#unmark(s);
  }

  largeAllocated(s: number): void {
    if (!this.isOn) return;
    const { state, columns } = this.#deps;
    const c = state.spans.columns;
    this.#markWord(s, 0, 1);
    columns.blackBytes[0] += objectSize(c, s);
    columns.blackObjects[0]++;
  }

  // ---------------------------------------------------------------- what the cycle does

  /** Marking begins. */
  begin(): void {
    this.#isOn[0] = 1;
    this.#eachCached((s) => this.#mark(s));
    this.hooks.isOnChanged();
  }

  /**
   * The world stands, and nothing is gray: objects of which there are views are scanned again.
   * @param scan scans pages of a large one, and what that leads to
   */
  shadeViewed(scan: (s: number, fromPage: number, endPage: number) => void): void {
    const { shader, objects, columns, state } = this.#deps;
    const { viewed, viewedFrom, viewedTo } = this.#deps.views;
    for (let s = columns.viewed[0]; s > 0; ) {
      // Marked or not: what is not marked may have a finalizer, which keeps what it refers to.
      if (state.spans.columns.elemSize[s] === 0) {
        if (objects.isAllocated(s, 0)) scan(s, viewedFrom[s], viewedTo[s]);
      } else
        for (let index = viewedFrom[s]; index < viewedTo[s]; index++)
          if (objects.isAllocated(s, index)) shader.shadeObject(s, index);
      s = this.#leave(s, viewed);
    }
    columns.viewed[0] = 0;
  }

  /** All is marked: what is free in the caches is no longer. */
  end(): void {
    this.#eachCached((s) => this.#unmark(s));
    this.#isOn[0] = 0;
    this.hooks.isOnChanged();
  }

  /** Marking is given up. */
  abandon(): void {
    const { columns, views } = this.#deps;
    for (let s = columns.viewed[0]; s > 0; ) s = this.#leave(s, views.viewed);
    columns.viewed[0] = 0;
    this.#isOn[0] = 0;
    this.hooks.isOnChanged();
  }

  /** Takes a span out of the list of views. @returns the next one; 0: none */
  #leave(s: number, viewed: Int32Array): number {
    const next = viewed[s];
    viewed[s] = 0;
    return next < 0 ? 0 : next;
  }

  #holdsNone(s: number): boolean {
    const { state, shader } = this.#deps;
    return shader.holdsNone(state.spans.columns.spanClass[s]);
  }

  #eachCached(visit: (s: number) => void): void {
    const { mcache, state } = this.#deps;
    const { spans } = mcache.columns;
    for (const s of spans) if (s !== 0 && state.spans.columns.state[s] === spanState.inUse) visit(s);
  }

  /** Marks what is free in a span: what will be allocated from it is allocated black. */
  #mark(s: number): void {
    const { nelems } = this.#deps.state.spans.columns;
    let free = 0;
    for (let window = 0; window < nelems[s]; window += 32) {
      const word = this.#unallocated(s, window);
      if (word !== 0) free += popcount32(word & ~this.#markWord(s, window, word));
    }
    this.#countBlack(s, free);
  }

  /** Unmarks what is still free. */
  #unmark(s: number): void {
    const { gcBits, spans } = this.#deps.state;
    const c = spans.columns;
    let free = 0;
    for (let window = 0; window < c.nelems[s]; window += 32) {
      const at = c.markBits[s] + (window >>> 5);
      const word = this.#unallocated(s, window) & gcBits.bits[at];
      if (word === 0) continue;
      free += popcount32(word);
      gcBits.bits[at] &= ~word;
    }
    this.#countBlack(s, -free);
  }

  #countBlack(s: number, objects: number): void {
    const { columns, state } = this.#deps;
    columns.blackBytes[0] += objects * objectSize(state.spans.columns, s);
    columns.blackObjects[0] += objects;
  }

  /** Marks objects of a window. @returns those that were marked before */
  #markWord(s: number, window: number, word: number): number {
    const { spans, gcBits, pageColumns } = this.#deps.state;
    const { markBits, startPage } = spans.columns;
    const at = markBits[s] + (window >>> 5);
    const before = gcBits.bits[at];
    gcBits.bits[at] = before | word;
    pageColumns.marks[startPage[s] >>> 5] |= 1 << startPage[s];
    return before;
  }

  #unallocated(s: number, window: number): number {
    const { objects, state } = this.#deps;
    const n = state.spans.columns.nelems[s] - window;
    return ~objects.allocatedWord(s, window) & (n >= 32 ? -1 : (1 << n) - 1);
  }
}
