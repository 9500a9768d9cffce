/// <reference lib="dom" />
/** What the page says of a connection that is not there. */
import { byId, make } from '../../report/client/dom.ts';
import type { LiveLine } from '../live-lines.ts';
import type { ConnectionState } from './connection.ts';
import { connectionWords } from './state-words.ts';

export type Commands = NonNullable<LiveLine['hello']>['commands'];

/**
 * Shows it, or that there is nothing to say.
 * @param length milliseconds of the run's time that came
 * @param commands that show the run file
 */
export function showProblem(
  connection: ConnectionState,
  why: string | undefined,
  length: number,
  commands: Commands,
): void {
  const problem = byId('live-problem');
  problem.hidden = connection === 'connected';
  if (connection === 'connected') {
    problem.replaceChildren();
    delete problem.dataset.told;
    return;
  }
  const { words, isLost } = connectionWords(connection, why, length);
  // It is read aloud when it changes: what was told already stays as it is.
  if (problem.dataset.told === words) return;
  problem.dataset.told = words;
  problem.replaceChildren(words);
  if (!isLost || commands === undefined) return;
  const [view, report] = commands.map((command) => make('code', {}, command));
  problem.append(
    ' To look at the run file, type in the folder where the run was started',
    ...[make('br'), view ?? '', make('br'), 'for this page of it, or'],
    ...[make('br'), report ?? '', make('br'), 'for a report.'],
  );
}
