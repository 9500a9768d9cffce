/**
 * Atomic words: 32-bit words that several threads touch at a time, each operation whole.
 *
 * The array behind them is out of reach, so that nobody reads or writes one plainly by mistake.
 *
 * Not here: waiting for a word to change (lock.ts, by the addon's futexes).
 */
export class AtomicWords {
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  get length(): number {
    return this.#words.length;
  }

  load(index: number): number {
    return Atomics.load(this.#words, index);
  }

  store(index: number, value: number): void {
    Atomics.store(this.#words, index, value);
  }

  /** Writes a word. @returns what it held before */
  exchange(index: number, value: number): number {
    return Atomics.exchange(this.#words, index, value);
  }

  /** Writes a word if it holds `expected`. @returns what it held before */
  compareExchange(index: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.#words, index, expected, value);
  }
}
