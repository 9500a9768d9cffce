/**
 * Gray spans: where the next gray objects of the span queue are, a word of gray bits of one span at a time.
 *
 * The span at hand is gone through round after round, until one finds nothing: scanning it makes others of its objects
 * gray. A large object comes in pieces of 128 KiB (*oblets*), and what a piece led to is followed before the next; where it lies in
 * several windows they are opened one after the other. Smaller objects of a span that lies in two are scanned here, word by word.
 *
 * A large object may be gray and not marked, where it keeps what it refers to, not itself; and pages of one are scanned once
 * more where there are views of them. The words of both are counted beside the others (`againWords`).
 *
 * Not here: the loop that scans the objects (drain.ts).
 */
import { popcount32 } from '../../base/bits.ts';
import { windowPageMask, windowPagesShift } from '../../spans/object-memory.ts';
import { objectSize } from '../../spans/span-table.ts';
import type { Shader, ShaderDeps } from './shader.ts';
import type { MarkWindow } from './window.ts';

const windowPages = windowPageMask + 1;
/** log2 of the words of a page. */
const pageWordsShift = 10;
const windowWords = windowPages * 2 ** pageWordsShift;
/** Words of a piece of a large object: 128 KiB; 16 KiB beside the program, which a piece keeps waiting. */
const obletWords = (128 * 1024) / 8;
const shortObletWords = (16 * 1024) / 8;

export class GraySpans {
  readonly #deps: ShaderDeps;
  readonly #shader: Shader;
  readonly #window: MarkWindow;
  // Columns, each a field of its own: what is asked for some ten objects each is to cost little.
  readonly #gray: Int32Array;
  readonly #span: Int32Array;
  readonly #nextGray: Int32Array;
  readonly #todo: Int32Array;
  readonly #base: Int32Array;
  readonly #step: Int32Array;
  readonly #largeAt: Float64Array;
  readonly #largeEnd: Float64Array;
  readonly #scannedObjects: Float64Array;
  readonly #elemSize: Int32Array;
  readonly #nelems: Int32Array;
  readonly #markBits: Int32Array;
  readonly #startPage: Int32Array;
  readonly #pages: Int32Array;

  constructor(deps: ShaderDeps, shader: Shader, window: MarkWindow) {
    const { columns, state, gray } = deps;
    const { elemSize, nelems, markBits, startPage, pages } = state.spans.columns;
    this.#deps = deps;
    this.#shader = shader;
    this.#window = window;
    this.#gray = gray;
    this.#span = columns.span;
    this.#nextGray = columns.nextGray;
    this.#todo = columns.todo;
    this.#base = columns.base;
    this.#step = columns.step;
    this.#largeAt = columns.largeAt;
    this.#largeEnd = columns.largeEnd;
    this.#scannedObjects = columns.scannedObjects;
    this.#elemSize = elemSize;
    this.#nelems = nelems;
    this.#markBits = markBits;
    this.#startPage = startPage;
    this.#pages = pages;
  }

  /**
   * Finds more gray objects: `todo`, `base`, `step` tell of a word of a span's gray bits, or of a piece of a large object;
   * the window is open. False: there is none.
   */
  next(): boolean {
    const gray = this.#gray;
    for (;;) {
      if (this.#largeAt[0] < this.#largeEnd[0]) return this.#nextPiece();
      const s = this.#span[0];
      const words = (this.#nelems[s] + 31) >>> 5;
      const first = this.#markBits[s];
      for (let k = this.#nextGray[0], left = words; left > 0; left--, k++) {
        if (k >= words) k = 0;
        const word = gray[first + k];
        if (word === 0) continue;
        this.#nextGray[0] = k;
        gray[first + k] = 0;
        const size = this.#elemSize[s];
        if (size === 0) {
          const all = objectSize(this.#deps.state.spans.columns, s) / 8;
          this.#takePieces(s, 0, all);
          if (!this.#deps.objects.isMarked(s, 0)) this.#countAgain(all);
          break;
        }
        const page = this.#startPage[s] & windowPageMask;
        if (page + this.#pages[s] > windowPages) {
          this.#scanAcross(s, k * 32, word);
          left = words + 1;
          continue;
        }
        this.#scannedObjects[0] += popcount32(word);
        this.#todo[0] = word;
        this.#base[0] = (page << pageWordsShift) + k * 4 * size;
        this.#step[0] = size >>> 3;
        return true;
      }
      if (this.#largeAt[0] < this.#largeEnd[0]) continue;
      if (!this.#nextSpan()) return false;
    }
  }

  /** Pages of a large object are to be scanned once more, in pieces. No span is at hand. */
  scanAgain(s: number, fromPage: number, endPage: number): void {
    const words = (Math.min(endPage, this.#pages[s]) - fromPage) * 2 ** pageWordsShift;
    this.#takeInHand(s);
    this.#takePieces(s, fromPage, words);
    this.#countAgain(words);
  }

  /** Words of the large object at hand, which come next. */
  #takePieces(s: number, fromPage: number, words: number): void {
    const page = this.#startPage[s] + fromPage;
    this.#open(page >>> windowPagesShift);
    this.#largeAt[0] = (page & windowPageMask) << pageWordsShift;
    this.#largeEnd[0] = this.#largeAt[0] + words;
  }

  #nextSpan(): boolean {
    const next = this.#shader.queue.take();
    this.#takeInHand(next);
    return next !== 0;
  }

  /** @param s 0: none */
  #takeInHand(s: number): void {
    this.#span[0] = s;
    this.#nextGray[0] = 0;
    if (s === 0) return;
    this.#open(this.#startPage[s] >>> windowPagesShift);
  }

  #open(index: number): void {
    this.#deps.columns.window[0] = index + 1;
    this.#window.open(index);
  }

  /** What is scanned now is not to count as marked. */
  #countAgain(words: number): void {
    const { columns } = this.#deps;
    columns.againWords[0] += words;
    columns.againObjects[0]++;
  }

  #nextPiece(): boolean {
    const { isOn, window } = this.#deps.columns;
    if (this.#largeAt[0] === windowWords) {
      // It goes on in the window behind.
      this.#open(window[0]);
      this.#largeEnd[0] -= windowWords;
      this.#largeAt[0] = 0;
    }
    const at = this.#largeAt[0];
    const most = isOn[0] !== 0 ? shortObletWords : obletWords;
    const n = Math.min(most, this.#largeEnd[0] - at, windowWords - at);
    this.#todo[0] = 1;
    this.#base[0] = at;
    this.#step[0] = n;
    this.#largeAt[0] = at + n;
    if (at + n >= this.#largeEnd[0]) this.#scannedObjects[0]++;
    return true;
  }

  #scanAcross(s: number, firstIndex: number, which: number): void {
    const { columns, state, objects } = this.#deps;
    const words = objectSize(state.spans.columns, s) / 8;
    for (let rest = which; rest !== 0; rest &= rest - 1) {
      const index = firstIndex + 31 - Math.clz32(rest & -rest);
      if (!objects.isMarked(s, index)) this.#countAgain(words);
      this.#shader.shadeObject(s, index);
      columns.scannedWords[0] += words;
      this.#scannedObjects[0]++;
    }
  }
}
