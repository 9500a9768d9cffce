/**
 * Shading: makes what an address leads to gray, one address at a time.
 *
 * This is the long way to mark an object, for whatever is rare or comes one by one: roots, large objects, objects of other
 * windows, what the write barrier sees. Marked objects that may hold pointers wait in the span queue, which takes no
 * memory. An address that leads to no object marks nothing, unless it must lead to one (`typed`).
 *
 * Where an object itself is not kept, but what it refers to is, its pointers are shaded at once; of a large one too many
 * for that: it is gray without being marked.
 *
 * Not here: the loop that marks most objects (drain.ts), who calls for what (barrier.ts).
 */
import type { TracingLiveness } from '../../alloc/tracing-liveness.ts';
import { pagesPerArena as arenaPages, pageSize as pageBytes } from '../../base/units.ts';
import { partsOf, WrittenOnce } from '../../base/written-once.ts';
import type { HeapState } from '../../heap/heap-state.ts';
import type { PointerBits } from '../../heap/pointer-bits.ts';
import type { SpanObjects } from '../../heap/span-objects.ts';
import { type ObjectMemory, pageWordsShift, windowPageMask } from '../../spans/object-memory.ts';
import { objectSize, spanState } from '../../spans/span-table.ts';
import { throwBadPointer } from './bad-pointers.ts';
import type { MarkClasses } from './mark-classes.ts';
import type { MarkColumns } from './mark-state.ts';
import type { RootVisitor } from './marker.ts';
import { SpanQueue } from './span-queue.ts';
import { maxSmallSpanPages as smallSpanPages } from './window.ts';

export interface ShaderDeps {
  readonly state: HeapState;
  readonly objects: SpanObjects;
  readonly memory: ObjectMemory;
  readonly pointerBits: PointerBits;
  readonly liveness: TracingLiveness;
  readonly gray: Int32Array;
  readonly classes: MarkClasses;
  readonly columns: MarkColumns;
}

/** Words of a page. */
const pageWords = 1024;
const pageSize = pageBytes;
const pagesPerArena = arenaPages;
const perPage = 1 / pageSize;
const maxSmallSpanPages = smallSpanPages;

const given = partsOf<ShaderDeps>;

export class Shader extends WrittenOnce implements RootVisitor {
  readonly queue = new SpanQueue(given(this).liveness.spans.queued, given(this).columns);
  readonly #deps = given(this);
  // What every pointer that is stored while a cycle marks is looked up in, each a field of its own.
  readonly #origin = given(this).state.arenas.origin;
  readonly #reachBytes = given(this).state.arenas.reachPages * pageSize;
  readonly #known = given(this).state.arenas.columns.known;
  readonly #spanOf = given(this).state.pageColumns.spanOf;
  readonly #startPage = given(this).state.spans.columns.startPage;
  readonly #spanClass = given(this).state.spans.columns.spanClass;
  readonly #markBits = given(this).state.spans.columns.markBits;
  readonly #bits = given(this).state.gcBits.bits;
  readonly #perWord = given(this).classes.perWord;
  readonly #objectsOf = given(this).classes.objects;

  constructor(deps: ShaderDeps) {
    super(deps);
  }

  /**
   * Whether it is plain that nothing is left to do for an address: the small object that it leads to is marked. False does
   * not say that it is not: the object may be large, or there is none.
   */
  isMarked(address: number): boolean {
    const offset = address - this.#origin;
    if (!(offset >= 0 && offset < this.#reachBytes)) return false;
    const page = (offset * perPage) | 0;
    if (this.#known[(page / pagesPerArena) | 0] === 0) return false;
    const s = this.#spanOf[page];
    const first = this.#startPage[s];
    // What was a span's page may be another's, or nobody's.
    if ((page - first) >>> 0 >= maxSmallSpanPages) return false;
    // Classes of large objects, and of spans that hold none, have no objects here.
    const spanClass = this.#spanClass[s];
    const index = (((offset - first * pageSize) >>> 3) * this.#perWord[spanClass]) | 0;
    return (
      index < this.#objectsOf[spanClass] &&
      ((this.#bits[this.#markBits[s] + (index >>> 5)] >>> (index & 31)) & 1) === 1
    );
  }

  /** A root's address may be anything. */
  root(address: number): void {
    this.shade(address, false);
  }

  /** A large object waits for that in the queue, to be scanned in pieces, though it is not marked. */
  rootsIn(address: number): void {
    const { objects, state } = this.#deps;
    const s = this.spanAt(address);
    const index = s === 0 ? -1 : this.indexIn(s, address);
    if (index < 0 || !objects.isAllocated(s, index)) return;
    if (state.spans.columns.elemSize[s] !== 0) this.shadeObject(s, index);
    else if (!this.holdsNone(this.#spanClass[s]) && !objects.isMarked(s, index)) this.makeGray(s, index);
  }

  /**
   * Marks the object that an address points to, if there is one, and makes it gray.
   * @param typed it must be one @param page where that was found, if it must: a page @param word and a word, counted from that
   */
  shade(address: number, typed: boolean, page = 0, word = 0): void {
    const { state, objects, classes, columns } = this.#deps;
    const { spans, pageColumns, arenas, gcBits } = state;
    const c = spans.columns;
    const to = arenas.pageOf(address);
    if (!(to >= 0 && to < arenas.reachPages) || !arenas.isKnown(to)) return;
    const s = pageColumns.spanOf[to];
    const first = c.startPage[s];
    const isWithin = c.state[s] !== spanState.dead && to >= first && to < first + c.pages[s];
    if (isWithin && c.state[s] === spanState.manual) return;
    const index = isWithin && c.state[s] === spanState.inUse ? this.indexIn(s, address) : -1;
    if (index < 0) {
      if (typed) throwBadPointer(state, this.#deps.memory, { pointer: address, s, page, word });
      return;
    }
    if (!typed && !objects.isAllocated(s, index)) return;
    const at = c.markBits[s] + (index >>> 5);
    const bit = 1 << (index & 31);
    const known = gcBits.bits[at];
    if ((known & bit) !== 0) return;
    gcBits.bits[at] = known | bit;
    if (known === 0) pageColumns.marks[first >>> 5] |= 1 << (first & 31);
    if (classes.noscan[c.spanClass[s]] !== 0) {
      columns.plainWords[0] += objectSize(c, s) / 8;
      columns.plainObjects[0]++;
      return;
    }
    this.makeGray(s, index);
  }

  /** Lets an object wait in the queue until it is scanned. */
  makeGray(s: number, index: number): void {
    const { gray, state, columns } = this.#deps;
    gray[state.spans.columns.markBits[s] + (index >>> 5)] |= 1 << (index & 31);
    if (s !== columns.span[0]) this.queue.add(s);
  }

  /** Shades what an object of a span points to: all of its words. The object itself stays as it is. */
  shadeObject(s: number, index: number): void {
    const { spans } = this.#deps.state;
    const words = objectSize(spans.columns, s) / 8;
    if (!this.holdsNone(spans.columns.spanClass[s]))
      this.shadeWords(s, index * words, words, index * words + words);
  }

  /**
   * Shades what words of a span point to.
   * @param from the first, counted from the span's @param n how many, all of one object @param end where that ends
   */
  shadeWords(s: number, from: number, n: number, end: number, typed = this.isTyped(s)): void {
    const { pointerBits, state } = this.#deps;
    const { startPage } = state.spans.columns;
    for (let w = from, stop = from + n; w < stop; w += 32) {
      const page = startPage[s] + Math.floor(w / pageWords);
      const here = w % pageWords;
      let pointers = pointerBits.mask(page, here, Math.min(32, stop - w));
      for (; pointers !== 0; pointers &= pointers - 1) {
        const at = w + 31 - Math.clz32(pointers & -pointers);
        const address = this.#read(s, at);
        if (address !== 0) this.shade(address, typed, startPage[s], at);
      }
      if (w + 32 < end && pointerBits.endsAfter(page, here)) break;
    }
  }

  /** Whether objects of a span class hold no pointers. */
  holdsNone(spanClass: number): boolean {
    return this.#deps.classes.noscan[spanClass] !== 0;
  }

  /** Whether an object, of a span whose objects may hold pointers, is known to hold none. */
  isPlain(s: number, index: number): boolean {
    const { pointerBits, state } = this.#deps;
    const { spans } = state;
    const first = (index * objectSize(spans.columns, s)) / 8;
    return pointerBits.holdsNone(
      spans.columns.startPage[s] + Math.floor(first / pageWords),
      first % pageWords,
    );
  }

  /** Whether all objects of a span have types: the words that are pointers must be. */
  isTyped(s: number): boolean {
    return this.#deps.liveness.spans.untyped[s] === 0;
  }

  /** The span in use that an address lies in; 0: none. */
  spanAt(address: number): number {
    const { arenas, pageColumns, spans } = this.#deps.state;
    const page = arenas.pageOf(address);
    if (!(page >= 0 && page < arenas.reachPages) || !arenas.isKnown(page)) return 0;
    const s = pageColumns.spanOf[page];
    const { state, startPage, pages } = spans.columns;
    const first = startPage[s];
    return state[s] === spanState.inUse && page >= first && page < first + pages[s] ? s : 0;
  }

  /** Which object of a span in use an address leads to; −1: none. */
  indexIn(s: number, address: number): number {
    const { arenas, spans } = this.#deps.state;
    const c = spans.columns;
    const size = objectSize(c, s);
    const offset = address - arenas.addressOf(c.startPage[s]);
    const index = Math.floor(offset / size);
    return index < c.nelems[s] && offset < size * c.nelems[s] - c.unasked[s] ? index : -1;
  }

  /** The pointer that a word of a span holds. */
  #read(s: number, word: number): number {
    const { state, memory } = this.#deps;
    const page = state.spans.columns.startPage[s] + Math.floor(word / pageWords);
    const words = memory.words(page);
    const i = ((page & windowPageMask) << pageWordsShift) + (word % pageWords) * 2;
    return (words[i + 1] >>> 0) * 2 ** 32 + (words[i] >>> 0);
  }
}
