/**
 * The signals that end a command, and what a child's death by one of them means.
 *
 * A terminal sends them to all processes of a group. A child that is just starting has no handler and dies at once, and the process that
 * started it may learn of the death first: while it starts a process, its main thread takes no signal, and another thread that took
 * it waits for a processor. So who draws a conclusion from a child's end waits a moment before (`ownSignal`).
 */
import { setTimeout as pause } from 'node:timers/promises';

/** What ends a run, and whoever waits for one. */
export const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export const isStopSignal = (signal: string | null | undefined): boolean =>
  (stopSignals as readonly unknown[]).includes(signal);

/** How long a signal may take that a child has died of already, ms. */
export const ownSignalMs = 500;

/**
 * Lets this process come to its own signal, where a child has died of one: its handlers have had their turn then.
 * @param signal by which the child ended; null where it ended by itself: then there is nothing to wait for
 */
export async function ownSignal(signal: NodeJS.Signals | null): Promise<void> {
  if (isStopSignal(signal)) await pause(ownSignalMs);
}
