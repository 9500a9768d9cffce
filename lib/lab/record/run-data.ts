/**
 * A run, as the report sees it: the lines of a run file sorted by kind.
 *
 * A run file is JSON lines; the member `k` says what a line is. `toRunData` takes the parsed lines in
 * file order and sorts them into arrays. It is forgiving where a run can have been cut short: a run
 * that was killed has no end line, and says so. It is strict where guessing would lie: no header, or
 * a header of another format, is an error.
 *
 * Invariants of a RunData: every array is in order of time, and every sample has finite numbers for
 * the quantities that are not optional.
 *
 * Not here: reading the file, and broken lines of JSON (the run file's reader does that).
 */

import { PageHeapError } from '../../base/errors.ts';

/** The format this report understands. */
export const runFormat = 'pageheap-run/1';

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
  readonly trace?: { readonly name?: string; readonly ops?: number };
  /** The built-in workload that was run instead of a trace: name, seed, scale, timeScale. */
  readonly workload?: Readonly<Record<string, RunValue>>;
  readonly options?: Readonly<Record<string, RunValue>>;
  /** Seconds of paced replay and of idleness, and milliseconds between samples. */
  readonly pace?: Readonly<Record<string, RunValue>>;
  readonly env?: Readonly<Record<string, RunValue>>;
}

/** One beat of the sampler. Bytes unless said otherwise; counters count from the start of the run. */
export interface RunSample {
  readonly k: 's';
  /** Milliseconds since the start. */
  readonly t: number;
  readonly phase?: string;
  /** Operations replayed so far. */
  readonly ops?: number;
  /** Spans in use; backed and free; given back to the system: what the heap believes. */
  readonly inuse: number;
  readonly free: number;
  readonly released: number;
  /** HeapSys: pages in use, free and released together. */
  readonly sys?: number;
  /** Bytes of objects. */
  readonly alloc?: number;
  /** Where the next collection starts, and the memory limit; absent, null or huge when there is none. */
  readonly goal?: number | null;
  readonly limit?: number | null;
  /** Resident bytes of the heap's own ranges, by mincore. */
  readonly rss: number;
  /** Resident bytes of the whole process. */
  readonly prss?: number;
  /** Bytes given back lazily and still resident, and in transparent huge pages; looked at rarely. */
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
  /** Mappings of the process. */
  readonly vmas?: number | null;
  /** Nanoseconds that this look took. */
  readonly cost?: number;
  /** Beats missed so far. */
  readonly missed?: number;
}

/** The end of a phase of a workload: what a sample says at that moment. */
export interface RunPhaseEnd {
  readonly k: 'phase';
  readonly t: number;
  readonly name: string;
  readonly rss: number;
  readonly prss?: number;
  readonly sys?: number;
  readonly inuse?: number;
  readonly idle?: number;
  readonly released?: number;
  readonly alloc?: number;
  readonly lazy?: number | null;
  readonly minflt?: number;
  readonly ops?: number;
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
 * 2 released, 3 in use, 4 manual), `resident` the physical pages of it that are resident (0 to 2,
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
  readonly seconds?: number;
  readonly opsPerSec?: number;
  readonly summary?: Readonly<Record<string, RunValue>>;
  readonly trace?: Readonly<Record<string, RunValue>>;
}

/** A whole run. */
export interface RunData {
  readonly header: RunHeader;
  readonly samples: readonly RunSample[];
  readonly collections: readonly RunCollection[];
  readonly scavenges: readonly RunScavenge[];
  readonly phases: readonly RunPhaseEnd[];
  readonly maps: readonly RunMap[];
  readonly classes: readonly RunClasses[];
  /** The last line; undefined when the run did not finish. */
  readonly end: RunEnd | undefined;
  /** What a reader should know of the file: no end line, lines that were not understood. */
  readonly remarks: readonly string[];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function areNumbers(line: Record<string, unknown>, names: readonly string[]): boolean {
  return names.every((name) => Number.isFinite(line[name]));
}

function isSample(line: Record<string, unknown>): boolean {
  return areNumbers(line, ['t', 'inuse', 'free', 'released', 'rss']);
}

function isMap(line: Record<string, unknown>): boolean {
  const bits = line.bits;
  return (
    areNumbers(line, ['t']) &&
    isObject(bits) &&
    typeof bits.state === 'string' &&
    typeof bits.resident === 'string'
  );
}

function isClasses(line: Record<string, unknown>): boolean {
  return areNumbers(line, ['t']) && Array.isArray(line.rows) && line.rows.every(isObject);
}

function byTime<T extends { readonly t: number }>(lines: unknown[]): T[] {
  return (lines as T[]).sort((a, b) => a.t - b.t);
}

/**
 * Sorts the parsed lines of a run file into a RunData.
 *
 * @throws PageHeapError ERR_RUN_FILE when the header is missing or of another format.
 */
export function toRunData(lines: Iterable<unknown>): RunData {
  let header: RunHeader | undefined;
  let end: RunEnd | undefined;
  const kinds: Record<
    string,
    { readonly is: (line: Record<string, unknown>) => boolean; readonly lines: unknown[] }
  > = {
    s: { is: isSample, lines: [] },
    gc: { is: (line) => areNumbers(line, ['t']), lines: [] },
    scav: { is: (line) => areNumbers(line, ['t']), lines: [] },
    phase: { is: (line) => areNumbers(line, ['t', 'rss']) && typeof line.name === 'string', lines: [] },
    map: { is: isMap, lines: [] },
    classes: { is: isClasses, lines: [] },
  };
  let strange = 0;
  for (const line of lines) {
    if (!isObject(line) || typeof line.k !== 'string') {
      strange++;
    } else if (line.k === 'run') {
      if (line.format !== runFormat) {
        throw new PageHeapError('ERR_RUN_FILE', `a run file of format ${runFormat} was expected`, {
          value: line.format,
        });
      }
      header ??= line as unknown as RunHeader;
    } else if (line.k === 'end') {
      end = line as unknown as RunEnd;
    } else if (Object.hasOwn(kinds, line.k) && kinds[line.k].is(line)) {
      kinds[line.k].lines.push(line);
    } else {
      strange++;
    }
  }
  if (header === undefined) {
    throw new PageHeapError('ERR_RUN_FILE', 'the file has no run line, so it is not a run file');
  }
  const remarks: string[] = [];
  if (end === undefined) {
    remarks.push('The run did not finish: its file has no end line. What was recorded until then is shown.');
  }
  if (strange > 0) {
    remarks.push(`${strange} ${strange === 1 ? 'line was' : 'lines were'} not understood and left out.`);
  }
  return {
    header,
    samples: byTime<RunSample>(kinds.s.lines),
    collections: byTime<RunCollection>(kinds.gc.lines),
    scavenges: byTime<RunScavenge>(kinds.scav.lines),
    phases: byTime<RunPhaseEnd>(kinds.phase.lines),
    maps: byTime<RunMap>(kinds.map.lines),
    classes: byTime<RunClasses>(kinds.classes.lines),
    end,
    remarks,
  };
}
