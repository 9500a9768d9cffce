/**
 * Growth: how a heap gets more pages from the system.
 *
 * Memory is taken in the growth unit from the current arena space; when that is used up, more is
 * reserved through the arena hints. If the new space does not adjoin, the rest of the old is grown into
 * first, so that nothing is lost. Fresh memory counts as released where the page heap says so: it costs
 * nothing yet. The 2014 and 2019 designs count it as free and backed.
 *
 * Failure: whatever was added stays; reserved address space is kept for the next try, or given back.
 * Growing leaves the JavaScript engine some memory (engine-room.ts).
 *
 * Not here: when to grow (mheap.ts); what to release first, which is policy and lies above (`hooks`).
 */
import { fatal } from '../base/errors.ts';
import {
  type Address,
  address,
  alignUp,
  arenaBytes,
  bytes,
  growthStep,
  MiB,
  pageCount,
  pageIndex,
  pageSize,
} from '../base/units.ts';
import type { Sys } from '../os/sys.ts';
import type { PageHeap } from '../pages/contract.ts';
import { leavesRoom } from './engine-room.ts';
import type { HeapState } from './heap-state.ts';
import type { PointerBits } from './pointer-bits.ts';

/** Growth units up to this are a least amount, in steps of `growthStep`. */
const smallGrowthUnit = 1 * MiB;

export interface GrowthHooks {
  /** Before the heap grows by `size` bytes, which the page heap does not have yet. */
  growing(size: number): void;
  /** After fresh memory was mapped: what the options ask of the kernel for it. */
  mapped(at: Address, size: number): void;
}

export interface GrowthDeps {
  readonly sys: Sys;
  readonly state: HeapState;
  readonly pages: PageHeap;
  /** What tells which words of the heap are pointers, where anything does. */
  readonly pointerBits: PointerBits | undefined;
  /** Bytes, a power of two. */
  readonly growthUnit: number;
  /** Pages of the heap in a physical page, a power of two. */
  readonly physPages: number;
}

export class Growth {
  hooks: GrowthHooks = { growing: () => {}, mapped: () => {} };
  readonly #deps: GrowthDeps;
  readonly #unit: number;
  readonly #step: number;

  constructor(deps: GrowthDeps) {
    this.#deps = deps;
    // The system maps whole physical pages.
    this.#unit = Math.max(deps.growthUnit, deps.physPages * pageSize);
    this.#step = this.#unit <= smallGrowthUnit ? Math.max(growthStep, deps.physPages * pageSize) : this.#unit;
  }

  /** Pages of the heap in a physical page; 1 where that is no larger. */
  get physPages(): number {
    return this.#deps.physPages;
  }

  /**
   * Adds room for at least npages to the page heap. The bytes added: fewer when the system has no more memory,
   * 0 when it has none.
   */
  grow(npages: number): number {
    const need = alignUp(npages * pageSize, this.#step);
    const ask = Math.max(need, this.#unit);
    const grown = this.#growBy(ask);
    return grown >= need || need === ask ? grown : grown + this.#growBy(need);
  }

  #growBy(ask: number): number {
    const { sys } = this.#deps;
    const { arenas } = this.#deps.state;
    const { state } = arenas;
    let total = 0;
    if (state.curBase[0] + ask > state.curEnd[0]) {
      const before = arenas.snapshot();
      const base = arenas.reserve(ask);
      if (base === 0) return 0;
      const size = alignUp(ask, arenaBytes);
      if (!leavesRoom(sys)) {
        arenas.giveBack(before, base, size);
        return 0;
      }
      if (base === state.curEnd[0]) {
        state.curEnd[0] = base + size;
      } else {
        const rest = state.curEnd[0] - state.curBase[0];
        if (rest > 0) {
          if (!this.#growInto(state.curBase[0], rest)) {
            arenas.giveBack(before, base, size);
            return 0;
          }
          total += rest;
        }
        state.curBase[0] = base;
        state.curEnd[0] = base + size;
      }
    }
    const start = state.curBase[0];
    // The rest of the old space may be ours already: then that is what could be had.
    if (!this.#growInto(start, ask)) return total;
    state.curBase[0] = start + ask;
    return total + ask;
  }

  /** Maps reserved space and gives it to the page heap. */
  #growInto(start: number, size: number): boolean {
    const { sys, state, pages, pointerBits } = this.#deps;
    const { arenas, counters } = state;
    const at = address(start);
    const page = pageIndex(arenas.pageOf(start));
    const npages = pageCount(size / pageSize);
    // What can fail for lack of memory comes before what cannot be undone.
    if (pointerBits?.ensure(page, npages) === false) return false;
    if (pages.prepareGrow?.(page, npages) === false || !sys.map(at, bytes(size), 'heap')) return false;
    if (!leavesRoom(sys) && this.#unmap(at, size)) return false;
    this.hooks.mapped(at, size);
    this.hooks.growing(size);
    if (!pages.grow(page, npages)) {
      // It may only do so where it was not asked before.
      if (pages.prepareGrow === undefined && this.#unmap(at, size)) return false;
      fatal('the page heap refused pages it was prepared for', { page, npages });
    }
    if (pages.freshScavenged) {
      counters.heapReleased[0] += size;
    } else {
      sys.used(at, bytes(size));
      counters.heapFree[0] += size;
    }
    return true;
  }

  /** Makes mapped space reserved again, by way of Ready. False if the system refuses: then it is there to be used. */
  #unmap(start: number, size: number): boolean {
    const { sys } = this.#deps;
    const at = address(start);
    if (!sys.used(at, bytes(size))) return false;
    if (sys.fault(at, bytes(size), 'heap')) return true;
    sys.accounts.mappedReady(-size);
    return false;
  }
}
