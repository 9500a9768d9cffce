/**
 * Arenas: 64 MiB frames of address space, found through hints.
 *
 * A heap asks the system for address space in whole arenas. It asks at the address of a *hint*; if
 * the system gives just that address, the hint moves past it, so that arenas follow one another. If
 * the system gives another address, something else lives there: the gift is returned and the next hint
 * is tried; the hint is forgotten if not even one arena has room there. When no hint leads anywhere, the
 * system chooses, and new hints are set above and below its choice.
 *
 * The hints lie within the heap's *reach*, the stretch of address space its page numbers span. An
 * address beyond the reach is of no use and is given back. The first hint is the origin, which for
 * the first heap of a process is 0xc000000000, where the Go runtime puts its own and where heap
 * addresses are easy to tell apart from anything else; a second heap starts a TiB above.
 *
 * Other layers keep something of each page, too: their tables stand *beside* the page table.
 *
 * Invariant: an arena is known (its row has `known` = 1 and it stands in `order`) exactly when its
 * page rows are committed. Arenas are never given back before the heap is disposed.
 *
 * Not here: growing the heap into an arena (heap/growth.ts), mapping its pages.
 */
import {
  type Address,
  address,
  alignDown,
  alignUp,
  arenaBytes,
  bytes,
  GiB,
  originAlign,
  pageSize,
  pagesPerArena,
  TiB,
  userAddressEnd,
} from '../base/units.ts';
import { f64, i32, type Table, table, u8, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { Sys } from '../os/sys.ts';
import { pageTable } from './page-table.ts';

export const arenaTable = table('arenas', 'gc', {
  known: u8('heap'),
  /** Pages from the arena's start that have ever been used: what lies above is zero, fresh from the system. */
  zeroedPages: i32('heap'),
  /** [0, count): the indexes of all known arenas, in the order they were added. */
  order: i32('heap'),
});

export const maxHints = 18;

export const arenaStateTable = table('arenaState', 'other', {
  count: i32('heap'),
  /** The free part of the arena space the heap grows into, as addresses. */
  curBase: f64('heap'),
  curEnd: f64('heap'),
  hintCount: i32('heap'),
  /** Hints still to be tried, the next one last. Below zero: grow downwards from the absolute value. */
  hints: f64('heap', maxHints),
});

/** Where heaps may start: Go's hint, then a TiB above for each next one, as long as user addresses last. */
function originCandidates(): number[] {
  const first = 0xc0 * 4 * GiB;
  return Array.from({ length: Math.floor((userAddressEnd - first) / TiB) }, (_, i) => first + i * TiB);
}

export interface FirstArena {
  readonly origin: Address;
  readonly base: Address;
}

/**
 * Finds a heap's origin by reserving its first arena. Undefined when the system refuses every
 * candidate and its own choice as well.
 */
export function reserveFirstArena(sys: Sys, reach: number): FirstArena | undefined {
  for (const candidate of originCandidates()) {
    const base = sys.reserve(address(candidate), bytes(arenaBytes));
    if (base === candidate) return { origin: base, base };
    if (base === 0) return undefined;
    sys.free(base, bytes(arenaBytes), 'heap', 'reserved');
  }
  const base = sys.reserveAligned(bytes(arenaBytes), arenaBytes);
  if (base === 0) return undefined;
  const origin = address(alignDown(base, originAlign));
  if (base + arenaBytes <= origin + reach) return { origin, base };
  sys.free(base, bytes(arenaBytes), 'heap', 'reserved');
  return undefined;
}

export class Arenas {
  readonly origin: Address;
  readonly #columns: Views<typeof arenaTable>;
  readonly #state: Views<typeof arenaStateTable>;
  readonly #reachBytes: number;
  readonly #meta: MetaMemory;
  readonly #sys: Sys;
  /** Tables whose rows are pages: committed with the arena. */
  readonly #byPage: Table[] = [pageTable];

  constructor(meta: MetaMemory, sys: Sys, origin: Address, reachBytes: number) {
    this.#meta = meta;
    this.#sys = sys;
    this.origin = origin;
    this.#reachBytes = reachBytes;
    this.#columns = meta.views(arenaTable);
    this.#state = meta.views(arenaStateTable);
  }

  get columns(): Views<typeof arenaTable> {
    return this.#columns;
  }

  get state(): Views<typeof arenaStateTable> {
    return this.#state;
  }

  /**
   * Names a table whose rows are pages, which gets memory together with the page table; every thread that may add
   * arenas names the same ones, before the first arena is entered.
   */
  beside(table: Table): void {
    this.#byPage.push(table);
  }

  /** Commits the tables and enters the first arena, already reserved. False when there is no memory. */
  prepare(first: Address): boolean {
    const state = this.#state;
    const meta = this.#meta;
    if (!meta.commit(arenaStateTable, 0, 1) || !meta.commit(arenaTable, 0, meta.rows(arenaTable)))
      return false;
    if (!this.#addKnown(first, arenaBytes)) return false;
    state.curBase[0] = first;
    state.curEnd[0] = first + arenaBytes;
    // Up to sixteen places spread over the reach, tried from the lowest; that is right above the first arena.
    const spread = alignUp(this.#reachBytes / 16, arenaBytes);
    let count = 0;
    for (let i = Math.ceil(this.#reachBytes / spread) - 1; i > 0; i--) {
      const hint = this.origin + i * spread;
      if (hint !== first && hint !== first + arenaBytes) state.hints[count++] = hint;
    }
    state.hints[count++] = first + arenaBytes;
    state.hintCount[0] = count;
    return true;
  }

  /**
   * Reserves address space for at least `size` bytes, in whole arenas, and enters the arenas.
   * The base address, or 0 when there is none within reach or the system refuses. Refusal changes
   * nothing, except that hints at which something else lives are forgotten; a hint that only has too
   * little room for this size stays for a smaller one.
   */
  reserve(size: number): Address {
    const state = this.#state;
    const sys = this.#sys;
    const length = alignUp(size, arenaBytes);
    for (let i = state.hintCount[0] - 1; i >= 0; i--) {
      const hint = state.hints[i];
      const wanted = hint < 0 ? -hint - length : hint;
      if (!this.#inReach(wanted, length)) continue;
      const got = sys.reserve(address(wanted), bytes(length));
      if (got === wanted) {
        if (!this.#enter(got, length)) return address(0);
        state.hints[i] = hint < 0 ? -wanted : wanted + length;
        return got;
      }
      if (got === 0) return address(0); // out of address space: no other hint will do better
      sys.free(got, bytes(length), 'heap', 'reserved');
      // For several arenas there is no room; for one there may be.
      if (length === arenaBytes) this.#forgetHint(i);
    }
    const got = sys.reserveAligned(bytes(length), arenaBytes);
    if (got === 0) return address(0);
    if (!this.#inReach(got, length)) {
      sys.free(got, bytes(length), 'heap', 'reserved');
      return address(0);
    }
    if (!this.#enter(got, length)) return address(0);
    this.#addHint(-got);
    this.#addHint(got + length);
    return got;
  }

  /**
   * Reserves one arena at an address of the reach, and enters it. Whether it was had: 0 where the system has no memory or
   * address space, −1 where something else lives there.
   */
  reserveAt(at: Address): 1 | 0 | -1 {
    const got = this.#sys.reserve(at, bytes(arenaBytes));
    if (got === at) return this.#enter(at, arenaBytes) ? 1 : 0;
    if (got === 0) return 0;
    this.#sys.free(got, bytes(arenaBytes), 'heap', 'reserved');
    return -1;
  }

  /** What `giveBack` needs to undo a reservation. */
  snapshot(): { count: number; hintCount: number; hints: Float64Array } {
    const { count, hintCount, hints } = this.#state;
    return { count: count[0], hintCount: hintCount[0], hints: hints.slice() };
  }

  /** Undoes the reservation of [base, base + size), the last one made. */
  giveBack(before: ReturnType<Arenas['snapshot']>, base: number, size: number): void {
    const state = this.#state;
    const columns = this.#columns;
    for (let i = before.count; i < state.count[0]; i++) columns.known[columns.order[i]] = 0;
    state.count[0] = before.count;
    state.hintCount[0] = before.hintCount;
    state.hints.set(before.hints);
    this.#sys.free(address(base), bytes(size), 'heap', 'reserved');
  }

  isKnown(page: number): boolean {
    return this.#columns.known[Math.floor(page / pagesPerArena)] === 1;
  }

  /** Pages of the whole reach. */
  get reachPages(): number {
    return this.#reachBytes / pageSize;
  }

  /** Whether [address, address + size) can have page numbers in this heap. */
  #inReach(at: number, size: number): boolean {
    return at >= this.origin && at + size <= this.origin + this.#reachBytes;
  }

  #forgetHint(i: number): void {
    const { hints, hintCount } = this.#state;
    hints.copyWithin(i, i + 1, hintCount[0]);
    hintCount[0]--;
  }

  /** A hint to be tried before all others. The oldest goes when there are too many. */
  #addHint(hint: number): void {
    const { hints, hintCount } = this.#state;
    if (hintCount[0] === maxHints) this.#forgetHint(0);
    hints[hintCount[0]++] = hint;
  }

  #enter(at: Address, size: number): boolean {
    if (this.#addKnown(at, size)) return true;
    this.#sys.free(at, bytes(size), 'heap', 'reserved');
    return false;
  }

  #addKnown(at: number, size: number): boolean {
    const first = (at - this.origin) / arenaBytes;
    const end = first + size / arenaBytes;
    for (const table of this.#byPage)
      if (!this.#meta.commit(table, first * pagesPerArena, end * pagesPerArena)) return false;
    for (let arena = first; arena < end; arena++) {
      this.#columns.known[arena] = 1;
      this.#columns.zeroedPages[arena] = 0;
      this.#columns.order[this.#state.count[0]++] = arena;
    }
    return true;
  }

  /**
   * Whether pages just allocated may hold old contents, and remembers that they are used now. The
   * page allocator gives the lowest address first, so what was never used is the top of an arena
   * and one number an arena is enough.
   */
  takeZeroed(page: number, npages: number): boolean {
    let used = false;
    let at = page;
    let left = npages;
    while (left > 0) {
      const arena = Math.floor(at / pagesPerArena);
      const offset = at - arena * pagesPerArena;
      const end = Math.min(pagesPerArena, offset + left);
      const zeroed = this.#columns.zeroedPages[arena];
      if (offset < zeroed) used = true;
      if (end > zeroed) this.#columns.zeroedPages[arena] = end;
      left -= end - offset;
      at += end - offset;
    }
    return used;
  }

  /** The address of a page's first byte. */
  addressOf(page: number): Address {
    return address(this.origin + page * pageSize);
  }

  /** The page an address lies in; meaningless outside the reach. */
  pageOf(at: number): number {
    return Math.floor((at - this.origin) / pageSize);
  }

  /** Every known arena as an address range, adjacent ones joined, lowest first. */
  ranges(): { base: Address; bytes: number }[] {
    const known = Array.from(this.#columns.order.subarray(0, this.#state.count[0])).sort((a, b) => a - b);
    const ranges: { base: Address; bytes: number }[] = [];
    for (const arena of known) {
      const base = this.origin + arena * arenaBytes;
      const last = ranges.at(-1);
      if (last !== undefined && last.base + last.bytes === base) last.bytes += arenaBytes;
      else ranges.push({ base: address(base), bytes: arenaBytes });
    }
    return ranges;
  }

  /** Returns all address space to the system: the end of the heap. */
  release(): void {
    for (const { base, bytes: size } of this.ranges()) this.#sys.free(base, bytes(size), 'heap', 'reserved');
  }
}
