/**
 * rsscurve: a heap that grows, loses nine tenths of its objects, idles, and ends; phases A to G exactly as
 * they were recorded from real Go 1.4, 1.12, 1.19, 1.21 and 1.23 runtimes.
 */
import {
  allocateTouched,
  dropAll,
  dropSome,
  Held,
  mib,
  type Workload,
  type WorkloadContext,
} from './workload.ts';

/** Sizes of phase A: mostly small, a few large, as long as memory was asked for in all. */
function sizeOf(random: { below(k: number): number }): number {
  const x = random.below(1000);
  if (x < 800) return 16 + random.below(113);
  if (x < 950) return 128 + random.below(897);
  if (x < 990) return 1024 + random.below(7169);
  if (x < 998) return 8192 + random.below(24577);
  return 32768 + random.below(32769);
}

async function run(c: WorkloadContext): Promise<void> {
  const { random } = c;
  const held = new Held();
  for (let asked = 0; asked < 512 * mib * c.scale; ) {
    const size = sizeOf(random);
    held.push(allocateTouched(c, size), size);
    asked += size;
    if (c.due()) await c.turn();
  }
  c.endPhase('A');
  await dropSome(c, held, () => random.below(10) !== 0);
  c.gc();
  c.endPhase('B');
  if (c.moreCollections) await c.collectTwice();
  await c.idle(c.moreCollections ? 18 : 20);
  c.endPhase('C');
  for (let asked = 0; asked < 256 * mib * c.scale; ) {
    const size = mib + random.below(7 * mib);
    held.push(allocateTouched(c, size), size);
    asked += size;
    if (c.due()) await c.turn();
  }
  c.endPhase('D');
  await dropAll(c, held);
  c.gc();
  if (c.moreCollections) await c.collectTwice();
  await c.idle(c.moreCollections ? 28 : 30);
  c.endPhase('E');
  c.freeOSMemory();
  c.endPhase('F');
  await c.idle(1);
  c.freeOSMemory();
  c.endPhase('G');
}

export const rsscurve: Workload = {
  name: 'rsscurve',
  description:
    'Fills 512 MiB with objects of 16 bytes to 64 KiB (A), drops nine of ten and collects (B), idles 20 s (C), ' +
    'allocates 256 MiB of large objects (D), drops everything, collects and idles 30 s (E), frees everything ' +
    'by force (F) and again a second later (G). The same program was recorded from real Go runtimes of ' +
    'five versions, so its curve can be laid over theirs. Stresses what a scavenger gives back, when, and what ' +
    'RSS says of it; with --more-collections two more collections, a second apart, begin C and E, which is ' +
    'what lets the 2023 design go past its dense chunks.',
  questions: [1, 3, 6, 12],
  seed: 12345,
  hasMoreCollections: true,
  idleSeconds: 51,
  peakBytes: 512 * mib,
  // The recorded program kept its objects in a table of globals, which counts for the goal, and its collections,
  // which mark while it runs, started before the goal; large objects came so fast that they started as early as may be.
  heap: { rootBytes: 24 * mib, triggerRatio: 0.7 },
  run,
};
