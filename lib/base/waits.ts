/**
 * Waiting for others: a FIFO opens when somebody opens its other end, and a read or a write of it takes as long as somebody lets it;
 * so do terminals and other devices.
 *
 * A thread that waits so has no turn in which Ctrl-C could be obeyed by a handler. So during a call of this thread's the handlers of
 * commands and of their runs are off, and signals do what they do by themselves: they end the process. Handlers of a program that
 * uses the library are its own. What a thread of Node's pool waits for does not keep this one, but `process.exit`
 * waits for that thread; who exits asks here, and ends by the signal instead (cli/interrupts.ts).
 */
import { statSync } from 'node:fs';
import { stopSignals } from './stop-signals.ts';

/** Whether a file may keep who opens it, reads it or writes to it. False of one that is not there. */
export function mayWait(path: string): boolean {
  try {
    const stat = statSync(path);
    return stat.isFIFO() || stat.isCharacterDevice() || stat.isSocket();
  } catch {
    return false;
  }
}

/** Handlers of signals that are off while this thread waits. */
const handlers = new Set<NodeJS.SignalsListener>();

/** A handler of this package's for signals, which does nothing while this thread waits. */
export function offWhileWaiting(handler: NodeJS.SignalsListener): void {
  handlers.add(handler);
}

/** Does what may wait for a file's other end. */
export function whileWaiting<T>(path: string, work: () => T): T {
  if (!mayWait(path)) return work();
  const off = stopSignals.flatMap((signal) =>
    process
      .listeners(signal)
      .filter((one) => handlers.has(one))
      .map((handler) => ({ signal, handler })),
  );
  for (const { signal, handler } of off) process.off(signal, handler);
  try {
    return work();
  } finally {
    for (const { signal, handler } of off) process.on(signal, handler);
  }
}

let waiting = 0;

/** Whether a thread of the pool waits. */
export const isWaiting = (): boolean => waiting > 0;

/** A call of Node's that may wait for a file's other end. */
export async function waitFor<T>(call: Promise<T>): Promise<T> {
  waiting++;
  try {
    return await call;
  } finally {
    waiting--;
  }
}

/**
 * A turn for what waits in the event loop, such as a signal that came while this thread was kept. The first
 * immediate may come before the event loop asks the system again: where a file or a socket called this. The second does not.
 */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(setImmediate, resolve));
