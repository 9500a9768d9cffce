/**
 * The process of one run, told what to do by its first message: whatever makes the run.
 *
 * It ends its run soon, with a whole run file, when it is told to stop, when it gets SIGINT (which a
 * terminal sends to both processes), SIGTERM or SIGHUP, and when its parent is gone.
 */
import type { RunHooks } from './run.ts';
import { type FromChild, packError, type ToChild } from './run-messages.ts';
import type { RunOptions, RunResult } from './run-options.ts';

/** Makes a run in this process. */
export type MakeRun = (options: RunOptions, hooks: RunHooks) => Promise<RunResult>;

/** Sends, if there is anybody; `then` is called in any case. */
function send(message: FromChild, then: () => void = () => undefined): void {
  if (process.send === undefined || !process.connected) then();
  else process.send(message, undefined, {}, then);
}

export function serveRun(make: MakeRun): void {
  // Nobody may be there to read, or the disk be full: that is no reason to end a run.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  process.on('disconnect', () => stop.abort());
  let started = false;
  process.on('message', (message: ToChild) => {
    if (message.kind === 'stop') {
      stop.abort();
      return;
    }
    if (started) return;
    started = true;
    make(message.options, {
      signal: stop.signal,
      onProgress: (progress) => send({ kind: 'progress', progress }),
    }).then(
      (result) => send({ kind: 'done', result }, () => process.exit(0)),
      (error: unknown) => send({ kind: 'error', error: packError(error) }, () => process.exit(1)),
    );
  });
}
