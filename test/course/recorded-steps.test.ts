/** Exercises 4 and 5: `lab step` on calls as the records of Go have them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { stepsOn } from './stepping.ts';

const whom = { student: 'ada', term: 't' };

function stepping(id: string, on: string) {
  const files = referenceFiles(ownPack, exerciseOf(id), whom.student, whom.term);
  return (trace: string, edit: (text: string) => string = (text) => text) =>
    stepsOn({ ...whom, id, on }, new Map([...files].map(([name, text]) => [name, edit(text)])), trace);
}

const recorded = (id: string): string =>
  readFileSync(`course/${id}/go121.txt`, 'utf8').split('\n').slice(0, 60).join('\n');

describe.each([
  ['radix-summaries', 'PageAlloc', 'two-leaves.txt', 9],
  ['page-cache', 'CachedHeap', 'two-caches.txt', 10],
])('%s', (id, on, example, calls) => {
  const step = stepping(id, on);

  it('of the reference is right, in the example and as Go did it', async () => {
    const steps = await step(readFileSync(`course/${id}/examples/${example}`, 'utf8'));
    expect(steps.length).toBe(calls);
    expect([...steps, ...(await step(recorded(id)))].filter(({ isWrong }) => isWrong)).toEqual([]);
    for (const { answered, expected } of steps) expect(answered).toBe(expected);
  });

  it('of a stub tells what was thrown', async () => {
    const stub = readFileSync(`course/${id}/mine.mjs`, 'utf8').replace(/\{\{\w+\}\}/g, '1');
    const steps = await step('f 0 8', () => stub);
    expect(steps).toMatchObject([{ isWrong: true, answered: expect.stringContaining('is to be written') }]);
  });

  it.each(['f 0', 'f 0 0', 'f -1 2', 'f 65530 9', 'z 1 1', 'f 0 8\nf 7 1', 'a x'])(
    'the line %j is refused with its number',
    async (line) => {
      const at = line.split('\n').length + 1;
      await expect(step(`# first\n${line}`)).rejects.toMatchObject({ code: 'ERR_FILE', line: at });
    },
  );
});

it('a summary that is not made anew is told, with the right one', async () => {
  const step = stepping('radix-summaries', 'PageAlloc');
  const steps = await step(
    'f 0 8\na 3',
    (text) => `${text}
const { free } = PageAlloc.prototype;
PageAlloc.prototype.free = function (page, n) { free.call(this, page, n); this.stale = true; };
const { summary } = PageAlloc.prototype;
PageAlloc.prototype.summary = function (level, index) { return level === 0 ? [0, 0, 0] : summary.call(this, level, index); };`,
  );
  expect(steps[0]).toMatchObject({
    isWrong: true,
    note: expect.stringContaining('summary(0, 0)  [0,0,0], right is [8, 8, 0]'),
  });
});

it('a cache that is not flushed is told, and a page that is in one is not freed', async () => {
  const step = stepping('page-cache', 'CachedHeap');
  const steps = await step('f 0 64\nc 3\nu 3', (text) => `${text}\nCachedHeap.prototype.flush = () => {};`);
  expect(steps.map(({ isWrong }) => isWrong ?? false)).toEqual([false, false, true]);
  expect(steps[2]?.note).toBe('cache(3)  [0, 0xffffffff, 0xffffffff], right is an empty cache: [any, 0, 0]');
  await expect(step('f 0 64\nc 0\nf 1 1')).rejects.toMatchObject({ code: 'ERR_FILE', line: 3 });
  await expect(step('f 0 64\nc 0\nc 0')).rejects.toThrow('fills a cache that is not empty');
});
