/**
 * One page that watches: the run file from where it asked for, and what is new, for as long as it reads.
 *
 * Nothing is queued: while the page does not take what was sent (it is slow, or its tab sleeps), nothing more is read for
 * it; then it goes on where it was in the file, and gets the latest state and map, not those in between.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { LiveLine } from './live-lines.ts';
import type { WatchedRun } from './watched-run.ts';

const lineOf = (line: Omit<LiveLine, 'k'>): string => `${JSON.stringify({ k: 'live', ...line })}\n`;

/**
 * Streams until the page leaves, or the signal is given; then what is new by then is sent, and the answer ends.
 * @param beatMs after so long without news a page is told that the connection stands
 */
export async function streamRun(
  run: WatchedRun,
  response: ServerResponse,
  from: number,
  ending: AbortSignal,
  beatMs: number,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const send = async (data: string | Buffer): Promise<void> => {
    if (gone.signal.aborted || response.write(data)) return;
    await once(response, 'drain', { signal: gone.signal }).catch(() => undefined);
  };
  const signal = AbortSignal.any([gone.signal, ending]);
  let at = from;
  let [state, map] = [0, 0];
  let { crowded } = run.versions;
  /** Sends what is new. @returns whether there was anything: then more may have come while it was sent */
  const sendNews = async (): Promise<boolean> => {
    let sent = false;
    const tell = async (data: string | Buffer): Promise<void> => {
      sent = true;
      await send(data);
    };
    const chunk = run.state.phase === 'starting' ? Buffer.alloc(0) : run.file.read(at);
    const { versions } = run;
    if (chunk.length > 0) {
      at += chunk.length;
      await tell(chunk);
    }
    // That it is over is told when all of it is there.
    const isOver = run.state.phase === 'over' || run.state.phase === 'died';
    if (versions.state !== state && !(isOver && chunk.length > 0)) {
      state = versions.state;
      await tell(lineOf({ state: run.state }));
    }
    if (versions.map !== map && run.map !== undefined) {
      map = versions.map;
      await tell(run.map);
    }
    if (versions.crowded !== crowded) {
      crowded = versions.crowded;
      await tell(lineOf({ crowded: true }));
    }
    return sent;
  };
  run.came();
  try {
    const { id, mode, path: file, commands } = run;
    const bytes = run.state.phase === 'starting' ? 0 : run.file.size;
    if (at > bytes) at = 0;
    await send(lineOf({ hello: { id, mode, bytes, from: at, file, commands } }));
    while (!gone.signal.aborted) {
      if (await sendNews()) continue;
      if (ending.aborted) break;
      const before = run.versions.state;
      await run.news(beatMs, signal);
      if (run.versions.state === before) await send(lineOf({ beat: true }));
    }
  } finally {
    run.went();
    response.end();
  }
}
