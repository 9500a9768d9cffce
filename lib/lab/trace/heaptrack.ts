/**
 * What heaptrack writes: lines of a letter and numbers in lower-case hexadecimal, raw or interpreted.
 *
 *   v 10400 3          version of the tool, and of the format
 *   + 64 8 55a3d76d71d0     raw: size, trace, address          - 55a3d76d71d0   freed
 *   a 64 8                  interpreted: an allocation has this size and trace; they are numbered from 0
 *   + 2                     one more of number 2               - 2              one less
 *
 * A realloc is a free and an allocation. An interpreted file no longer tells which of the objects of one number is freed: it
 * is taken to be the youngest. Traces, modules, strings, times (`t m s i x X I c R A S`) are passed over.
 *
 * heaptrack compresses its files, by zstd or gzip, which is undone before (bytes.ts).
 */
import { LineGrammar } from './line-grammar.ts';

const rawLine = /^\+ ([\da-f]+) ([\da-f]+) ([\da-f]+)\r?$/;
const numberLine = /^[-+] ([\da-f]+)\r?$/;
const sizeLine = /^a ([\da-f]+) ([\da-f]+)\r?$/;
const versionLine = /^v [\da-f]+ (\d+)\r?$/;
/** Addresses that stand for the objects of an interpreted file. */
const step = 16;
const mostNumbers = 2 ** 31;

/** Whether a line is heaptrack's first. */
export const isHeaptrackLine = (line: string): boolean => versionLine.test(line);

export class HeaptrackGrammar extends LineGrammar {
  readonly format = 'heaptrack';
  /** By the number of an allocation: its size, and its living objects. */
  readonly #sizes: number[] = [];
  readonly #living = new Map<number, number[]>();
  #isInterpreted = false;
  #next = step;

  protected read(line: string): void {
    switch (line.charCodeAt(0)) {
      case 0x2b:
        this.#allocate(line);
        break;
      case 0x2d:
        this.#free(line);
        break;
      case 0x61:
        this.#define(line);
        break;
    }
  }

  #allocate(line: string): void {
    const raw = rawLine.exec(line);
    if (raw !== null) {
      this.allocate(Number.parseInt(raw[3], 16), Number.parseInt(raw[1], 16));
      return;
    }
    const found = numberLine.exec(line);
    const n = found === null ? -1 : Number.parseInt(found[1], 16);
    const size = this.#sizes[n];
    if (size === undefined) {
      this.malformed(n < 0 ? 'no line of heaptrack' : 'an allocation that was not defined');
      return;
    }
    this.#isInterpreted = true;
    let living = this.#living.get(n);
    if (living === undefined) {
      living = [];
      this.#living.set(n, living);
    }
    living.push(this.#next);
    this.allocate(this.#next, size);
    this.#next += step;
  }

  #free(line: string): void {
    const found = numberLine.exec(line);
    if (found === null) {
      this.malformed('no line of heaptrack');
      return;
    }
    const n = Number.parseInt(found[1], 16);
    // Before the first allocation of either kind nothing tells which one it is.
    if (!this.#isInterpreted) this.free(n);
    else this.free(this.#living.get(n)?.pop() ?? step * mostNumbers);
  }

  #define(line: string): void {
    const found = sizeLine.exec(line);
    if (found === null) {
      this.malformed('no line of heaptrack');
      return;
    }
    this.#sizes.push(Number.parseInt(found[1], 16));
  }
}
