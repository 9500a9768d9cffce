/**
 * The process of one run: started by fork-run.ts, told what to do by its first message.
 *
 * It ends its run soon, with a whole run file, when it is told to stop, when it gets SIGINT (which a
 * terminal sends to both processes), SIGTERM or SIGHUP, and when its parent is gone.
 */
import { makeRun } from './run.ts';
import { type FromChild, packError, type ToChild } from './run-messages.ts';

// Nobody may be there to read, or the disk be full: that is no reason to end a run.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
process.on('disconnect', () => stop.abort());

/** Sends, if there is anybody; `then` is called in any case. */
function send(message: FromChild, then: () => void = () => undefined): void {
  if (process.send === undefined || !process.connected) then();
  else process.send(message, undefined, {}, then);
}

let started = false;
process.on('message', (message: ToChild) => {
  if (message.kind === 'stop') {
    stop.abort();
    return;
  }
  if (started) return;
  started = true;
  makeRun(message.options, {
    signal: stop.signal,
    onProgress: (progress) => send({ kind: 'progress', progress }),
  }).then(
    (result) => send({ kind: 'done', result }, () => process.exit(0)),
    (error: unknown) => send({ kind: 'error', error: packError(error) }, () => process.exit(1)),
  );
});
