/**
 * rsscurve: a heap that grows, loses nine tenths of its objects, idles, and ends; phases A to G exactly as
 * they were recorded from real Go 1.4, 1.12, 1.19, 1.21 and 1.23 runtimes.
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

/** What Go takes for a stack that grew: a span of its own. */
const stackBytes = 32 * 1024;

/**
 * The stack of the goroutine that prints a phase's figures: it grows for that, at the top of what A filled,
 * and is halved by each collection that finds little of it used, so that its span is free after two.
 *
 * It is small and decides much. The 2023 scavenger, cycle by cycle, searches from the highest address that
 * was freed in the cycle before, downwards; nothing is freed while D allocates but such spans. In seven of
 * eight traced runs of Go 1.21.13 a stack, or a span of small objects of the runtime's own, was freed at
 * 549 to 550 MiB between D's two collections, the search began there again, and E gave back all of A; in
 * the eighth, a program that never printed meanwhile, it did not.
 */
class PrinterStack {
  #address = 0;
  #free = 0;

  grow(c: WorkloadContext): void {
    this.#address = c.heap.allocStack(stackBytes);
    c.heap.touchEvery(this.#address, stackBytes, 256);
    this.#free = (c.heap.sample().numGC ?? 0) + 2;
  }

  /** Gives the span back once there were two collections. */
  shrink(c: WorkloadContext): void {
    if (this.#address === 0 || (c.heap.sample().numGC ?? this.#free) < this.#free) return;
    c.heap.freeStack(this.#address);
    this.#address = 0;
  }
}

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
  const held = new ObjectList();
  for (let asked = 0; asked < 512 * mib * c.scale; ) {
    const size = sizeOf(random);
    held.push(allocateTouched(c, size), size);
    asked += size;
    if (c.due()) await c.turn();
  }
  const stack = new PrinterStack();
  stack.grow(c);
  c.endPhase('A');
  await dropSome(c, held, () => random.below(10) !== 0);
  c.gc();
  c.endPhase('B');
  if (c.moreCollections) await c.collectTwice();
  stack.shrink(c);
  await c.idle(c.moreCollections ? 18 : 20);
  c.endPhase('C');
  for (let asked = 0; asked < 256 * mib * c.scale; ) {
    const size = mib + random.below(7 * mib);
    held.push(allocateTouched(c, size), size);
    asked += size;
    stack.shrink(c);
    if (c.due()) await c.turn();
  }
  c.endPhase('D');
  await dropAll(c, held);
  c.gc();
  stack.shrink(c);
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
  questions: [question.rssHigh, question.howLong, question.freeOSMemory, question.dense],
  seed: 12345,
  hasMoreCollections: true,
  idleSeconds: 51,
  peakBytes: 512 * mib,
  // The recorded program kept its objects in a table of globals, which counts for the goal, and its collections,
  // which mark while it runs, started before the goal; large objects came so fast that they started as early as may be.
  heap: { rootBytes: 24 * mib, triggerRatio: 0.7 },
  run,
};
