/**
 * The heap as the laboratory's allocator: replays drive it, samplers sample it.
 *
 * Objects are allocated without pointers and without zeroing, since what the program wrote is written
 * over them. Writing goes through the heap's own windows, each of which serves all objects of 4 GiB.
 * An object that crosses the end of a window is written through the heap's operations instead.
 *
 * Where a trace has threads each has a P, in the order in which they appear; with fewer Ps than threads they are folded.
 */

import { Heap, runtimeOf } from '../../api/heap.ts';
import { Processors } from '../../api/processors.ts';
import { memProfileOf } from '../../api/special-heap.ts';
import { PageHeapError } from '../../base/errors.ts';
import { bytes, pageSize, spanId } from '../../base/units.ts';
import { samplingOf } from '../../design/consequences.ts';
import { type HeapOptions, resolveOptions } from '../../design/options.ts';
import { recordedOptions } from '../../design/recorded.ts';
import { whyNoLimit } from '../../design/refusals.ts';
import type { CycleEvent, HeapEvent } from '../../gc/events.ts';
import { noMemoryLimit } from '../../gc/gc-settings.ts';
import type { HeapSample } from '../../inspect/stats.ts';
import type { Clock } from '../../os/clock.ts';
import { windowPageMask } from '../../spans/object-memory.ts';
import { spanUse } from '../../spans/span-table.ts';
import type { SampledProfile } from '../record/pprof.ts';
import type { ClassRow, LabEvent, LabHeap, LabRange, MarkingTimes, PageStates, Tunable } from './target.ts';

/** The options of a heap that can cross to another process. */
export type LabHeapOptions = Omit<HeapOptions, 'clock' | 'onEvent' | 'warn' | 'sys' | 'background' | 'timed'>;

/** What is written over objects: no value that memory has by itself. */
const pattern = 0xa5;
/** Below so many bytes a loop is faster than a call of `fill`. */
const shortFill = 32;

const none = new Uint8Array(0);

/** @param traces the heap marks by pointers: then it is told what that took */
function labEvent(event: HeapEvent, traces: boolean): LabEvent {
  if (event.kind === 'scav') return { kind: 'scav', how: event.by, bytes: event.bytes, line: event.line };
  const { cycle, forced, line, heapStart, heapEnd, heapMarked, goal, ns } = event;
  return {
    kind: 'gc',
    n: cycle,
    forced,
    line,
    heap0: heapStart,
    heap1: heapEnd,
    live: heapMarked,
    goal,
    ms: ns / 1e6,
    ...(traces ? markingOf(event) : {}),
  };
}

function markingOf({ pause, longest, assist, background }: CycleEvent): MarkingTimes {
  return {
    pauseMs: pause / 1e6,
    longestMs: longest / 1e6,
    assistMs: assist / 1e6,
    backgroundMs: background / 1e6,
  };
}

export class HeapTarget implements LabHeap {
  readonly heap: Heap;
  readonly settings: Readonly<Record<string, unknown>>;
  onEvent: ((event: LabEvent) => void) | undefined;
  readonly #physicalPage: number;
  readonly #windows: { readonly base: number; readonly bytes: Uint8Array }[] = [];
  /** The window used last: its first address, one past its last, its bytes. */
  #base = 0;
  #end = 0;
  #bytes: Uint8Array = none;
  /** Ps that threads share; the first is the heap's own. */
  readonly #ps: number;
  #more: Processors | undefined;
  /** The P of the thread that works: −1 is the heap's own, else one of `more`. */
  #p = -1;

  /**
   * @param physicalPage bytes of the machine's page
   * @param quiet says nothing of what the environment asks for in vain
   * @param ps Ps that the threads of a trace share
   * @param clock what the heap takes for the time; default: the system's
   */
  constructor(options: LabHeapOptions, physicalPage: number, quiet = false, ps = 1, clock?: Clock) {
    this.#ps = ps;
    this.#physicalPage = physicalPage;
    // The heap warns of what the environment holds; once is enough.
    const silence = { warn: () => undefined };
    this.settings = recordedOptions(resolveOptions({ ...options, ...silence }));
    const traces = this.settings.liveness === 'tracing';
    this.heap = new Heap({
      ...options,
      ...(quiet ? silence : {}),
      ...(clock === undefined ? {} : { clock }),
      onEvent: (event) => this.onEvent?.(labEvent(event, traces)),
    });
    // A run steps all the time, and ends with what a part of the user's did wrong.
    this.#faults?.leaveToTell();
  }

  malloc(size: number, zero = false): number {
    return this.#p < 0 ? this.heap.malloc(size, true, zero) : this.#mallocElsewhere(size, zero);
  }

  selectThread(thread: number): void {
    this.#p = (thread % this.#ps) - 1;
  }

  #mallocElsewhere(size: number, zero: boolean): number {
    this.#more ??= new Processors(this.heap, this.#ps - 1);
    return this.#more.malloc(this.#p, size, zero);
  }

  drop(address: number): void {
    this.heap.drop(address);
  }

  roundUpSize(size: number): number {
    return this.heap.roundUpSize(size);
  }

  touch(address: number, from: number, bytes: number): void {
    const first = address + from;
    if (!this.#reach(first, bytes)) {
      this.heap.fill(first, bytes, pattern);
      return;
    }
    const at = first - this.#base;
    const window = this.#bytes;
    if (bytes < shortFill) for (let i = at; i < at + bytes; i++) window[i] = pattern;
    else window.fill(pattern, at, at + bytes);
  }

  touchPages(address: number, from: number, bytes: number): void {
    let at = address + from;
    const end = at + bytes;
    const page = this.#physicalPage;
    for (; at < end; at += page - (at % page)) {
      if (!this.#reach(at, 1)) return;
      this.#bytes[at - this.#base] = pattern;
    }
  }

  touchEvery(address: number, bytes: number, step: number): void {
    const last = address + bytes - 1;
    if (this.#reach(address, bytes)) {
      const window = this.#bytes;
      const end = last - this.#base;
      for (let at = address - this.#base; at < end; at += step) window[at] = pattern;
      window[end] = pattern;
      return;
    }
    // An object may lie across two windows.
    for (let at = address; at < last; at += step) this.touch(at, 0, 1);
    this.touch(last, 0, 1);
  }

  copy(to: number, from: number, n: number): void {
    // The second reach must not move the window: both ends in one is the rule.
    if (this.#reach(from, n) && to >= this.#base && to + n <= this.#end) {
      this.#bytes.copyWithin(to - this.#base, from - this.#base, from - this.#base + n);
    } else {
      this.heap.copy(to, from, n);
    }
  }

  allocStack(bytes: number): number {
    return this.heap.allocStack(bytes);
  }

  freeStack(address: number): void {
    this.heap.freeStack(address);
  }

  allocPages(npages: number): number {
    const { alloc, state } = runtimeOf(this.heap);
    const s = alloc.heap.allocManual(0, npages, spanUse.stack);
    if (s === 0)
      throw new PageHeapError('ERR_OUT_OF_MEMORY', `no memory for ${npages} pages`, { value: npages });
    return state.arenas.addressOf(state.spans.columns.startPage[s]);
  }

  freePages(address: number): void {
    const { alloc, state } = runtimeOf(this.heap);
    alloc.heap.freeManual(spanId(state.pageColumns.spanOf[state.arenas.pageOf(address)]));
  }

  releasePages(npages: number): number {
    return runtimeOf(this.heap).pages.release(bytes(npages * pageSize), true) / pageSize;
  }

  gc(): void {
    this.heap.gc();
  }

  freeOSMemory(): void {
    this.heap.freeOSMemory();
  }

  step(): number {
    return this.heap.step();
  }

  get tunable(): Tunable {
    const { memory, gc } = runtimeOf(this.heap);
    const { gcPercent, memoryLimit } = gc.settings;
    const { advicePolicy, sbrk } = this.settings;
    const never = sbrk === true ? 'nothing is ever freed with sbrk' : undefined;
    return {
      gcPercent,
      memoryLimit: memoryLimit < noMemoryLimit ? memoryLimit : Number.POSITIVE_INFINITY,
      advise: memory.sys.advice === 'free' ? 'free' : 'dontneed',
      whyNoLimit: never ?? whyNoLimit(memory.design),
      whyNoCollection: never,
      whyNoAdvise:
        never ??
        (typeof advicePolicy === 'string'
          ? `the advice policy ${advicePolicy} decides of each range`
          : undefined),
    };
  }

  setGCPercent(percent: number): void {
    this.heap.setGCPercent(percent);
  }

  setMemoryLimit(bytes: number): void {
    this.heap.setMemoryLimit(Number.isFinite(bytes) ? bytes : 'off');
  }

  setAdvise(advise: 'dontneed' | 'free'): void {
    runtimeOf(this.heap).memory.sys.advice = advise;
  }

  sample(): HeapSample {
    return this.heap.sample();
  }

  ranges(): readonly LabRange[] {
    return this.heap.ranges();
  }

  pageStates(): PageStates {
    const { origin, ranges, states } = this.heap.pageStates();
    return { origin, ranges, state: states };
  }

  classes(): readonly ClassRow[] {
    return this.heap.sizeClasses().map((row) => ({ ...row }));
  }

  dump(): readonly string[] {
    return this.heap.dump();
  }

  memProfile(): SampledProfile | undefined {
    const { memProfileRate: rate, design } = runtimeOf(this.heap).memory.options;
    if (rate === 0) return undefined;
    return {
      rate,
      largeAll: samplingOf[design.generation] !== 'poisson',
      records: this.heap.memProfile(true),
    };
  }

  profileBySize(): void {
    memProfileOf(this.heap).labelBy((bytes) => `objects of ${bytes} bytes`);
  }

  get #faults() {
    return runtimeOf(this.heap).memory.watch.faults;
  }

  requireSound(): void {
    this.#faults?.tell();
  }

  summary(): Readonly<Record<string, unknown>> {
    const { BySize: _sizes, PauseNs: _pauses, PauseEnd: _ends, ...rest } = this.heap.readMemStats();
    return rest;
  }

  fallbacks(): readonly string[] {
    return this.heap.fallbacks();
  }

  dispose(): void {
    this.#windows.length = 0;
    this.#bytes = none;
    this.#base = this.#end = 0;
    this.#more?.release();
    this.#more = undefined;
    this.heap.dispose();
  }

  /** Makes the window that [address, address + bytes) lies in the current one. @returns false if it is in no single one */
  #reach(address: number, bytes: number): boolean {
    if (address >= this.#base && address + bytes <= this.#end) return true;
    let window = this.#windows.find((w) => address >= w.base && address < w.base + w.bytes.length);
    if (window === undefined) {
      const { spans, state } = runtimeOf(this.heap);
      const page = state.arenas.pageOf(address);
      window = {
        base: state.arenas.addressOf(page - (page & windowPageMask)),
        bytes: spans.memory.bytes(page),
      };
      this.#windows.push(window);
    }
    this.#base = window.base;
    this.#end = window.base + window.bytes.length;
    this.#bytes = window.bytes;
    return address + bytes <= this.#end;
  }
}
