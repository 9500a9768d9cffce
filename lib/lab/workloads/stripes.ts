/**
 * stripes: page-level fragmentation at its plainest (golang/go issue 9869).
 */
import { ObjectList } from '../subject/object-list.ts';
import { allocateTouched, dropSome, mib, question, type Workload, type WorkloadContext } from './workload.ts';

const page = 8192;

async function run(c: WorkloadContext): Promise<void> {
  const held = new ObjectList();
  // An object of 8 KiB is a span of one page in every table of size classes, and they come one after another.
  const pages = Math.round((256 * mib * c.scale) / page);
  while (held.length < pages) {
    held.push(allocateTouched(c, page, 4096), page);
    if (c.due()) await c.turn();
  }
  c.endPhase('filled');
  await dropSome(c, held, (i) => i % 9 !== 0);
  c.gc();
  c.gc();
  c.endPhase('stripes');
  await c.idle(8);
  c.endPhase('idle');
  for (let asked = 0; asked < 64 * mib * c.scale; asked += mib) {
    held.push(allocateTouched(c, mib, 4096), mib);
    if (c.due()) await c.turn();
  }
  c.endPhase('large objects');
  await c.idle(8);
  c.endPhase('idle again');
}

export const stripes: Workload = {
  name: 'stripes',
  description:
    '256 MiB of pages, of which eight of nine are freed: one live page, eight free ones, over and over. Nine ' +
    'tenths of the heap are free, and yet no object of 1 MiB finds room: 64 MiB of them must grow the heap ' +
    '(golang/go issue 9869). Stresses page-level fragmentation and the number of free runs: one list of large ' +
    'runs, a treap and a bitmap pay differently for it, and so does the kernel, in mappings and calls. Look at ' +
    'HeapSys after the large objects, and at the page map.',
  questions: [question.allocation, question.fragmentation, question.mappings],
  seed: 9869,
  idleSeconds: 16,
  peakBytes: 256 * mib,
  run,
};
