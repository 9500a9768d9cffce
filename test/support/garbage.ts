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

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Collects until a condition holds which what was forgotten leads to. A turn of the event loop lets one FinalizationRegistry have its
 * callbacks, of all that have some to call (V8: a task each): of 201 registries the last made had its turn after 136. Each
 * heap of the tests before has some of its own, so one turn a collection was too few once in a dozen runs.
 */
export async function collectUntil(isDone: () => boolean): Promise<void> {
  for (let round = 0; round < 200 && !isDone(); round++) {
    collectGarbage();
    for (let i = 0; i < 100; i++) await turn();
  }
}
