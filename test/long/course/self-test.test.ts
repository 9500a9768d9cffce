/**
 * Every exercise by its pack: references, all mutants, all forgeries.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exercises } from '../../../lib/course/exercises/registry.ts';

const compiled = pathToFileURL(join(process.cwd(), 'dist/lib/course/grading/self-test.js')).href;
const { selfTest } = (await import(
  /* @vite-ignore */ compiled
)) as typeof import('../../../lib/course/grading/self-test.ts');

describe('the grading holds against its own pack', () => {
  it.each(exercises.map((exercise) => [exercise.id, exercise] as const))('%s', async (_id, exercise) => {
    const lines = await selfTest(undefined, exercise);
    expect(lines.filter(({ ok }) => !ok)).toEqual([]);
    expect(lines.filter(({ what }) => what.startsWith('mutant')).length).toBeGreaterThanOrEqual(10);
  });
});
