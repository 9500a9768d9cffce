/**
 * The loop of marking: scans gray objects, those of the stack, or where it is empty those of the gray span at hand
 * (gray-spans.ts).
 *
 * It is long because it must be: V8 calls cost more than all that is done for a pointer. What is rare is a call away. It is a
 * function that is made once, not a method: what it is made of is then constant to the engine, each array with its length and
 * place, as long as a thread has one heap (HACKING.md, "What V8 does"). And it sees to it that sums are of 32 bits (`| 0`), or
 * they would be checked.
 *
 * What was looked up of a page is kept until a pointer leads to another: what was allocated together lies together.
 *
 * Not here: what marking is (tracing.ts), a single object (shader.ts).
 */
import type { GraySpans } from './gray-spans.ts';
import type { Shader, ShaderDeps } from './shader.ts';
import { type MarkWindow, maxSmallSpanPages as smallSpanPages } from './window.ts';
import type { WorkBuffers } from './work-buffers.ts';

const maxSmallSpanPages = smallSpanPages;
/** log2 of the words of a page, and of the bytes. */
const pageWords64Shift = 10;
const pageBytesShift = 13;

/** Gray objects that are read ahead, less one: a mask. */
const ringMask = 7;
/** Words between one object and the next that count as far. */
const nearWords = 1024;
/** One object in so many is looked at, whether it lay far from the one before; reading ahead begins where most of so many did. */
const sampledOf = 8;
const sampled = 32;
const mostlyFar = 24;

export interface DrainDeps {
  readonly deps: ShaderDeps;
  readonly shader: Shader;
  readonly buffers: WorkBuffers;
  readonly window: MarkWindow;
  readonly graySpans: GraySpans;
  /** The order of marking: by spans, not by objects. */
  readonly bySpans: boolean;
}

/** Scans gray objects until none is left, or so many words were scanned. @returns whether none is left */
export type Drain = (budget: number) => boolean;

export function drainOf(parts: DrainDeps): Drain {
  const { deps, shader, buffers } = parts;
  const { state, classes, columns, liveness } = deps;
  const { pageColumns, gcBits } = state;
  const spans = state.spans.columns;
  // A literal, field by field: what is put together otherwise is not constant to the engine.
  const made = {
    shader,
    buffers,
    window: parts.window,
    graySpans: parts.graySpans,
    bySpans: parts.bySpans,
    queue: shader.queue,
    gray: deps.gray,
    pointerBits: deps.pointerBits,
    objects: deps.objects,
    spanOf: pageColumns.spanOf,
    marks: pageColumns.marks,
    bits: gcBits.bits,
    spanClass: spans.spanClass,
    startPage: spans.startPage,
    markBits: spans.markBits,
    slotWords: classes.slotWords,
    perWord: classes.perWord,
    objectsOf: classes.objects,
    noscan: classes.noscan,
    untyped: liveness.spans.untyped,
    queued: liveness.spans.queued,
    topAt: columns.top,
    todoAt: columns.todo,
    baseAt: columns.base,
    stepAt: columns.step,
    spanAt: columns.span,
    windowAt: columns.window,
    isScatteredAt: columns.isScattered,
    /** Gray objects that have left the stack and wait for their memory, where objects lie far apart. */
    ring: new Int32Array(ringMask + 1),
  };
  /** What came of reading ahead: kept, or the engine would not read. */
  let allTouched = 0;

  const count = (scannedWords: number, scanned: number, plainWords: number, plain: number): void => {
    columns.scannedWords[0] += scannedWords;
    columns.scannedObjects[0] += scanned;
    columns.plainWords[0] += plainWords;
    columns.plainObjects[0] += plain;
  };

  /** Puts a gray object of the window at hand on the stack, or where there is no room, into the queue. */
  const putBack = (w: number, page0: number): void => {
    const { top } = columns;
    if (top[0] === buffers.end) {
      if (!buffers.push()) {
        const { arenas } = state;
        const s = pageColumns.spanOf[page0 + (w >>> pageWords64Shift)];
        const offset = arenas.addressOf(page0) + w * 8 - arenas.addressOf(spans.startPage[s]);
        shader.makeGray(s, Math.floor(offset / spans.elemSize[s]));
        return;
      }
      top[0] = buffers.first;
    }
    buffers.words[top[0]++] = w;
  };

  return function drain(budget: number): boolean {
    const { shader, buffers, window, graySpans, bySpans, queue, gray, pointerBits, objects } = made;
    const { spanOf, marks, bits, spanClass, startPage, markBits } = made;
    const { slotWords, perWord, objectsOf, noscan, untyped, queued } = made;
    const { topAt, todoAt, baseAt, stepAt, spanAt, windowAt, isScatteredAt, ring } = made;
    window.resume(windowAt[0] - 1);
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
    let turn = 0;
    let waiting = 0;
    let isScattered = isScatteredAt[0] !== 0;
    let plain = 0;
    let plainWords = 0;
    let touched = allTouched;
    let last = 0;
    let far = 0;
    let popped = 0;
    // What was looked up last of an object's page, and of a pointer's: what was allocated together lies together.
    let fromPage = -1;
    let fromWords = 0;
    let fromLenient = 0;
    let toPage = -1;
    let to = 0;
    let toFirst = 0;
    let toWords = 0;
    let toObjects = 0;
    let toMarks = 0;
    let toPerWord = 0;
    let toPlain = 0;
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
        if ((++popped & (sampledOf - 1)) === 0) {
          if (Math.abs(w - last) > nearWords) far++;
          if ((popped & (sampled * sampledOf - 1)) === 0) {
            isScattered = far > mostlyFar;
            far = 0;
          }
        }
        last = w;
        const page = w >>> pageWords64Shift;
        if (page !== fromPage) {
          const s = spanOf[(page0 + page) | 0];
          fromPage = page;
          fromWords = slotWords[spanClass[s]];
          fromLenient = untyped[s];
        }
        n = fromWords;
        lenient = fromLenient;
      } else if (todo !== 0) {
        const bit = todo & -todo;
        todo ^= bit;
        w = (base + Math.imul(31 - Math.clz32(bit), step)) | 0;
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
        allTouched = touched;
        if (!graySpans.next()) {
          count(budget - left, popped, plainWords, plain);
          return true;
        }
        ({ page0, words, high, quickFrom, quickPages } = window);
        fromPage = -1;
        toPage = -1;
        todo = todoAt[0];
        base = baseAt[0];
        step = stepAt[0];
        span = spanAt[0];
        continue;
      }
      left = (left - n) | 0;
      const parent = w;
      let before = top;
      for (const stop = (w + n) | 0; ; w = (w + 32) | 0) {
        const rest = (stop - w) | 0;
        let pointers = pointerBits.mask(page0, w, rest > 32 ? 32 : rest);
        while (pointers !== 0) {
          const lowest = pointers & -pointers;
          pointers ^= lowest;
          const i = (w + 31 - Math.clz32(lowest)) << 1;
          const lo = words[i];
          const hi = words[i + 1];
          const page = lo >>> pageBytesShift;
          if (page !== toPage || hi !== high) {
            if (hi !== high || (page - quickFrom) >>> 0 >= quickPages) {
              if ((hi | lo) !== 0)
                shader.shade((hi >>> 0) * 2 ** 32 + (lo >>> 0), lenient === 0, page0, i >>> 1);
              continue;
            }
            to = spanOf[(page0 + page) | 0];
            const c = spanClass[to];
            const nth = (page0 + page - startPage[to]) | 0;
            toPage = page;
            toFirst = (page - nth) << pageWords64Shift;
            toWords = slotWords[c];
            toMarks = markBits[to];
            toPerWord = perWord[c];
            toPlain = noscan[c];
            // Further off, a stale entry's offset could come round to the span's own in 32 bits.
            toObjects = nth >>> 0 < maxSmallSpanPages ? objectsOf[c] >>> 0 : 0;
          }
          const index = (((lo >>> 3) - toFirst) * toPerWord) | 0;
          // Below 0 where the entry is stale and its span lies at a higher page by now.
          if (index >>> 0 >= toObjects) {
            shader.shade((hi >>> 0) * 2 ** 32 + (lo >>> 0), lenient === 0, page0, i >>> 1);
            continue;
          }
          const at = (toMarks + (index >>> 5)) | 0;
          const bit = 1 << index;
          const known = bits[at];
          if ((known & bit) !== 0) continue;
          if (lenient !== 0 && !objects.isAllocated(to, index)) continue;
          bits[at] = known | bit;
          if (known === 0) marks[startPage[to] >>> 5] |= 1 << startPage[to];
          if (toPlain !== 0) {
            plain++;
            plainWords += toWords;
            continue;
          }
          if (!bySpans) {
            if (top !== end) {
              stack[top++] = (toFirst + Math.imul(index, toWords)) | 0;
              continue;
            }
            if (buffers.push()) {
              stack = buffers.words;
              bottom = buffers.first;
              end = buffers.end;
              top = bottom;
              before = top;
              stack[top++] = (toFirst + Math.imul(index, toWords)) | 0;
              continue;
            }
          }
          gray[at] |= bit;
          // What is found in the span at hand is found again before it is left.
          if (to !== span && queued[to] === 0) queue.add(to);
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
      putBack(ring[turn], page0);
    }
    todoAt[0] = todo;
    isScatteredAt[0] = isScattered ? 1 : 0;
    allTouched = touched;
    count(budget - left, popped, plainWords, plain);
    return false;
  };
}
