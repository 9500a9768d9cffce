/**
 * Random programs against a hand-in, and the shortest that shows what is wrong: property testing, which shrinks by the
 * one cause that it met first.
 *
 * What ends the hand-in as a whole (its work is spent, its process is gone) is no failure of a program. It passes through,
 * unless a failure was found before: a library for properties would take it for one, and nothing would have been found.
 */
import fc from 'fast-check';
import { chanceOf } from '../model/seeds.ts';
import type { Failure } from './exercise.ts';

/** @throws HandinOver, as `play` does, where no failure was found */
export async function shortestFailure<T>(
  programs: fc.Arbitrary<T>,
  { seed, runs }: { readonly seed: string; readonly runs: number },
  play: (program: T) => Promise<Failure | undefined>,
): Promise<Failure | undefined> {
  let found: Failure | undefined;
  let over: { readonly error: unknown } | undefined;
  await fc.check(
    fc.asyncProperty(programs, async (program) => {
      if (over !== undefined) return true;
      let failure: Failure | undefined;
      try {
        failure = await play(program);
      } catch (error) {
        over = { error };
        return true;
      }
      // What shrinking ends with is the last that failed. It keeps to one cause.
      if (failure === undefined || (found !== undefined && failure.cause !== found.cause)) return true;
      found = failure;
      return false;
    }),
    { seed: chanceOf(seed).between(0, 2 ** 31 - 2), numRuns: runs },
  );
  if (found === undefined && over !== undefined) throw over.error;
  return found;
}
