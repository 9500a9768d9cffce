/** V8's own garbage: a test that asks what is held collects it first, since when V8 does depends on the machine. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

export const collectGarbage = runInNewContext('gc') as () => void;

/**
 * Bytes of the process's array buffers that are alive. What a collection finds is freed by a thread beside it, for which the next collection
 * waits: after one alone the figure is too high one time in six.
 */
export function heldByBuffers(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}
