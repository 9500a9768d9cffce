/**
 * The sheet of the folder, played for `lab step`: after each operation the free runs that the predictions come to, beside those of the
 * design.
 *
 * As in a check, what is right is shown as far as the predictions are right: with the first that is wrong or missing it ends, and tells
 * what was free before it, and the rule. No other operations are played: who could have any played could have those of a sheet
 * from a secret.
 */
import { PageHeapError } from '../../../base/errors.ts';
import type { Generation } from '../../../design/design.ts';
import type { Run } from '../../model/fits.ts';
import type { Step } from '../exercise.ts';
import type { Move } from '../predict/scenes.ts';
import { answerText, givenMoves, heapPages, runsText, type Scene, type Told } from './scene.ts';
import { isRight, operationText, pageIn, parseSheet, runsIn, sheetId } from './sheet.ts';

/** What is free after an allocation at a page, by what was free before it. */
function without(runs: readonly Run[], page: number, n: number): Run[] {
  return runs.flatMap((run) => {
    const end = run.page + run.n;
    if (page + n <= run.page || page >= end) return [run];
    return [
      { page: run.page, n: Math.max(0, page - run.page) },
      { page: page + n, n: Math.max(0, end - page - n) },
    ].filter((part) => part.n > 0);
  });
}

/** What the student's answer comes to; undefined where it is none. */
function predicted(move: Move, { before }: Told, text: string): Run[] | undefined {
  if (move.k !== 'alloc') return runsIn(text);
  const page = pageIn(text);
  return page === undefined ? undefined : without(before, page, move.n);
}

/** @throws PageHeapError ERR_FILE for another sheet than that of the seed */
export function stepsOf(
  text: string,
  { moves, answers }: Scene,
  design: Generation,
  seed: string,
  ruleWords: (move: Move) => string,
): Step[] {
  const sheet = parseSheet(text);
  if (sheet.id !== sheetId(seed))
    throw new PageHeapError(
      'ERR_FILE',
      `is ${sheet.id === undefined ? 'no sheet' : 'a sheet of other operations'}: the one of your folder is stepped through`,
      { file: 'the trace' },
    );
  const steps: Step[] = [];
  for (const [i, move] of moves.entries()) {
    const told = answers[design][i] as Told;
    const operation = operationText(move);
    const written = sheet.answers[design].get(i + 1);
    if (written !== undefined && written.operation !== operation)
      throw new PageHeapError('ERR_FILE', `operation ${i + 1} was ${operation}`, {
        file: 'the trace',
        line: written.line,
      });
    const right = answerText(move, told);
    const answer = i < givenMoves ? right : (written?.text ?? '?');
    const asked = `${i + 1}  ${operation}`;
    const registry = predicted(move, told, answer);
    if (!isRight(move, told, answer)) {
      const free = { pages: heapPages, registry, model: told.before };
      const note = `the rule: ${ruleWords(move)}`;
      steps.push({ asked, answered: answer, expected: '', free, isBefore: true, note });
      break;
    }
    steps.push({
      ...{ asked, answered: right, expected: right },
      free: { pages: heapPages, registry, model: told.after },
      ...(move.k === 'alloc' ? { note: `free runs ${runsText(told.after)}` } : {}),
    });
  }
  return steps;
}
