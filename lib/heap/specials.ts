/**
 * Specials: what is known of single objects beside their memory: finalizers, weak handles, cleanups, pin counters and
 * so on.
 *
 * A special is a row of a table, with an id from a pool. Those of a span form a list, sorted by address and then by
 * kind, so that a sweep meets those of an object together and the finalizer first. A special's address may lie within
 * its object: several tiny objects share a block.
 *
 * Beside each span stands the head of its list. The first search that has to pass more than a few specials gives the
 * span an *index* as well: the last special of each object, or of each two where a span has more than 512. What comes before
 * an object's is then the last of the nearest object before it that has any, and no other special is looked at, each of
 * which would be a line of memory to wait for. In the runtime each search walks the list from its head: where every
 * object of a span gets a finalizer, the last one's costs a walk over all others.
 *
 * `notes` of a span says in one byte whether there is anything to be looked at when it is swept or when a cycle marks.
 * Where the design has page flags for this (2023), a bit by page says so, too, and who looks for such spans reads the
 * bits; the older designs look at every span.
 *
 * Invariants: a span that has specials is in use, and an object that has one is allocated. Who enters or removes one
 * has made the span swept before, so that no sweep comes to look at what it left. Several cleanups may stand at one
 * address, of all other kinds one.
 *
 * Not here: what a kind means and what becomes of it at its object's death (sweep-specials.ts), pins (pinner-bits.ts).
 */
import { fatal } from '../base/errors.ts';
import { pageSize } from '../base/units.ts';
import { f64, i32, table, u8, type Views } from '../meta/column.ts';
import { IdPool, type PoolRoom, poolColumns } from '../meta/id-pool.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { SpanTable } from '../spans/span-table.ts';
import type { HeapState } from './heap-state.ts';

/** Kinds, in the order in which those of one address stand. */
export const specialKind = {
  finalizer: 1,
  weak: 2,
  profile: 3,
  probe: 4,
  pinCounter: 5,
  cleanup: 6,
} as const;
export type SpecialKind = (typeof specialKind)[keyof typeof specialKind];

/** What a span's note says: bits. */
export const spanNote = { specials: 1, pins: 2 } as const;

/** Rows are specials. */
export const specialTable = table('specials', 'other', {
  next: i32('heap'),
  kind: u8('heap'),
  address: f64('heap'),
  /** What the kind keeps: the number of a callback, of a weak handle, of a profile's bucket, of a probe; a count. */
  value: i32('heap'),
  /** Of a callback: whose it is (gc/callback-queue.ts). */
  owner: i32('heap'),
  /** The id pool's. */
  pool: i32('heap'),
});

export const specialPoolTable = table('specialPool', 'other', poolColumns);

/** Rows are spans. */
export const specialSpanTable = table('specialSpans', 'mspan', {
  first: i32('heap'),
  /** The row of its index; 0: it has none. */
  index: i32('heap'),
  /** Where the span's pinner bits begin, plus one; 0: nothing in it is pinned. */
  pinnerBits: i32('heap'),
  notes: u8('heap'),
});

/** Pieces of a span that an index tells of: objects, or pairs of them. */
const pieces = 512;

/** Rows are indexes of spans. One that is not used is all zero. */
export const specialIndexTable = table('specialIndexes', 'other', {
  next: i32('heap'),
  /** The last special in each piece; 0: none is there. */
  last: i32('heap', pieces),
});

export const specialIndexPoolTable = table('specialIndexPool', 'other', poolColumns);

/** Rows are pages: a bit for each, set where a span with a note begins. */
export const specialPageTable = table('specialPages', 'gc', { noted: i32('heap', 1 / 32) });

/** Spans, or words of bits, that are looked at in one go. */
const looked = 4096;
const none = new Int32Array(0);
/** Specials committed at once: about 7 KiB. */
const batch = 256;
/** The most specials of a heap, and spans with an index; where one cannot have any, it is searched from its head. */
export const mostSpecials = 2 ** 23;
/** What those are, all together, as a program knows them. */
export const specialsInWords =
  'finalizers, cleanups, weak handles, second pins and samples of the memory profile';
export const mostSpecialIndexes = 2 ** 16;
const indexBatch = 32;
/** Specials that a search passes before its span gets an index. */
const passedBare = 8;

export class Specials {
  readonly #state: HeapState;
  readonly #columns: Views<typeof specialTable>;
  readonly #spans: Views<typeof specialSpanTable>;
  readonly #noted: Int32Array | undefined;
  readonly #pool: IdPool;
  readonly #poolState: Views<typeof specialPoolTable>;
  readonly #indexes: Int32Array;
  readonly #indexPool: IdPool;

  /** @param byPages spans with notes are found by bits of pages */
  constructor(meta: MetaMemory, state: HeapState, byPages: boolean) {
    this.#state = state;
    this.#columns = meta.views(specialTable);
    this.#spans = meta.views(specialSpanTable);
    this.#poolState = meta.views(specialPoolTable);
    this.#pool = new IdPool(meta, specialTable, this.#columns.pool, this.#poolState, batch, 'neighbours');
    const { next, last } = meta.views(specialIndexTable);
    this.#indexes = last;
    this.#indexPool = new IdPool(
      meta,
      specialIndexTable,
      next,
      meta.views(specialIndexPoolTable),
      indexBatch,
    );
    this.#noted = byPages ? meta.views(specialPageTable).noted : undefined;
    state.spans.beside(specialSpanTable);
    if (byPages) state.arenas.beside(specialPageTable);
  }

  /** Puts memory behind what is needed from the start. False when there is none. Once a heap. */
  static prepare(meta: MetaMemory): boolean {
    return (
      meta.commit(specialPoolTable, 0, 1) &&
      meta.commit(specialIndexPoolTable, 0, 1) &&
      SpanTable.prepareBeside(meta, specialSpanTable)
    );
  }

  /** The rows of specials. No property: whoever prints this would read them, and at first they have no memory. */
  rows(): Views<typeof specialTable> {
    return this.#columns;
  }

  get spans(): Views<typeof specialSpanTable> {
    return this.#spans;
  }

  /** Specials there are, those that wait in queues included. */
  get live(): number {
    return this.#poolState.live[0];
  }

  /** How many there can be. */
  get room(): PoolRoom {
    return this.#pool;
  }

  // ---------------------------------------------------------------- one special

  /**
   * Enters a special for an address of an object of a swept span. Its id; 0 when there is no memory for it, −1 where one
   * of its kind is there already and may stand there only once.
   */
  add(s: number, address: number, kind: SpecialKind, value: number): number {
    const place = this.#placeOf(s, address);
    const isBare = place !== 0 && this.#indexes[place] === 0;
    const before = isBare ? this.#lastBefore(place) : this.#before(s, address, kind);
    const mayBeThere = !isBare && kind !== specialKind.cleanup;
    if (mayBeThere && this.#isAt(this.#after(s, before), address, kind)) return -1;
    const id = this.#pool.alloc();
    if (id === 0) return 0;
    const c = this.#columns;
    c.kind[id] = kind;
    c.address[id] = address;
    c.value[id] = value;
    const { first } = this.#spans;
    if (before === 0) {
      c.next[id] = first[s];
      first[s] = id;
      if (c.next[id] === 0) this.note(s, spanNote.specials, true);
    } else {
      c.next[id] = c.next[before];
      c.next[before] = id;
    }
    if (isBare) this.#indexes[place] = id;
    else if (this.#spans.index[s] !== 0) this.#enterIndex(s, id);
    return id;
  }

  /** The special of a kind at an address; 0: there is none. */
  find(s: number, address: number, kind: SpecialKind): number {
    const id = this.#after(s, this.#before(s, address, kind));
    return this.#isAt(id, address, kind) ? id : 0;
  }

  /** Takes a special out of its span's list. Its row stays until `free`. */
  unlink(s: number, id: number): void {
    const { next, address, kind } = this.#columns;
    let before = this.#before(s, address[id], kind[id] as SpecialKind);
    for (let at = this.#after(s, before); at !== id; at = next[at]) {
      if (at === 0) fatal('a special is not in the list of its span', { span: s, special: id });
      before = at;
    }
    this.unlinkAfter(s, before, id);
  }

  /** The same, where the special before it is known; 0: it is the first. @returns the one after it */
  unlinkAfter(s: number, before: number, id: number): number {
    const { next } = this.#columns;
    const { first, index } = this.#spans;
    const following = next[id];
    if (index[s] !== 0) this.#leaveIndex(s, id, before);
    if (before === 0) first[s] = following;
    else next[before] = following;
    if (first[s] === 0) this.#end(s);
    return following;
  }

  free(id: number): void {
    this.#columns.kind[id] = 0;
    this.#pool.free(id);
  }

  // ---------------------------------------------------------------- spans

  /** Says that a span has something to be looked at, or has no more. */
  note(s: number, bit: number, has: boolean): void {
    const { notes } = this.#spans;
    notes[s] = has ? notes[s] | bit : notes[s] & ~bit;
    if (this.#noted === undefined) return;
    const page = this.#state.spans.columns.startPage[s];
    if (notes[s] !== 0) this.#noted[page >>> 5] |= 1 << (page & 31);
    else this.#noted[page >>> 5] &= ~(1 << (page & 31));
  }

  /** Calls for each span that has a note. */
  eachNoted(visit: (s: number) => void): void {
    let place = 0;
    do place = this.noted(place, Infinity, visit);
    while (place !== 0);
  }

  /**
   * Calls for spans that have a note, from a place on, for so many at most, or a little more.
   * @param from 0, or what the last call returned @returns where to go on; 0: these were all
   */
  noted(from: number, most: number, visit: (s: number) => void): number {
    return this.#noted === undefined
      ? this.#notedSpans(from, most, visit)
      : this.#notedPages(from, most, visit);
  }

  /** Places are spans. */
  #notedSpans(from: number, most: number, visit: (s: number) => void): number {
    const { notes } = this.#spans;
    const { end } = this.#state.spans;
    let found = 0;
    for (let s = Math.max(1, from), stop = Math.min(end, s + looked); s < end; s++) {
      if (s === stop && most !== Infinity) return s;
      if (notes[s] === 0) continue;
      visit(s);
      if (++found >= most) return s + 1 < end ? s + 1 : 0;
    }
    return 0;
  }

  /** Places are words of bits by page, plus one. */
  #notedPages(from: number, most: number, visit: (s: number) => void): number {
    const noted = this.#noted ?? none;
    const { pageColumns, arenas } = this.#state;
    let found = 0;
    let seen = 0;
    for (const { base, bytes } of arenas.ranges()) {
      const first = arenas.pageOf(base) >>> 5;
      for (let word = Math.max(first, from - 1), end = first + bytes / pageSize / 32; word < end; word++) {
        if (found >= most || (seen++ >= looked && most !== Infinity)) return word + 1;
        for (let left = noted[word]; left !== 0; left &= left - 1) {
          visit(pageColumns.spanOf[(word << 5) + 31 - Math.clz32(left & -left)]);
          found++;
        }
      }
    }
    return 0;
  }

  /** Whether the bit of a page says that a span with a note begins there; undefined where there are no such bits. */
  isNotedPage(page: number): boolean | undefined {
    return this.#noted === undefined ? undefined : ((this.#noted[page >>> 5] >>> (page & 31)) & 1) === 1;
  }

  /** Whether the index of a span, if it has one, tells the last special of each piece. */
  isIndexRight(s: number): boolean {
    const row = this.#spans.index[s];
    if (row === 0) return true;
    const wanted = new Int32Array(pieces);
    for (let id = this.#spans.first[s]; id !== 0; id = this.#columns.next[id])
      wanted[this.#piece(s, this.#columns.address[id])] = id;
    return wanted.every((id, piece) => id === this.#indexes[row * pieces + piece]);
  }

  // ---------------------------------------------------------------- the list

  /** The last special of a span that comes before an address and kind; 0: none does. */
  #before(s: number, address: number, kind: number): number {
    const { next } = this.#columns;
    const place = this.#placeOf(s, address);
    let before = place === 0 ? 0 : this.#lastBefore(place);
    if (place !== 0 && this.#indexes[place] === 0) return before;
    let passed = 0;
    for (let at = this.#after(s, before); at !== 0 && this.#comesBefore(at, address, kind); at = next[at]) {
      before = at;
      passed++;
    }
    if (passed > passedBare && this.#spans.index[s] === 0) this.#makeIndex(s);
    return before;
  }

  // ---------------------------------------------------------------- the index of a span

  /** Where the index of a span tells of an address; 0: it has none. */
  #placeOf(s: number, address: number): number {
    const row = this.#spans.index[s];
    return row === 0 ? 0 : row * pieces + this.#piece(s, address);
  }

  /** The last special of the pieces of a span before one; 0: there is none. */
  #lastBefore(place: number): number {
    const indexes = this.#indexes;
    const row = place & -pieces;
    let at = place - 1;
    while (at >= row && indexes[at] === 0) at--;
    return at < row ? 0 : indexes[at];
  }

  #piece(s: number, address: number): number {
    const { startPage, perObject, nelems } = this.#state.spans.columns;
    // A large object is all one.
    const index = ((address - this.#state.arenas.addressOf(startPage[s])) * perObject[s]) | 0;
    return nelems[s] > pieces ? index >> 1 : index;
  }

  #makeIndex(s: number): void {
    const row = this.#indexPool.alloc();
    if (row === 0) return;
    this.#spans.index[s] = row;
    const { next, address } = this.#columns;
    for (let id = this.#spans.first[s]; id !== 0; id = next[id])
      this.#indexes[row * pieces + this.#piece(s, address[id])] = id;
  }

  #enterIndex(s: number, id: number): void {
    const { address, kind } = this.#columns;
    const at = this.#placeOf(s, address[id]);
    const known = this.#indexes[at];
    // Of cleanups at one address the newest stands first.
    if (known === 0 || this.#comesBefore(known, address[id], kind[id])) this.#indexes[at] = id;
  }

  /** @param before the special before it; 0: it is the first */
  #leaveIndex(s: number, id: number, before: number): void {
    const { address } = this.#columns;
    const piece = this.#piece(s, address[id]);
    const at = this.#spans.index[s] * pieces + piece;
    if (this.#indexes[at] !== id) return;
    this.#indexes[at] = before !== 0 && this.#piece(s, address[before]) === piece ? before : 0;
  }

  /** The last special of a span is gone, and with it all entries of its index. */
  #end(s: number): void {
    const { index } = this.#spans;
    if (index[s] !== 0) this.#indexPool.free(index[s]);
    index[s] = 0;
    this.note(s, spanNote.specials, false);
  }

  #after(s: number, before: number): number {
    return before === 0 ? this.#spans.first[s] : this.#columns.next[before];
  }

  #comesBefore(id: number, address: number, kind: number): boolean {
    const at = this.#columns.address[id];
    return at < address || (at === address && this.#columns.kind[id] < kind);
  }

  #isAt(id: number, address: number, kind: number): boolean {
    return id !== 0 && this.#columns.address[id] === address && this.#columns.kind[id] === kind;
  }
}
