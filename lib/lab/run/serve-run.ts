/**
 * The process of one run, told what to do by its first message: whatever makes the run. Later messages look at the run, or
 * steer it; they have their turn between two operations.
 *
 * What the user's code does outside of its calls (subject/late-errors.ts) fails the run.
 *
 * It ends its run soon, with a whole run file, when it is told to stop, when it gets SIGINT (which a
 * terminal sends to both processes), SIGTERM or SIGHUP, and when its parent is gone.
 */
import { PageHeapError } from '../../base/errors.ts';
import { surviveTerminal } from '../../base/gone-terminal.ts';
import { stopSignals } from '../../base/stop-signals.ts';
import { isWaiting, offWhileWaiting, turn } from '../../base/waits.ts';
import { threadCpuClock } from '../../os/clock.ts';
import { onLateErrors } from '../subject/late-errors.ts';
import type { RunHooks } from './run.ts';
import type { RunControls } from './run-controls.ts';
import { type Answer, type FromChild, type LookedPages, packError, type ToChild } from './run-messages.ts';
import type { RunOptions, RunResult } from './run-options.ts';

/** Makes a run in this process. */
export type MakeRun = (options: RunOptions, hooks: RunHooks) => Promise<RunResult>;

/** Sends, if there is anybody; `then` is called in any case. */
function send(message: FromChild, then: () => void = () => undefined): void {
  if (process.send === undefined || !process.connected) then();
  else process.send(message, undefined, {}, then);
}

/** What comes of an act, or why nothing does. */
function answerOf<T>(id: number, act: () => T): Answer<T> {
  try {
    return { id, value: act() };
  } catch (error) {
    return { id, error: packError(error) };
  }
}

function look(controls: RunControls | undefined): LookedPages | undefined {
  const begin = threadCpuClock.now();
  const snapshot = controls?.look();
  if (controls === undefined || snapshot === undefined) return undefined;
  const { t, states, physical } = snapshot;
  const costNs = threadCpuClock.now() - begin;
  return { t, states, physical, costNs, physicalPage: controls.physicalPage };
}

function steered(controls: RunControls | undefined): RunControls {
  if (controls === undefined)
    throw new PageHeapError(
      'ERR_INVALID_ARGUMENT',
      'there is nothing to steer: the run is not there yet, or over',
    );
  return controls;
}

/** So long a run that was stopped may wait for others, ms. */
const mostWaitMs = 500;

/** A thread that waits for the other end of a FIFO comes to no end by itself, and would keep the exit of its process. */
function endWaiting(): void {
  if (isWaiting()) process.kill(process.pid, 'SIGKILL');
}

/** Ends the process: all was answered. */
function leave(code: number): void {
  endWaiting();
  process.exit(code);
}

export function serveRun(make: MakeRun): void {
  surviveTerminal();
  // Nobody may be there to read, or the disk be full: that is no reason to end a run.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const stop = new AbortController();
  const stopped = (): void => stop.abort();
  stop.signal.addEventListener('abort', () => setTimeout(endWaiting, mostWaitMs));
  offWhileWaiting(stopped);
  for (const signal of stopSignals) process.on(signal, stopped);
  process.on('disconnect', () => stop.abort());
  let started = false;
  let controls: RunControls | undefined;
  let late: { readonly error: unknown } | undefined;
  const start = (options: RunOptions): void => {
    started = true;
    // Without the user's code Node says best what has gone wrong.
    if (options.modules !== undefined)
      onLateErrors((error, isOfUser) => {
        // After one of ours nobody may come to an end.
        if (!isOfUser) send({ kind: 'error', error: packError(error) }, () => leave(1));
        late ??= { error };
        controls?.fail(error);
      });
    const made = make(options, {
      signal: stop.signal,
      onProgress: (progress) => send({ kind: 'progress', progress }),
      onControls: (now) => {
        controls = now;
        if (late !== undefined) now?.fail(late.error);
      },
    });
    const settled = made.then(async (result) => {
      // For what the last operation has left to the event loop.
      await turn();
      if (late !== undefined) throw late.error;
      return result;
    });
    settled.then(
      (result) => send({ kind: 'done', result }, () => leave(0)),
      (error: unknown) => send({ kind: 'error', error: packError(error) }, () => leave(1)),
    );
  };
  process.on('message', (message: ToChild) => {
    switch (message.kind) {
      case 'start':
        if (!started) start(message.options);
        return;
      case 'stop':
        stop.abort();
        return;
      case 'look':
        send({ kind: 'looked', ...answerOf(message.id, () => look(controls)) });
        return;
      case 'steer':
        send({ kind: 'steered', ...answerOf(message.id, () => steered(controls).steer(message.command)) });
    }
  });
}
