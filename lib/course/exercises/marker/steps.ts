/**
 * A small heap and what is done to it, as text, played for `lab step`: after each call the colour of every object, and the buffers
 * beside. A line each; what is behind # is a remark.
 *
 *     object ->1 5 ->2     the next object, numbered from 0: its words, pointers with an arrow
 *     root 0               the program holds it
 *     step 4               so many words
 *     store 0 1 ->3        the program writes word 1 of object 0
 *     load 0 0             the program takes what word 0 of object 0 leads to: the marker is not told
 *     drop 0               it lets go of an object that it held, untold
 *
 * In the end all is marked. The first thing that is wrong ends it.
 */
import { PageHeapError } from '../../../base/errors.ts';
import type { Answer, Call } from '../../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import type { Step } from '../exercise.ts';
import { dataWord, heapOf, type ObjectHeap, pointerTo, targetOf } from './heaps.ts';
import { type Act, buffersOf, Judge, listOf, type MarkerRules } from './judge.ts';
import { allWords, registerText, target, textOf } from './play.ts';

/** Objects that are drawn in a line. */
const mostObjects = 40;

type Line = Act | { readonly k: 'root'; readonly object: number };

interface Parsed {
  readonly heap: ObjectHeap;
  readonly roots: readonly number[];
  readonly lines: readonly Line[];
  readonly held: readonly number[];
}

const forms: Readonly<Record<string, string>> = {
  root: 'root OBJECT',
  step: 'step WORDS',
  store: 'store OBJECT INDEX WORD',
  load: 'load OBJECT INDEX',
  drop: 'drop OBJECT',
};

/** @throws PageHeapError ERR_FILE, with the line */
function parse(text: string, rules: MarkerRules): Parsed {
  const objects: number[][] = [];
  const rest: { words: string[]; line: number }[] = [];
  const fail = (line: number, message: string): PageHeapError =>
    new PageHeapError('ERR_FILE', message, { file: 'the trace', line });
  const wordOf = (word: string, line: number): number => {
    const [, arrow, digits] = /^(->|→)?(\d{1,6})$/.exec(word) ?? [];
    if (digits === undefined) throw fail(line, `${word} is no word: a number, or ->OBJECT`);
    return arrow === undefined ? dataWord(Number(digits), rules) : pointerTo(Number(digits), rules);
  };
  for (const [i, raw] of text.split('\n').entries()) {
    const words = raw.replace(/#.*/, '').trim().split(/\s+/);
    if (words[0] === 'object') objects.push(words.slice(1).map((word) => wordOf(word, i + 1)));
    else if (words[0] !== '') {
      const form = forms[words[0] as string];
      if (form === undefined || form.split(' ').length !== words.length)
        throw fail(i + 1, `is no line of object WORD…, ${Object.values(forms).join(', ')}`);
      rest.push({ words, line: i + 1 });
    }
  }
  if (objects.length === 0 || objects.length > mostObjects)
    throw new PageHeapError('ERR_FILE', `has ${objects.length} objects: 1 to ${mostObjects} can be drawn`, {
      file: 'the trace',
    });
  const heap = heapOf(objects);
  const strange = heap.words.find((word) => targetOf(word, rules) >= objects.length);
  if (strange !== undefined)
    throw new PageHeapError(
      'ERR_FILE',
      `has a pointer to object ${targetOf(strange, rules)}, which it has not`,
      {
        file: 'the trace',
      },
    );
  const memory = objects.map((words) => [...words]);
  const roots: number[] = [];
  const held: number[] = [];
  let marking = false;
  const lines = rest.map(({ words, line }): Line => {
    const [k = '', ...args] = words as [Line['k'], ...string[]];
    const number = (i: number, below: number, what: string): number => {
      const n = /^\d{1,6}$/.test(args[i] ?? '') ? Number(args[i]) : Number.NaN;
      if (!(n < below)) throw fail(line, `${args[i]} is no ${what}`);
      return n;
    };
    if (k === 'step') {
      marking = true;
      return { k, words: number(0, allWords, 'number of words') };
    }
    const object = number(0, objects.length, 'object');
    if (k === 'root') {
      if (marking) throw fail(line, 'roots are told before the first step');
      roots.push(object);
      held.push(object);
      return { k, object };
    }
    if (k === 'drop') {
      if (!held.includes(object)) throw fail(line, `the program does not hold ${object}`);
      held.splice(held.indexOf(object), 1);
      return { k, object };
    }
    const own = memory[object] as number[];
    if (!held.includes(object)) throw fail(line, `the program does not hold ${object}: load it first`);
    const index = number(1, own.length, `word of object ${object}`);
    if (k === 'load') {
      const child = targetOf(own[index] as number, rules);
      if (child < 0) throw fail(line, `word ${index} of object ${object} is no pointer`);
      held.push(child);
      return { k, object, index, child };
    }
    marking = true;
    const word = wordOf(args[2] ?? '', line);
    const child = targetOf(word, rules);
    if (child >= 0 && !held.includes(child))
      throw fail(line, `the program does not hold ${child}: load it first`);
    own[index] = word;
    return { k: 'store', object, index, word };
  });
  return { heap, roots, lines, held };
}

/** What each object is, by what the marker tells. */
function coloursText(
  objects: number,
  marked: readonly number[],
  gray: readonly (readonly number[])[],
): string {
  const isMarked = new Set(marked);
  const isGray = new Set(gray.flat());
  return Array.from(
    { length: objects },
    (_, i) => `${i}${isGray.has(i) ? '◐' : isMarked.has(i) ? '●' : '○'}`,
  ).join(' ');
}

const legend = '● marked and looked at   ◐ marked, in a buffer   ○ not marked';

/** @throws PageHeapError ERR_FILE for what is no trace; HandinOver */
export async function stepsOf(bench: Bench, rules: MarkerRules, trace: string): Promise<Step[]> {
  const { heap, roots, lines, held } = parse(trace, rules);
  const objects = heap.first.length - 1;
  const acts = lines.filter((line): line is Act => line.k !== 'root');
  const judge = new Judge({ heap, roots, acts, held }, rules);
  await bench.fresh();
  const steps: Step[] = [];
  const made = await bench.run([['new', target, { first: [...heap.first], words: [...heap.words] }]]);
  const wrong = troubleOf(made.answers[0], made.stopped);
  if (wrong !== undefined)
    return [{ asked: `new ${target}(heap)`, answered: wrong.words, expected: 'a marker', isWrong: true }];
  const all: Line = { k: 'step', words: allWords };
  for (const [op, line] of [...lines, all].entries()) {
    if (line.k === 'load' || line.k === 'drop') {
      steps.push({ asked: registerText(line), answered: '', expected: '' });
      continue;
    }
    const call: Call =
      line.k === 'root'
        ? [0, 'root', line.object]
        : line.k === 'step'
          ? [0, 'step', line.words]
          : [0, 'store', line.object, line.index, line.word];
    const { answers, stopped } = await bench.run([call, [0, 'gray'], [0, 'marked']]);
    const asked = line === all ? `${textOf(call)}, all that is left` : textOf(call);
    const trouble = answers.map((answer) => troubleOf(answer, stopped)).find((one) => one !== undefined);
    if (trouble !== undefined || answers.length < 3) {
      const words = trouble ?? troubleOf(undefined, stopped);
      steps.push({ asked, answered: words?.words ?? '', expected: 'returns', isWrong: true });
      break;
    }
    const [value, gray, marked] = (answers as Answer[]).map(([one]) => one);
    const looks = { gray: buffersOf(gray, objects), marked: listOf(marked, objects) };
    if (line.k === 'store') judge.store(line);
    const last =
      line.k === 'step' ? { wanted: line.words, answered: typeof value === 'number' ? value : 0 } : undefined;
    const stepFault = line.k === 'step' ? judge.step(value, line.words) : undefined;
    const fault =
      stepFault ?? judge.look(looks, op, last) ?? (line === all ? judge.end(looks, held) : undefined);
    const buffers = (looks.gray ?? []).map((buffer) => `[${buffer.join(' ')}]`).join(' ');
    const answered = line.k === 'step' ? shown(value) : '';
    steps.push({
      ...{ asked, answered, expected: answered },
      ...(fault === undefined ? {} : { isWrong: true as const }),
      note: [
        `objects  ${coloursText(objects, looks.marked ?? [], looks.gray ?? [])}`,
        `buffers  ${buffers === '' ? 'none' : buffers}`,
        ...(fault === undefined ? [] : [`wrong: ${fault.cause}`, `expected ${fault.expected}`]),
        ...(steps.length === 0 || fault !== undefined ? [legend] : []),
      ].join('\n'),
    });
    if (fault !== undefined) break;
  }
  return steps;
}
