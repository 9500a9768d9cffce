/**
 * The collection that a recorded heap has behind it, run again by the heap's own marking and sweep.
 *
 * Where a record tells what a collection left, what there was before is made up (recorded-spans.ts): each span was full, and the
 * objects that the record does not have were garbage; pages that are free in it, and were used, were spans of garbage. Where
 * it tells what a collection has marked, before anything was swept, nothing is made up.
 *
 * On a heap that traces, all that lives hangs on roots by pointers in memory, some of them to within an object; garbage points
 * to what lives and to garbage. A seed says how. On one of explicit liveness garbage was dropped.
 *
 * Spans of a class stand where they stood, so that the collection leaves the sets of the record if it sweeps as the runtime does.
 *
 * Not here: what else a record tells (malloc-heap.ts).
 */
import { numSpanClasses } from '../../alloc/size-classes.ts';
import { ctz32, popcount32 } from '../../base/bits.ts';
import { PageHeapError } from '../../base/errors.ts';
import { Mulberry32 } from '../../base/random.ts';
import { pageSize, type SpanId } from '../../base/units.ts';
import { PointerMap } from '../../heap/pointer-map.ts';
import { largeNoscanShape, largeScanShape, type SpanShape } from '../../heap/span-shape.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { pageWordsShift, windowPageMask } from '../../spans/object-memory.ts';
import { objectSize } from '../../spans/span-table.ts';
import { ObjectList } from '../subject/object-list.ts';
import type { Contents } from './recorded-spans.ts';

/** Of an object with pointers, every second word is one. */
export function everySecond(size: number): PointerMap {
  return new PointerMap([
    { from: 0, end: Math.ceil(size / 8), period: 2, pattern: Int32Array.of(1), map: undefined },
  ]);
}

const isSet = (bits: Int32Array, i: number): boolean => ((bits[i >>> 5]! >>> (i & 31)) & 1) === 1;

/** Bytes from one pointer to the next. */
const pointerStep = 16;
/** The most pointers of an object that are stored. */
const mostStored = 32;
/** Pages of the longest object of garbage. */
const longestGarbage = 64;

export class PastCollection {
  readonly #runtime: Runtime;
  readonly #p: number;
  readonly #random: Mulberry32;
  /** With pointers and without, that live; and garbage that may hold pointers. */
  readonly #scanned = new ObjectList();
  readonly #plain = new ObjectList();
  readonly #garbage = new ObjectList();
  /** What lives in each span. */
  readonly #living = new Map<number, Int32Array>();
  /** Spans that stand in a set or in a cache. */
  readonly #placed = new Set<number>();

  /** @param p the P that allocates */
  constructor(runtime: Runtime, p: number, seed: number) {
    this.#runtime = runtime;
    this.#p = p;
    this.#random = new Mulberry32(seed);
  }

  /** Puts spans of garbage on free pages. Nothing is written to them, since nobody reads that. */
  fillWithGarbage(page: number, npages: number): void {
    const { classes } = this.#runtime.alloc;
    for (let at = page, left = npages; left > 0; ) {
      // Two in four of them large objects.
      const spanClass = this.#random.below(classes.count * 4);
      const pages = classes.pages[spanClass >>> 1];
      const isSmall = spanClass >= 2 && spanClass < classes.count * 2 && pages !== undefined && pages <= left;
      const n = isSmall ? pages : 1 + this.#random.below(Math.min(left, longestGarbage));
      const large = (spanClass & 1) === 1 ? largeNoscanShape : largeScanShape;
      const s = this.place(at, n, isSmall ? classes.shapes[spanClass]! : large);
      const { nelems } = this.#runtime.state.spans.columns;
      const allocated = new Int32Array((nelems[s]! + 31) >>> 5).fill(-1);
      if (nelems[s]! % 32 > 0) allocated[allocated.length - 1] = (1 << (nelems[s]! & 31)) - 1;
      this.#allocate(s, allocated, new Int32Array(allocated.length));
      at += n;
      left -= n;
    }
  }

  /** A span of objects on given pages. */
  place(page: number, npages: number, shape: SpanShape): SpanId {
    const { alloc, spans, memory } = this.#runtime;
    const s = alloc.heap.allocSpan(this.#p, npages, shape, page);
    if (s === 0)
      throw new PageHeapError('ERR_OUT_OF_MEMORY', 'no memory for the heap of a trace', {
        errno: memory.sys.lastErrno,
      });
    spans.pointerBits?.write(s);
    return s;
  }

  /** Puts into a span what the collection is to find there. Spans of a set come to it in the order of the calls. */
  fillSpan(s: number, { allocated, living }: Contents, place: 'cached' | 'full' | 'partial'): void {
    const { state, spans, alloc, isTraced } = this.#runtime;
    const { arenas } = state;
    const c = state.spans.columns;
    const n = c.nelems[s]!;
    const size = objectSize(c, s);
    const start = arenas.addressOf(c.startPage[s]!);
    const isPlain = (c.spanClass[s]! & 1) === 1;
    this.#allocate(s, allocated, living);
    if (place === 'cached') this.#cache(s);
    else this.#putOn(place, s);
    const map = everySecond(size);
    for (let i = 0; i < n; i++) {
      if (!isSet(allocated, i)) continue;
      const lives = isSet(living, i);
      const address = start + i * size;
      if (!isTraced) {
        alloc.liveness.allocated(address);
        if (!lives) alloc.liveness.drop(address);
      } else if (isPlain) {
        if (lives) this.#plain.push(address, size);
      } else {
        spans.pointerBits?.put(address - arenas.origin, size / 8, map);
        (lives ? this.#scanned : this.#garbage).push(address, size);
      }
    }
  }

  #allocate(s: number, allocated: Int32Array, living: Int32Array): void {
    const { counters, gcBits, spans } = this.#runtime.state;
    const c = spans.columns;
    const size = objectSize(c, s);
    const spanClass = c.spanClass[s]!;
    const objects = allocated.reduce((sum, word) => sum + popcount32(word), 0);
    const firstFree = allocated.findIndex((word) => word !== -1);
    c.freeIndex[s] =
      firstFree < 0 ? c.nelems[s]! : Math.min(c.nelems[s]!, firstFree * 32 + ctz32(~allocated[firstFree]!));
    c.allocCount[s] = objects;
    gcBits.bits.set(allocated, c.allocBits[s]!);
    counters.totalAlloc[0]! += objects * size;
    counters.heapLive[0]! += objects * size;
    if (spanClass >>> 1 === 0) {
      counters.largeAlloc[0]! += size;
      counters.largeAllocCount[0]!++;
    } else counters.smallAllocCount[spanClass >>> 1]! += objects;
    this.#living.set(s, living);
  }

  #putOn(place: 'full' | 'partial', s: number): void {
    const { state, spans } = this.#runtime;
    const { sets } = spans;
    const spanClass = state.spans.columns.spanClass[s]!;
    const { gen } = state.sweepState;
    sets.push(place === 'full' ? sets.fullSwept(spanClass, gen) : sets.partialSwept(spanClass, gen), s);
    this.#placed.add(s);
  }

  /** Puts a span without a free object into the cache of the P. */
  #cache(s: number): void {
    const { state, alloc } = this.#runtime;
    const c = state.spans.columns;
    const slot = this.#p * numSpanClasses + c.spanClass[s]!;
    alloc.mcache.columns.spans[slot] = s;
    c.cachedAt[s] = slot + 1;
    c.freeIndex[s] = (c.nelems[s]! - 1) & ~31;
    c.sweepGen[s] = state.sweepState.gen + 3;
    c.cachedCount[s] = c.allocCount[s]!;
    this.#placed.add(s);
  }

  /** Runs the collection, and sweeps all of it unless told. */
  run(sweeps: boolean): void {
    const { collector } = this.#runtime.gc;
    for (const s of this.#living.keys()) if (!this.#placed.has(s)) this.#putOn('full', s);
    if (this.#runtime.isTraced) this.#link();
    if (!(sweeps ? collector.collectFully() : collector.collect(true)))
      throw new PageHeapError('ERR_OUT_OF_MEMORY', 'no memory to collect the heap of a trace');
  }

  /** What of a span's objects, as text, is otherwise than before; undefined: what lived is there, and nothing else. */
  faultOf(s: number): string | undefined {
    const { objects } = this.#runtime.spans;
    const living = this.#living.get(s)!;
    for (const [k, word] of living.entries()) {
      const found = objects.allocatedWord(s, k * 32);
      if (found === word) continue;
      const which = found ^ word;
      const i = k * 32 + 31 - Math.clz32(which & -which);
      return `object ${i} ${(found & which & -which) === 0 ? 'lived and was freed' : 'is garbage and was kept'}`;
    }
    return undefined;
  }

  /** Hangs what lives on roots, in a random order: on a pointer of what hangs there already, or on a root of its own. */
  #link(): void {
    const random = this.#random;
    const roots = this.#runtime.gc.tracing!.roots;
    const [scanned, plain] = [this.#scanned, this.#plain];
    const slots: number[] = [];
    const order = Uint32Array.from({ length: scanned.length + plain.length }, (_, i) => i);
    for (let i = order.length - 1; i > 0; i--) {
      const k = random.below(i + 1);
      [order[i], order[k]] = [order[k]!, order[i]!];
    }
    for (const i of order) {
      const isPlain = i >= scanned.length;
      const from = isPlain ? plain : scanned;
      const at = isPlain ? i - scanned.length : i;
      const target = this.#within(from.addresses[at]!, from.sizes[at]!);
      const k = slots.length === 0 ? -1 : random.below(slots.length);
      if (k < 0) {
        if (roots.add(target, this.#p) === 0)
          throw new PageHeapError('ERR_OUT_OF_MEMORY', 'no memory for the roots of a trace');
      } else {
        this.#store(slots[k]!, target);
        slots[k] = slots[slots.length - 1]!;
        slots.pop();
      }
      if (!isPlain) for (const slot of slotsOf(from.addresses[at]!, from.sizes[at]!)) slots.push(slot);
    }
    // What is left over points to what lives, or nowhere.
    for (const slot of slots)
      if (random.below(2) === 0 && scanned.length > 0) this.#store(slot, this.#anyOf(scanned));
    for (let i = 0; i < this.#garbage.length; i++) {
      const address = this.#garbage.addresses[i]!;
      for (const slot of slotsOf(address, this.#garbage.sizes[i]!)) {
        const targets = random.below(2) === 0 ? this.#garbage : scanned;
        if (targets.length > 0) this.#store(slot, this.#anyOf(targets));
      }
    }
  }

  #anyOf(objects: ObjectList): number {
    const i = this.#random.below(objects.length);
    return this.#within(objects.addresses[i]!, objects.sizes[i]!);
  }

  /** An address of an object: its own, or one from within. */
  #within(address: number, size: number): number {
    return this.#random.below(4) === 0 ? address + this.#random.below(size) : address;
  }

  #store(at: number, value: number): void {
    const { state, spans } = this.#runtime;
    const offset = at - state.arenas.origin;
    const page = Math.floor(offset / pageSize);
    const words = spans.memory.words(page);
    const i = ((page & windowPageMask) << pageWordsShift) + (offset % pageSize) / 4;
    words[i] = value | 0;
    words[i + 1] = Math.floor(value / 2 ** 32);
  }
}

/** Places of pointers, spread over an object. */
function* slotsOf(address: number, size: number): Generator<number> {
  const step = pointerStep * Math.max(1, Math.ceil(size / pointerStep / mostStored));
  for (let at = 0; at < size; at += step) yield address + at;
}
