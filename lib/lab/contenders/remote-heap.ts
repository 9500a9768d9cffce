/**
 * An allocator in another process as the laboratory's heap: what a replay or a workload calls becomes records, and a
 * sample is an answer to one.
 *
 * An address is a slot plus one; a dead object's goes to the next. Records go out in batches: when a batch is full,
 * in each turn of the replay, and before a sample, which therefore tells of exactly the operations until then. So
 * errors of the allocator come late, by a batch and a pipe at most.
 *
 * Touches are fused into the allocation, or realloc, that they follow, as a replay makes them.
 *
 * Not here: the process (replayer.ts), what the kernel says of it (remote-kernel.ts).
 */
import type { RunContender } from '../record/lines.ts';
import { alignedSize } from '../run/aligned-size.ts';
import type { LabEvent, LabHeap, LabRange, LabSample } from '../subject/target.ts';
import type { Replayer } from './replayer.ts';
import {
  type Answer,
  flagInPlace,
  flagTouchAll,
  flagTouchPages,
  flagZeroed,
  type Hello,
  opAlign,
  opAllocate,
  opAnswer,
  opCollect,
  opFree,
  opGiveBack,
  opResize,
  opTouch,
  opTouchEvery,
  opTouchFrom,
  recordBytes,
} from './wire.ts';

const batchRecords = 4096;
const firstSlots = 1024;
/** Go's maxTinySize: smaller objects may share a block, and never grow in place. */
const tinySize = 16;
const all: readonly LabRange[] = [{ base: 0, bytes: 2 ** 47 }];
const words32 = 2 ** 32;

export interface RemoteHeapOptions {
  /** What the allocator is called. */
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** The file of the library that was asked for; default: as the replayer names it. */
  readonly library?: string;
  /** Threads that those of the trace share. */
  readonly threads: number;
  /** The bytes that an object really takes, where the replayer has no realloc of its own. */
  readonly roundUpSize: (size: number) => number;
}

export class RemoteHeap implements LabHeap {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly contender: RunContender;
  readonly hello: Hello;
  onEvent: ((event: LabEvent) => void) | undefined;
  /** The last one that was asked for. */
  answer: Answer | undefined;
  readonly #replayer: Replayer;
  readonly #options: RemoteHeapOptions;
  readonly #bytes = new Uint8Array(batchRecords * recordBytes);
  readonly #words = new Uint32Array(this.#bytes.buffer);
  #records = 0;
  #thread = 0;
  #freeSlots = new Int32Array(firstSlots);
  #freeCount = 0;
  #slotEnd = 0;
  /** The object that was allocated, or made longer, by the last record: a touch of it from there on is that record's. */
  #fresh = -1;
  #freshFrom = 0;
  #freshBytes = 0;
  /** Bytes by slot. */
  #sizes = new Float64Array(firstSlots);

  /** @throws PageHeapError as Replayer.answer: the replayer must have said who it is */
  constructor(replayer: Replayer, options: RemoteHeapOptions) {
    this.#replayer = replayer;
    this.#options = options;
    this.hello = replayer.answer<Hello>();
    const { version, library } = this.hello;
    this.settings = options.settings;
    this.contender = {
      name: options.name,
      ...(version === '' ? {} : { version }),
      ...(library === '' ? {} : { file: options.library ?? library }),
      rss: this.hello.ranges === true ? 'ranges' : 'process',
    };
  }

  malloc(size: number, zero = false): number {
    const slot = this.#freeCount > 0 ? this.#freeSlots[--this.#freeCount] : this.#newSlot();
    this.#sizes[slot] = size;
    this.#put(opAllocate, zero ? flagZeroed : 0, slot, size);
    this.#expect(slot, 0, size);
    return slot + 1;
  }

  mallocAligned(size: number, alignment: number): number {
    this.#put(opAlign, 0, Math.log2(alignment), alignedSize(size, alignment, this));
    return this.malloc(size);
  }

  drop(address: number): void {
    const slot = address - 1;
    this.#put(opFree, 0, slot, 0);
    if (this.#freeCount === this.#freeSlots.length) {
      const more = new Int32Array(2 * this.#freeCount);
      more.set(this.#freeSlots);
      this.#freeSlots = more;
    }
    this.#freeSlots[this.#freeCount++] = slot;
  }

  resize(address: number, from: number, to: number): number {
    const { roundUpSize } = this.#options;
    const fits = to === from || ((to < from || from >= tinySize) && roundUpSize(to) === roundUpSize(from));
    this.#sizes[address - 1] = to;
    this.#put(opResize, fits ? flagInPlace : 0, address - 1, to);
    this.#expect(address - 1, from, to - from);
    return address;
  }

  roundUpSize(size: number): number {
    return this.#options.roundUpSize(size);
  }

  touch(address: number, from: number, bytes: number): void {
    this.#touch(address - 1, from, bytes, flagTouchAll);
  }

  touchPages(address: number, from: number, bytes: number): void {
    this.#touch(address - 1, from, bytes, flagTouchPages);
  }

  touchEvery(address: number, _bytes: number, step: number): void {
    this.#put(opTouchEvery, 0, address - 1, step);
  }

  /** What is copied is written: this heap has a realloc, so that no replay copies. */
  copy(to: number, _from: number, n: number): void {
    this.touch(to, 0, n);
  }

  selectThread(thread: number): void {
    this.#thread = thread % this.#options.threads;
  }

  allocStack(bytes: number): number {
    return this.malloc(bytes);
  }

  freeStack(address: number): void {
    this.drop(address);
  }

  gc(): void {
    this.#put(opCollect, 0, 0, 0);
    this.#flush();
  }

  freeOSMemory(): void {
    this.#put(opGiveBack, 0, 0, 0);
    this.#flush();
  }

  step(): number {
    this.#flush();
    return Number.POSITIVE_INFINITY;
  }

  sample(): LabSample {
    this.#put(opAnswer, 0, 0, 0);
    this.#flush();
    const a = this.#replayer.answer<Answer>();
    this.answer = a;
    const { heapIdle, heapReleased, sys, heapSys } = a;
    return {
      heapInuse: a.heapInuse,
      heapFree: heapIdle === undefined || heapReleased === undefined ? undefined : heapIdle - heapReleased,
      heapReleased,
      heapSys,
      heapAlloc: a.heapAlloc,
      goal: a.nextGC,
      numGC: a.numGC,
      own: a.own + (a.table ?? 0),
      busyNs: a.busyNs,
      notHeap: sys === undefined || heapSys === undefined ? undefined : sys - heapSys,
    };
  }

  /** All of it: what of it is the allocator's, the kernel that looks at it knows. */
  ranges(): readonly LabRange[] {
    return all;
  }

  summary(): Readonly<Record<string, unknown>> {
    const { op: _op, own: _own, table, ...told } = this.answer ?? { op: 0, own: 0 };
    const names: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(told)) {
      // MemStats by their own names.
      if (name !== 'resident' && name !== 'busyNs') names[memStatsName(name)] = value;
    }
    return table === undefined ? names : { ...names, replayerTable: table };
  }

  dispose(): void {
    this.#replayer.close();
  }

  #newSlot(): number {
    const slot = this.#slotEnd++;
    if (slot === this.#sizes.length) {
      const more = new Float64Array(2 * slot);
      more.set(this.#sizes);
      this.#sizes = more;
    }
    return slot;
  }

  #expect(slot: number, from: number, bytes: number): void {
    this.#fresh = slot;
    this.#freshFrom = from;
    this.#freshBytes = bytes;
  }

  #touch(slot: number, from: number, bytes: number, flag: number): void {
    if (slot === this.#fresh && from === this.#freshFrom && bytes === this.#freshBytes) {
      this.#bytes[(this.#records - 1) * recordBytes + 1] |= flag;
      this.#fresh = -1;
      return;
    }
    if (from > 0) this.#put(opTouchFrom, 0, slot, from);
    this.#put(opTouch, flag, slot, bytes);
  }

  #put(op: number, flags: number, slot: number, bytes: number): void {
    // The batch that is full goes before the next record, so that the last one can still be touched.
    if (this.#records === batchRecords) this.#flush();
    this.#fresh = -1;
    const at = 4 * this.#records++;
    const words = this.#words;
    words[at] = op | (flags << 8) | (this.#thread << 16);
    words[at + 1] = slot;
    words[at + 2] = bytes;
    words[at + 3] = bytes / words32;
  }

  #flush(): void {
    const { length } = { length: this.#records * recordBytes };
    this.#records = 0;
    this.#fresh = -1;
    if (length > 0) this.#replayer.write(this.#bytes.subarray(0, length));
  }
}

/** `heapInuse` → `HeapInuse`, `gcSys` → `GCSys`, `mspanSys` → `MSpanSys`. */
function memStatsName(name: string): string {
  const special: Readonly<Record<string, string>> = {
    gcSys: 'GCSys',
    mspanSys: 'MSpanSys',
    mcacheSys: 'MCacheSys',
  };
  return special[name] ?? `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}
