/** How a run stands, in words. */
import { formatDuration, formatShare } from '../../report/client/format.ts';
import type { LiveState, WatchMode } from '../live-lines.ts';

/** A word for how the run stands, and its look. */
export function badgeOf(state: LiveState, mode: WatchMode, isConnected: boolean): readonly [string, string] {
  if (state.phase === 'over') return [mode === 'view' ? 'recorded' : 'over', 'good'];
  if (state.phase === 'died') return ['died', 'bad'];
  if (!isConnected) return ['no connection', 'bad'];
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
