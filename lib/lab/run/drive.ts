/**
 * What drives the heap of a run: a trace that is replayed, or a workload.
 *
 * A drive says what phase it is in and how far it is, and calls back for whatever belongs into the run file.
 * The run (run.ts) samples, writes, and ends it.
 */
import type { RunValue } from '../record/lines.ts';
import type { LabHeap } from '../subject/target.ts';
import type { RanMemory } from './as-it-ran.ts';

/** What a drive has from its run. */
export interface DriveHost {
  readonly heap: LabHeap;
  /** True: end soon. */
  stopped(): boolean;
  /** The drive is in another phase, or further in it. */
  progress(phase: string, share: number | undefined): void;
  /** Takes a sample now. */
  sample(): void;
  /** Takes a page map now. */
  map(label: string): void;
  /** A phase has ended: a line with a sample of this moment. */
  endPhase(name: string): void;
}

export interface Drive {
  /** What it is called in the header of the run file. */
  readonly header: Readonly<Record<string, RunValue>>;
  /** Operations so far, and in all where that is known. */
  readonly ops: number;
  readonly totalOps: number | undefined;
  /** Seconds in which operations were carried out. */
  readonly seconds: number;
  /** Seconds of idleness that were asked for until now, and that passed. */
  readonly idle: { readonly asked: number; readonly took: number };
  /** Bytes asked for and not dropped, the most there were at a time, and objects; null where nobody counts what dies. */
  readonly liveBytes: number | null;
  readonly peakLiveBytes: number | null;
  readonly liveObjects: number | null;
  /** Bytes of spans that the heap counts as stacks, and the program as its memory. */
  readonly stackBytes?: number;
  /** Threads of the program that a P each is for; undefined where nobody knows of any. */
  readonly threads?: number | undefined;
  /** What the program had resident when it was as far as now, where it was recorded. */
  readonly ran?: RanMemory | undefined;
  /** What the program itself has printed, a line each. */
  readonly output?: readonly string[];
  /** Drives the heap to the end, or until stopped. Errors of trace and heap pass through. */
  run(host: DriveHost): Promise<void>;
  /** What the operations came to. */
  counts(): Readonly<Record<string, RunValue>>;
  /** Ends reading; again is harmless. */
  close(): void;
}
