/**
 * Calls as text, played on the hand-in for `lab step`: after each the summaries from the root down to where it was, beside those of
 * the map of all pages.
 *
 *     f 0 300               free(0, 300)
 *     t 8 16                take(8, 16)
 *     a 5                   alloc(5)
 */
import { PageMap, type Summary } from '../../model/bitmap.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import type { Step } from '../exercise.ts';
import { recordedLines } from '../recorded-lines.ts';
import { allPages, type Shape, same } from './play.ts';

const lines = {
  f: [2, 'f PAGE PAGES (free)'],
  t: [2, 't PAGE PAGES (take)'],
  a: [1, 'a PAGES (alloc)'],
} as const;

/** The summaries of the nodes above a page, and whether all of them are right. */
async function pathOf(bench: Bench, { leaf, fan, levels }: Shape, map: PageMap, page: number) {
  const nodes = Array.from({ length: levels + 1 }, (_, level) => {
    const size = level === levels ? leaf : allPages / fan ** level;
    const index = Math.floor(page / size);
    return { level, index, right: map.summary(index * size, size) };
  });
  const { answers, stopped } = await bench.run(
    nodes.map(({ level, index }) => [0, 'summary', level, index] as const),
  );
  let isWrong = false;
  const told = nodes.map(({ level, index, right }, i) => {
    const trouble = troubleOf(answers[i], stopped);
    const isRight = trouble === undefined && same(answers[i]?.[0], right);
    if (!isRight) isWrong = true;
    const yours = trouble?.words ?? shown(answers[i]?.[0]);
    const text = (of: Summary): string => `[${of.join(', ')}]`;
    return `summary(${level}, ${index})  ${isRight ? text(right) : `${yours}, right is ${text(right)}`}`;
  });
  return { isWrong, told, ended: stopped !== undefined };
}

/** @throws PageHeapError ERR_FILE for what is no trace; HandinOver */
export async function stepsOf(bench: Bench, shape: Shape, pathUnits: number, trace: string): Promise<Step[]> {
  const calls = recordedLines(trace, lines);
  const map = new PageMap(allPages);
  await bench.fresh();
  const made = await bench.run([['new', 'PageAlloc']]);
  const wrong = troubleOf(made.answers[0], made.stopped);
  if (wrong !== undefined) return [{ asked: 'new PageAlloc', answered: wrong.words, expected: '' }];
  const steps: Step[] = [];
  for (const { word, numbers, refuse } of calls) {
    const [a = 0, b = 0] = numbers;
    const isAlloc = word === 'a';
    const n = isAlloc ? a : b;
    if (n < 1) refuse('has no pages');
    const page = isAlloc ? map.find(n) : a;
    if (!isAlloc) {
      if (a + n > allPages) refuse(`ends behind the last of ${allPages} pages`);
      if (map.free.subarray(a, a + n).includes(word === 'f' ? 1 : 0))
        refuse(word === 'f' ? 'frees a page that is free' : 'takes a page that is not free');
    }
    const method = isAlloc ? 'alloc' : word === 'f' ? 'free' : 'take';
    const { answers, stopped } = await bench.run([[0, method, ...(isAlloc ? [n] : [a, n])]]);
    if (page >= 0) map.set(page, n, word === 'f');
    const trouble = troubleOf(answers[0], stopped);
    const answered = trouble?.words ?? (isAlloc ? shown(answers[0]?.[0]) : '');
    const common = {
      asked: `${method}(${isAlloc ? n : `${a}, ${n}`})`,
      ...{ answered, expected: isAlloc ? String(page) : '', whose: 'right is' },
    };
    if (trouble !== undefined) {
      steps.push({ ...common, isWrong: true });
      break;
    }
    const { told, isWrong, ended } = await pathOf(bench, shape, map, Math.max(0, page));
    const work = `${answers[0]?.[1]} units of work; a path from the root to a leaf is ${pathUnits}`;
    const isOther = answered !== common.expected;
    steps.push({
      ...common,
      note: [work, ...told].join('\n'),
      ...(isWrong || isOther ? { isWrong: true } : {}),
    });
    if (ended) break;
  }
  return steps;
}
