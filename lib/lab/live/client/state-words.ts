/** How a run stands, and how the page stands with it, in words. */
import { formatDuration, formatShare, formatTime } from '../../report/client/format.ts';
import type { LiveState, WatchMode } from '../live-lines.ts';
import type { ConnectionState } from './connection.ts';

/** A word for how the run stands, and its look. */
export function badgeOf(
  state: LiveState,
  mode: WatchMode,
  connection: ConnectionState,
): readonly [string, string] {
  if (state.phase === 'over') return [mode === 'view' ? 'recorded' : 'over', 'good'];
  if (state.phase === 'died') return ['died', 'bad'];
  if (connection === 'gone') return ['gone', 'bad'];
  if (connection !== 'connected') return ['no connection', 'bad'];
  if (state.phase === 'starting') return ['starting', ''];
  return state.steer?.paused === true ? ['paused', 'steer'] : ['running', 'good'];
}

/** Sentences: why it is over, then how far it is or how long it lasted, and where the report is. */
export function wordsOf({ phase, reason, share, report }: LiveState, length: number): string {
  const words: string[] = [];
  if (phase === 'running' && share !== undefined)
    words.push(`${formatShare(share, 1)} of this phase is done`);
  if (phase === 'over' || phase === 'died') words.push(`it lasted ${formatDuration(length)}`);
  if (report !== undefined) words.push(`report: ${report}`);
  const rest = words.join('; ');
  if (reason === undefined) return rest;
  return `${reason.replace(/\.$/, '')}. ${rest[0]?.toUpperCase() ?? ''}${rest.slice(1)}`.trim();
}

/** What is told of a connection that is not there, and whether it is said how else to look at the run. */
export function connectionWords(
  connection: Exclude<ConnectionState, 'connected'>,
  why: string | undefined,
  length: number,
): { readonly words: string; readonly isLost: boolean } {
  const until = length > 0 ? ` What came until ${formatTime(length)} of its time stays here.` : '';
  if (connection === 'gone')
    return {
      words: `Nobody answers any more: the process that served this page has ended or was killed, or there is no way to it (a tunnel, a machine that sleeps).${until} This page goes on by itself when it answers again.`,
      isLost: true,
    };
  const told = why === undefined ? undefined : `${why[0]?.toUpperCase() ?? ''}${why.slice(1)}.`;
  if (connection === 'refused') return { words: `${told ?? ''}${until}`, isLost: true };
  return {
    words: told ?? 'The connection is broken. It is tried again; what is shown here is from before.',
    isLost: false,
  };
}
