/** `lab step` of an exercise, on a hand-in of a student, without the command. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Step } from '../../lib/course/exercises/exercise.ts';
import { runnable } from '../../lib/course/handout/hand-in.ts';
import { variantFor } from '../../lib/course/handout/start.ts';

// The process of a hand-in is started from what is compiled.
const compiled = (name: string): Promise<unknown> =>
  import(/* @vite-ignore */ pathToFileURL(join(process.cwd(), 'dist/lib/course', name)).href);
const { Bench } = (await compiled(
  'exercises/bench.js',
)) as typeof import('../../lib/course/exercises/bench.ts');
// It starts a process of its own, too.
const { exerciseOf } = (await compiled(
  'exercises/registry.js',
)) as typeof import('../../lib/course/exercises/registry.ts');

export interface Stepped {
  readonly id: string;
  readonly student: string;
  readonly term: string;
  readonly on: string;
}

export async function stepsOn(
  { id, student, term, on }: Stepped,
  files: ReadonlyMap<string, string>,
  trace: string,
): Promise<readonly Step[]> {
  const exercise = exerciseOf(id);
  const handin = runnable(exercise, { files }, {});
  if (!('entry' in handin)) throw new Error('it cannot run');
  const bench = new Bench(handin);
  try {
    return await exercise.step(bench, variantFor(exercise, student, term), trace, on, '');
  } finally {
    bench.close();
  }
}
