/**
 * Malloc: objects by size.
 *
 * - Below 16 bytes and without pointers: the *tiny* allocator puts several objects into one 16-byte
 *   block, each aligned as its size suggests (8 for multiples of 8, else 4, else 2).
 * - Up to 32 KiB: the next free object of the P's cached span of that size class.
 * - Above: a span of its own, in whole pages.
 *
 * Memory is zeroed only if it is asked to be zero and the span may hold old contents.
 *
 * Results: an address, or 0 when the system has no memory. Sizes are whole and not negative; the
 * public face checks them.
 *
 * Speed: malloc and a drop must be compiled into one caller (HACKING.md, "What V8 does"). So the fast path is short,
 * what is rare is a call away, and what it returns is told to be a number (`+`).
 *
 * Not here: drops (explicit-liveness.ts), locks (the public face), collections (`hooks.slowPath` says when one may
 * be due).
 */
import { type Address, pageSize as pageBytes } from '../base/units.ts';
import { partsOf, WrittenOnce } from '../base/written-once.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { MHeap } from '../heap/mheap.ts';
import { largeNoscanShape, largeScanShape } from '../heap/span-shape.ts';
import type { ObjectMemory } from '../spans/object-memory.ts';
import type { Liveness } from './liveness.ts';
import type { MCache } from './mcache.ts';
import type { MCentral } from './mcentral.ts';
import {
  maxTinySize,
  numSpanClasses,
  type SizeClasses,
  maxSmallSize as smallSizes,
  tinySpanClass,
} from './size-classes.ts';

const pageSize = pageBytes;
const maxSmallSize = smallSizes;
const tinyBlock = maxTinySize;

export interface MallocHooks {
  /** After a slow allocation (a refill, a large object): a collection or background work may be due. */
  slowPath(): void;
}

/** What objects of a type are to malloc. */
export interface ObjectShape {
  readonly size: number;
  readonly noscan: boolean;
  /** By `smallSpanClass`; 0: malloc looks at the size. */
  readonly spanClass: number;
}

/** What malloc works with, besides its P. */
export interface MallocDeps {
  readonly heap: MHeap;
  readonly state: HeapState;
  readonly central: MCentral;
  readonly mcache: MCache;
  readonly memory: ObjectMemory;
  readonly classes: SizeClasses;
  readonly liveness: Liveness;
  /** Where objects of no bytes are. */
  readonly zeroBase: Address;
}

const given = partsOf<MallocDeps & { readonly p: number }>;

export class Malloc extends WrittenOnce {
  /** The P this thread works with: its row of the mcaches. */
  readonly p = given(this).p;
  hooks: MallocHooks = { slowPath: () => {} };
  readonly #heap = given(this).heap;
  readonly #state = given(this).state;
  readonly #central = given(this).central;
  readonly #mcache = given(this).mcache;
  readonly #memory = given(this).memory;
  readonly #liveness = given(this).liveness;
  readonly #origin = given(this).state.arenas.origin;
  readonly #zeroBase = given(this).zeroBase;
  // Columns of the fast path, each a field of its own: one load instead of two.
  readonly #spanClassBy8 = given(this).classes.spanClassBy8;
  readonly #classToSize = given(this).classes.sizes;
  readonly #firstSlot = given(this).p * numSpanClasses;
  readonly #open = given(this).mcache.columns.open;
  readonly #windowBase = given(this).mcache.columns.windowBase;
  readonly #stale = given(this).mcache.columns.stale;
  readonly #tinyBase = given(this).mcache.columns.tinyBase;
  readonly #tinyLeft = given(this).mcache.columns.tinyLeft;
  readonly #tinyAllocs = given(this).mcache.columns.tinyAllocs;

  constructor(p: number, deps: MallocDeps) {
    super({ p, ...deps });
  }

  /**
   * Allocates an object.
   * @param size bytes, a whole number ≥ 0
   * @param noscan the object holds no pointers
   * @param zero its memory must be zero
   */
  malloc(size: number, noscan: boolean, zero: boolean): number {
    if (size < tinyBlock && noscan) return +this.mallocTiny(size);
    return +this.#mallocRest(size, noscan, zero);
  }

  /** What is not tiny. Apart, since a program with tiny objects alone has no room for this where it calls malloc. */
  #mallocRest(size: number, noscan: boolean, zero: boolean): number {
    if (size > maxSmallSize) return +this.mallocLarge(size, noscan, zero);
    const spanClass = this.#spanClassBy8[(size + 7) >> 3] | (noscan ? 1 : 0);
    const slot = this.#firstSlot + spanClass;
    const open = this.#open;
    const free = open[slot];
    if (free === 0) return +this.#mallocSlow(slot, zero);
    const rest = free & (free - 1);
    open[slot] = rest;
    const bytes = this.#classToSize[spanClass >> 1];
    const addr = this.#windowBase[slot] + (31 - Math.clz32(free ^ rest)) * bytes;
    if (zero && this.#stale[slot] !== 0) this.zero(addr, bytes);
    this.#liveness.allocated(addr);
    return addr;
  }

  /** As `malloc`, zeroed, for who knows what to ask for beforehand. */
  shaped(shape: ObjectShape): number {
    const { spanClass } = shape;
    const slot = this.#firstSlot + spanClass;
    const free = this.#open[slot];
    // As always of span class 0.
    if (free === 0) return +this.#shapedSlow(shape);
    const rest = free & (free - 1);
    this.#open[slot] = rest;
    const bytes = this.#classToSize[spanClass >> 1];
    const addr = this.#windowBase[slot] + (31 - Math.clz32(free ^ rest)) * bytes;
    if (this.#stale[slot] !== 0) this.zero(addr, bytes);
    this.#liveness.allocated(addr);
    return addr;
  }

  #shapedSlow({ spanClass, size, noscan }: ObjectShape): number {
    return spanClass === 0
      ? this.malloc(size, noscan, true)
      : this.#mallocSlow(this.#firstSlot + spanClass, true);
  }

  /**
   * Takes an object where the open window has none left: opens another, or refills the cache. The empty
   * object's size class never has a window, so that empty objects end up here.
   */
  #mallocSlow(slot: number, zero: boolean): number {
    const spanClass = slot - this.#firstSlot;
    if (spanClass >> 1 === 0) return this.#zeroBase;
    const refilled = !this.#mcache.openNext(slot, zero);
    if (refilled && !this.#mcache.refill(this.p, spanClass, zero)) return 0;
    const addr = this.#takeOpen(slot, this.#classToSize[spanClass >> 1], zero);
    if (refilled) this.hooks.slowPath();
    return addr;
  }

  /** Takes the first object of the open window, which has one: its address. */
  #takeOpen(slot: number, bytes: number, zero: boolean): number {
    const free = this.#open[slot];
    const rest = free & (free - 1);
    this.#open[slot] = rest;
    const addr = this.#windowBase[slot] + (31 - Math.clz32(free ^ rest)) * bytes;
    if (zero && this.#stale[slot] !== 0) this.zero(addr, bytes);
    this.#liveness.allocated(addr);
    return addr;
  }

  protected mallocTiny(size: number): number {
    if (size === 0) return this.#zeroBase;
    const { p } = this;
    // Sizes below 16 have an alignment of 8 at most: their lowest bit.
    const left = this.#tinyLeft[p] & -(size & -size);
    if (left >= size && (left & 7) !== 0) return +this.#mallocBetween(size, left);
    let addr: number;
    if (left < size) {
      addr = +this.mallocTinyBlock(size);
      if (addr === 0) return 0;
    } else {
      addr = this.#tinyBase[p] + tinyBlock - left;
      this.#tinyLeft[p] = left - size;
      this.#tinyAllocs[p]++;
    }
    this.#liveness.allocated(addr);
    return addr;
  }

  /** Puts an object into the current tiny block where it does not start at a multiple of 8. */
  #mallocBetween(size: number, left: number): number {
    const { p } = this;
    const addr = this.#tinyBase[p] + tinyBlock - left;
    this.#tinyLeft[p] = left - size;
    this.#tinyAllocs[p]++;
    this.#liveness.allocatedBetween(addr);
    return addr;
  }

  /**
   * Starts a block for a tiny object, and keeps it as the current one if it has more room left. That the object is
   * allocated is told by who calls. 0 without memory.
   */
  protected mallocTinyBlock(size: number): number {
    const { p } = this;
    const slot = this.#firstSlot + tinySpanClass;
    const free = this.#open[slot];
    if (free === 0) return +this.#mallocTinySlow(size);
    const rest = free & (free - 1);
    this.#open[slot] = rest;
    const addr = this.#windowBase[slot] + (31 - Math.clz32(free ^ rest)) * tinyBlock;
    // Always zeroed: the objects that come later into this block are promised zero memory too.
    if (this.#stale[slot] !== 0) this.zero(addr, tinyBlock);
    const left = tinyBlock - size;
    if (left > this.#tinyLeft[p]) {
      this.#tinyBase[p] = addr;
      this.#tinyLeft[p] = left;
    }
    return addr;
  }

  /** The same where the open window has no block left. */
  #mallocTinySlow(size: number): number {
    const refilled = !this.#mcache.openNext(this.#firstSlot + tinySpanClass, true);
    if (refilled && !this.#mcache.refill(this.p, tinySpanClass, true)) return 0;
    const addr = this.mallocTinyBlock(size);
    // Before a collection can begin; told again by who calls, which changes nothing.
    this.#liveness.allocated(addr);
    if (refilled) this.hooks.slowPath();
    return addr;
  }

  protected mallocLarge(size: number, noscan: boolean, zero: boolean): number {
    const { spans, counters, arenas } = this.#state;
    const c = spans.columns;
    const npages = Math.ceil(size / pageSize);
    if (npages > arenas.reachPages) return 0;
    this.#central.hooks.deductSweepCredit(npages * pageSize, npages);
    const s = this.#heap.allocHeapSpan(this.p, npages, noscan ? largeNoscanShape : largeScanShape);
    if (s === 0) return 0;
    // A page heap may round up.
    const bytes = c.pages[s] * pageSize;
    counters.largeAlloc[0] += bytes;
    counters.largeAllocCount[0]++;
    counters.totalAlloc[0] += bytes;
    counters.heapLive[0] += bytes;
    if (!noscan) counters.heapScan[0] += bytes;
    c.unasked[s] = bytes - size;
    c.freeIndex[s] = 1;
    c.allocCount[s] = 1;
    this.#central.hooks.largeAllocated?.(s);
    const addr = this.#origin + c.startPage[s] * pageSize;
    this.#liveness.allocated(addr);
    if (zero && c.needZero[s] !== 0) this.zero(addr, bytes);
    this.hooks.slowPath();
    return addr;
  }

  protected zero(addr: number, size: number): void {
    const offset = addr - this.#origin;
    const page = Math.floor(offset / pageSize);
    const inPage = offset - page * pageSize;
    this.#memory.zero(page, inPage, size);
  }
}
