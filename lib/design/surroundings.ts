/**
 * What stands around a heap: options that are not recorded, since they are the program's own, or name files.
 */
import type { HeapEvent } from '../gc/events.ts';
import type { Clock } from '../os/clock.ts';
import { Sys } from '../os/sys.ts';
import { filePath, flag, given } from './kinds.ts';
import type { Options } from './option.ts';

/** Files that a heap writes while it works. */
export const traceFileOptions = {
  /**
   * A file for a line for each object that is allocated and freed, as Go's allocfreetrace writes them; of what the
   * thread does that made the heap. `pageheap run` replays it. Slow. None.
   */
  allocFreeTrace: {
    group: 'heap',
    kind: filePath,
    otherwise: 'none',
    flag: 'alloc-free-trace',
    environment: 'GODEBUG=allocfreetrace=1: standard error',
    help: 'write a line for each object that is allocated or freed, as Go does, to be replayed',
  },
  /**
   * A file for the pages that are allocated, freed and given back, in the binary format of Go's pagetrace; of what the
   * thread does that made the heap. `pageheap run` replays it. None.
   */
  pageTrace: {
    group: 'heap',
    kind: filePath,
    otherwise: 'none',
    flag: 'page-trace',
    environment: 'GODEBUG=pagetrace=FILE, in the design of 2023',
    help: "write which pages are allocated, freed and given back, in the format of Go's pagetrace, to be replayed",
  },
} as const satisfies Options;

const isFunction = (value: unknown): boolean => typeof value === 'function';

const isClock = (value: unknown): boolean => isFunction((value as Partial<Clock> | null)?.now);

/** What stands around a heap, and is not recorded. */
export const surroundings = {
  ...traceFileOptions,
  /** Read GOGC, GOMEMLIMIT and GODEBUG. true. */
  environment: { group: 'heap', kind: flag, default: true, help: 'GOGC, GOMEMLIMIT and GODEBUG are read' },
  /** Where time comes from. The system's monotonic clock. */
  clock: {
    group: 'heap',
    kind: given<Clock>('an object with now()', 'a `Clock`: `{ now(): nanoseconds }`', isClock),
    otherwise: '`systemClock`',
    help: 'where time comes from',
  },
  /**
   * Called with every collection and every round of scavenging, when the operation it happened in is over.
   * May use the heap. What it throws becomes an uncaught exception.
   */
  onEvent: {
    group: 'heap',
    kind: given<(event: HeapEvent) => void>('a function', 'function of a `HeapEvent`', isFunction),
    environment: 'gctrace=1, scavtrace=1 print lines as well',
    help: 'called when the operation is over: see [Events](#events)',
  },
  /** Called with each warning about the environment. Writes to standard error. */
  warn: {
    group: 'heap',
    kind: given<(text: string) => void>('a function', 'function of a text', isFunction),
    otherwise: 'standard error',
    help: 'told what is wrong with the environment',
  },
  /** The boundary to the system, for tests that inject failures. Made from the options. */
  sys: {
    group: 'heap',
    kind: given<Sys>('a Sys', 'a `Sys`', (value) => value instanceof Sys),
    help: 'the boundary to the system, for tests',
  },
} as const satisfies Options;
