/**
 * The lines of a run file, format 2: JSON, a line each; the member `k` says what a line is.
 *
 *   run       the first line: what is run, how, and on what machine
 *   s         a sample, one a beat
 *   gc, scav  a collection; a stretch of scavenging
 *   phase     the end of a workload's phase
 *   map       the pages at one moment
 *   classes   the size classes at one moment
 *   steer     what a person changed while it ran
 *   end       the last line; a run that was killed has none
 *
 * A reader takes members and kinds that it does not know. Members may be added to a line, none is renamed and none
 * changes its meaning, so that old files stay readable. docs/run-file.md tells of it with examples.
 *
 * Format 1 had `rss` in every sample; since format 2 it is null where the kernel does not tell. A file of format 1 is
 * a file of format 2 in which nothing is said of CPUs.
 *
 * Not here: what a reader checks (line-shapes.ts), writing and reading the file (run-file.ts), a run as a whole
 * (run-data.ts).
 */

import type { Conformance } from './certificate.ts';

/** The format that is written. */
export const runFormat = 'pageheap-run/2';

/** The formats that are read. */
export const runFormats: readonly string[] = ['pageheap-run/1', runFormat];

/** What a value of the options or of the environment may be; anything else is shown as JSON. */
export type RunValue =
  | string
  | number
  | boolean
  | null
  | readonly RunValue[]
  | { readonly [name: string]: RunValue };

/** The first line: what was run, how, and on what machine. */
export interface RunHeader {
  readonly k: 'run';
  readonly format: string;
  readonly name?: string;
  /** When the run began, ISO 8601. */
  readonly started?: string;
  readonly command?: readonly string[];
  readonly trace?: {
    readonly name?: string;
    readonly ops?: number;
    /** Threads of the program, and what was recorded of it, where the trace tells. */
    readonly threads?: number;
    readonly recorded?: RunValue;
  };
  /** The built-in workload that was run instead of a trace: name, seed, scale, timeScale. */
  readonly workload?: Readonly<Record<string, RunValue>>;
  readonly options?: Readonly<Record<string, RunValue>>;
  /** Seconds of paced replay and of idleness, and milliseconds between samples. */
  readonly pace?: Readonly<Record<string, RunValue>>;
  readonly env?: Readonly<Record<string, RunValue>>;
  /** Options that are other than Go's: numbers of the design, and parts of the user's own. Absent: none is. */
  readonly otherThanGo?: readonly string[];
  /** The allocator that it was, where it was not this library's: its name, version, file, and what its RSS is of. */
  readonly contender?: RunContender;
  /** The modules of parts of the user's own, by their options: the file's name, and a hash of all that it is made of. */
  readonly modules?: Readonly<Record<string, RunModule>>;
  /** Of a custom page heap: the hash of its module, and its certificate of conformance, null for none. */
  readonly conformance?: Conformance;
}

/** Two modules with classes of one name are told apart by these. */
export interface RunModule {
  readonly file: string;
  /** SHA-256 (certificate.ts says of what). */
  readonly hash: string;
}

/** An allocator of others that a run was made on. */
export interface RunContender {
  readonly name: string;
  readonly version?: string;
  /** The library or program that it is. */
  readonly file?: string;
  /** `ranges`: of its own ranges, as of the heaps here. `process`: of its process, less what that had at first. */
  readonly rss: 'ranges' | 'process';
}

/** One beat of the sampler. Bytes unless said otherwise; counters count from the start of the run. */
export interface RunSample {
  readonly k: 's';
  /** Milliseconds since the start. */
  readonly t: number;
  readonly phase?: string;
  /** Operations replayed so far. */
  readonly ops?: number;
  /** Spans in use; backed and free; given back to the system: what the heap believes. Absent where an allocator does not tell. */
  readonly inuse?: number;
  readonly free?: number;
  readonly released?: number;
  /** Of the free what larger physical pages keep from being given back; only where they are larger than 8 KiB. */
  readonly trapped?: number;
  /** HeapSys: pages in use, free and released together. */
  readonly sys?: number;
  /** Bytes of objects. */
  readonly alloc?: number;
  /** Where the next collection starts, and the memory limit; absent, null or huge when there is none. */
  readonly goal?: number | null;
  readonly limit?: number | null;
  /**
   * Resident bytes of the heap's own ranges, by mincore; null where the kernel does not tell. Of an allocator without
   * ranges of its own: of its process, less what that had before the first operation, and less `own`.
   */
  readonly rss: number | null;
  /** Resident bytes of the whole process; null likewise. */
  readonly prss?: number | null;
  /** Of these what is not the allocator's but the replayer's: its tables. Absent where the process is this library's. */
  readonly own?: number;
  /** Bytes asked for and not freed by then. */
  readonly live?: number;
  /** Nanoseconds in which a replayer was at work, and did not wait for operations. */
  readonly busyNs?: number;
  /** What Go's MemStats call not heap: Sys − HeapSys. */
  readonly notHeap?: number;
  /** What the recorded program had when it was so far: resident, and of that what no file is behind. */
  readonly ranRss?: number;
  readonly ranAnon?: number;
  /** Bytes given back lazily and still resident, and in transparent huge pages: in detailed samples. */
  readonly lazy?: number | null;
  readonly huge?: number | null;
  readonly minflt?: number;
  readonly majflt?: number;
  /** Calls of madvise, their bytes and nanoseconds. */
  readonly madv?: number;
  readonly madvB?: number;
  readonly madvNs?: number;
  /** Collections so far. */
  readonly gcs?: number;
  /** Finalizers and cleanups that were queued so far, and those that were called; absent as long as there was none. */
  readonly fin?: number;
  readonly finRun?: number;
  /** Mappings of the process. */
  readonly vmas?: number | null;
  /** Nanoseconds for which the run's thread had a CPU, and waited for one; null where the kernel does not tell. */
  readonly cpuNs?: number | null;
  readonly waitNs?: number | null;
  /** Nanoseconds that taking this sample took. */
  readonly cost?: number;
  /** Beats missed so far. */
  readonly missed?: number;
}

/** What a person did to a run while it ran: from here on it is no longer what its first line asks for. */
export interface RunSteer {
  readonly k: 'steer';
  /** Milliseconds of the run's time, which stands still while it is paused; and since it began by the wall. */
  readonly t: number;
  readonly wall?: number;
  readonly ops?: number;
  /** pause, resume, speed, step, gc, freeOSMemory, gcPercent, memoryLimit or advise. */
  readonly what: string;
  /** What it is now, and what it was; `off` for a limit or a percentage that is none. */
  readonly value?: string | number;
  readonly was?: string | number;
}

/** The end of a phase of a workload: what a sample says at that moment. */
export interface RunPhaseEnd {
  readonly k: 'phase';
  readonly t: number;
  readonly name: string;
  readonly rss: number | null;
  readonly prss?: number | null;
  readonly sys?: number;
  readonly inuse?: number;
  readonly idle?: number;
  readonly released?: number;
  readonly alloc?: number;
  readonly lazy?: number | null;
  readonly minflt?: number;
  readonly ops?: number;
}

/** What keeps memory at a moment: the dominators of a heap dump (metrics/dominators.ts). */
export interface RunDominators {
  readonly k: 'dominators';
  readonly t: number;
  readonly label: string;
  /** What can be reached, and the bytes that cannot. */
  readonly objects: number;
  readonly bytes: number;
  readonly garbage: number;
  readonly tree: readonly DominatorBox[];
}

/** Objects of one kind that one box keeps, or what is left of those that keep little: then without a size. */
export interface DominatorBox {
  readonly size?: number;
  readonly pointers?: number;
  readonly count: number;
  /** They are so many lists: each object keeps most of what the one before keeps. Absent: single objects. */
  readonly lists?: number;
  /** Bytes of these objects, and of all that they keep. */
  readonly own: number;
  readonly kept: number;
  readonly children: readonly DominatorBox[];
}

/** One collection. Heap sizes in bytes, `ms` its whole duration. */
export interface RunCollection {
  readonly k: 'gc';
  readonly t: number;
  readonly n?: number;
  readonly forced?: boolean;
  readonly line?: string;
  readonly heap0?: number;
  readonly heap1?: number;
  readonly live?: number;
  readonly goal?: number | null;
  readonly ms?: number;
  /** Of a heap that traces: pauses in all, the longest stretch that the program waited, marking beside it. */
  readonly pauseMs?: number;
  readonly longestMs?: number;
  readonly assistMs?: number;
  readonly backgroundMs?: number;
}

/** One stretch of scavenging: in the background, by an allocation that needed room, or on demand. */
export interface RunScavenge {
  readonly k: 'scav';
  readonly t: number;
  readonly kind?: string;
  readonly bytes?: number;
  readonly line?: string;
}

/**
 * The arenas' pages at one moment. `state` holds one byte per 8 KiB page (0 unmapped, 1 free,
 * 2 released, 3 in use, 4 manual, 5 trapped: free, and not to be given back, since a larger physical
 * page is not free as a whole), `resident` the physical pages of it that are resident (0 to 2,
 * 255 unknown); both are base64. `ranges` lists [first page, pages] in the order of the bytes; absent
 * means one range from page 0.
 */
export interface RunMap {
  readonly k: 'map';
  readonly t: number;
  readonly label?: string;
  readonly origin?: number;
  readonly pages?: number;
  readonly bits: { readonly state: string; readonly resident: string };
  readonly ranges?: readonly (readonly [number, number])[];
}

/** The size classes at one moment. Members that are not named here are shown as they are. */
export interface RunClasses {
  readonly k: 'classes';
  readonly t: number;
  readonly label?: string;
  readonly rows: readonly Readonly<Record<string, RunValue>>[];
}

/** The last line, absent when the run did not finish. */
export interface RunEnd {
  readonly k: 'end';
  readonly t: number;
  readonly reason?: string;
  readonly error?: RunValue;
  readonly ops?: number;
  /** Seconds in which operations were carried out. */
  readonly seconds?: number;
  readonly opsPerSec?: number;
  /** Seconds of idleness that passed, and that were asked for. */
  readonly idleSeconds?: number;
  readonly idleAsked?: number;
  readonly summary?: Readonly<Record<string, RunValue>>;
  readonly trace?: Readonly<Record<string, RunValue>>;
  /** What the program itself printed, a line each; absent where it printed nothing. */
  readonly output?: readonly string[];
  /** The file of the memory profile, for `go tool pprof`; absent where none was asked for. */
  readonly memProfile?: string;
}

/** A line of a run file. */
export type RunLine =
  | RunHeader
  | RunSample
  | RunCollection
  | RunScavenge
  | RunPhaseEnd
  | RunMap
  | RunClasses
  | RunDominators
  | RunSteer
  | RunEnd;
