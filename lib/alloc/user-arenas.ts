/**
 * User arenas: objects that are allocated one after the other and given back all at once.
 *
 * An arena has chunks (heap/user-chunks.ts): an active one, and those that were full before. In a chunk objects with
 * pointers come from the front, those without from the back, as in the runtime; so what marking must look at is one
 * stretch. Nothing is ever given back singly. A request above a quarter of a chunk is not for an arena; the caller
 * makes an ordinary object of it, as the runtime does.
 *
 * Freeing an arena retires all of its chunks, the active one as well. (Go keeps the rest of that for the next arena,
 * unless a sanitizer looks on; here what was in an arena is gone when it is freed, always.) An arena that is *forgotten*,
 * not freed, is no root any more: where the heap traces, its chunks die when nothing points into them.
 *
 * When a retired chunk is used again: where the heap traces, when a cycle has marked and nothing pointed into it; where
 * liveness is explicit, freeing the arena is the program's word that nothing does, as a drop is, so the sweep of the
 * next cycle is enough.
 *
 * Not here: locks, types, errors (api/user-arena.ts).
 */
import type { HeapState } from '../heap/heap-state.ts';
import type { PointerBits } from '../heap/pointer-bits.ts';
import { firstWords, type PointerMap } from '../heap/pointer-map.ts';
import type { UserChunks } from '../heap/user-chunks.ts';
import { i32, table, type Views } from '../meta/column.ts';
import { IdPool, type PoolRoom, poolColumns } from '../meta/id-pool.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { chunkState } from '../spans/user-space.ts';
import type { BlackAllocation } from './mcentral.ts';

/** Rows are arenas. */
export const userArenaTable = table('userArenas', 'other', {
  /** The chunk it allocates from, which is the first of its chunks; 0: none yet. */
  active: i32('heap'),
  /** The P whose thread has it, plus one; 0: nobody. */
  held: i32('heap'),
  next: i32('heap'),
});

export const userArenaPoolTable = table('userArenaPool', 'other', poolColumns);

/** The most arenas of a heap at a time. */
export const mostUserArenas = 2 ** 16;
const batch = 64;

export class UserArenas {
  /** Told of chunks that are taken, whose objects are allocated black while a cycle marks. */
  hooks: Partial<Pick<BlackAllocation, 'largeAllocated'>> = {};
  readonly chunks: UserChunks;
  readonly #arenas: Views<typeof userArenaTable>;
  readonly #pool: IdPool;
  readonly #poolState: Views<typeof userArenaPoolTable>;
  readonly #state: HeapState;
  readonly #bits: PointerBits | undefined;
  readonly #untyped: Uint8Array | undefined;
  /** The largest request for an arena: bytes. */
  readonly largest: number;

  /** @param untyped by span, where the heap traces: 1 where words are pointers only perhaps */
  constructor(
    meta: MetaMemory,
    state: HeapState,
    chunks: UserChunks,
    bits: PointerBits | undefined,
    untyped: Uint8Array | undefined,
  ) {
    this.chunks = chunks;
    this.#arenas = meta.views(userArenaTable);
    this.#poolState = meta.views(userArenaPoolTable);
    this.#pool = new IdPool(meta, userArenaTable, this.#arenas.next, this.#poolState, batch);
    this.#state = state;
    this.#bits = bits;
    this.#untyped = untyped;
    this.largest = chunks.space.chunkBytes / 4;
  }

  static prepare(meta: MetaMemory): boolean {
    return meta.commit(userArenaPoolTable, 0, 1);
  }

  /** Arenas that are held. */
  get live(): number {
    return this.#poolState.live[0];
  }

  /** How many arenas there can be. */
  get room(): PoolRoom {
    return this.#pool;
  }

  /** An arena without a chunk; 0 when there is no memory for one, or no more of them. @param p whose it is */
  make(p: number): number {
    const id = this.#pool.alloc();
    if (id === 0) return 0;
    this.#arenas.active[id] = 0;
    this.#arenas.held[id] = p + 1;
    return id;
  }

  /**
   * Zero memory for an object of an arena; 0 when the system has none.
   * @param size bytes, 1 to `largest` @param map which of its words are pointers; undefined: none
   */
  alloc(id: number, size: number, map: PointerMap | undefined): number {
    const chunk = this.#arenas.active[id];
    const at = chunk === 0 ? 0 : this.#take(chunk, size, map !== undefined);
    const taken = at !== 0 ? at : this.#refill(id, size, map !== undefined);
    if (map !== undefined && taken !== 0) {
      if (size > 256) this.#putWords(taken, size, (word) => (word < map.pointers ? map.mask(word) : 0));
      else this.#bits?.putSmall(taken - this.#state.arenas.origin, (size + 7) >>> 3, map.first);
    }
    return taken;
  }

  /** The same for memory any word of which may be a pointer. */
  allocUntyped(id: number, size: number): number {
    const chunk = this.#arenas.active[id];
    const at = chunk === 0 ? 0 : this.#take(chunk, size, true);
    const taken = at !== 0 ? at : this.#refill(id, size, true);
    if (taken === 0 || this.#untyped === undefined) return taken;
    this.#untyped[this.chunks.space.rows().span[this.chunks.space.chunkAt(taken) - 1]] = 1;
    this.#putWords(taken, size, () => -1);
    return taken;
  }

  /** Gives all of it back. */
  free(id: number): void {
    this.#leave(id, (chunk) => this.chunks.retire(chunk));
  }

  /** Gives the arena up, and lets its chunks live as long as something points into them. */
  forget(id: number): void {
    this.#leave(id, () => {});
  }

  /** Forgets all arenas of a P, whose thread is gone. */
  forgetOf(p: number): void {
    for (let id = 1; id <= this.#poolState.used[0]; id++)
      if (this.#arenas.held[id] === p + 1) this.forget(id);
  }

  /** Its chunks. */
  chunksOf(id: number): number[] {
    const { next } = this.chunks.space.rows();
    const found: number[] = [];
    for (let chunk = this.#arenas.active[id]; chunk !== 0; chunk = next[chunk - 1]) found.push(chunk);
    return found;
  }

  /** Whether all address space is taken, and some of it belongs to no arena any more: a collection may give that back. */
  awaitCycle(): boolean {
    const { space } = this.chunks;
    if (!space.isFull()) return false;
    let left = 0;
    for (const state of space.chunkStates) if (state !== chunkState.none) left++;
    this.eachChunk(() => left--);
    return left > 0;
  }

  /** Calls for each chunk of each arena that is held: such are alive whatever points into them. */
  eachChunk(visit: (chunk: number) => void): void {
    for (let id = 1, end = this.#poolState.used[0]; id <= end; id++)
      if (this.#arenas.held[id] !== 0) for (const chunk of this.chunksOf(id)) visit(chunk);
  }

  /** Their addresses, as roots. All at once: there are few, and an arena may be forgotten while a cycle marks. */
  firstRoots(visitor: { root(address: number): void }): void {
    this.eachChunk((chunk) => visitor.root(this.chunks.space.addressOf(chunk)));
  }

  eachRoot(): number {
    return 0;
  }

  #leave(id: number, each: (chunk: number) => void): void {
    const chunks = this.chunksOf(id);
    this.#arenas.held[id] = 0;
    this.#arenas.active[id] = 0;
    this.#pool.free(id);
    for (const chunk of chunks) each(chunk);
  }

  #refill(id: number, size: number, scan: boolean): number {
    const { active } = this.#arenas;
    const chunk = this.chunks.alloc();
    if (chunk === 0) return 0;
    const { next, span } = this.chunks.space.rows();
    this.hooks.largeAllocated?.(span[chunk - 1]);
    next[chunk - 1] = active[id];
    active[id] = chunk;
    return this.#take(chunk, size, scan);
  }

  /** Takes room of a chunk: its address, or 0 where there is too little. */
  #take(chunk: number, size: number, scan: boolean): number {
    const { space } = this.chunks;
    const { front, back } = space.rows();
    const i = chunk - 1;
    if (scan) {
      const at = front[i];
      const end = at + ((size + 7) & -8);
      if (end > back[i]) return 0;
      front[i] = end;
      return space.addressOf(chunk) + at;
    }
    // The lowest bit of a size is what it can be aligned at, up to a word.
    const at = (back[i] - size) & -Math.min(8, size & -size);
    if (at < front[i]) return 0;
    back[i] = at;
    return space.addressOf(chunk) + at;
  }

  /** Writes pointer bits, 32 words at a time, so that what lies beyond the object stays as it is. */
  #putWords(at: number, size: number, maskOf: (word: number) => number): void {
    const bits = this.#bits;
    if (bits === undefined) return;
    const offset = at - this.#state.arenas.origin;
    const words = (size + 7) >>> 3;
    for (let word = 0; word < words; word += 32) {
      const n = Math.min(32, words - word);
      bits.putSmall(offset + word * 8, n, maskOf(word) & firstWords(n));
    }
  }
}
