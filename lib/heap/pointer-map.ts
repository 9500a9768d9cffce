/**
 * Pointer maps: which words of an object hold pointers, as its type says.
 *
 * A map is a list of *runs*: a pattern of words that is repeated to the run's end. So an array of a million elements
 * costs as much as one; what Go calls a GC program. A pattern is written out in bits, or, where it is long, the map of what is
 * repeated: maps in maps, as deep as arrays of large elements lie in one another. What lies between runs and after the last
 * one holds no pointers. Bits are looked up in the logarithm of the runs, at each depth.
 *
 * Words are 8 bytes, counted from the object's start. Bits come 32 at a time, word `from` in bit 0.
 *
 * Not here: where types come from (type-layout.ts), the bits of the heap (pointer-bits.ts).
 */

/** A pattern of `period` words, from word `from` on, again and again up to `end`. */
export interface PointerRun {
  readonly from: number;
  readonly end: number;
  readonly period: number;
  /** The pattern's bits, 32 a cell; of none where there is a map. */
  readonly pattern: Int32Array;
  /** The pattern, where it is too long to be written out. */
  readonly map: PointerMap | undefined;
}

/** A pattern that short is laid out several times over, so that 32 bits of it come in one piece or two. */
const shortPattern = 32;

/** Ones for the first n of 32 words. */
export const firstWords = (n: number): number => (n >= 32 ? -1 : (1 << n) - 1);

export class PointerMap {
  /** Words up to the last pointer and with it; 0: it holds none. */
  readonly pointers: number;
  /** The first 32 words. */
  readonly first: number;
  readonly #runs: readonly PointerRun[];

  /** @param runs in order, without overlap, each with a pointer */
  constructor(runs: readonly PointerRun[]) {
    this.#runs = runs.map(lengthened);
    const last = runs.at(-1);
    this.pointers = last === undefined ? 0 : lastPointer(last) + 1;
    this.first = this.mask(0);
  }

  get runs(): readonly PointerRun[] {
    return this.#runs;
  }

  /** The pointers among the 32 words from `from`. */
  mask(from: number): number {
    let mask = 0;
    const runs = this.#runs;
    for (let i = this.#firstBehind(from); i < runs.length; i++) {
      const run = runs[i];
      if (run.from >= from + 32) break;
      const start = Math.max(run.from, from);
      mask |= bitsOf(run, start, Math.min(run.end, from + 32) - start) << (start - from);
    }
    return mask;
  }

  /** The first run that ends behind a word. */
  #firstBehind(word: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#runs[middle].end <= word) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The map of n of these one after the other, each `words` long. */
  repeated(n: number, words: number): PointerMap {
    return this.#runs.length === 0 || n === 0
      ? new PointerMap([])
      : n === 1
        ? this
        : new PointerMap(repeatRuns(this.#runs, n, words));
  }
}

/** No pointers at all. */
export const noPointers = new PointerMap([]);

/** Patterns up to so many words are written out, rather than kept as a map. */
const longestPattern = 4096;

const noPattern = new Int32Array(0);

/** The runs of n things one after the other, each `words` long with such runs. */
export function repeatRuns(runs: readonly PointerRun[], n: number, words: number): PointerRun[] {
  if (runs.length === 0) return [];
  const [only] = runs;
  // Things of one run that fills them are one long run.
  if (runs.length === 1 && only.from === 0 && only.end === words && words % only.period === 0)
    return [{ ...only, end: n * words }];
  if (words <= longestPattern) {
    const pattern = new Int32Array((words + 31) >>> 5);
    for (const run of runs) writeOut(run, pattern);
    return [{ from: 0, end: n * words, period: words, pattern, map: undefined }];
  }
  return [{ from: 0, end: n * words, period: words, pattern: noPattern, map: new PointerMap(runs) }];
}

export const movedRuns = (runs: readonly PointerRun[], by: number): PointerRun[] =>
  runs.map((run) => ({ ...run, from: run.from + by, end: run.end + by }));

function writeOut(run: PointerRun, cells: Int32Array): void {
  for (let word = run.from; word < run.end; word++)
    if (isPointer(run, word)) cells[word >>> 5] |= 1 << (word & 31);
}

function isPointer({ from, period, pattern, map }: PointerRun, word: number): boolean {
  const at = (word - from) % period;
  if (map !== undefined) return (map.mask(at) & 1) === 1;
  return ((pattern[at >>> 5] >>> (at & 31)) & 1) === 1;
}

function lastPointer(run: PointerRun): number {
  // Such a run is whole repetitions.
  if (run.map !== undefined) return run.end - run.period + run.map.pointers - 1;
  let word = run.end - 1;
  while (!isPointer(run, word)) word--;
  return word;
}

/** The same run by a longer pattern, where it is short. */
function lengthened(run: PointerRun): PointerRun {
  if (run.period > shortPattern) return run;
  const period = run.period * Math.ceil((2 * shortPattern) / run.period);
  const pattern = new Int32Array((period + 31) >>> 5);
  writeOut({ ...run, from: 0, end: period }, pattern);
  return { ...run, period, pattern };
}

/** n bits of a run, 32 at most, from a word of the object. */
function bitsOf({ from, period, pattern, map }: PointerRun, word: number, n: number): number {
  let bits = 0;
  let at = (word - from) % period;
  for (let done = 0; done < n; ) {
    const piece = Math.min(n - done, period - at, 32 - (at & 31));
    const cell = map === undefined ? pattern[at >>> 5] >>> (at & 31) : map.mask(at);
    bits |= (cell & firstWords(piece)) << done;
    done += piece;
    at += piece;
    if (at === period) at = 0;
  }
  return bits;
}
