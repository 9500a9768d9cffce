/**
 * Calls as text, played on the hand-in for `lab step`, in a heap of 512 pages; after each the cache of its processor, beside that of
 * the model.
 *
 *     f 0 200               free(0, 200)
 *     a 20                  alloc(20)
 *     x 0 5                 allocFor(0, 5)
 *     c 1                   fill(1)
 *     k 1 3                 take(1, 3)
 *     u 1                   flush(1)
 */
import { CachedModel, type CacheRule } from '../../model/page-caches.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import type { Step } from '../exercise.ts';
import { type RecordedLine, recordedLines } from '../recorded-lines.ts';
import { heldOf, heldText, sameHeld, target } from './play.ts';

const heapPages = 512;

const lines = {
  f: [2, 'f PAGE PAGES (free)'],
  a: [1, 'a PAGES (alloc)'],
  x: [2, 'x P PAGES (allocFor)'],
  c: [1, 'c P (fill)'],
  k: [2, 'k P PAGES (take)'],
  u: [1, 'u P (flush)'],
} as const;

const methods: Readonly<Record<string, string>> = {
  ...{ f: 'free', a: 'alloc', x: 'allocFor', c: 'fill', k: 'take', u: 'flush' },
};

/** Does it in the model, and answers what is right. What cannot be asked is refused. */
function rightOf(
  { word, numbers, refuse }: RecordedLine,
  model: CachedModel,
  rule: CacheRule,
  inUse: Uint8Array,
): number | undefined {
  const [a = 0, b = 0] = numbers;
  const pages = word === 'a' ? a : b;
  if ('faxk'.includes(word) && pages < 1) refuse('has no pages');
  switch (word) {
    case 'f':
      if (a + b > heapPages) refuse(`ends behind the last of ${heapPages} pages`);
      if (inUse.subarray(a, a + b).includes(0)) refuse('frees a page that is not in use');
      inUse.fill(0, a, a + b);
      model.free(a, b);
      return undefined;
    case 'c':
      if (model.left(a) > 0) refuse('fills a cache that is not empty');
      model.fill(a);
      return undefined;
    case 'u':
      model.flush(a);
      return undefined;
  }
  const page = word === 'a' ? model.alloc(a) : word === 'k' ? model.take(a, b) : model.allocFor(a, b, rule);
  if (page >= 0) inUse.fill(1, page, page + pages);
  return page;
}

/** @throws PageHeapError ERR_FILE for what is no trace; HandinOver */
export async function stepsOf(bench: Bench, rule: CacheRule, trace: string): Promise<Step[]> {
  const calls = recordedLines(trace, lines);
  const model = new CachedModel(heapPages);
  const inUse = new Uint8Array(heapPages).fill(1);
  await bench.fresh();
  const made = await bench.run([['new', target, heapPages]]);
  const wrong = troubleOf(made.answers[0], made.stopped);
  if (wrong !== undefined)
    return [{ asked: `new ${target}(${heapPages})`, answered: wrong.words, expected: '', isWrong: true }];
  const steps: Step[] = [];
  for (const line of calls) {
    const { word, numbers } = line;
    const method = methods[word] as string;
    const right = rightOf(line, model, rule, inUse);
    const p = word === 'f' || word === 'a' ? undefined : (numbers[0] as number);
    const { answers, stopped } = await bench.run([
      [0, method, ...numbers],
      ...(p === undefined ? [] : [[0, 'cache', p] as const]),
    ]);
    const trouble = troubleOf(answers[0], stopped);
    const answered = trouble?.words ?? (right === undefined ? '' : shown(answers[0]?.[0]));
    const expected = right === undefined ? '' : String(right);
    const notes: string[] = [];
    let isWrong = answered !== expected;
    if (p !== undefined && trouble === undefined) {
      const held = model.cache(p);
      const look = troubleOf(answers[1], stopped);
      const own = look === undefined ? heldOf(answers[1]?.[0]) : undefined;
      const isRight = own !== undefined && sameHeld(own, held);
      if (!isRight) isWrong = true;
      const yours = own === undefined ? (look?.words ?? shown(answers[1]?.[0])) : heldText(own);
      notes.push(`cache(${p})  ${isRight ? heldText(held) : `${yours}, right is ${heldText(held)}`}`);
    }
    steps.push({
      asked: `${method}(${numbers.join(', ')})`,
      ...{ answered, expected, whose: 'right is' },
      ...(notes.length > 0 ? { note: notes.join('\n') } : {}),
      ...(isWrong ? { isWrong: true } : {}),
    });
    if (stopped !== undefined) break;
  }
  return steps;
}
