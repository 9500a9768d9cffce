/**
 * A tool of the system's or of this package's, run to its end while this thread waits.
 *
 * A terminal's Ctrl-C ends the tool, too, and nothing may be concluded from that: that there is no Go here, say. While this thread
 * waits it takes no signal, and another thread that took it may wait for a processor. So a tool that such a signal ended
 * is waited on a moment longer: the signal is in this process's queue then, and obeyed at the next turn of the event loop
 * (base/stop-signals.ts tells of tools that do not keep the thread).
 */
import { type SpawnSyncOptions, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { isStopSignal, ownSignalMs } from './stop-signals.ts';

export type ToolOptions = Omit<SpawnSyncOptions, 'encoding' | 'shell'>;

/** @param options as those of Node's spawnSync @returns as spawnSync; text where a stream is a pipe */
export function runTool(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): SpawnSyncReturns<string> {
  const done = spawnSync(command, args, { ...options, encoding: 'utf8' });
  if (isStopSignal(done.signal)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ownSignalMs);
  return done;
}
