/**
 * Malloc by bumping a pointer, where nothing is ever freed. GODEBUG=sbrk=1: what mallocgc does with it, and the runtime's
 * other calls with such objects.
 *
 *   malloc   16 bytes are the alignment of memory without a type; of a type, what its size can be divided by, up to 8
 *   drop     says nothing that anybody wants to know: no effect, as often as one likes
 *
 * Memory is zero, since it was nobody's before. No such allocation makes a collection due.
 *
 * Not here: the memory (heap/bump-memory.ts).
 */
import type { BumpMemory } from '../heap/bump-memory.ts';
import type { Liveness } from './liveness.ts';
import { Malloc, type MallocDeps, type ObjectShape } from './malloc.ts';
import type { Allocator, TypeShape } from './scanning-malloc.ts';

const alignOfUntyped = 16;
const mostAlignOfTyped = 8;

export class BumpMalloc extends Malloc implements Allocator {
  readonly #bump: BumpMemory;
  readonly #zeroBase: number;

  constructor(p: number, deps: MallocDeps, bump: BumpMemory) {
    super(p, deps);
    this.#bump = bump;
    this.#zeroBase = deps.zeroBase;
  }

  override malloc(size: number): number {
    return size === 0 ? this.#zeroBase : this.#bump.alloc(this.p, size, alignOfUntyped);
  }

  override shaped({ size }: ObjectShape): number {
    return this.malloc(size);
  }

  make({ size }: TypeShape): number {
    const rest = size & (mostAlignOfTyped - 1);
    const align = rest === 0 ? mostAlignOfTyped : rest & -rest;
    return size === 0 ? this.#zeroBase : this.#bump.alloc(this.p, size, align);
  }
}

/** The calls of a program that drops, over those of a heap that knows nothing of such objects. */
export class BumpLiveness implements Pick<Liveness, 'drop' | 'dropAll' | 'explain'> {
  readonly #bump: BumpMemory;
  readonly #liveness: Liveness;
  readonly #zeroBase: number;

  constructor(bump: BumpMemory, liveness: Liveness, zeroBase: number) {
    this.#bump = bump;
    this.#liveness = liveness;
    this.#zeroBase = zeroBase;
  }

  drop(addr: number): boolean {
    return this.#bump.find(addr) !== undefined;
  }

  /** Any other address is wrong, or that of the empty object. */
  dropAll(batch: Float64Array): void {
    this.#liveness.dropAll(batch.map((addr) => (this.drop(addr) ? this.#zeroBase : addr)));
  }

  explain(addr: number): void {
    this.#liveness.explain(addr);
  }
}
