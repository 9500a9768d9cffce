/**
 * cache-refill: a cache that is filled, emptied, and filled again.
 */
import { ObjectList } from '../subject/object-list.ts';
import { allocateTouched, dropAll, mib, question, type Workload, type WorkloadContext } from './workload.ts';

async function run(c: WorkloadContext): Promise<void> {
  const held = new ObjectList();
  for (let round = 1; round <= 3; round++) {
    for (let asked = 0; asked < 256 * mib * c.scale; ) {
      const size = 1024 + c.random.below(31 * 1024);
      held.push(allocateTouched(c, size, 1024), size);
      asked += size;
      if (c.due()) await c.turn();
    }
    c.endPhase(`filled ${round}`);
    await dropAll(c, held);
    c.gc();
    await c.idle(1);
    c.gc();
    await c.idle(6);
    c.endPhase(`deleted ${round}`);
  }
}

export const cacheRefill: Workload = {
  name: 'cache-refill',
  description:
    '256 MiB of values of 1 to 32 KiB, all deleted, two collections, six idle seconds; three times. The ' +
    'question people bring: why does memory not come down after the cache was emptied? Shows how much of a ' +
    'deleted cache each design returns before the next fill, and what MADV_FREE hides: HeapReleased rises ' +
    'and RSS does not.',
  questions: [question.rssHigh, question.madvFree, question.howLong],
  seed: 4,
  idleSeconds: 21,
  peakBytes: 256 * mib,
  run,
};
