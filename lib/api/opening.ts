/**
 * Opening a heap: making one by its options, or attaching to one that another thread shared.
 *
 * What is opened is handed to the public heap's constructor, which takes a P of it.
 */
import { PageHeapError } from '../base/errors.ts';
import { address } from '../base/units.ts';
import {
  type AttachOptions,
  checkAttach,
  type HeapOptions,
  heapOptions,
  resolveOptions,
} from '../design/options.ts';
import type { Watch } from '../gc/events.ts';
import { systemClock } from '../os/clock.ts';
import { Sys } from '../os/sys.ts';
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

export class OpenedHeap {
  readonly runtime: Runtime;
  readonly events: EventQueue;
  /** The calling thread made it. */
  readonly owner: boolean;
  readonly debug: boolean;
  /** Use a timer of the event loop for background work. */
  readonly background: boolean;

  constructor(
    runtime: Runtime,
    events: EventQueue,
    owner: boolean,
    { debug = false, background = false }: Pick<HeapOptions, 'debug' | 'background'>,
  ) {
    this.runtime = runtime;
    this.events = events;
    this.owner = owner;
    this.debug = debug;
    this.background = background;
  }
}

/** Makes a heap, owned by the calling thread. @throws ERR_INVALID_OPTION · ERR_OUT_OF_MEMORY */
export function openHeap(options: HeapOptions): OpenedHeap {
  const resolved = resolveOptions(options);
  const { hardDecommit, debug, timed } = resolved;
  const sys = options.sys ?? new Sys({ advise: resolved.design.advise, hardDecommit, debug, timed });
  const events = new EventQueue(options.onEvent);
  const runtime = createRuntime(sys, resolved, watchOf(options, events, resolved));
  return new OpenedHeap(runtime, events, true, options);
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
      `the heap lives in process ${handle.pid}, this is ${process.pid}`,
      { value: handle.pid },
    );
  }
  checkAttach(options);
  const { advise, hardDecommit } = handle;
  const sys = new Sys({ advise, hardDecommit, timed: options.timed ?? heapOptions.timed.default });
  const events = new EventQueue(options.onEvent);
  const runtime = attachRuntime(sys, address(handle.base), watchOf(options, events, untraced));
  return new OpenedHeap(runtime, events, false, options);
}

/** What another thread attaches by. */
export function handleOf({ memory: { meta, sys } }: Runtime): HeapHandle {
  return {
    kind: 'pageheap',
    base: meta.base,
    pid: process.pid,
    advise: sys.advice === 'free' ? 'free' : 'dontneed',
    hardDecommit: sys.hardDecommit,
  };
}

/** GODEBUG traces what the maker's thread does. */
const untraced = { gctrace: false, collectTwice: false, scavtrace: false } as const;

function watchOf(
  options: AttachOptions,
  events: EventQueue,
  { gctrace, collectTwice, scavtrace }: Required<Pick<Watch, 'gctrace' | 'collectTwice' | 'scavtrace'>>,
): Watch {
  return { clock: options.clock ?? systemClock, gctrace, collectTwice, scavtrace, onEvent: events.sink };
}
