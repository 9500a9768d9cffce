/**
 * User space: the address space of user arenas, in chunks, and what is known of each chunk.
 *
 * It is the last quarter of the heap's reach, one arena at least. There arenas are reserved from the top down, each to be
 * cut into chunks of 8 MiB, as the runtime's are; of a heap with less than 256 MiB of reach a 32nd of that. Where the
 * page heap has the only arena, chunks are cut off the end of what it has not grown into. A chunk stays one for good.
 *
 * So chunks lie apart from the heap's beginning: what is at an address of user space can be asked for where it is read,
 * and addresses elsewhere need no question.
 *
 * Not here: the memory of chunks and their spans (heap/user-chunks.ts), what lies in them (alloc/user-arenas.ts).
 */
import { type Address, address, arenaBytes, MiB, pageSize } from '../base/units.ts';
import { f64, i32, table, u8, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { Arenas } from './arenas.ts';

export const largestChunk = 8 * MiB;

/** Bytes of a chunk: the runtime's 8 MiB, or what a small reach allows. A power of two. */
export const chunkBytesOf = (reach: number): number =>
  Math.min(largestChunk, 2 ** Math.floor(Math.log2(reach / 32)));

/** Where user space begins, from the origin. */
export const userSpaceFrom = (reach: number): number =>
  reach <= arenaBytes
    ? reach - reach / 4
    : reach - Math.max(arenaBytes, Math.floor(reach / 4 / arenaBytes) * arenaBytes);

/** Chunks there can be. */
export const mostChunks = (reach: number): number => (reach - userSpaceFrom(reach)) / chunkBytesOf(reach);

/** What is behind a chunk. `reserved`: nothing; `released`: mapped, given back; `dirty`: mapped, old contents. */
export const chunkState = { none: 0, inUse: 1, reserved: 2, released: 3, dirty: 4 } as const;

export const userSpaceTable = table('userSpace', 'other', {
  /** 1: the rows of chunks have memory. */
  ready: i32('heap'),
  /** Arenas at the top that were reserved, or found taken. */
  arenas: i32('heap'),
  /** The first chunk that waits to be used; 0: none. */
  free: i32('heap'),
  /** Bytes of chunks that were freed and wait until nothing points into them. */
  quarantined: f64('heap'),
  /** Bytes of chunks, in quarantine or waiting, that are mapped: given back, or with old contents. */
  released: f64('heap'),
  dirty: f64('heap'),
});

/** Rows are chunks, by their place; a chunk is told by its row plus one. This one has memory from the start. */
export const userChunkStateTable = table('userChunkStates', 'other', { state: u8('heap') });

/** What else is known of chunks: rows as above, with memory as soon as there is a chunk. */
export const userChunkTable = table('userChunks', 'other', {
  /** The row of its span, which it keeps; 0: it never had one. */
  span: i32('heap'),
  /** The next chunk of a list; 0: none. */
  next: i32('heap'),
  /** Bytes from its start: what is handed out lies before `front` and from `back` on. */
  front: i32('heap'),
  back: i32('heap'),
});

export class UserSpace {
  /** Bytes of a chunk. */
  readonly chunkBytes: number;
  /** The address where it begins. */
  readonly base: Address;
  readonly #columns: Views<typeof userChunkTable>;
  readonly #chunkStates: Uint8Array;
  readonly #state: Views<typeof userSpaceTable>;
  readonly #meta: MetaMemory;
  readonly #arenas: Arenas;
  readonly #end: number;
  readonly #perChunk: number;

  constructor(meta: MetaMemory, arenas: Arenas) {
    const reach = arenas.reachPages * pageSize;
    this.#meta = meta;
    this.#arenas = arenas;
    this.chunkBytes = chunkBytesOf(reach);
    this.base = address(arenas.origin + userSpaceFrom(reach));
    this.#end = arenas.origin + reach;
    this.#columns = meta.views(userChunkTable);
    this.#chunkStates = meta.views(userChunkStateTable).state;
    this.#state = meta.views(userSpaceTable);
    this.#perChunk = 1 / this.chunkBytes;
  }

  /** The rows of chunks. No property: whoever prints this would read them, and at first they have no memory. */
  rows(): Views<typeof userChunkTable> {
    return this.#columns;
  }

  /** What is behind each chunk, by its row. */
  get chunkStates(): Uint8Array {
    return this.#chunkStates;
  }

  get state(): Views<typeof userSpaceTable> {
    return this.#state;
  }

  get chunkPages(): number {
    return this.chunkBytes / pageSize;
  }

  addressOf(chunk: number): Address {
    return address(this.base + (chunk - 1) * this.chunkBytes);
  }

  /** Bytes of it. */
  get bytes(): number {
    return this.#end - this.base;
  }

  /** Whether no chunk waits, and there is no address space for one more. */
  isFull(): boolean {
    const { free, arenas } = this.#state;
    return free[0] === 0 && this.#end - (arenas[0] + 1) * arenaBytes < this.base && this.#rest() === 0;
  }

  /** The chunk that an address lies in; 0: none. */
  chunkAt(at: number): number {
    if (!(at >= this.base && at < this.#end)) return 0;
    const chunk = Math.floor((at - this.base) * this.#perChunk) + 1;
    return this.#chunkStates[chunk - 1] === chunkState.none ? 0 : chunk;
  }

  /** Whether an address is of a chunk that nobody has: its arena was freed. Quick: fields ask each time. */
  isFreed(at: number): boolean {
    const i = (at - this.base) * this.#perChunk;
    return i >= 0 && at < this.#end && this.#chunkStates[i | 0] > chunkState.inUse;
  }

  /** A chunk of fresh address space; 0: there is none. Others may come to the list of those that wait. */
  carve(leavesRoom: () => boolean): number {
    if (this.#state.ready[0] === 0) {
      if (!this.#meta.commit(userChunkTable, 0, this.#meta.rows(userChunkTable))) return 0;
      this.#state.ready[0] = 1;
    }
    return this.#carveArena(leavesRoom) || this.#carveRest();
  }

  /** Puts a chunk on the list of those that wait. */
  push(chunk: number): void {
    this.#columns.next[chunk - 1] = this.#state.free[0];
    this.#state.free[0] = chunk;
  }

  /** Takes one from it; 0: there is none. */
  pop(): number {
    const chunk = this.#state.free[0];
    if (chunk !== 0) this.#state.free[0] = this.#columns.next[chunk - 1];
    return chunk;
  }

  #carveArena(leavesRoom: () => boolean): number {
    const state = this.#state;
    const arenas = this.#arenas;
    for (;;) {
      const at = address(this.#end - (state.arenas[0] + 1) * arenaBytes);
      if (at < this.base) return 0;
      if (arenas.isKnown(arenas.pageOf(at))) {
        state.arenas[0]++;
        continue;
      }
      const before = arenas.snapshot();
      const got = arenas.reserveAt(at);
      if (got === 0) return 0;
      if (got === 1 && !leavesRoom()) {
        arenas.giveBack(before, at, arenaBytes);
        return 0;
      }
      state.arenas[0]++;
      if (got !== 1) continue;
      const first = Math.floor((at - this.base) / this.chunkBytes) + 1;
      const n = arenaBytes / this.chunkBytes;
      // The lowest is next.
      for (let chunk = first + n - 1; chunk > first; chunk--) {
        this.#chunkStates[chunk - 1] = chunkState.reserved;
        this.push(chunk);
      }
      return first;
    }
  }

  /** A chunk off the end of the space that the page heap has not grown into. */
  #carveRest(): number {
    const at = this.#rest();
    if (at === 0) return 0;
    this.#arenas.state.curEnd[0] = at;
    return Math.floor((at - this.base) / this.chunkBytes) + 1;
  }

  /** Where that chunk would lie; 0: there is no room. */
  #rest(): number {
    const { curBase, curEnd } = this.#arenas.state;
    const at = curEnd[0] - this.chunkBytes;
    return at < curBase[0] || at < this.base ? 0 : at;
  }
}
