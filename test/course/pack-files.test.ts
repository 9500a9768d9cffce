/** Files of an instructor's pack that are graded by hand, and forgeries that are folders. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { ownPack, selfTest } from '../../lib/course/grading/self-test.ts';
import { filledFromPack, withReference } from '../../lib/course/handout/pack-files.ts';
import { variantFor } from '../../lib/course/handout/start.ts';

describe('a file of a pack', () => {
  const exercise = exerciseOf('best-fit');
  const whom = { exercise, student: 'ada', term: 't' };
  const files = new Map([[exercise.handin, "const TAIL = {{tail}}; // {{student}}'s, {{other}}"]]);
  const right = `const TAIL = ${variantFor(exercise, 'ada', 't').tail}; // ada's, {{other}}`;

  it.each(['', 'forgeries'])('has the constants of the student, in best-fit/%s', (inner) => {
    const made = filledFromPack(join(ownPack, 'best-fit', inner), { files }, whom);
    expect([...(made ?? [])]).toEqual([[exercise.handin, right]]);
  });

  it('has what it takes from the reference, in the order in which that declares it', () => {
    const forged = new Map([[exercise.handin, '// expect: none\n// reference: BestFit, Runs\nlet own;']]);
    const text = filledFromPack(join(ownPack, 'best-fit', 'forgeries'), { files: forged }, whom)?.get(
      exercise.handin,
    );
    expect(text).toMatch(
      /^\/\/ expect: none\n(export )?class Runs [\s\S]+\nexport class BestFit [\s\S]+\n}\nlet own;$/,
    );
    expect(text).not.toMatch(/FirstFit|\{\{|reference:/);
  });

  it('is refused where the reference has no such thing', () => {
    expect(() =>
      withReference('// reference: Kernel, Pages\n', () => 'export class Kernel {}\nconst Page = 1;'),
    ).toThrow(
      expect.objectContaining({ code: 'ERR_FILE', message: expect.stringContaining('declares no Pages') }),
    );
    expect(withReference('// A reference: none.\n', () => expect.fail('nobody asks for it'))).toBe(
      '// A reference: none.\n',
    );
  });

  it('is left as it is in a folder of no pack, of another exercise, or without such names', () => {
    expect(filledFromPack('course/best-fit', { files }, whom)).toBeUndefined();
    expect(filledFromPack(join(ownPack, 'treap'), { files }, whom)).toBeUndefined();
    const plain = new Map([[exercise.handin, 'const TAIL = 3;']]);
    expect(filledFromPack(join(ownPack, 'best-fit'), { files: plain }, whom)).toBeUndefined();
  });
});

it('the pack of find-the-bug is as it should be, folders of forged traces among it', async () => {
  const lines = await selfTest(undefined, exerciseOf('find-the-bug'));
  expect(lines.filter(({ ok }) => !ok)).toEqual([]);
  expect(lines.filter(({ what }) => what.startsWith('forgery')).length).toBeGreaterThan(5);
});
