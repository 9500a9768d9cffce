/**
 * Playing a cycle on the hand-in's marker: roots, steps, and stores of the program between them, all known beforehand. After each the
 * marker may be looked at (judge.ts).
 *
 * The program has registers. It stores what it can reach, so what was unreachable stays so.
 */
import type { Answer, Call } from '../../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import type { Failure, PageChange } from '../exercise.ts';
import { type ObjectHeap, targetOf, type WordRule } from './heaps.ts';
import { type Act, buffersOf, type Cycle, Judge, type Looks, listOf, type MarkerRules } from './judge.ts';

export const target = 'Marker';

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
export const registerText = (act: Extract<Act, { k: 'load' | 'drop' }>): string =>
  act.k === 'load'
    ? `(the program loads word ${act.index} of ${act.object}: it holds ${act.child})`
    : `(the program lets go of ${act.object})`;

export const textOf = (call: Call): string =>
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
    const { answers, stopped } = await bench.run(part.map(({ call }) => call));
    if (isMeasured && stopped === undefined && part !== parts.at(-1))
      memory = Math.max(memory, await bench.weigh());
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
