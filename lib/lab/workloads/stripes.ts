/**
 * stripes: page-level fragmentation at its plainest (golang/go issue 9869).
 */
import { allocateTouched, dropSome, Held, mib, type Workload, type WorkloadContext } from './workload.ts';

const page = 8192;

async function run(c: WorkloadContext): Promise<void> {
  const held = new Held();
  // Above 32 KiB an object is a span of its own; the live page is one of 8 KiB objects, a span of one page.
  for (let asked = 0; asked < 256 * mib * c.scale; asked += 9 * page) {
    held.push(allocateTouched(c, page, page), page);
    held.push(allocateTouched(c, 8 * page, page), 8 * page);
    if (c.due()) await c.turn();
  }
  c.endPhase('striped');
  await dropSome(c, held, (i) => i % 2 === 1);
  c.gc();
  c.gc();
  c.endPhase('every stripe free');
  await c.idle(5);
  for (let asked = 0; asked < 64 * mib * c.scale; asked += 16 * page) {
    held.push(allocateTouched(c, 16 * page, page), 16 * page);
    if (c.due()) await c.turn();
  }
  c.endPhase('runs of 16 pages');
  await c.idle(5);
  c.endPhase('idle');
}

export const stripes: Workload = {
  name: 'stripes',
  description:
    'One live page, eight free ones, over and over, 256 MiB of it: nine tenths of the heap are free, and yet ' +
    'an allocation of 16 pages finds no run and the heap must grow (golang/go issue 9869). Stresses page-level ' +
    'fragmentation and the number of free runs: one list of large runs, a treap and a bitmap pay differently ' +
    'for it. Look at HeapSys after the last phase, and at the page map.',
  questions: [7, 8],
  seed: 9869,
  idleSeconds: 10,
  peakBytes: 256 * mib,
  run,
};
