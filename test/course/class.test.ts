/** A class of hand-ins: what its table says of each besides the points. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { gradeClass } from '../../lib/course/grading/class.ts';
import { makeLabFile } from '../../lib/course/handout/lab-file.ts';
import { oddities } from '../../lib/course/handout/start.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-class-'));
afterAll(() => rmSync(folder, { recursive: true }));
const exercise = exerciseOf('best-fit');
/** It is refused, so that nothing runs. */
const refused = 'eval("1");\n';

describe('a class', () => {
  it('tells of two hand-ins of one name', async () => {
    const handins = join(folder, 'twice');
    mkdirSync(join(handins, 'alice'), { recursive: true });
    writeFileSync(join(handins, 'alice', 'mine.mjs'), refused);
    writeFileSync(join(handins, 'alice.mjs'), refused);
    writeFileSync(join(handins, 'bob.mjs'), refused);
    const { rows } = await gradeClass(handins, { exercise });
    expect(rows.map(({ student, note }) => [student, note])).toEqual([
      ['alice', 'one of several hand-ins of this name: alice'],
      ['alice', 'one of several hand-ins of this name: alice.mjs'],
      ['bob', undefined],
    ]);
  });

  it.each([
    ['that is not there', join(folder, 'none')],
    ['that is a file', new URL(import.meta.url).pathname],
  ])('in a folder %s is refused', async (_what, path) => {
    await expect(gradeClass(path, { exercise })).rejects.toMatchObject({ code: 'ERR_FILE', file: path });
  });
});

describe('a lab.json', () => {
  const lab = makeLabFile('best-fit', 'alice', 'spring');
  /** A term by which alice has other constants. */
  const other = Array.from({ length: 100 }, (_, i) => `t${i}`).find(
    (term) => oddities(exercise, lab, { student: 'alice', term }).length > 0,
  );

  it('of another student, or with the constants of another term, is told', () => {
    expect(oddities(exercise, lab, { student: 'alice', term: 'spring' })).toEqual([]);
    expect(oddities(exercise, undefined, { student: 'alice', term: 'spring' })).toEqual([]);
    expect(oddities(exercise, lab, { student: 'bob', term: 'spring' })).toEqual(['its lab.json is alice’s']);
    expect(oddities(exercise, lab, { student: 'alice', term: other as string })).toEqual([
      `its lab.json is of term spring, and it is graded by the constants of term ${other}`,
    ]);
  });
});
