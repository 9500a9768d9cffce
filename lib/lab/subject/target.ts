/**
 * What the laboratory asks of an allocator: to be driven by a replay, and to be sampled.
 *
 * The heap is one such allocator (heap-target.ts). Others, which the heap is compared with, need only
 * what is not optional. Addresses and sizes are bytes, times nanoseconds.
 */
import type { Heap } from '../../api/heap.ts';
import type { RunContender } from '../record/lines.ts';
import type { SampledProfile } from '../record/pprof.ts';

/** What a replay calls, once or twice an operation. */
export interface ReplayTarget {
  /** An object of `size` bytes; `zero`: its memory must be zero. @throws PageHeapError ERR_OUT_OF_MEMORY */
  malloc(size: number, zero?: boolean): number;
  /** As `malloc`, at a multiple of `alignment`, a power of two; without it an alignment is got by a larger size. */
  mallocAligned?(size: number, alignment: number): number;
  /** The last reference to an object is gone. */
  drop(address: number): void;
  /** The bytes an object of `size` bytes really takes. */
  roundUpSize(size: number): number;
  /** Writes every byte of [address + from, address + from + bytes). */
  touch(address: number, from: number, bytes: number): void;
  /** Writes one byte of each physical page of that range. */
  touchPages(address: number, from: number, bytes: number): void;
  /** What follows is done by this thread of the traced program; without it all threads are one. */
  selectThread?(thread: number): void;
  /** Copies the first n bytes of one object to another. */
  copy(to: number, from: number, n: number): void;
  /**
   * Makes an object longer or shorter, contents kept, by the allocator's own realloc; what is new is not touched. Without
   * it a realloc is an allocation, a copy and a drop. @returns its address, perhaps another @throws as `malloc`
   */
  resize?(address: number, from: number, to: number): number;
}

/** A range of addresses, in bytes. */
export interface LabRange {
  readonly base: number;
  readonly bytes: number;
}

/** What the allocator believes at a moment; taken on every beat, so it must be cheap. What it cannot tell is undefined. */
export interface LabSample {
  /** Bytes in use; free and backed; given back. */
  readonly heapInuse?: number | undefined;
  readonly heapFree?: number | undefined;
  readonly heapReleased?: number | undefined;
  /** Of the free what cannot go: its physical pages are not free as a whole. Undefined where nobody counts it. */
  readonly heapTrapped?: number;
  /** Bytes from the system for the heap, and of objects in it. */
  readonly heapSys?: number | undefined;
  readonly heapAlloc?: number | undefined;
  /** Where the next collection starts; the memory limit. Infinity or huge for none. */
  readonly goal?: number | undefined;
  readonly limit?: number | undefined;
  readonly numGC?: number | undefined;
  /** Finalizers and cleanups queued so far, and called. Undefined where there are none. */
  readonly finalizersQueued?: number;
  readonly finalizersRun?: number;
  /** madvise: calls, bytes, nanoseconds. */
  readonly madviseCalls?: number | undefined;
  readonly madviseBytes?: number | undefined;
  readonly madviseNs?: number | undefined;
  /** Of an allocator in another process: bytes of tables there, nanoseconds at work, and what of its memory is not heap. */
  readonly own?: number | undefined;
  readonly busyNs?: number | undefined;
  readonly notHeap?: number | undefined;
}

/** States of 8 KiB pages, as in a run file's map: 0 unmapped, 1 free, 2 released, 3 in use, 4 manual, 5 trapped. */
export interface PageStates {
  /** The address of page 0. */
  readonly origin: number;
  /** [first page, pages], in the order of the bytes of `state`. */
  readonly ranges: readonly (readonly [number, number])[];
  readonly state: Uint8Array;
}

/** What marking took in a cycle of a heap that traces: milliseconds. */
export interface MarkingTimes {
  /** For how long the program stood in all, and the longest stretch that it was kept waiting. */
  readonly pauseMs: number;
  readonly longestMs: number;
  /** Marking by those who allocated, and in the background; 0 where the program stands for it. */
  readonly assistMs: number;
  readonly backgroundMs: number;
}

export type LabEvent =
  | ({
      readonly kind: 'gc';
      readonly n: number;
      readonly forced: boolean;
      /** As GODEBUG=gctrace=1 prints it. */
      readonly line: string;
      /** Bytes at the start and end of the cycle, and marked; the goal it had. */
      readonly heap0: number;
      readonly heap1: number;
      readonly live: number;
      readonly goal: number;
      readonly ms: number;
    } & Partial<MarkingTimes>)
  | {
      readonly kind: 'scav';
      readonly how: 'bg' | 'eager' | 'forced';
      /** Bytes given back. */
      readonly bytes: number;
      /** As GODEBUG=scavtrace=1 prints it, where there is one. */
      readonly line?: string;
    };

/** A row of the size-class table at a moment. */
export type ClassRow = Readonly<Record<string, number | string>>;

/** What can be changed in a heap that works, and what it is now. */
export interface Tunable {
  /** −1: off. */
  readonly gcPercent: number;
  /** Bytes; Infinity: off. */
  readonly memoryLimit: number;
  readonly advise: 'dontneed' | 'free';
  /** Why there can be no limit, no other advice, no collection; undefined: there can. */
  readonly whyNoLimit: string | undefined;
  readonly whyNoAdvise: string | undefined;
  readonly whyNoCollection?: string | undefined;
}

/** An allocator that a run can be made with. */
export interface LabHeap extends ReplayTarget {
  /** Writes one byte in every `step` bytes of an object of `bytes` bytes, and the last. */
  touchEvery(address: number, bytes: number, step: number): void;
  /** Memory that no collection touches: a stack of at least `bytes` bytes. @throws PageHeapError ERR_OUT_OF_MEMORY */
  allocStack(bytes: number): number;
  freeStack(address: number): void;
  /** A whole collection. */
  gc(): void;
  /** A collection, after which everything free is given back. */
  freeOSMemory(): void;
  /** What can be changed while it works; undefined where nothing can. */
  readonly tunable?: Tunable;
  /** @throws PageHeapError ERR_INVALID_ARGUMENT */
  setGCPercent?(percent: number): void;
  /** Bytes; Infinity: off. @throws PageHeapError ERR_INVALID_ARGUMENT */
  setMemoryLimit?(bytes: number): void;
  setAdvise?(advise: 'dontneed' | 'free'): void;
  /** Background work that is due. @returns nanoseconds until more is, Infinity for never */
  step(): number;
  sample(): LabSample;
  /** The ranges whose residency is the heap's. */
  ranges(): readonly LabRange[];
  pageStates?(): PageStates | undefined;
  classes?(): readonly ClassRow[] | undefined;
  /** Its objects and what they refer to, lines of JSON. */
  dump?(): readonly string[];
  /** The memory profile, where one was asked for. */
  memProfile?(): SampledProfile | undefined;
  /** Tells allocations in it by their bytes, from now on: where all of them come from one place. */
  profileBySize?(): void;
  /** Throws what was wrong in an operation that could not fail. @throws PageHeapError ERR_POLICY */
  requireSound?(): void;
  /** Statistics for the end of the run file. */
  summary(): Readonly<Record<string, unknown>>;
  /** Who it is, where it is an allocator of others. */
  readonly contender?: RunContender;
  /** The options it runs with, in full; `advise` among them is how memory is given back. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** What the kernel refused, a sentence each. */
  fallbacks?(): readonly string[];
  /** So many pages of 8 KiB in a row, which no collection touches: their address. @throws PageHeapError ERR_OUT_OF_MEMORY */
  allocPages?(npages: number): number;
  freePages?(address: number): void;
  /** Gives about so many free pages back, whatever the scavenger thinks. @returns pages */
  releasePages?(npages: number): number;
  /** The heap of this project that it is, where it is one: for workloads that need types and roots. */
  readonly heap?: Heap;
  /** Called for every collection and scavenging; undefined for nobody. */
  onEvent: ((event: LabEvent) => void) | undefined;
  dispose(): void;
}
