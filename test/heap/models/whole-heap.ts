/**
 * A whole heap as plain objects: what the runtimes of 2014, 2019 and 2023 do with objects, spans and sweeps, written
 * down from their sources as simply as it can be. Whole-heap runs of the real thing are held against it.
 *
 * It knows nothing of the library but numbers: the table of size classes, and the slope of proportional sweeping, which
 * is the pacer's. An address is a distance from the heap's first page. There is no memory: contents, zeroing and
 * releases are none of its business, except where a release decides which pages come next (2019).
 *
 * What differs between the designs is left open: where pages come from, where spans stand, and which span comes next.
 */
import { expect } from 'vitest';

export const pageBytes = 8192;
const maxSmall = 32768;
const tinyBytes = 16;
const tinyClass = 2;

export interface ModelSpan {
  start: number;
  npages: number;
  state: 'dead' | 'free' | 'manual' | 'inUse';
  spanClass: number;
  /** Bytes of an object; 0: one large object. */
  size: number;
  /** By object: handed out and not swept; how many live in it (more than one in a tiny block); marked. */
  taken: boolean[];
  alive: number[];
  marked: boolean[];
  /** Where the search for a free object goes on, or, threaded, the free objects in their order. */
  freeIndex: number;
  list: number[];
  gen: number;
}

export interface ModelObject {
  readonly addr: number;
  readonly span: ModelSpan;
  readonly index: number;
}

export interface ModelClasses {
  readonly sizes: ArrayLike<number>;
  readonly pages: ArrayLike<number>;
  /** Spans of objects with pointers and without are kept apart. */
  readonly split: boolean;
}

/** The slope of proportional sweeping and where it begins. */
export interface ModelPace {
  readonly pagesPerByte: number;
  readonly heapLiveBasis: number;
  readonly pagesSweptBasis: number;
}

export const newSpan = (start: number, npages: number): ModelSpan => ({
  ...{ start, npages, state: 'dead', spanClass: 0, size: 0, freeIndex: 0, list: [], gen: 0 },
  ...{ taken: [], alive: [], marked: [] },
});

export const countTaken = (s: ModelSpan): number => s.taken.filter(Boolean).length;
export const isFull = (s: ModelSpan): boolean => s.taken.every(Boolean);

export abstract class WholeHeap {
  readonly classes: ModelClasses;
  readonly inUse = new Set<ModelSpan>();
  /** By span class, in order: what the one mcache holds. */
  readonly cached: (ModelSpan | undefined)[] = [];
  gen = 0;
  sweepDone = true;
  heapLive = 0;
  pagesSwept = 0;
  pagesInUse = 0;
  /** Pages swept free beyond what was asked. */
  credit = 0;
  private pace: ModelPace = { pagesPerByte: 0, heapLiveBasis: 0, pagesSweptBasis: 0 };
  private tiny: { block: ModelObject; left: number } | undefined;

  constructor(classes: ModelClasses) {
    this.classes = classes;
  }

  // What the designs differ in.

  /** Objects are threaded in lists; the mcache is flushed before marking and not after; no proportional sweeping. */
  protected abstract readonly threads: boolean;
  /** A dead span of so many pages. */
  protected abstract allocPages(npages: number): ModelSpan;
  /** Takes a dead span's pages back. */
  protected abstract freePages(s: ModelSpan): void;
  protected abstract reclaim(npages: number): void;
  protected abstract spanAllocated(s: ModelSpan): void;
  protected abstract spanFreed(s: ModelSpan): void;
  protected abstract spanSwept(s: ModelSpan, preserve: boolean): void;
  protected abstract spanUncached(s: ModelSpan): void;
  protected abstract findSpan(spanClass: number): ModelSpan | undefined;
  protected abstract beginSweep(): void;
  protected abstract nextUnswept(): ModelSpan | undefined;

  // What a program does.

  malloc(size: number, noscan: boolean): ModelObject {
    if (size < tinyBytes && noscan) return this.mallocTiny(size);
    if (size > maxSmall) return this.mallocLarge(Math.ceil(size / pageBytes), noscan);
    return this.mallocSmall(this.spanClassOf(size, noscan));
  }

  drop({ span, index }: ModelObject): void {
    span.alive[index]!--;
  }

  allocStack(npages: number): ModelSpan {
    const s = this.allocPages(npages);
    s.state = 'manual';
    return s;
  }

  freeStack(s: ModelSpan): void {
    s.state = 'dead';
    this.freePages(s);
  }

  /** A cycle up to the beginning of its sweep. */
  collect(): void {
    this.sweepAll();
    if (this.threads) this.flush();
    this.tiny = undefined;
    this.heapLive = 0;
    for (const s of this.inUse) {
      s.marked = s.taken.map((taken, i) => taken && s.alive[i]! > 0);
      const marked = s.marked.filter(Boolean).length;
      this.heapLive += marked * (s.size || s.npages * pageBytes);
    }
    this.gen += 2;
    this.sweepDone = false;
    this.pagesSwept = 0;
    this.credit = 0;
    this.beginSweep();
    if (!this.threads) this.flush();
  }

  setPace(pace: ModelPace): void {
    this.pace = pace;
  }

  sweepAll(): void {
    while (this.sweepOne() >= 0);
  }

  /** Pages swept free, 0 when the span lives on, −1 when there is none left. */
  sweepOne(): number {
    if (this.sweepDone) return -1;
    for (;;) {
      const s = this.nextUnswept();
      if (s === undefined) {
        this.sweepDone = true;
        return -1;
      }
      if (!this.acquire(s)) continue;
      const { npages } = s;
      if (!this.sweep(s, false)) return 0;
      this.credit += npages;
      return npages;
    }
  }

  /** The mcache gives all spans back, as for statistics. */
  flush(): void {
    for (const [spanClass, s] of this.cached.entries()) {
      if (s === undefined) continue;
      this.cached[spanClass] = undefined;
      if (s.gen === this.gen + 1) {
        // Cached before the sweep began: nobody else would sweep it.
        s.gen = this.gen - 1;
        this.sweep(s, false);
      } else {
        this.heapLive -= (s.taken.length - countTaken(s)) * s.size;
        s.gen = this.gen;
        this.spanUncached(s);
      }
    }
    if (!this.threads) this.tiny = undefined;
  }

  /** What can be compared: each span in use by its first page, with its pages and the objects in it. */
  spans(): string[] {
    return [...this.inUse]
      .sort((a, b) => a.start - b.start)
      .map((s) => `${s.start} ${s.npages} ${s.spanClass} ${s.taken.map(Number).join('')}`);
  }

  // What all designs do alike.

  protected acquire(s: ModelSpan): boolean {
    if (s.state !== 'inUse' || s.gen !== this.gen - 2) return false;
    s.gen = this.gen - 1;
    return true;
  }

  /** Sweeps a span that was acquired. True when its pages went back. */
  protected sweep(s: ModelSpan, preserve: boolean): boolean {
    expect(s.gen).toBe(this.gen - 1);
    this.pagesSwept += s.npages;
    const freed = [...s.taken.keys()].filter((i) => s.taken[i]! && !s.marked[i]!);
    s.list = [...freed, ...s.list];
    for (const i of freed) s.alive[i] = 0;
    s.taken = [...s.marked];
    s.freeIndex = 0;
    s.gen = this.gen;
    if (countTaken(s) === 0 && (!preserve || s.size === 0)) {
      this.spanFreed(s);
      this.inUse.delete(s);
      this.pagesInUse -= s.npages;
      s.state = 'dead';
      this.freePages(s);
      return true;
    }
    this.spanSwept(s, preserve);
    return false;
  }

  private spanClassOf(size: number, noscan: boolean): number {
    const { sizes, split } = this.classes;
    let c = 1;
    while (sizes[c]! < size) c++;
    return c * 2 + (noscan || !split ? 1 : 0);
  }

  private mallocSmall(spanClass: number): ModelObject {
    let span = this.cached[spanClass];
    if (span === undefined || isFull(span)) span = this.refill(spanClass);
    const index = this.threads ? span.list.shift()! : span.taken.indexOf(false, span.freeIndex);
    span.freeIndex = index + 1;
    span.taken[index] = true;
    span.alive[index] = 1;
    return { addr: span.start * pageBytes + index * span.size, span, index };
  }

  private mallocTiny(size: number): ModelObject {
    const align = size % 8 === 0 ? 8 : size % 4 === 0 ? 4 : size % 2 === 0 ? 2 : 1;
    const { tiny } = this;
    if (tiny !== undefined) {
      const at = Math.ceil((tinyBytes - tiny.left) / align) * align;
      if (at + size <= tinyBytes) {
        tiny.left = tinyBytes - at - size;
        const { addr, span, index } = tiny.block;
        span.alive[index]!++;
        return { addr: addr + at, span, index };
      }
    }
    const block = this.mallocSmall(tinyClass * 2 + 1);
    // A flush on the way may have ended the current block.
    if (tinyBytes - size > (this.tiny?.left ?? 0)) this.tiny = { block, left: tinyBytes - size };
    return block;
  }

  private mallocLarge(npages: number, noscan: boolean): ModelObject {
    this.payForSpan(npages * pageBytes, npages);
    const span = this.allocSpan(npages, noscan ? 1 : 0, 1);
    this.heapLive += npages * pageBytes;
    span.taken[0] = true;
    span.alive[0] = 1;
    return { addr: span.start * pageBytes, span, index: 0 };
  }

  private refill(spanClass: number): ModelSpan {
    const { pages, sizes } = this.classes;
    const old = this.cached[spanClass];
    if (old !== undefined) {
      old.gen = this.gen;
      this.spanUncached(old);
    }
    const npages = pages[spanClass >> 1]!;
    const size = sizes[spanClass >> 1]!;
    this.payForSpan(npages * pageBytes, 0);
    const s =
      this.findSpan(spanClass) ??
      this.allocSpan(npages, spanClass, Math.floor((npages * pageBytes) / size), size);
    s.gen = this.gen + 3;
    this.heapLive += npages * pageBytes - countTaken(s) * size;
    this.cached[spanClass] = s;
    return s;
  }

  private allocSpan(npages: number, spanClass: number, n: number, size = 0): ModelSpan {
    if (!this.sweepDone) this.reclaim(npages);
    const s = this.allocPages(npages);
    expect(s.state, 'the model hands out a span twice').toBe('dead');
    s.state = 'inUse';
    s.spanClass = spanClass;
    s.size = size;
    s.taken = Array(n).fill(false);
    s.marked = Array(n).fill(false);
    s.alive = Array(n).fill(0);
    s.list = [...Array(n).keys()];
    s.freeIndex = 0;
    s.gen = this.gen;
    this.inUse.add(s);
    this.pagesInUse += npages;
    this.spanAllocated(s);
    return s;
  }

  /** Sweeps in proportion before a span is allocated, less what the caller will reclaim itself. */
  private payForSpan(bytes: number, callerPages: number): void {
    const { pagesPerByte, heapLiveBasis, pagesSweptBasis } = this.pace;
    if (this.threads || pagesPerByte === 0) return;
    const grown = bytes + Math.max(0, this.heapLive - heapLiveBasis);
    const target = Math.trunc(pagesPerByte * grown) - callerPages;
    while (target > this.pagesSwept - pagesSweptBasis) {
      if (this.sweepOne() >= 0) continue;
      this.pace = { ...this.pace, pagesPerByte: 0 };
      break;
    }
  }
}
