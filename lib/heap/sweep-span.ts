/**
 * Sweeping one span: what is not marked becomes free.
 *
 * What is known of single objects comes first: a finalizer keeps its object once more (sweep-specials.ts). Then the mark
 * bits become the allocation bits, fresh mark bits are taken, and allocation starts again at object 0. A span without
 * live objects goes back to the page heap; of others the registry is told. The order in which spans come to be
 * swept is none of this file's business.
 *
 * A chunk of a user arena in which nothing lives is given back in its own way (user-chunks.ts).
 *
 * A sweep by someone who wants to allocate from the span (`preserve`) leaves placing it to them.
 *
 * Invariants: the caller has taken the span (its generation is the heap's less one); no object that
 * was free is marked; a sweep never raises the count of allocated objects.
 *
 * Not here: which span and when (gc/sweeper.ts, alloc/mcentral.ts).
 */
import { fatal } from '../base/errors.ts';
import { pageSize, spanId } from '../base/units.ts';
import type { ObjectMemory } from '../spans/object-memory.ts';
import { objectSize, spanState, spanUse } from '../spans/span-table.ts';
import type { FreeLists } from './free-lists.ts';
import type { HeapState } from './heap-state.ts';
import type { MHeap } from './mheap.ts';
import type { SpanObjects } from './span-objects.ts';
import type { RegistrySweeper, SpanRegistry } from './span-registry.ts';
import type { SpecialSweeper } from './sweep-specials.ts';
import type { UserChunks } from './user-chunks.ts';
import { throwZombie, type ZombieReport, zombieReport } from './zombie.ts';

/** The 32-bit word that freed objects are filled with under `clobberFree`. */
export const clobberWord = 0xdeadbeef;

export class SpanSweeper implements RegistrySweeper {
  readonly #heap: MHeap;
  readonly #state: HeapState;
  readonly #objects: SpanObjects;
  readonly #registry: SpanRegistry;
  readonly #freeLists: FreeLists | undefined;
  readonly #memory: ObjectMemory;
  readonly #chunks: UserChunks | undefined;
  readonly #specials: SpecialSweeper;
  /** Fill freed objects with `clobberWord`, to catch uses after the last drop (GODEBUG clobberfree). */
  clobberFree = false;
  /** Freed spans are made to fault and never used again, as far as the system has mappings (GODEBUG efence). */
  efence = false;
  /** Told of each object that is freed: its address, and the bytes it had. */
  freed: ((addr: number, size: number) => void) | undefined;

  constructor(
    heap: MHeap,
    state: HeapState,
    objects: SpanObjects,
    registry: SpanRegistry,
    freeLists: FreeLists | undefined,
    memory: ObjectMemory,
    specials: SpecialSweeper,
    chunks?: UserChunks,
  ) {
    this.#chunks = chunks;
    this.#heap = heap;
    this.#state = state;
    this.#objects = objects;
    this.#registry = registry;
    this.#freeLists = freeLists;
    this.#memory = memory;
    this.#specials = specials;
  }

  /** Takes a span for sweeping, if it needs it and nobody else has. */
  tryAcquire(s: number): boolean {
    const { sweepGen, state } = this.#state.spans.columns;
    const gen = this.#state.sweepState.gen;
    if (sweepGen[s] !== gen - 2 || state[s] !== spanState.inUse) return false;
    sweepGen[s] = gen - 1;
    return true;
  }

  /** Whether somebody has taken it and is not done. */
  isBeingSwept(s: number): boolean {
    return this.#state.spans.columns.sweepGen[s] === this.#state.sweepState.gen - 1;
  }

  /** Makes sure that a span in use is swept: before anything is said of its objects. One whose object lives stays. */
  ensureSwept(s: number): void {
    if (this.tryAcquire(s)) this.sweep(s, false);
  }

  /** The span of an address of an object that is in use, swept. */
  sweptAt(address: number): number {
    const { arenas, pageColumns } = this.#state;
    const s = pageColumns.spanOf[arenas.pageOf(address)];
    this.ensureSwept(s);
    return s;
  }

  /**
   * Sweeps a span that was taken. True when its pages went back to the page heap.
   * @throws FatalError where a free object is marked; the span is swept all the same, as if it were not
   */
  sweep(s: number, preserve: boolean): boolean {
    const zombie = this.#takeZombies(s);
    // Who wanted to have it will not come to place it.
    const isFreed = this.#sweep(s, preserve && zombie === undefined);
    return zombie === undefined ? isFreed : throwZombie(zombie);
  }

  #sweep(s: number, preserve: boolean): boolean {
    const { spans, sweepState, counters } = this.#state;
    const c = spans.columns;
    const gen = sweepState.gen;
    if (c.state[s] !== spanState.inUse || c.sweepGen[s] !== gen - 1) {
      fatal('sweeping a span in a bad state', {
        span: s,
        state: c.state[s],
        sweepGen: c.sweepGen[s],
        heapSweepGen: gen,
      });
    }
    counters.pagesSwept[0] += c.pages[s];
    this.#specials.sweep(s);
    const nalloc = this.#objects.countMarked(s);
    const nfreed = c.allocCount[s] - nalloc;
    if (nfreed < 0)
      fatal('a sweep raised the count of objects', { span: s, marked: nalloc, allocCount: c.allocCount[s] });
    const elemSize = c.elemSize[s];
    if ((this.clobberFree || this.freed !== undefined) && nfreed > 0) this.#lookAtFreed(s);

    if (this.#freeLists !== undefined && elemSize !== 0 && nfreed > 0) this.#thread(s, this.#freeLists);

    c.allocCount[s] = nalloc;
    c.allocBits[s] = c.markBits[s];
    c.markBits[s] = this.#state.gcBits.allocForSweep(c.nelems[s]);
    c.freeIndex[s] = 0;
    c.sweepGen[s] = gen;

    if (elemSize !== 0) {
      if (nfreed > 0) {
        c.needZero[s] = 1;
        counters.smallFreeCount[c.spanClass[s] >>> 1] += nfreed;
        counters.totalFree[0] += nfreed * elemSize;
      }
      if (nalloc === 0 && !preserve) {
        this.#heap.freeSpan(spanId(s));
        return true;
      }
      this.#registry.swept(s, preserve);
      return false;
    }
    if (nfreed !== 0 && this.#chunks !== undefined && c.use[s] !== spanUse.heap) {
      this.#chunks.recycle(s);
      return false;
    }
    if (nfreed !== 0) {
      const size = c.pages[s] * pageSize;
      counters.largeFreeCount[0]++;
      counters.largeFree[0] += size;
      counters.totalFree[0] += size;
      if (this.efence && this.#heap.fence(spanId(s))) return false;
      this.#heap.freeSpan(spanId(s));
      return true;
    }
    this.#registry.swept(s, preserve);
    return false;
  }

  /** Unmarks what is free. @returns a report of the first such object, and its span as it was */
  #takeZombies(s: number): ZombieReport | undefined {
    const { spans, gcBits } = this.#state;
    const { nelems, freeIndex, markBits } = spans.columns;
    let report: ZombieReport | undefined;
    for (let window = freeIndex[s] & ~31; window < nelems[s]; window += 32) {
      const at = markBits[s] + (window >>> 5);
      const zombies = gcBits.bits[at] & ~this.#objects.allocatedWord(s, window);
      if (zombies === 0) continue;
      report ??= zombieReport(
        this.#state,
        this.#objects,
        this.#memory,
        s,
        window + 31 - Math.clz32(zombies & -zombies),
      );
      gcBits.bits[at] &= ~zombies;
    }
    return report;
  }

  /** Threads what this sweep frees into the span's list. */
  #thread(s: number, freeLists: FreeLists): void {
    const { markBits } = this.#state.spans.columns;
    freeLists.sweep(
      s,
      (window) =>
        this.#objects.allocatedWord(s, window) & ~this.#state.gcBits.bits[markBits[s] + (window >>> 5)],
    );
  }

  /** Looks at each object that this sweep frees. */
  #lookAtFreed(s: number): void {
    const { spans, arenas } = this.#state;
    const { startPage, nelems, use } = spans.columns;
    const size = objectSize(spans.columns, s);
    // The memory of a chunk whose arena was freed is gone already.
    const clobbers = this.clobberFree && use[s] === spanUse.heap;
    for (let i = 0; i < nelems[s]; i++) {
      if (this.#objects.isMarked(s, i) || !this.#objects.isAllocated(s, i)) continue;
      if (clobbers) this.#memory.fillWords(startPage[s], i * size, size, clobberWord);
      this.freed?.(arenas.addressOf(startPage[s]) + i * size, size);
    }
  }
}
