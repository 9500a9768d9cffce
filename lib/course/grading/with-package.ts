/**
 * A grade, and what of the hand-in stands in the package itself. No points go by that: who grades reads both.
 */
import type { Exercise } from '../exercises/exercise.ts';
import { givenText } from '../handout/start.ts';
import { inPackage } from '../source/in-package.ts';
import type { Grade } from './grade.ts';

/** Whether code is handed in, and no traces or sheet. */
export const isCode = ({ handin }: Exercise): boolean => handin.endsWith('.mjs');

export function withPackage(made: Grade, exercise: Exercise, files: ReadonlyMap<string, string>): Grade {
  if (!isCode(exercise)) return made;
  const found = inPackage([...files.values()].join('\n'), givenText(exercise));
  return found === undefined ? made : { ...made, inPackage: found };
}
