/**
 * Debug mode and sharing together: whatever a program calls takes the heap's lock before it touches a column, which debug mode
 * watches. Each call of the collector's, with what it is meant for and with what it is not.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { FatalError } from '../../lib/base/errors.ts';
import { generations } from '../../lib/design/design.ts';
import { calls, worldOf } from './collector-calls.ts';

describe.each(generations)('a shared heap that is watched, %s', (generation) => {
  test.each(Object.entries(calls))('%s', (_name, call) => {
    const heap = new Heap({
      environment: false,
      reach: 2 ** 28,
      liveness: 'tracing',
      debug: true,
      generation,
    });
    onTestFinished(() => heap.dispose());
    heap.share();
    const world = worldOf(heap, generation === 'radix');
    const given = [world.kept, world.framed, 0, 1, world.type, {}, 'name', () => {}, null];
    for (const a of given)
      for (const b of given) {
        try {
          call(world, a as never, b as never);
        } catch (error) {
          expect(error).not.toBeInstanceOf(FatalError);
        }
      }
    heap.gc();
    heap.runFinalizers();
    heap.check(3);
  });
});
