/**
 * Malloc for a heap that is traced: beside each object that may hold pointers it writes which of its words they are.
 *
 * What it does around malloc.ts:
 * - pointer bits: as the type says; of an object without one, every word is a pointer perhaps: those of its size class,
 *   since all of them can be written
 * - the object that a thread allocated last is a root until it allocates the next: nobody else can know of it yet. So
 *   an address that malloc has just given can be stored before it is lost, also where other threads collect
 * - what malloc finds to be due (a collection) it lets wait until the object is whole
 *
 * Not here: finding memory (malloc.ts).
 */
import { pageSize } from '../base/units.ts';
import { partsOf, WrittenOnce } from '../base/written-once.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { PointerBits } from '../heap/pointer-bits.ts';
import { firstWords, type PointerMap } from '../heap/pointer-map.ts';
import { f64, table } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { Malloc, MallocHooks, ObjectShape } from './malloc.ts';
import { roundUpSizeBy, type SizeClasses, smallSpanClass } from './size-classes.ts';
import type { TracingLiveness } from './tracing-liveness.ts';

/** Rows are Ps. */
export const lastAllocatedTable = table('lastAllocated', 'mcache', {
  /** The address that its thread was given last; 0: none. */
  address: f64('p'),
});

/** Objects of a type, as malloc needs it: bytes, and which of them are pointers. */
export interface TypeShape extends ObjectShape {
  /** Words of the size class; 0 above 32 words, and without pointers. */
  readonly smallSlot: number;
  /** The pointers among the first 32 words. */
  readonly mask: number;
  readonly map: PointerMap;
}

/** Objects of so many bytes, with pointers as a map says. */
export function typeShape(size: number, map: PointerMap, classes: SizeClasses): TypeShape {
  const noscan = map.pointers === 0;
  const slot = noscan ? 0 : roundUpSizeBy(classes, size) / 8;
  const spanClass = smallSpanClass(classes, size, noscan);
  return { size, noscan, spanClass, smallSlot: slot <= 32 ? slot : 0, mask: map.first, map };
}

/** What hands out objects, with types and without. Addresses; 0 when the system has no memory. */
export interface Allocator {
  /** @param size bytes, a whole number ≥ 0 @param noscan it holds no pointers @param zero its memory must be zero */
  malloc(size: number, noscan: boolean, zero: boolean): number;
  /** An object of a type, zeroed. */
  make(shape: TypeShape): number;
  /** A chunk of a user arena was taken: who tells of objects tells of it as one. */
  tookChunk?(address: number, bytes: number): void;
}

/** What a scanning malloc works with. */
export interface ScanningMallocDeps {
  readonly malloc: Malloc;
  readonly state: HeapState;
  readonly meta: MetaMemory;
  readonly pointerBits: PointerBits;
  readonly liveness: TracingLiveness;
  readonly hooks: MallocHooks;
}

const given = partsOf<ScanningMallocDeps & { readonly classes: SizeClasses }>;

export class ScanningMalloc extends WrittenOnce implements Allocator {
  readonly p = given(this).malloc.p;
  readonly #malloc = given(this).malloc;
  readonly #bits = given(this).pointerBits;
  readonly #hooks = given(this).hooks;
  readonly #origin = given(this).state.arenas.origin;
  readonly #spanOf = given(this).state.pageColumns.spanOf;
  readonly #untyped = given(this).liveness.spans.untyped;
  readonly #last = given(this).meta.views(lastAllocatedTable).address;
  readonly #classes = given(this).classes;
  /** Malloc said that something may be due. */
  #wasSlow = false;

  constructor(deps: ScanningMallocDeps, classes: SizeClasses) {
    super({ ...deps, classes });
    deps.malloc.hooks = {
      slowPath: () => {
        this.#wasSlow = true;
      },
    };
  }

  malloc(size: number, noscan: boolean, zero: boolean): number {
    const addr = this.#malloc.malloc(size, noscan, zero);
    if (!noscan && addr !== 0 && size !== 0) this.#putUntyped(addr, size);
    this.#last[this.p] = addr;
    if (this.#wasSlow) this.#afterSlow();
    return addr;
  }

  make(shape: TypeShape): number {
    const addr = this.#malloc.shaped(shape);
    const slot = shape.smallSlot;
    if (slot === 0) this.#putLarge(addr, shape);
    else if (addr !== 0) this.#bits.putSmall(addr - this.#origin, slot, shape.mask);
    this.#last[this.p] = addr;
    if (this.#wasSlow) this.#afterSlow();
    return addr;
  }

  /** The pointers of an object that is large, where it has any. */
  #putLarge(addr: number, { noscan, size, map }: TypeShape): void {
    if (!noscan && addr !== 0)
      this.#bits.put(addr - this.#origin, roundUpSizeBy(this.#classes, size) / 8, map);
  }

  #putUntyped(addr: number, size: number): void {
    const offset = addr - this.#origin;
    const slot = roundUpSizeBy(this.#classes, size) / 8;
    this.#untyped[this.#spanOf[Math.floor(offset / pageSize)]] = 1;
    if (slot <= 32) this.#bits.putSmall(offset, slot, firstWords(slot));
    else this.#bits.putAll(offset, slot);
  }

  #afterSlow(): void {
    this.#wasSlow = false;
    this.#hooks.slowPath();
  }
}

/** Objects of types where nothing is traced: what of them are pointers nobody asks. */
export class PlainAllocator implements Allocator {
  readonly #malloc: Malloc;

  constructor(malloc: Malloc) {
    this.#malloc = malloc;
  }

  malloc(size: number, noscan: boolean, zero: boolean): number {
    return this.#malloc.malloc(size, noscan, zero);
  }

  make(shape: TypeShape): number {
    return this.#malloc.shaped(shape);
  }
}
