/**
 * gcphys: does a heap keep to the physical memory it needs when what is freed has holes (after the test of
 * that name in Go's own suite)?
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

const block = 64 * 1024;

async function run(c: WorkloadContext): Promise<void> {
  for (let round = 1; round <= 5; round++) {
    const held = new ObjectList();
    // Whole pairs of blocks, one of each pair to be freed, and 16 of them at least.
    const total = Math.max(16, Math.round(256 * c.scale)) * 2 * block;
    for (let asked = 0; asked < total; asked += block) {
      held.push(allocateTouched(c, block, 4096), block);
      if (c.due()) await c.turn();
    }
    await dropSome(c, held, (i) => i % 2 === 1);
    // Twice: the 2023 design spares what was in dense use in this cycle or the one before.
    c.gc();
    c.gc();
    c.endPhase(`holes ${round}`);
    const huge = total / 2;
    held.push(allocateTouched(c, huge, 4096), huge);
    c.endPhase(`large ${round}`);
    await c.idle(1);
    await dropAll(c, held);
    c.gc();
    c.endPhase(`dropped ${round}`);
  }
  await c.idle(5);
  c.endPhase('idle');
}

export const gcphys: Workload = {
  name: 'gcphys',
  description:
    '32 MiB in blocks of 64 KiB, every other one freed, then 16 MiB in one piece that fits into no hole; all ' +
    'dropped; five times. In the first round the heap must grow for the large piece although half of it is ' +
    'free, so what counts is whether it gives the holes back at that moment: growth scavenging (2019, 2023) ' +
    'does, release by age (2014) does not. The design of 2019 grows by 64 MiB at a time and needs --scale 2 ' +
    'to show it. In later rounds the room is there. Look at RSS and HeapSys after each "large".',
  questions: [question.pacing, question.fragmentation],
  seed: 1,
  idleSeconds: 10,
  peakBytes: 32 * mib,
  run,
};
