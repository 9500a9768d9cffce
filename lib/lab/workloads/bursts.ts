/**
 * large-bursts: large objects in bursts, gone as soon as they came.
 */
import { ObjectList } from '../subject/object-list.ts';
import { allocateTouched, dropAll, mib, question, type Workload, type WorkloadContext } from './workload.ts';

async function run(c: WorkloadContext): Promise<void> {
  for (let burst = 1; burst <= 6; burst++) {
    const held = new ObjectList();
    for (let asked = 0; asked < 192 * mib * c.scale; ) {
      const size = mib + c.random.below(7 * mib);
      held.push(allocateTouched(c, size, 4096), size);
      asked += size;
      if (c.due()) await c.turn();
    }
    c.endPhase(`burst ${burst}`);
    await dropAll(c, held);
    c.gc();
    await c.idle(3);
    c.endPhase(`after ${burst}`);
  }
}

export const largeBursts: Workload = {
  name: 'large-bursts',
  description:
    'Six bursts of 192 MiB in objects of 1 to 8 MiB, each dropped and collected at once and followed by three ' +
    'idle seconds. Stresses large runs: best fit against first fit, coalescing, and growth; and it shows what ' +
    'retaining memory between bursts saves in page faults and costs in RSS.',
  questions: [question.madvFree, question.pacing, question.allocation],
  seed: 5,
  idleSeconds: 18,
  peakBytes: 192 * mib,
  run,
};
