/**
 * Playing a cycle on the hand-in's marker: roots, steps, and stores of the program between them, all known beforehand.
 *
 * After each step the marker is looked at: what it has marked must be reachable when marking began, and no object that is
 * marked and no longer gray may lead to one that is not marked, unless the program put it there and the barrier is yet to be judged: this
 * is looked at where nothing is stored. In the end all that the program can reach is marked, and nothing is gray.
 *
 * The program has registers. It stores what it can reach, so what was unreachable stays so.
 */
import type { Answer, Call } from '../../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import type { Failure, PageChange, Strip } from '../exercise.ts';
import { type ObjectHeap, reachable, targetOf, type WordRule, wayTo } from './heaps.ts';

export const target = 'Marker';

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

export interface Played {
  readonly failure?: Failure;
  /** Units of all roots, stores and steps; the most of one of them. */
  readonly units: number;
  readonly longest: number;
  /** Words that the reachable objects have. */
  readonly words: number;
  /** Most bytes that the realm held. */
  readonly memory: number;
  /** When each object was marked. */
  readonly changes: readonly PageChange[];
}

/** More than any heap has. */
export const allWords = 1_000_000;

interface Looks {
  /** The gray objects, buffer by buffer; undefined where it told none. */
  readonly gray: readonly (readonly number[])[] | undefined;
  readonly marked: readonly number[] | undefined;
}

const isObject = (value: unknown, objects: number): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < objects;

const listOf = (value: unknown, objects: number): readonly number[] | undefined =>
  Array.isArray(value) && value.every((one) => isObject(one, objects)) ? (value as number[]) : undefined;

function buffersOf(value: unknown, objects: number): readonly (readonly number[])[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const buffers = value.map((one) => listOf(one, objects));
  return buffers.includes(undefined) ? undefined : (buffers as readonly (readonly number[])[]);
}

/** Each object with its words: of a pointer where it leads, too. */
function heapText({ first, words }: ObjectHeap, rule: WordRule): string {
  const wordText = (word: number): string => {
    const target = targetOf(word, rule);
    return target < 0 ? String(word) : `${word}→${target}`;
  };
  const objects = first.slice(0, -1).map(
    (at, i) =>
      `${i}: [${words
        .slice(at, first[i + 1])
        .map(wordText)
        .join(' ')}]`,
  );
  return `the heap ${objects.slice(0, 16).join(' ')}${objects.length > 16 ? ' …' : ''}`;
}

/** What the program does to its registers, in words. */
const registerText = (act: Extract<Act, { k: 'load' | 'drop' }>): string =>
  act.k === 'load'
    ? `(the program loads word ${act.index} of ${act.object}: it holds ${act.child})`
    : `(the program lets go of ${act.object})`;

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
class Judge {
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

const textOf = (call: Call): string =>
  `${call[1]}(${call
    .slice(2)
    .map((one) => JSON.stringify(one))
    .join(', ')})`;

/** Calls asked at a time. */
const blockCalls = 100;

const chunks = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));

/**
 * @param looks whether it tells of itself after each step: for small heaps
 * @param memory whether the realm's memory is read after each call
 */
export async function playCycle(
  bench: Bench,
  cycle: Cycle,
  rules: MarkerRules,
  { looks, memory: isMeasured = false }: { readonly looks: boolean; readonly memory?: boolean },
): Promise<Played> {
  await bench.again();
  const { heap, roots, acts, held } = cycle;
  const judge = new Judge(cycle, rules);
  const objects = heap.first.length - 1;
  type Asked = {
    readonly call: Call;
    readonly act?: Act;
    readonly kind: 'new' | 'root' | 'act' | 'gray' | 'marked';
    readonly end?: true;
    /** What the program did before it, that no call tells. */
    readonly before?: readonly string[];
  };
  const look = (end?: true): Asked[] => [
    { call: [0, 'gray'], kind: 'gray', ...(end === undefined ? {} : { end }) },
    { call: [0, 'marked'], kind: 'marked', ...(end === undefined ? {} : { end }) },
  ];
  const actsAsked: Asked[] = [];
  let before: string[] = [];
  for (const act of acts) {
    if (act.k === 'load' || act.k === 'drop') {
      before.push(registerText(act));
      continue;
    }
    const call: Call =
      act.k === 'step' ? [0, 'step', act.words] : [0, 'store', act.object, act.index, act.word];
    actsAsked.push({ call, act, kind: 'act', before }, ...(looks ? look() : []));
    before = [];
  }
  const asked: Asked[] = [
    { call: ['new', target, { first: [...heap.first], words: [...heap.words] }], kind: 'new' },
    ...roots.map((object): Asked => ({ call: [0, 'root', object], kind: 'root' })),
    ...(looks ? look() : []),
    ...actsAsked,
    { call: [0, 'step', allWords], act: { k: 'step', words: allWords }, kind: 'act', before },
  ];
  // What it tells in the end takes memory, too.
  const parts = [...chunks(asked, isMeasured ? 1 : blockCalls), look(true)];
  const begun = objects > 40 ? undefined : heapText(heap, rules);
  const steps: string[] = [];
  let [units, longest, memory, op] = [0, 0, 0, 0];
  let last: { wanted: number; answered: number } | undefined;
  let gray: Looks['gray'];
  let marked: readonly number[] | undefined;
  const played = (failure?: Failure): Played => ({
    ...(failure === undefined ? {} : { failure }),
    ...{ units, longest, memory, changes: judge.changes, words: judge.wordsReachable },
  });
  for (const part of parts) {
    const { answers, stopped, memory: bytes } = await bench.run(part.map(({ call }) => call));
    if (part !== parts.at(-1)) memory = Math.max(memory, bytes);
    for (const [i, { call, act, kind, end, before: program = [] }] of part.entries()) {
      const text = kind === 'new' ? `new ${target}(heap)` : textOf(call);
      const isLook = kind === 'gray' || kind === 'marked';
      if (!isLook && kind !== 'new') steps.push(...program, text);
      const fail = (cause: string, answered: string, expected: string, at?: string): Played =>
        played({
          cause,
          asked: isLook && steps.length > 0 ? `${text} after ${steps.at(-1)}` : text,
          answered,
          expected,
          ...(begun === undefined ? {} : { begun }),
          steps: [...steps],
          ...(at === undefined ? {} : { at }),
          strip: judge.strip(marked),
        });
      const trouble = troubleOf(answers[i], stopped);
      if (trouble !== undefined)
        return fail(
          `${kind === 'new' ? `new ${target}` : call[1]} ${trouble.cause}`,
          trouble.words,
          'that it returns, without an error',
          trouble.at,
        );
      const [value, used] = answers[i] as Answer;
      if (!isLook && kind !== 'new') {
        units += used;
        // The last step takes what is left.
        if (call[2] !== allWords) longest = Math.max(longest, used);
      }
      if (act?.k === 'store') judge.store(act);
      if (act?.k === 'step') {
        op++;
        const wrong = judge.step(value, act.words);
        if (wrong !== undefined) return fail(wrong.cause, shown(value), wrong.expected);
        last = { wanted: act.words, answered: value as number };
      } else if (!isLook) last = undefined;
      if (kind === 'gray') gray = buffersOf(value, objects);
      if (kind !== 'marked') continue;
      marked = listOf(value, objects);
      const wrong =
        judge.look({ gray, marked }, op, last) ??
        (end === true ? judge.end({ gray, marked }, held) : undefined);
      if (wrong !== undefined) return fail(wrong.cause, wrong.answered, wrong.expected);
    }
  }
  return played();
}
