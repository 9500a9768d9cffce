/**
 * ramp-idle-ramp: a service with two busy hours and nothing between.
 */
import { ObjectList } from '../subject/object-list.ts';
import {
  allocateTouched,
  dropAll,
  dropSome,
  mib,
  question,
  type Workload,
  type WorkloadContext,
} from './workload.ts';

async function climb(c: WorkloadContext, held: ObjectList): Promise<void> {
  for (let asked = 0; asked < 256 * mib * c.scale; ) {
    const size = 64 + c.random.below(4033);
    held.push(allocateTouched(c, size), size);
    asked += size;
    if (c.due()) await c.turn();
  }
}

async function run(c: WorkloadContext): Promise<void> {
  const held = new ObjectList();
  for (const round of ['first', 'second']) {
    await climb(c, held);
    c.endPhase(`${round} ramp`);
    await dropSome(c, held, () => c.random.below(20) !== 0);
    c.gc();
    await c.idle(1);
    c.gc();
    await c.idle(10);
    c.endPhase(`idle after the ${round}`);
  }
  await dropAll(c, held);
}

export const rampIdleRamp: Workload = {
  name: 'ramp-idle-ramp',
  description:
    '256 MiB of objects of 64 bytes to 4 KiB, nineteen of twenty dropped, two collections a second apart, ten ' +
    'idle seconds; then the same again. What a scavenger gave back in the pause must be faulted in for the ' +
    'second ramp: compare RSS in the pause with page faults and operations a second after it. Stresses the ' +
    'pace of scavenging and the cost of having scavenged.',
  questions: [question.madvFree, question.howLong, question.pacing, question.howFast],
  seed: 2,
  idleSeconds: 22,
  peakBytes: 256 * mib,
  run,
};
