/** What a class's table says of a hand-in besides its points. */
import { describe, expect, it } from 'vitest';
import type { Grade } from '../../lib/course/grading/grade.ts';
import { rowNote } from '../../lib/course/report/class-note.ts';

const failure = (cause: string) => ({ cause, asked: 'a', answered: 'b', expected: 'c', steps: [] });
const check = (name: string, cause?: string) => ({
  ...{ name, of: 10, points: cause === undefined ? 10 : 0 },
  ...(cause === undefined ? {} : { failure: failure(cause) }),
});
const graded = (checks: readonly object[], rest: object = {}): Grade =>
  ({ verdict: 'graded', points: 10, checks, measures: [], ...rest }) as unknown as Grade;

describe('the note of a row', () => {
  it.each([
    ['', graded([check('a'), check('b')])],
    ['b: answers nothing', graded([check('a'), check('b', 'answers nothing'), check('c', 'throws')])],
    ['a: throws', graded([check('a', 'throws')], { points: 0 })],
    [
      'a real heap: answers too much',
      graded([check('a')], { measures: [{ ...check('a real heap', 'answers too much'), share: 0 }] }),
    ],
  ])('%j', (note, grade) => {
    expect(rowNote({ grade })).toBe(note);
    expect(rowNote({ grade, note: 'in its folder x' })).toBe(
      ['in its folder x', note].filter((text) => text !== '').join('; '),
    );
  });
});
