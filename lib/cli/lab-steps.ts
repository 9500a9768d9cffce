/**
 * The steps of `pageheap lab step`: what was asked and answered, with the free runs of the hand-in beside the right ones where they are
 * what is played.
 */
import type { Step } from '../course/exercises/exercise.ts';
import { cellsOf, stripLegend } from '../course/report/strip.ts';
import type { Terminal } from './terminal.ts';

/** @returns whether nothing is wrong, where that can be said */
export function printSteps(steps: readonly Step[], terminal: Terminal): boolean {
  const colors = terminal.outColors;
  const width = Math.max(10, Math.min(110, terminal.columnsOf(terminal.out)) - 10);
  let isRight = true;
  for (const { asked, answered, expected, free, whose = 'the reference', isBefore, isWrong, note } of steps) {
    const answer = answered === '' ? '' : ` → ${answered}`;
    if (free === undefined) {
      const right = answered === expected || expected === '' ? '' : `, ${whose} ${expected}`;
      const mark = isWrong === true ? `${colors.red('≠')} ` : '';
      if (isWrong === true) isRight = false;
      terminal.print(`${mark}${colors.bold(asked)}${answer}${right}`);
    } else {
      const { pages, registry, model } = free;
      const perCell = Math.max(1, Math.ceil(pages / width));
      const right = cellsOf(model, pages, perCell);
      const yours = registry === undefined ? undefined : cellsOf(registry, pages, perCell);
      const same = isBefore !== true && answered === expected && yours === right;
      if (!same) isRight = false;
      const told = answered === expected || expected === '' ? answer : `${answer}, and ${expected} is right`;
      terminal.print(`${same ? colors.green('=') : colors.red('≠')} ${colors.bold(asked)}${told}`);
      terminal.print(`  ${isBefore === true ? 'before' : 'right '}  ${right}`);
      if (yours !== right) terminal.print(`  ${colors.red('yours ')}  ${yours ?? 'it tells no free runs'}`);
    }
    for (const line of note?.split('\n') ?? []) terminal.print(`  ${line}`);
  }
  const strips = steps.flatMap(({ free }) =>
    free === undefined ? [] : [{ model: free.model, registry: free.registry ?? [] }],
  );
  if (strips.length > 0) terminal.print(`\n${stripLegend(strips)}`);
  return isRight;
}
