/** Mutants of an exercise's reference, each graded up to its first failure, and once, whoever asks. */
import type { Exercise } from '../../lib/course/exercises/exercise.ts';
import type { Grade } from '../../lib/course/grading/grade.ts';
import { mutantsOf, mutated, ownPack } from '../../lib/course/grading/self-test.ts';

type Files = ReadonlyMap<string, string>;

export function mutantGrades(
  exercise: Exercise,
  reference: Files,
  graded: (files: Files, first: boolean) => Promise<Grade>,
): (name: string) => Promise<Grade> {
  const made = new Map<string, Promise<Grade>>();
  return (name) => {
    const mutant = mutantsOf(ownPack, exercise).find((one) => one.name === name);
    if (mutant === undefined) throw new Error(`there is no mutant ${name}`);
    const found = made.get(name) ?? graded(mutated(reference, mutant), true);
    made.set(name, found);
    return found;
  };
}
