/**
 * tiny-objects: many objects too small for a size class of their own.
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

async function run(c: WorkloadContext): Promise<void> {
  const held = new ObjectList();
  const objects = Math.round(8_000_000 * c.scale);
  while (held.length < objects) {
    const size = 1 + c.random.below(15);
    held.push(allocateTouched(c, size), size);
    if (c.due()) await c.turn();
  }
  c.endPhase('filled');
  await dropSome(c, held, () => c.random.below(8) !== 0);
  c.gc();
  c.endPhase('one of eight kept');
  await c.idle(1);
  c.gc();
  await c.idle(5);
  c.endPhase('idle');
  await dropAll(c, held);
  c.gc();
  await c.idle(1);
  c.gc();
  await c.idle(5);
  c.endPhase('empty');
}

export const tinyObjects: Workload = {
  name: 'tiny-objects',
  description:
    'Eight million objects of 1 to 15 bytes, which share blocks of 16; one of eight is kept, at random, and so ' +
    'most blocks stay alive for one of their objects and most pages for one of their blocks. Shows how far ' +
    'tiny allocation can be from what lives, and what no scavenger can do about it.',
  questions: [question.allocation, question.metadata],
  seed: 6,
  idleSeconds: 12,
  peakBytes: 64 * mib,
  run,
};
