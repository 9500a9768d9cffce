/**
 * ledger-churn: a steady set of records, each soon replaced.
 */
import { ObjectList } from '../subject/object-list.ts';
import { allocateTouched, dropAll, mib, question, type Workload, type WorkloadContext } from './workload.ts';

const recordSize = (random: { below(k: number): number }): number => 48 + random.below(465);

async function run(c: WorkloadContext): Promise<void> {
  const { random } = c;
  const held = new ObjectList();
  const records = Math.max(64, Math.round(240_000 * c.scale));
  while (held.length < records) {
    const size = recordSize(random);
    held.push(allocateTouched(c, size), size);
    if (c.due()) await c.turn();
  }
  c.endPhase('filled');
  for (let round = 1; round <= 4; round++) {
    for (let n = 0; n < records * 4; n++) {
      const i = random.below(records);
      c.drop(held.addresses[i], held.sizes[i]);
      const size = recordSize(random);
      held.addresses[i] = allocateTouched(c, size);
      held.sizes[i] = size;
      if (c.due()) await c.turn();
    }
    c.endPhase(`churned ${round}`);
  }
  await c.idle(5);
  c.endPhase('idle');
  await dropAll(c, held);
}

export const ledgerChurn: Workload = {
  name: 'ledger-churn',
  description:
    '240,000 records of 48 to 512 bytes, about 64 MiB, of which one after the other at random is replaced, ' +
    'sixteen times as many as there are. The live heap does not change; the collector runs by its goal all ' +
    'the time. Stresses malloc, the sweep before allocation, and fragmentation of spans: how far in use stays ' +
    'above what lives, and what GOGC buys.',
  questions: [question.allocation, question.gogc],
  seed: 3,
  idleSeconds: 5,
  peakBytes: 64 * mib,
  run,
};
