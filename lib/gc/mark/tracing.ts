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
 * Which words are believed. A pointer of a typed object leads to an object, or out of the heap, or to a manual span;
 * anything else is an error of the program: `fatal`, as Go reports it. The words of roots, and those of objects without
 * a type, may be anything: one that leads to no allocated object marks nothing. (A span that holds untyped objects is
 * untyped as a whole.)
 *
 * What it leaves is what every marker does: mark bits within the allocated ones, and page marks.
 *
 * The loop is long because it must be: V8 calls cost more than all that is done for a pointer. What is rare is a call
 * away. All that it knows is in columns when it stops (mark-state.ts), so that it goes on later, on whichever thread:
 *
 *     marker.mark();                          // the world stands: all at once
 *
 *     marker.begin();                         // beside the program, which runs between the steps
 *     while (!marker.step(words)) …;          // roots are visited in steps, too
 *     marker.settle();                        // the world stands: objects with views once more, and what that leads to
 *     marker.end();
 *
 * Beside the program, what was marked is not counted at the end, which would take a look at every span: each word that
 * is scanned is counted as it is, of objects without pointers their size, and what was allocated marked (barrier.ts).
 *
 * Not here: roots (gc/roots.ts, gc/special-roots.ts); marking a single object (shader.ts); what keeps marking right while
 * the program runs (barrier.ts).
 */
import { throwZombie, zombieReport } from '../../heap/zombie.ts';
import type { WriteBarrier } from './barrier.ts';
import { GraySpans } from './gray-spans.ts';
import { type MarkColumns, resetMarkState } from './mark-state.ts';
import { clearPageMarks, markSpans, unmarkSpans } from './marked-spans.ts';
import type { ConcurrentMarker, Marked, RootSource } from './marker.ts';
import type { Shader, ShaderDeps } from './shader.ts';
import { MarkWindow, maxSmallSpanPages as smallSpanPages } from './window.ts';
import type { WorkBuffers } from './work-buffers.ts';

const maxSmallSpanPages = smallSpanPages;
/** log2 of the words of a page, and of the bytes. */
const pageWords64Shift = 10;
const pageBytesShift = 13;
/** Words that a cycle with the world stopped looks at before it counts anew. */
const unlimited = 2 ** 30;

/** Gray objects that are read ahead, less one: a mask. */
const ringMask = 7;
/** Words between one object and the next that count as far. */
const nearWords = 1024;
/** Objects of which it is counted how many lay far from the one before; reading ahead begins above so many. */
const sampled = 256;
const mostlyFar = 192;

/** What a mark phase works with besides what shades single objects. */
export interface TracingDeps {
  /** What all marking knows. */
  readonly deps: ShaderDeps;
  readonly shader: Shader;
  readonly barrier: WriteBarrier;
  readonly buffers: WorkBuffers;
  /** Visited in this order. */
  readonly roots: readonly RootSource[];
  /** The order of marking: by spans, not by objects. */
  readonly bySpans: boolean;
}

export class TracingMarker implements ConcurrentMarker {
  readonly #deps: ShaderDeps & Omit<TracingDeps, 'deps'>;
  readonly #columns: MarkColumns;
  readonly #bySpans: boolean;
  readonly #window: MarkWindow;
  readonly #graySpans: GraySpans;
  /** Gray objects that have left the stack and wait for their memory, where objects lie far apart. */
  readonly #ring = new Int32Array(ringMask + 1);
  /** What came of reading ahead: kept, or the engine would not read. */
  #touched = 0;

  constructor({ deps, shader, barrier, buffers, roots, bySpans }: TracingDeps) {
    this.#deps = { ...deps, shader, barrier, buffers, roots, bySpans };
    this.#columns = deps.columns;
    this.#window = new MarkWindow(deps.state, deps.memory);
    this.#graySpans = new GraySpans(deps, shader, this.#window);
    this.#bySpans = bySpans;
  }

  mark(): Marked {
    const { state, buffers } = this.#deps;
    resetMarkState(this.#columns);
    clearPageMarks(state);
    try {
      this.#firstRoots();
      while (!this.step(unlimited));
      buffers.release();
      const scanned = this.heapScanned;
      resetMarkState(this.#columns);
      return { ...markSpans(state, (s, window) => this.#markedWord(s, window)), scanned };
    } catch (error) {
      this.abort();
      throw error;
    }
  }

  get isMarking(): boolean {
    return this.#columns.isOn[0] !== 0;
  }

  get heapScanned(): number {
    return this.#columns.scannedWords[0] * 8;
  }

  begin(): void {
    resetMarkState(this.#columns);
    clearPageMarks(this.#deps.state);
    this.#deps.barrier.begin();
    this.#firstRoots();
  }

  #firstRoots(): void {
    const { roots, shader } = this.#deps;
    for (const source of roots) source.firstRoots?.(shader);
  }

  step(words: number): boolean {
    const { roots, shader } = this.#deps;
    const { rootSource, rootPlace } = this.#columns;
    if (rootSource[0] === roots.length) return this.drain(words);
    rootPlace[0] = roots[rootSource[0]].eachRoot(shader, rootPlace[0]);
    if (rootPlace[0] === 0) rootSource[0]++;
    return false;
  }

  settle(): void {
    while (!this.step(unlimited));
    this.#deps.barrier.shadeViewed();
    while (!this.drain(unlimited));
  }

  end(): Marked {
    this.#deps.barrier.end();
    this.#deps.buffers.release();
    const c = this.#columns;
    const marked = {
      bytes: (c.scannedWords[0] + c.plainWords[0]) * 8 + c.blackBytes[0],
      objects: c.scannedObjects[0] + c.plainObjects[0] + c.blackObjects[0],
      scanned: this.heapScanned,
    };
    resetMarkState(c);
    return marked;
  }

  abort(): void {
    const { state, gray, liveness, buffers, barrier } = this.#deps;
    if (this.isMarking) barrier.abandon();
    buffers.release();
    unmarkSpans(state, gray, liveness.spans.queued);
    resetMarkState(this.#columns);
  }

  /** Scans gray objects until none is left, or so many words were scanned. @returns whether none is left */
  drain(budget: number): boolean {
    const { state, classes, gray, pointerBits, liveness, buffers, shader, objects } = this.#deps;
    const { spanOf, marks } = state.pageColumns;
    const { spanClass, startPage, markBits } = state.spans.columns;
    const { slotWords, perWord, objects: objectsOf, noscan } = classes;
    const { bits } = state.gcBits;
    const { untyped, queued } = liveness.spans;
    const { queue } = shader;
    const bySpans = this.#bySpans;
    const columns = this.#columns;
    const { top: topAt, todo: todoAt, base: baseAt, step: stepAt, span: spanAt } = columns;
    const window = this.#window;
    window.resume(columns.window[0] - 1);
    let { page0, words, high, quickFrom, quickPages } = window;
    buffers.resume();
    let stack = buffers.words;
    let bottom = buffers.first;
    let top = topAt[0];
    let end = buffers.end;
    let todo = todoAt[0];
    let base = baseAt[0];
    let step = stepAt[0];
    let span = spanAt[0];
    const ring = this.#ring;
    let turn = 0;
    let waiting = 0;
    let isScattered = columns.isScattered[0] !== 0;
    let plain = 0;
    let plainWords = 0;
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
        todoAt[0] = 0;
        topAt[0] = top;
        this.#touched = touched;
        if (!this.#graySpans.next()) {
          this.#count(budget - left, popped, plainWords, plain);
          return true;
        }
        ({ page0, words, high, quickFrom, quickPages } = window);
        todo = todoAt[0];
        base = baseAt[0];
        step = stepAt[0];
        span = spanAt[0];
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
            if ((hi | lo) !== 0) shader.shade((hi >>> 0) * 2 ** 32 + (lo >>> 0), lenient === 0);
            continue;
          }
          const t = spanOf[page0 + page];
          const c = spanClass[t];
          const nth = page0 + page - startPage[t];
          const first = (page - nth) << pageWords64Shift;
          const index = (((lo >>> 3) - first) * perWord[c]) | 0;
          // Further off, a stale entry's offset could come round to the span's own in 32 bits.
          if (nth >>> 0 >= maxSmallSpanPages || index >= objectsOf[c]) {
            shader.shade((hi >>> 0) * 2 ** 32 + (lo >>> 0), lenient === 0);
            continue;
          }
          const at = markBits[t] + (index >>> 5);
          const bit = 1 << index;
          const known = bits[at];
          if ((known & bit) !== 0) continue;
          if (lenient !== 0 && !objects.isAllocated(t, index)) continue;
          bits[at] = known | bit;
          if (known === 0) marks[startPage[t] >>> 5] |= 1 << startPage[t];
          if (noscan[c] !== 0) {
            plain++;
            plainWords += slotWords[c];
            continue;
          }
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
          if (t !== span && queued[t] === 0) queue.add(t);
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
    topAt[0] = top;
    while (waiting > 0) {
      turn = (turn - 1) & ringMask;
      waiting--;
      this.#putBack(ring[turn], page0);
    }
    todoAt[0] = todo;
    columns.isScattered[0] = isScattered ? 1 : 0;
    this.#touched = touched;
    this.#count(budget - left, popped, plainWords, plain);
    return false;
  }

  #count(scannedWords: number, scanned: number, plainWords: number, plain: number): void {
    const c = this.#columns;
    c.scannedWords[0] += scannedWords;
    c.scannedObjects[0] += scanned;
    c.plainWords[0] += plainWords;
    c.plainObjects[0] += plain;
  }

  /** Puts a gray object of the window at hand on the stack, or where there is no room, into the queue. */
  #putBack(w: number, page0: number): void {
    const { buffers, state, shader } = this.#deps;
    const { top } = this.#columns;
    if (top[0] === buffers.end) {
      if (!buffers.push()) {
        const { spans, pageColumns, arenas } = state;
        const s = pageColumns.spanOf[page0 + (w >>> pageWords64Shift)];
        const offset = arenas.addressOf(page0) + w * 8 - arenas.addressOf(spans.columns.startPage[s]);
        shader.makeGray(s, Math.floor(offset / spans.columns.elemSize[s]));
        return;
      }
      top[0] = buffers.first;
    }
    buffers.words[top[0]++] = w;
  }

  /** The objects of a window that are marked. One that is free was pointed to by a word that must be right. */
  #markedWord(s: number, window: number): number {
    const { state, objects } = this.#deps;
    const c = state.spans.columns;
    const word = state.gcBits.bits[c.markBits[s] + (window >>> 5)];
    const zombies = word & ~objects.allocatedWord(s, window);
    if (zombies !== 0) throwZombie(zombieReport(state, s, window + 31 - Math.clz32(zombies & -zombies)));
    return word;
  }
}
