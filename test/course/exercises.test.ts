/**
 * What holds of every exercise that is listed: it is whole.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exercises } from '../../lib/course/exercises/registry.ts';
import { mutantsOf, mutated, ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { filled, handoutFolder, variantFor } from '../../lib/course/handout/start.ts';

describe.each(exercises.map((exercise) => [exercise.id, exercise] as const))('%s', (_id, exercise) => {
  const variants = Array.from({ length: 20 }, (_, i) => variantFor(exercise, `s${i}`, 't'));
  const variant = variants[0] as (typeof variants)[number];

  it('gives a hundred points, of checks and measures with names of their own', () => {
    const rows = [...exercise.checks(variant), ...exercise.measures(variant)];
    expect(rows.reduce((sum, { points }) => sum + points, 0)).toBe(100);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  });

  it('differs from student to student', () => {
    expect(new Set(variants.map((v) => JSON.stringify(v))).size).toBeGreaterThan(1);
  });

  it('has hints for its checks alone', () => {
    expect(Object.keys(exercise.hints).sort()).toEqual(
      exercise
        .checks(variant)
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('has a handout with a page, a picture, questions, and no constant that is left open', () => {
    const folder = handoutFolder(exercise);
    const readme = filled(readFileSync(join(folder, 'README.md'), 'utf8'), variant, 'ada');
    expect(readme).toContain('## Questions');
    expect(readme).toContain('](picture.svg)');
    expect(existsSync(join(folder, 'picture.svg'))).toBe(true);
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      if (/\.(?:md|txt|pages)$/.test(name))
        expect(filled(readFileSync(join(folder, name), 'utf8'), variant, 'ada')).not.toContain('{{');
  });

  it('publishes in its page each part of the way to hindsight that has points', () => {
    const readme = readFileSync(join(handoutFolder(exercise), 'README.md'), 'utf8');
    for (const { name, buckets } of exercise.measures(variant)) {
      const parts = /to hindsight: ([\d, and]+) % of it/.exec(buckets)?.[1]?.match(/\d+/g) ?? [];
      expect(buckets.includes('hindsight')).toBe(parts.length > 0);
      for (const part of parts)
        expect([name, part, new RegExp(`\\b${part}\\b[^\n]* %`).test(readme)]).toEqual([name, part, true]);
    }
  });

  it('has a pack with a page for instructors, and mutants that are edits of the reference', () => {
    expect(readFileSync(join(ownPack, exercise.id, 'instructor.md'), 'utf8')).toContain('**Time.**');
    const files = referenceFiles(ownPack, exercise, 'ada', 't');
    const mutants = mutantsOf(ownPack, exercise);
    expect(mutants.length).toBeGreaterThanOrEqual(12);
    for (const mutant of mutants) {
      const of = (text: string): string => filled(text, variantFor(exercise, 'ada', 't'), 'ada');
      const made = mutated(files, { ...mutant, find: of(mutant.find), replace: of(mutant.replace) });
      expect([mutant.name, JSON.stringify([...made]) === JSON.stringify([...files])]).toEqual([
        mutant.name,
        false,
      ]);
    }
  });
});
