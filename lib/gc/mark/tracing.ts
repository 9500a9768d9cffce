/**
 * Marking by tracing: what can be reached from the roots lives.
 *
 * An object is *gray* when it is marked and its pointers were not followed yet. Scanning one reads those of its words
 * that are pointers (heap/pointer-bits.ts); each leads to an object, also from within it, which becomes gray if it was
 * not marked. Objects without pointers are marked and never read. When nothing is gray, what is not marked is garbage.
 *
 * Gray objects wait in two places:
 *
 *   the stack        word offsets within one window of object memory (4 GiB), in work buffers: last in, first out
 *   the span queue   for each span a bit an object, beside its mark bits; spans that have any are linked through a column,
 *                    first in, first out. All that is gray in a span is scanned when its turn comes
 *
 * The order of marking says where they go. By *objects*, as until Go 1.25: to the stack. By *spans*, as in Go 1.26: to
 * the queue, which finds more than one object in a span that comes into the cache. The queue takes no memory, since its
 * bits have theirs together with the mark bits. So whatever does not fit the stack goes there in either order: roots,
 * large objects, objects of other windows, and all of them when the system has no memory for work buffers. A cycle
 * cannot fail once it has begun.
 *
 * A large object is scanned in pieces of 128 KiB (*oblets*), and what a piece led to is followed before the next.
 *
 * Which words are believed. A pointer of a typed object leads to an object, or out of the heap, or to a manual span;
 * anything else is an error of the program: `fatal`, as Go reports it. The words of roots, and those of objects without
 * a type, may be anything: one that leads to no allocated object marks nothing. (A span that holds untyped objects is
 * untyped as a whole.)
 *
 * What it leaves is what every marker does: mark bits within the allocated ones, and page marks.
 *
 * The loop is long because it must be: V8 calls cost more than all that is done for a pointer. What is rare is a call
 * away. All that it knows is in fields when it stops, so that it can go on later.
 *
 * Not here: roots (gc/roots.ts, gc/special-roots.ts).
 */
import type { TracingLiveness } from '../../alloc/tracing-liveness.ts';
import type { HeapState } from '../../heap/heap-state.ts';
import type { PointerBits } from '../../heap/pointer-bits.ts';
import type { SpanObjects } from '../../heap/span-objects.ts';
import { i32, table } from '../../meta/column.ts';
import {
  type ObjectMemory,
  pageWordsShift,
  windowPageMask,
  windowPagesShift,
} from '../../spans/object-memory.ts';
import { objectSize, spanState } from '../../spans/span-table.ts';
import { throwBadPointer, throwZombie } from './bad-pointers.ts';
import type { MarkClasses } from './mark-classes.ts';
import { clearPageMarks, markSpans } from './marked-spans.ts';
import type { Marked, Marker, RootSource } from './marker.ts';
import { SpanQueue } from './span-queue.ts';
import { MarkWindow, maxSmallSpanPages as smallSpanPages } from './window.ts';
import type { WorkBuffers } from './work-buffers.ts';

/** Rows are those of `gcBitsTable`: a bit for each mark bit. All zero unless a cycle marks. */
export const grayTable = table('gray', 'gc', { bits: i32('heap') });

const windowPages = windowPageMask + 1;
const maxSmallSpanPages = smallSpanPages;
/** log2 of the words of a page, and of the bytes. */
const pageWords64Shift = 10;
const pageBytesShift = 13;
/** Words of a piece of a large object: 128 KiB. */
const obletWords = (128 * 1024) / 8;
/** Words that a cycle with the world stopped looks at before it counts anew. */
const unlimited = 2 ** 30;

/** Gray objects that are read ahead, less one: a mask. */
const ringMask = 7;
/** Words between one object and the next that count as far. */
const nearWords = 1024;
/** Objects of which it is counted how many lay far from the one before; reading ahead begins above so many. */
const sampled = 256;
const mostlyFar = 192;

export interface TracingDeps {
  readonly state: HeapState;
  readonly objects: SpanObjects;
  readonly memory: ObjectMemory;
  readonly pointerBits: PointerBits;
  readonly liveness: TracingLiveness;
  readonly roots: RootSource;
  readonly buffers: WorkBuffers;
  readonly gray: Int32Array;
}

export class TracingMarker implements Marker {
  readonly #state: HeapState;
  readonly #objects: SpanObjects;
  readonly #memory: ObjectMemory;
  readonly #pointerBits: PointerBits;
  readonly #roots: RootSource;
  readonly #buffers: WorkBuffers;
  readonly #gray: Int32Array;
  readonly #untyped: Uint8Array;
  readonly #queue: SpanQueue;
  readonly #classes: MarkClasses;
  readonly #bySpans: boolean;
  readonly #window: MarkWindow;
  /** One past the last gray object in the work buffer in hand. */
  #top = 0;
  // The span at hand: the next word of its gray bits, what is left of the one before, where the objects of that lie, and
  // how long they are. A piece of a large object is told like one small object.
  #span = 0;
  #nextGray = 0;
  #todo = 0;
  #base = 0;
  #step = 0;
  /** Gray objects that have left the stack and wait for their memory, where objects lie far apart. */
  readonly #ring = new Int32Array(ringMask + 1);
  /** What came of reading ahead: kept, or the engine would not read. */
  #touched = 0;
  // What is left of the large object at hand.
  #largeAt = 0;
  #largeEnd = 0;

  /** @param bySpans the order of marking: by spans, not by objects */
  constructor(deps: TracingDeps, classes: MarkClasses, bySpans: boolean) {
    const { spans } = deps.liveness;
    this.#state = deps.state;
    this.#objects = deps.objects;
    this.#memory = deps.memory;
    this.#pointerBits = deps.pointerBits;
    this.#roots = deps.roots;
    this.#buffers = deps.buffers;
    this.#gray = deps.gray;
    this.#untyped = spans.untyped;
    this.#queue = new SpanQueue(spans.queued);
    this.#classes = classes;
    this.#window = new MarkWindow(deps.state, deps.memory);
    this.#bySpans = bySpans;
  }

  mark(): Marked {
    clearPageMarks(this.#state);
    this.#window.forget();
    this.#roots.eachRoot((address) => this.#shade(address, false));
    this.#roots.eachFinalized?.((s, index) => this.#scanAcross(s, index & ~31, 1 << (index & 31)));
    while (!this.drain(unlimited));
    this.#buffers.release();
    this.#top = 0;
    return markSpans(this.#state, (s, window) => this.#markedWord(s, window));
  }

  /** Scans gray objects until none is left, or so many words were scanned. @returns whether none is left */
  drain(budget: number): boolean {
    const { spans, pageColumns, gcBits } = this.#state;
    const { spanOf } = pageColumns;
    const { spanClass, startPage, markBits } = spans.columns;
    const { slotWords, perWord, objects: objectsOf, noscan } = this.#classes;
    const { bits } = gcBits;
    const gray = this.#gray;
    const pointerBits = this.#pointerBits;
    const untyped = this.#untyped;
    const queue = this.#queue;
    const buffers = this.#buffers;
    const bySpans = this.#bySpans;
    const window = this.#window;
    let { page0, words, high, quickFrom, quickPages } = window;
    let stack = buffers.words;
    let bottom = buffers.first;
    let top = this.#top;
    let end = buffers.end;
    let todo = this.#todo;
    let base = this.#base;
    let step = this.#step;
    let span = this.#span;
    const ring = this.#ring;
    let turn = 0;
    let waiting = 0;
    let isScattered = false;
    let touched = this.#touched;
    let last = 0;
    let far = 0;
    let popped = 0;
    let left = budget;
    while (left > 0) {
      let w: number;
      let n: number;
      let lenient: number;
      if (top !== bottom || waiting !== 0) {
        if (top !== bottom) {
          w = stack[--top];
          if (isScattered) {
            // It waits a few turns, while its first words come.
            const next = ring[turn];
            ring[turn] = w;
            touched ^= words[w << 1];
            turn = (turn + 1) & ringMask;
            if (waiting <= ringMask) {
              waiting++;
              continue;
            }
            w = next;
          }
        } else {
          turn = (turn - 1) & ringMask;
          waiting--;
          w = ring[turn];
        }
        if (Math.abs(w - last) > nearWords) far++;
        last = w;
        if ((++popped & (sampled - 1)) === 0) {
          isScattered = far > mostlyFar;
          far = 0;
        }
        const s = spanOf[page0 + (w >>> pageWords64Shift)];
        n = slotWords[spanClass[s]];
        lenient = untyped[s];
      } else if (todo !== 0) {
        const bit = todo & -todo;
        todo ^= bit;
        w = base + (31 - Math.clz32(bit)) * step;
        n = step;
        lenient = untyped[span];
      } else {
        if (buffers.pop()) {
          stack = buffers.words;
          bottom = buffers.first;
          end = buffers.end;
          top = end;
          continue;
        }
        this.#todo = 0;
        this.#top = top;
        this.#touched = touched;
        if (!this.#nextGrayWord()) return true;
        ({ page0, words, high, quickFrom, quickPages } = window);
        todo = this.#todo;
        base = this.#base;
        step = this.#step;
        span = this.#span;
        continue;
      }
      left -= n;
      const parent = w;
      let before = top;
      for (const stop = w + n; ; w += 32) {
        const rest = stop - w;
        let pointers = pointerBits.mask(page0, w, rest > 32 ? 32 : rest);
        while (pointers !== 0) {
          const lowest = pointers & -pointers;
          pointers ^= lowest;
          const i = (w + 31 - Math.clz32(lowest)) << 1;
          const lo = words[i];
          const hi = words[i + 1];
          const page = lo >>> pageBytesShift;
          if (hi !== high || (page - quickFrom) >>> 0 >= quickPages) {
            if ((hi | lo) !== 0) this.#shade((hi >>> 0) * 2 ** 32 + (lo >>> 0), lenient === 0);
            continue;
          }
          const t = spanOf[page0 + page];
          const c = spanClass[t];
          const nth = page0 + page - startPage[t];
          const first = (page - nth) << pageWords64Shift;
          const index = (((lo >>> 3) - first) * perWord[c]) | 0;
          // Further off, a stale entry's offset could come round to the span's own in 32 bits.
          if (nth >>> 0 >= maxSmallSpanPages || index >= objectsOf[c]) {
            this.#shade((hi >>> 0) * 2 ** 32 + (lo >>> 0), lenient === 0);
            continue;
          }
          const at = markBits[t] + (index >>> 5);
          const bit = 1 << index;
          const known = bits[at];
          if ((known & bit) !== 0) continue;
          if (lenient !== 0 && !this.#objects.isAllocated(t, index)) continue;
          bits[at] = known | bit;
          if (noscan[c] !== 0) continue;
          if (!bySpans) {
            if (top !== end) {
              stack[top++] = first + index * slotWords[c];
              continue;
            }
            if (buffers.push()) {
              stack = buffers.words;
              bottom = buffers.first;
              end = buffers.end;
              top = bottom;
              before = top;
              stack[top++] = first + index * slotWords[c];
              continue;
            }
          }
          gray[at] |= bit;
          // What is found in the span at hand is found again before it is left.
          if (t !== span) queue.add(t);
        }
        if (rest <= 32 || pointerBits.endsAfter(page0, w)) break;
      }
      // The nearest of an object's children comes next: where memory was allocated in order it is read in order.
      if (top > before + 1) {
        const first = stack[before];
        const last = stack[top - 1];
        if (Math.abs(first - parent) < Math.abs(last - parent)) {
          stack[before] = last;
          stack[top - 1] = first;
        }
      }
    }
    // What waits goes back, for the next time.
    while (waiting > 0) {
      turn = (turn - 1) & ringMask;
      waiting--;
      this.#top = top;
      this.#putBack(ring[turn], page0);
      top = this.#top;
    }
    this.#top = top;
    this.#todo = todo;
    this.#touched = touched;
    return false;
  }

  /** Puts a gray object of the window at hand on the stack, or where there is no room, into the queue. */
  #putBack(w: number, page0: number): void {
    const buffers = this.#buffers;
    if (this.#top === buffers.end) {
      if (!buffers.push()) {
        const { spans, pageColumns, arenas } = this.#state;
        const s = pageColumns.spanOf[page0 + (w >>> pageWords64Shift)];
        const offset = arenas.addressOf(page0) + w * 8 - arenas.addressOf(spans.columns.startPage[s]);
        this.#makeGray(s, Math.floor(offset / spans.columns.elemSize[s]));
        return;
      }
      this.#top = buffers.first;
    }
    buffers.words[this.#top++] = w;
  }

  /** Marks the object that an address points to, if there is one, and makes it gray. @param typed it must be one */
  #shade(address: number, typed: boolean): void {
    const { spans, pageColumns, arenas, gcBits } = this.#state;
    const c = spans.columns;
    const page = arenas.pageOf(address);
    if (!(page >= 0 && page < arenas.reachPages) || !arenas.isKnown(page)) return;
    const s = pageColumns.spanOf[page];
    const first = c.startPage[s];
    const isWithin = c.state[s] !== spanState.dead && page >= first && page < first + c.pages[s];
    if (isWithin && c.state[s] === spanState.manual) return;
    const size = objectSize(c, s);
    const offset = address - arenas.addressOf(first);
    const index = Math.floor(offset / size);
    if (
      !isWithin ||
      c.state[s] !== spanState.inUse ||
      index >= c.nelems[s] ||
      offset >= size * c.nelems[s] - c.unasked[s]
    ) {
      if (typed) throwBadPointer(this.#state, address, s);
      return;
    }
    if (!typed && !this.#objects.isAllocated(s, index)) return;
    const at = c.markBits[s] + (index >>> 5);
    const bit = 1 << (index & 31);
    if ((gcBits.bits[at] & bit) !== 0) return;
    gcBits.bits[at] |= bit;
    if (this.#classes.noscan[c.spanClass[s]] !== 0) return;
    this.#makeGray(s, index);
  }

  /** Lets an object wait in the queue. */
  #makeGray(s: number, index: number): void {
    this.#gray[this.#state.spans.columns.markBits[s] + (index >>> 5)] |= 1 << (index & 31);
    if (s !== this.#span) this.#queue.add(s);
  }

  /** Finds more gray objects in the queue: a word of a span's gray bits, or a piece of a large object. False: none. */
  #nextGrayWord(): boolean {
    const { columns } = this.#state.spans;
    for (;;) {
      if (this.#largeAt < this.#largeEnd) {
        this.#todo = 1;
        this.#base = this.#largeAt;
        this.#step = Math.min(obletWords, this.#largeEnd - this.#largeAt);
        this.#largeAt += this.#step;
        return true;
      }
      const s = this.#span;
      const words = (columns.nelems[s] + 31) >>> 5;
      // Until a whole round finds nothing: scanning a span makes others of its objects gray.
      for (let k = this.#nextGray, left = words; left > 0; left--, k++) {
        if (k >= words) k = 0;
        const at = columns.markBits[s] + k;
        const word = this.#gray[at];
        if (word === 0) continue;
        this.#nextGray = k;
        this.#gray[at] = 0;
        const page = columns.startPage[s] & windowPageMask;
        if (page + columns.pages[s] > windowPages) {
          this.#scanAcross(s, k * 32, word);
          left = words + 1;
          continue;
        }
        const step = objectSize(columns, s) / 8;
        if (columns.elemSize[s] === 0) {
          this.#largeAt = page << pageWords64Shift;
          this.#largeEnd = this.#largeAt + step;
          break;
        }
        this.#todo = word;
        this.#base = (page << pageWords64Shift) + k * 32 * step;
        this.#step = step;
        return true;
      }
      if (this.#largeAt < this.#largeEnd) continue;
      const next = this.#queue.take();
      this.#span = next;
      this.#nextGray = 0;
      if (next === 0) return false;
      this.#window.open(columns.startPage[next] >>> windowPagesShift);
    }
  }

  /** Scans gray objects of a span that lies in two windows or more: word by word. */
  #scanAcross(s: number, firstIndex: number, which: number): void {
    const c = this.#state.spans.columns;
    const words = objectSize(c, s) / 8;
    for (let left = which; left !== 0; left &= left - 1) {
      const start = (firstIndex + 31 - Math.clz32(left & -left)) * words;
      for (let w = start; w < start + words; w += 32) {
        const page = c.startPage[s] + Math.floor(w / 1024);
        const n = Math.min(32, start + words - w);
        let pointers = this.#pointerBits.mask(page, w % 1024, n);
        for (; pointers !== 0; pointers &= pointers - 1)
          this.#shade(this.#read(s, w + 31 - Math.clz32(pointers & -pointers)), this.#untyped[s] === 0);
        if (w + 32 < start + words && this.#pointerBits.endsAfter(page, w % 1024)) break;
      }
    }
  }

  /** The pointer that a word of a span holds. */
  #read(s: number, word: number): number {
    const page = this.#state.spans.columns.startPage[s] + Math.floor(word / 1024);
    const words = this.#memory.words(page);
    const i = ((page & windowPageMask) << pageWordsShift) + (word % 1024) * 2;
    return (words[i + 1] >>> 0) * 2 ** 32 + (words[i] >>> 0);
  }

  /** The objects of a window that are marked. One that is free was pointed to by a word that must be right. */
  #markedWord(s: number, window: number): number {
    const { spans, gcBits } = this.#state;
    const c = spans.columns;
    const word = gcBits.bits[c.markBits[s] + (window >>> 5)];
    const zombies = word & ~this.#objects.allocatedWord(s, window);
    if (zombies !== 0) throwZombie(this.#state, s, window + 31 - Math.clz32(zombies & -zombies));
    return word;
  }
}
