/**
 * Exercises by their pack: references, all mutants, all forgeries. Each takes minutes, so they are several files: two run at
 * a time.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

// All of it compiled: what starts a process starts one of what Node 20 can load.
const compiled = (path: string): string =>
  pathToFileURL(join(process.cwd(), 'dist/lib/course', path.replace('.ts', '.js'))).href;
const { selfTest } = (await import(
  /* @vite-ignore */ compiled('grading/self-test.ts')
)) as typeof import('../../../lib/course/grading/self-test.ts');
const { exercises } = (await import(
  /* @vite-ignore */ compiled('exercises/registry.ts')
)) as typeof import('../../../lib/course/exercises/registry.ts');

/** The exercises of these numbers. */
export function testGrading(first: number, last: number): void {
  const tested = exercises.filter(({ number }) => number >= first && number <= last);
  describe('the grading holds against its own pack', () => {
    it.each(tested.map((exercise) => [exercise.id, exercise] as const))('%s', async (_id, exercise) => {
      const lines = await selfTest(undefined, exercise);
      expect(lines.filter(({ ok }) => !ok)).toEqual([]);
      expect(lines.filter(({ what }) => what.startsWith('mutant')).length).toBeGreaterThanOrEqual(10);
    });
  });
}
