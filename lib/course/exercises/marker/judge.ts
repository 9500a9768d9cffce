/**
 * What a marker does, held against the judge's account: what it has marked must have been reachable when marking began, and no object that
 * is marked and no longer gray may lead to one that is not marked, unless the program put it there and the barrier is yet to be judged:
 * this is looked at where nothing is stored. In the end all that the program can reach is marked, and nothing is gray.
 */
import type { PageChange, Strip } from '../exercise.ts';
import { type ObjectHeap, reachable, targetOf, type WordRule, wayTo } from './heaps.ts';

export interface MarkerRules extends WordRule {
  /** Entries of a work buffer. */
  readonly entries: number;
  /** Words of an object that are looked at in one go. */
  readonly piece: number;
}

export type Act =
  | { readonly k: 'step'; readonly words: number }
  | { readonly k: 'store'; readonly object: number; readonly index: number; readonly word: number }
  // What the program does with its registers: the marker is not told.
  | { readonly k: 'load'; readonly object: number; readonly index: number; readonly child: number }
  | { readonly k: 'drop'; readonly object: number };

export interface Cycle {
  readonly heap: ObjectHeap;
  readonly roots: readonly number[];
  readonly acts: readonly Act[];
  /** What the program holds in the end, and what it could reach at the beginning. */
  readonly held: readonly number[];
}

/** What it tells of itself. */
export interface Looks {
  /** The gray objects, buffer by buffer; undefined where it told none. */
  readonly gray: readonly (readonly number[])[] | undefined;
  readonly marked: readonly number[] | undefined;
}

const isObject = (value: unknown, objects: number): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < objects;

/** Objects as `marked` tells them; undefined where it does not. */
export const listOf = (value: unknown, objects: number): readonly number[] | undefined =>
  Array.isArray(value) && value.every((one) => isObject(one, objects)) ? (value as number[]) : undefined;

/** Objects by buffers, as `gray` tells them. */
export function buffersOf(value: unknown, objects: number): readonly (readonly number[])[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const buffers = value.map((one) => listOf(one, objects));
  return buffers.includes(undefined) ? undefined : (buffers as readonly (readonly number[])[]);
}
const names = (objects: readonly number[]): string =>
  `${objects.slice(0, 10).join(', ')}${objects.length > 10 ? ', …' : ''}`;

/** Rows of what is not marked: those objects would be freed. */
function whiteRuns(marked: ArrayLike<number>): { page: number; n: number }[] {
  const runs: { page: number; n: number }[] = [];
  for (let object = 0; object < marked.length; object++) {
    if (marked[object] === 1) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.page + last.n === object) last.n++;
    else runs.push({ page: object, n: 1 });
  }
  return runs;
}

const stripObjects = 96;

/** The state of a cycle as the judge follows it. */
export class Judge {
  readonly #rules: MarkerRules;
  readonly #words: number[];
  readonly #first: readonly number[];
  readonly #atFirst: Uint8Array;
  readonly #objects: number;
  readonly changes: PageChange[] = [];
  readonly #seen: Uint8Array;
  #stored = false;
  looked = 0;

  constructor({ heap, roots }: Cycle, rules: MarkerRules) {
    this.#rules = rules;
    this.#words = [...heap.words];
    this.#first = heap.first;
    this.#objects = heap.first.length - 1;
    this.#atFirst = reachable(heap, roots, rules);
    this.#seen = new Uint8Array(this.#objects);
  }

  get wordsReachable(): number {
    let sum = 0;
    for (let object = 0; object < this.#objects; object++)
      if (this.#atFirst[object] === 1) sum += this.#first[object + 1] - this.#first[object];
    return sum;
  }

  store({ object, index, word }: Extract<Act, { k: 'store' }>): void {
    this.#words[this.#first[object] + index] = word;
    this.#stored = true;
  }

  strip(marked: readonly number[] | undefined): Strip {
    const own = new Uint8Array(this.#objects);
    for (const object of marked ?? []) own[object] = 1;
    const pages = Math.min(stripObjects, this.#objects);
    return {
      pages,
      words: { unit: 'objects', row: 'marks', full: 'marked', empty: 'not marked' },
      model: whiteRuns(this.#atFirst.subarray(0, pages)),
      ...(marked === undefined ? {} : { registry: whiteRuns(own.subarray(0, pages)) }),
    };
  }

  /** What is wrong with what a step answered. */
  step(value: unknown, wanted: number): { cause: string; expected: string } | undefined {
    const { piece } = this.#rules;
    if (!Number.isInteger(value) || (value as number) < 0)
      return { cause: 'step answers no number of words', expected: 'how many words it looked at' };
    this.looked += value as number;
    if ((value as number) >= wanted + piece)
      return {
        cause: 'step looks at more than was asked for',
        expected: `less than ${wanted + piece}: it ends with the piece that reaches ${wanted}, and a piece has at most ${piece} words`,
      };
    return undefined;
  }

  /** What is wrong with what it tells of itself. @param wanted words of the step before, of which so many were looked at */
  look(
    { gray, marked }: Looks,
    op: number,
    last: { wanted: number; answered: number } | undefined,
  ): { cause: string; answered: string; expected: string } | undefined {
    const { entries } = this.#rules;
    if (marked === undefined)
      return {
        cause: 'marked answers no list of objects',
        answered: 'something else',
        expected: 'the numbers of all marked objects',
      };
    if (gray === undefined)
      return {
        cause: 'gray answers no list of buffers',
        answered: 'something else',
        expected: 'a list for each buffer, of the numbers of its objects',
      };
    const isMarked = new Uint8Array(this.#objects);
    for (const object of marked) {
      if (isMarked[object] === 1)
        return { cause: 'marked tells an object twice', answered: names(marked), expected: `${object} once` };
      isMarked[object] = 1;
      if (this.#atFirst[object] === 0)
        return {
          cause: 'an object is marked that nothing leads to',
          answered: `object ${object}`,
          expected: `it stays unmarked: no pointer from a root leads there`,
        };
      if (this.#seen[object] === 0) {
        this.#seen[object] = 1;
        this.changes.push({ op, page: object, n: 1, to: 'used' });
      }
    }
    const long = gray.find((buffer) => buffer.length > entries);
    if (long !== undefined)
      return {
        cause: 'a work buffer has more entries than it holds',
        answered: `${long.length} entries`,
        expected: `at most ${entries}`,
      };
    const part = gray.filter((buffer) => buffer.length < entries);
    if (part.length > 1)
      return {
        cause: 'work buffers are not filled',
        answered: `${part.length} buffers that are not full`,
        expected: 'at most one: the others have room for what it holds',
      };
    const isGray = new Uint8Array(this.#objects);
    for (const object of gray.flat()) {
      if (isMarked[object] === 0)
        return {
          cause: 'a gray object is not marked',
          answered: `object ${object}`,
          expected: 'an object is marked when it becomes gray',
        };
      if (isGray[object] === 1)
        return {
          cause: 'an object is gray twice',
          answered: `object ${object}`,
          expected: 'once: who is marked already is not put into a buffer again',
        };
      isGray[object] = 1;
    }
    if (last !== undefined && last.answered < last.wanted && gray.flat().length > 0)
      return {
        cause: 'step ends before its time',
        answered: `${last.answered} words, and ${names(gray.flat())} gray`,
        expected: `${last.wanted} words, or nothing gray`,
      };
    if (this.#stored) return undefined;
    for (let object = 0; object < this.#objects; object++) {
      if (isMarked[object] === 0 || isGray[object] === 1) continue;
      for (let at = this.#first[object]; at < this.#first[object + 1]; at++) {
        const child = targetOf(this.#words[at], this.#rules);
        if (child >= 0 && isMarked[child] === 0)
          return {
            cause: 'a black object leads to a white one',
            answered: `object ${object} is marked and not gray`,
            expected: `object ${child} marked, where word ${at - this.#first[object]} of it leads`,
          };
      }
    }
    return undefined;
  }

  /** When all was marked. @param held what the program holds */
  end(
    { gray, marked }: Looks,
    held: readonly number[],
  ): { cause: string; answered: string; expected: string } | undefined {
    const left = gray?.flat() ?? [];
    if (left.length > 0)
      return {
        cause: 'something is gray in the end',
        answered: names(left),
        expected: 'nothing: step was asked for all words',
      };
    const heap = { first: this.#first, words: this.#words };
    const must = reachable(heap, held, this.#rules);
    const own = new Set(marked);
    const lost = must.findIndex((lives, object) => lives === 1 && !own.has(object));
    if (lost >= 0) {
      const [top, ...below] = wayTo(heap, held, lost, this.#rules) ?? [lost];
      const way = below.length > 6 ? ['…', ...below.slice(-6)] : below;
      return {
        cause: this.#stored ? 'a living object is lost: the barrier let it pass' : 'a living object is lost',
        answered: `object ${lost} is not marked, and would be freed`,
        expected: `marked: the program holds ${[top, ...way].join(', which leads to ')}`,
      };
    }
    if (!this.#stored && this.looked !== this.wordsReachable)
      return {
        cause:
          this.looked > this.wordsReachable ? 'words are looked at more than once' : 'words are not counted',
        answered: `${this.looked} words in all steps`,
        expected: `${this.wordsReachable}: each word of a reachable object once`,
      };
    return undefined;
  }
}
