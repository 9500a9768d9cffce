/**
 * Workloads: small programs that use a heap in one telling way.
 *
 * A workload allocates, touches and drops through its context, idles, and says where a phase ends. It is
 * deterministic: the same seed and scale ask for the same sizes in the same order. `scale` multiplies its
 * memory, `timeScale` its idle stretches. It gives the event loop a turn whenever `due()` says so, which
 * lets samples be taken and background work happen.
 *
 * Not here: the workloads (each a file), what drives them (run/workload-drive.ts).
 */
import type { Heap } from '../../api/heap.ts';
import type { ObjectList } from '../subject/object-list.ts';
import type { LabHeap } from '../subject/target.ts';
import type { Mulberry32 } from './random.ts';

export interface WorkloadContext {
  readonly heap: LabHeap;
  readonly random: Mulberry32;
  readonly scale: number;
  /** Two more collections a second apart after big drops, where a workload knows such a variant. */
  readonly moreCollections: boolean;
  /** How deep it goes, where it was told. */
  readonly depth: number | undefined;
  /** The heap itself, for workloads that need its types. */
  traced(): Heap;
  /** Whether it finds out by itself what is alive. */
  readonly isTraced: boolean;
  /** So many objects, of so many bytes each, were allocated without `malloc`. */
  made(objects: number, bytes: number): void;
  /** A line of what the program itself prints. */
  print(line: string): void;
  /** Allocates; counts. @throws PageHeapError ERR_OUT_OF_MEMORY */
  malloc(size: number): number;
  /** Drops an object of `size` bytes. */
  drop(address: number, size: number): void;
  /** True when the event loop should have a turn now: then `await turn()`. Cheap enough for every operation. */
  due(): boolean;
  turn(): Promise<void>;
  /** Nothing happens but background work that is due. Seconds, before the time scale. */
  idle(seconds: number): Promise<void>;
  /** A whole collection. */
  gc(): void;
  /** Two collections a second apart, the first after a second; idling meanwhile. */
  collectTwice(): Promise<void>;
  freeOSMemory(): void;
  /** A phase has ended: a line of the run file, with a detailed sample of that moment, and a page map. */
  endPhase(name: string): void;
}

/** Questions that workloads answer: the titles of docs/questions.md. */
export const question = {
  rssHigh: 'Why is RSS high when everything was released?',
  madvFree: 'What does MADV_FREE save, and what does it cost in RSS?',
  howLong: 'How long until freed memory leaves RSS?',
  pacing: 'What does pacing cost, and does retaining 10 % stop thrash?',
  howFast: 'How fast can memory be given back?',
  freeOSMemory: 'Does freeOSMemory raise Released to Idle?',
  allocation: 'Free list, treap or bitmap: what does an allocation cost?',
  fragmentation: 'When does fragmentation force the heap to grow?',
  mappings: 'How many mappings does a policy make?',
  dense: 'Does a dense-chunk rule help?',
  gogc: 'What does tuning GOGC, or a ballast, save?',
  metadata: 'How much metadata is never given back?',
  tracing: 'What does finding out what lives cost?',
  arenas: 'What do user arenas give back, and when?',
} as const;

export interface Workload {
  readonly name: string;
  /** What it stresses and what it answers: a paragraph. */
  readonly description: string;
  /** The questions that it answers, by their titles in docs/questions.md. */
  readonly questions: readonly string[];
  readonly seed: number;
  /** Seconds of idleness in it, at time scale 1: for progress. */
  readonly idleSeconds: number;
  /** Bytes asked for at most at a time, at scale 1: about. */
  readonly peakBytes: number;
  /** Whether it has a variant with more collections. */
  readonly hasMoreCollections?: true;
  /** Whether it takes a depth. */
  readonly hasDepth?: true;
  /** Options of the heap that belong to it; what the run asks for goes first. */
  readonly heap?: {
    readonly rootBytes?: number;
    readonly triggerRatio?: number;
    /** It runs on such heaps alone, or on both; without it, where it drops what it allocates. */
    readonly liveness?: 'tracing' | 'either';
  };
  run(context: WorkloadContext): Promise<void>;
}

export const mib = 2 ** 20;

/** Allocates an object and writes one byte in every 256 and the last. */
export function allocateTouched(c: WorkloadContext, size: number, step = 256): number {
  const address = c.malloc(size);
  c.heap.touchEvery(address, size, step);
  return address;
}

/** Drops all objects held. */
export async function dropAll(c: WorkloadContext, held: ObjectList): Promise<void> {
  for (let i = 0; i < held.length; i++) {
    c.drop(held.addresses[i], held.sizes[i]);
    if (c.due()) await c.turn();
  }
  held.clear();
}

/** Drops those that `drops` names, and keeps the others in order. */
export async function dropSome(
  c: WorkloadContext,
  held: ObjectList,
  drops: (i: number) => boolean,
): Promise<void> {
  let kept = 0;
  for (let i = 0; i < held.length; i++) {
    if (drops(i)) {
      c.drop(held.addresses[i], held.sizes[i]);
    } else {
      held.addresses[kept] = held.addresses[i];
      held.sizes[kept++] = held.sizes[i];
    }
    if (c.due()) await c.turn();
  }
  held.addresses.length = kept;
  held.sizes.length = kept;
}
