/**
 * Opening a heap: making one by its options, or attaching to one that another thread shared.
 *
 * What is opened is handed to the public heap's constructor, which takes a P of it.
 */

import { AllocFreeTrace } from '../alloc/alloc-free-trace.ts';
import { describe } from '../base/describe.ts';
import { PageHeapError } from '../base/errors.ts';
import { ForeignCode } from '../base/foreign-code.ts';
import { PartFaults } from '../base/part.ts';
import { address } from '../base/units.ts';
import {
  type AttachOptions,
  checkAttach,
  type HeapOptions,
  heapOptions,
  type ResolvedOptions,
  resolveOptions,
  warnerOf,
} from '../design/options.ts';
import type { HeapEvent, Watch } from '../gc/events.ts';
import { type PageObserver, PageTrace } from '../heap/page-trace.ts';
import { systemClock } from '../os/clock.ts';
import { GuardedClock } from '../os/guarded-clock.ts';
import { Poison } from '../os/poison.ts';
import { Sys } from '../os/sys.ts';
import { TraceFile } from '../os/trace-file.ts';
import { attachRuntime, createRuntime } from '../runtime/create.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { EventQueue } from './event-queue.ts';

/** What another thread of this process needs to attach to a shared heap. Can be posted to a worker. */
export interface HeapHandle {
  readonly kind: 'pageheap';
  /** Address of the heap's header. */
  readonly base: number;
  /** The process it lives in. */
  readonly pid: number;
  readonly advise: 'dontneed' | 'free';
  readonly hardDecommit: boolean;
}

/** What a thread brings to a heap, besides the system. */
interface Surroundings {
  readonly events: EventQueue;
  /** Writes the rest of what the heap tells of itself. */
  readonly closeTraces: () => void;
  /** The user's clock, guarded; undefined where time is the system's. */
  readonly clock: GuardedClock | undefined;
  readonly watch: Watch;
}

export class OpenedHeap {
  readonly runtime: Runtime;
  readonly events: EventQueue;
  readonly clock: GuardedClock | undefined;
  /** The calling thread made it. */
  readonly owner: boolean;
  readonly debug: boolean;
  readonly closeTraces: () => void;
  /** Use a timer of the event loop for background work. */
  readonly background: boolean;

  constructor(
    runtime: Runtime,
    { events, clock, closeTraces }: Surroundings,
    owner: boolean,
    { debug = false, background = false }: Pick<HeapOptions, 'debug' | 'background'>,
  ) {
    this.runtime = runtime;
    this.events = events;
    this.clock = clock;
    this.closeTraces = closeTraces;
    this.owner = owner;
    this.debug = debug;
    this.background = background;
  }
}

/** Makes a heap, owned by the calling thread. @throws ERR_INVALID_OPTION · ERR_FILE · ERR_OUT_OF_MEMORY */
export function openHeap(options: HeapOptions): OpenedHeap {
  const resolved = resolveOptions(options);
  const { hardDecommit, debug, timed } = resolved;
  const sys = options.sys ?? new Sys({ advise: resolved.design.advise, hardDecommit, debug, timed });
  const surroundings = surroundingsOf(options, sys, resolved);
  try {
    const runtime = createRuntime(sys, resolved, surroundings.watch);
    return new OpenedHeap(runtime, surroundings, true, options);
  } catch (error) {
    surroundings.closeTraces();
    throw error;
  }
}

/** Views a heap that another thread made and shared. @throws ERR_INVALID_ARGUMENT · ERR_INCOMPATIBLE_HEAP */
export function attachHeap(handle: HeapHandle, options: AttachOptions): OpenedHeap {
  if (
    typeof handle !== 'object' ||
    handle === null ||
    handle.kind !== 'pageheap' ||
    !Number.isInteger(handle.base)
  ) {
    throw new PageHeapError('ERR_INVALID_ARGUMENT', 'not the handle of a heap', { value: handle });
  }
  if (handle.pid !== process.pid) {
    throw new PageHeapError(
      'ERR_INCOMPATIBLE_HEAP',
      `the heap lives in process ${describe(handle.pid)}, this is ${process.pid}`,
      { value: handle.pid },
    );
  }
  checkAttach(options);
  const { advise, hardDecommit } = handle;
  const sys = new Sys({ advise, hardDecommit, timed: options.timed ?? heapOptions.timed.default });
  const surroundings = surroundingsOf(options, sys, untraced);
  const runtime = attachRuntime(sys, address(handle.base), surroundings.watch);
  return new OpenedHeap(runtime, surroundings, false, options);
}

/** Lets others attach, from now on. @returns what they attach by @throws ERR_NOT_SHARED */
export function shareHeap({ memory, parts }: Runtime): HeapHandle {
  if (memory.design.pageHeap === 'custom') {
    throw new PageHeapError(
      'ERR_NOT_SHARED',
      'a heap whose page heap is a class of its maker cannot be shared: other threads cannot reach its state',
    );
  }
  const [part] = parts.names;
  if (part !== undefined)
    throw new PageHeapError(
      'ERR_NOT_SHARED',
      `a heap whose ${part} is a class of its maker cannot be shared: other threads cannot reach its state`,
    );
  const { meta, sys } = memory;
  sys.forgetStates();
  memory.setShared(true);
  return {
    kind: 'pageheap',
    base: meta.base,
    pid: process.pid,
    advise: sys.advice === 'free' ? 'free' : 'dontneed',
    hardDecommit: sys.hardDecommit,
  };
}

/** GODEBUG traces what the maker's thread does. */
const untraced = {
  ...{ gctrace: false, collectTwice: false, scavtrace: false },
  ...{ allocFreeTrace: undefined, pageTrace: undefined },
} as const;

/** @throws ERR_CLOCK where the clock does not answer */
function surroundingsOf(
  options: AttachOptions & Pick<HeapOptions, 'warn'>,
  sys: Sys,
  resolved: Pick<ResolvedOptions, 'gctrace' | 'collectTwice' | 'scavtrace' | 'allocFreeTrace' | 'pageTrace'>,
): Surroundings {
  const events = new EventQueue(options.onEvent);
  const foreign = new ForeignCode();
  const { clock: given = systemClock } = options;
  const clock = given === systemClock ? undefined : new GuardedClock(given, foreign);
  const { gctrace, collectTwice, scavtrace } = resolved;
  const warn = warnerOf(options);
  const faults = new PartFaults((text) => foreign.call(() => warn(text)));
  const time = clock ?? systemClock;
  const traces = tracesOf(traceFilesOf(options, resolved, sys.addon), () => time.now(), Poison.of(sys.addon));
  const { allocFree } = traces;
  const { sink } = events;
  const watch = {
    ...{ clock: time, foreign, faults, gctrace, collectTwice, scavtrace },
    onEvent:
      allocFree === undefined
        ? sink
        : (event: HeapEvent) => {
            if (event.kind === 'gc') allocFree.collected();
            sink?.(event);
          },
    ...{ allocFree, pages: traces.pages },
  };
  return { events, clock, watch, closeTraces: traces.close };
}

/** Where a heap writes what happens in it. */
interface TraceFiles {
  readonly words: TraceFile | undefined;
  readonly file: TraceFile | undefined;
}

/**
 * Opens the files that the options name, and those of the environment. Of one of the latter that cannot be opened the
 * program, which did not ask for it, is warned.
 * @throws ERR_FILE, with nothing left open
 */
function traceFilesOf(
  given: AttachOptions & Pick<HeapOptions, 'pageTrace' | 'warn'>,
  { allocFreeTrace, pageTrace }: Pick<ResolvedOptions, 'allocFreeTrace' | 'pageTrace'>,
  addon: Sys['addon'],
): TraceFiles {
  const words = allocFreeTrace === undefined ? undefined : new TraceFile(allocFreeTrace || undefined, addon);
  if (pageTrace === undefined) return { words, file: undefined };
  try {
    return { words, file: new TraceFile(pageTrace, addon) };
  } catch (error) {
    if (given.pageTrace === undefined && error instanceof PageHeapError) {
      warnerOf(given)(`GODEBUG: pagetrace has no effect: ${error.message}`);
      return { words, file: undefined };
    }
    words?.close();
    throw error;
  }
}

/** What writes the files. */
function tracesOf({ words, file }: TraceFiles, now: () => number, poison: Poison | undefined) {
  const pages = file && new PageTrace((bytes) => file.write(bytes), now, 0);
  return {
    allocFree: words && new AllocFreeTrace((text) => words.write(text)),
    pages: pages !== undefined && poison !== undefined ? both(pages, poison) : (pages ?? poison),
    close: () => {
      poison?.close();
      pages?.flush();
      try {
        words?.close();
      } finally {
        file?.close();
      }
    },
  };
}

const both = (one: PageObserver, other: PageObserver): PageObserver => ({
  add: (kind, address, npages) => {
    one.add(kind, address, npages);
    other.add(kind, address, npages);
  },
});
