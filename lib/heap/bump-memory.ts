/**
 * Bump memory: objects that come from a pointer which only moves on, and are never freed. GODEBUG=sbrk=1.
 *
 * It stands for the runtime's persistentalloc, which that switch puts in the place of the allocator. The heap knows
 * nothing of these objects: they are in no span, have no bits, and count as OtherSys alone.
 *
 *   below 64 KiB     from the chunk of the P, 256 KiB, whose first word is left out as it is there; what remains of a
 *                    chunk where the next object does not fit is lost
 *   from there on    a block of its own, in whole pages
 *
 * Address space. All of it lies within the heap's reach, where every address has a page number and a window of the
 * library's. Arenas are reserved for it from below user space down; the heap's own arenas are never told of them, which
 * find the space taken. Where no arena is left, blocks are cut off the end of what the page heap has not grown into; and
 * when that is used up, those of user space are taken.
 *
 * What is known of a block (chunks are blocks, too): each of its pages leads to its first, which has its pages and how
 * many bytes of it were handed out. So whoever reads or writes meets the bounds of a block, not those of an object.
 *
 * Not here: which sizes are aligned how (alloc/bump-malloc.ts).
 */
import { fatal } from '../base/errors.ts';
import {
  type Address,
  address,
  alignUp,
  arenaBytes,
  bytes,
  KiB,
  pageSize,
  pagesPerArena,
} from '../base/units.ts';
import { f64, i32, table, u8, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { Sys } from '../os/sys.ts';
import type { Arenas } from '../spans/arenas.ts';
import type { SpanExtent } from '../spans/span-buffers.ts';
import { chunkBytesOf, userSpaceFrom } from '../spans/user-space.ts';
import { leavesRoom } from './engine-room.ts';

const chunkBytes = 256 * KiB;
const smallestBlock = 64 * KiB;
/** What a chunk has at its start in the runtime: the link to the one before. */
const linkBytes = 8;

export const bumpTable = table('bump', 'other', {
  /** The rest of what was reserved last, as addresses. */
  next: f64('heap'),
  end: f64('heap'),
  /** Bytes of blocks. */
  mapped: f64('heap'),
});

/** Rows are Ps. */
export const bumpChunkTable = table('bumpChunks', 'other', {
  /** The address of its chunk; 0: none. */
  chunk: f64('heap'),
});

/** Rows are arenas. */
export const bumpArenaTable = table('bumpArenas', 'other', {
  /** Whether there may be blocks in it: 0, `inHeap` or `own`. */
  held: u8('heap'),
});
const inHeap = 1;
const own = 2;

/** Rows are pages, with memory where the arena is held. */
export const bumpPageTable = table('bumpPages', 'gc', {
  /** The first page of its block, plus one; 0: it is of none. */
  first: i32('heap'),
  /** Of a block's first page: how many it has. */
  pages: i32('heap'),
  /** Of a block's first page: bytes from its start that were handed out. */
  used: f64('heap'),
});

export interface BumpDeps {
  readonly sys: Sys;
  readonly meta: MetaMemory;
  readonly arenas: Arenas;
  /** After fresh memory was mapped: what the options ask of the kernel for it. */
  readonly mapped: (at: Address, size: number) => void;
}

export class BumpMemory {
  readonly #deps: BumpDeps;
  readonly #origin: number;
  readonly #reach: number;
  /** Blocks begin and end at multiples of it. */
  readonly #unit: number;
  readonly #state: Views<typeof bumpTable>;
  readonly #chunk: Float64Array;
  readonly #held: Uint8Array;
  readonly #pages: Views<typeof bumpPageTable>;

  constructor(deps: BumpDeps) {
    const { sys, meta, arenas } = deps;
    this.#deps = deps;
    this.#origin = arenas.origin;
    this.#reach = arenas.reachPages * pageSize;
    this.#unit = Math.max(pageSize, sys.physPageSize);
    this.#state = meta.views(bumpTable);
    this.#chunk = meta.views(bumpChunkTable).chunk;
    this.#held = meta.views(bumpArenaTable).held;
    this.#pages = meta.views(bumpPageTable);
  }

  /** Puts memory behind what is needed from the start. False when there is none. Once a heap. */
  static prepare(meta: MetaMemory): boolean {
    return [bumpTable, bumpChunkTable, bumpArenaTable].every((small) =>
      meta.commit(small, 0, meta.rows(small)),
    );
  }

  /**
   * Zero memory that is never given back; 0 when the system has none, or the reach is used up.
   * @param size bytes, at least 1 @param align a power of two, at most a page
   */
  alloc(p: number, size: number, align: number): number {
    if (size >= smallestBlock) return this.#block(size, size);
    const chunk = this.#chunk[p];
    const at = chunk === 0 ? 0 : this.#take(chunk, size, align);
    if (at !== 0) return at;
    const fresh = this.#block(chunkBytes, linkBytes);
    if (fresh === 0) return 0;
    this.#chunk[p] = fresh;
    return this.#take(fresh, size, align);
  }

  /** What was handed out of the block around an address; undefined where nothing was. */
  find(at: number): { readonly base: number; readonly size: number } | undefined {
    const page = Math.floor((at - this.#origin) / pageSize);
    const first = this.#firstOf(page);
    if (first < 0) return undefined;
    const base = this.#origin + first * pageSize;
    const size = this.#pages.used[first];
    return at < base + size ? { base, size } : undefined;
  }

  /** The block that a page is of; undefined: none. */
  extentOf(page: number): SpanExtent | undefined {
    const first = this.#firstOf(page);
    return first < 0 ? undefined : { startPage: first, pages: this.#pages.pages[first] };
  }

  /** Its own arenas, as address ranges, lowest first. */
  ranges(): { base: Address; bytes: number }[] {
    const ranges: { base: Address; bytes: number }[] = [];
    this.#held.forEach((held, arena) => {
      if (held !== own) return;
      const base = this.#origin + arena * arenaBytes;
      const last = ranges.at(-1);
      if (last !== undefined && last.base + last.bytes === base) last.bytes += arenaBytes;
      else ranges.push({ base: address(base), bytes: arenaBytes });
    });
    return ranges;
  }

  /** Returns its own arenas to the system: the end of the heap. */
  release(): void {
    for (const { base, bytes: size } of this.ranges())
      this.#deps.sys.free(base, bytes(size), 'heap', 'reserved');
  }

  /** Holds pages against blocks, and blocks against what was counted. */
  check(): void {
    const { first, pages, used } = this.#pages;
    let mapped = 0;
    this.#held.forEach((held, arena) => {
      if (held === 0) return;
      for (let page = arena * pagesPerArena; page < (arena + 1) * pagesPerArena; page++) {
        if (first[page] === 0) continue;
        const start = first[page] - 1;
        if (first[start] !== start + 1 || page >= start + pages[start])
          fatal('a page leads to no block', { page, start });
        if (start !== page) continue;
        const size = pages[start] * pageSize;
        if (used[start] < linkBytes || used[start] > size)
          fatal('a block hands out what it has not', { page, size, used: used[start] });
        mapped += size;
      }
    });
    if (mapped !== this.#state.mapped[0])
      fatal('blocks and their counter disagree', { mapped, counted: this.#state.mapped[0] });
  }

  /** Takes room of a chunk: its address, or 0 where there is too little. */
  #take(chunk: number, size: number, align: number): number {
    const { used } = this.#pages;
    const page = (chunk - this.#origin) / pageSize;
    const at = alignUp(used[page], align);
    if (at + size > chunkBytes) return 0;
    used[page] = at + size;
    return chunk + at;
  }

  #firstOf(page: number): number {
    if (!(page >= 0) || this.#held[Math.floor(page / pagesPerArena)] === 0) return -1;
    return (this.#pages.first[page] ?? 0) - 1;
  }

  /** A block for at least `size` bytes, of which `used` count as handed out; 0 when there is no memory. */
  #block(size: number, used: number): number {
    const length = alignUp(size, this.#unit);
    const at = this.#reserve(length);
    if (at === 0 || !this.#back(at, length)) return 0;
    if (at === this.#state.next[0]) this.#state.next[0] = at + length;
    const page = (at - this.#origin) / pageSize;
    this.#pages.first.fill(page + 1, page, page + length / pageSize);
    this.#pages.pages[page] = length / pageSize;
    this.#pages.used[page] = used;
    this.#state.mapped[0] += length;
    return at;
  }

  /** Puts memory behind reserved space, unless it would be the last of the process. */
  #back(at: number, length: number): boolean {
    const { sys, mapped } = this.#deps;
    if (!sys.commit(at, bytes(length), 'other')) return false;
    // Where the kernel does not take it back, it is there to be used.
    if (!leavesRoom(sys) && sys.fault(at, bytes(length), 'other')) return false;
    mapped(address(at), length);
    return true;
  }

  /** Address space that is in nobody's use; 0: there is none. That at `next` is taken by moving it. */
  #reserve(length: number): number {
    const { next, end } = this.#state;
    if (next[0] !== 0 && next[0] + length <= end[0]) return next[0];
    const arenas = Math.ceil(length / arenaBytes);
    const user = userSpaceFrom(this.#reach) / arenaBytes;
    let at = this.#reserveArenas(arenas, user);
    if (at === 0) {
      at = this.#carve(length);
      if (at !== 0) return at;
      at = this.#reserveArenas(arenas, this.#reach / arenaBytes);
    }
    if (at === 0) return 0;
    // The longer rest is what goes on.
    if (end[0] - next[0] > arenas * arenaBytes - length) return at;
    next[0] = at;
    end[0] = at + arenas * arenaBytes;
    return at;
  }

  /** Reserves so many arenas in a row, the highest below an arena that are free; 0: there are none. */
  #reserveArenas(n: number, below: number): number {
    const { sys, meta, arenas } = this.#deps;
    const size = bytes(n * arenaBytes);
    for (let arena = Math.floor(below) - n; arena > 0; arena--) {
      if (!this.#areFree(arena, n)) continue;
      const at = address(this.#origin + arena * arenaBytes);
      const got = sys.reserve(at, size);
      if (got === 0) return 0;
      const page = arenas.pageOf(at);
      const isOurs = got === at && meta.commit(bumpPageTable, page, page + n * pagesPerArena);
      if (isOurs) {
        this.#held.fill(own, arena, arena + n);
        return at;
      }
      sys.free(got, size, 'heap', 'reserved');
      if (got === at) return 0;
    }
    return 0;
  }

  #areFree(arena: number, n: number): boolean {
    const { arenas } = this.#deps;
    for (let i = arena; i < arena + n; i++)
      if (this.#held[i] !== 0 || arenas.isKnown(i * pagesPerArena)) return false;
    return true;
  }

  /** Cuts space off the end of what the page heap has not grown into, as user space does and in its steps. */
  #carve(length: number): number {
    const { meta, arenas } = this.#deps;
    const { curBase, curEnd } = arenas.state;
    const { next, end } = this.#state;
    const at = curEnd[0] - alignUp(length, chunkBytesOf(this.#reach));
    if (at < curBase[0]) return 0;
    const from = Math.floor(arenas.pageOf(at) / pagesPerArena);
    const to = Math.ceil(arenas.pageOf(curEnd[0]) / pagesPerArena);
    if (!meta.commit(bumpPageTable, from * pagesPerArena, to * pagesPerArena)) return 0;
    for (let arena = from; arena < to; arena++) if (this.#held[arena] === 0) this.#held[arena] = inHeap;
    if (end[0] - next[0] <= curEnd[0] - at - length) {
      next[0] = at;
      end[0] = curEnd[0];
    }
    curEnd[0] = at;
    return at;
  }
}
