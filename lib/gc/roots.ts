/**
 * Roots: where marking begins, when the heap traces.
 *
 *   handles    one address each, of whoever asked for one (api/root.ts): rows with ids from a pool
 *   globals    the same by name, for as long as the heap lives; every thread finds them
 *   frames     slots of stacks in real stack spans: those below the top hold addresses, as 64-bit words
 *   last       the object that each thread allocated last (alloc/scanning-malloc.ts)
 *
 * Handles, stacks and last objects belong to the P of the thread that made them, and go with it (belongings.ts).
 *
 * All of them lie in columns or in the heap's own pages, so that a cycle on any thread sees those of all. What a root
 * holds may be anything: an address from within an object keeps the object, one of nothing keeps nothing. 0 is no
 * address.
 *
 * Not here: when JavaScript gives a root up (api/).
 */
import type { MCache } from '../alloc/mcache.ts';
import { lastAllocatedTable } from '../alloc/scanning-malloc.ts';
import { f64, i32, table, u8, type Views } from '../meta/column.ts';
import { IdPool, type PoolRoom, poolColumns } from '../meta/id-pool.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { Arenas } from '../spans/arenas.ts';
import { type ObjectMemory, pageWordsShift, windowPageMask } from '../spans/object-memory.ts';
import type { RootSource, RootVisitor } from './mark/marker.ts';

/** Rows are handles. */
export const rootTable = table('roots', 'other', {
  address: f64('heap'),
  /** The P whose thread holds it, plus one; 0: it is a global's, or nobody's. */
  holder: i32('heap'),
  next: i32('heap'),
});

export const rootPoolTable = table('rootPool', 'other', poolColumns);

/** Bytes of a name, its end included. */
const nameBytes = 64;
/** The longest name of a global root, bytes of UTF-8. */
export const longestName = nameBytes - 1;
/** The most global roots of a heap. */
export const mostGlobals = 4096;

export const globalTable = table('globals', 'other', {
  name: u8('heap', nameBytes),
  /** The handle that it is; 0: none, and none after it. */
  root: i32('heap'),
});

/** Rows are stacks of frames. */
export const frameStackTable = table('frameStacks', 'other', {
  /** The address of the first slot. */
  base: f64('heap'),
  /** Its bytes. */
  bytes: f64('heap'),
  /** Slots in use. */
  top: i32('heap'),
  /** The P whose thread holds it, plus one. */
  holder: i32('heap'),
  next: i32('heap'),
});

export const frameStackPoolTable = table('frameStackPool', 'other', {
  ...poolColumns,
  /** Bytes of all stacks of frames. */
  bytes: f64('heap'),
  /** Bytes of their slots that were in use when the last cycle began. */
  scanned: f64('heap'),
});

const rootBatch = 256;
const stackBatch = 64;
/** The most handles, and stacks, of a heap. */
export const mostRoots = 2 ** 22;
export const mostFrameStacks = 2 ** 16;

const slotBytes = 8;
/** Roots that are visited in one go. */
const rootsAtATime = 512;
/** Places of roots: below this they are handles, above it slots of stacks, so many for each. */
const afterHandles = 2 ** 23;
const perStack = 2 ** 30;

/** How much there is of roots, for who paces by it. Bytes. */
export class RootCounters {
  readonly #roots: Views<typeof rootPoolTable>;
  readonly #stacks: Views<typeof frameStackPoolTable>;

  constructor(meta: MetaMemory) {
    this.#roots = meta.views(rootPoolTable);
    this.#stacks = meta.views(frameStackPoolTable);
  }

  /** Of handles, those of globals included. */
  get handleBytes(): number {
    return this.#roots.live[0] * slotBytes;
  }

  /** Of stacks of frames, in use or not. */
  get stackBytes(): number {
    return this.#stacks.bytes[0];
  }
}

export class Roots extends RootCounters implements RootSource {
  readonly #meta: MetaMemory;
  readonly #roots: Views<typeof rootTable>;
  readonly #globals: Views<typeof globalTable>;
  readonly #stacks: Views<typeof frameStackTable>;
  readonly #last: Float64Array;
  readonly #rootPool: IdPool;
  readonly #stackPool: IdPool;
  readonly #rootState: Views<typeof rootPoolTable>;
  readonly #stackState: Views<typeof frameStackPoolTable>;
  readonly #mcache: MCache;
  readonly #arenas: Arenas;
  readonly #memory: ObjectMemory;

  constructor(meta: MetaMemory, mcache: MCache, arenas: Arenas, memory: ObjectMemory) {
    super(meta);
    this.#meta = meta;
    this.#roots = meta.views(rootTable);
    this.#globals = meta.views(globalTable);
    this.#stacks = meta.views(frameStackTable);
    this.#last = meta.views(lastAllocatedTable).address;
    this.#rootState = meta.views(rootPoolTable);
    this.#stackState = meta.views(frameStackPoolTable);
    this.#rootPool = new IdPool(meta, rootTable, this.#roots.next, this.#rootState, rootBatch);
    this.#stackPool = new IdPool(meta, frameStackTable, this.#stacks.next, this.#stackState, stackBatch);
    this.#mcache = mcache;
    this.#arenas = arenas;
    this.#memory = memory;
  }

  static prepare(meta: MetaMemory): boolean {
    return (
      meta.commit(lastAllocatedTable, 0, meta.rows(lastAllocatedTable)) &&
      meta.commit(rootPoolTable, 0, 1) &&
      meta.commit(frameStackPoolTable, 0, 1) &&
      meta.commit(globalTable, 0, 1)
    );
  }

  /** The addresses that handles hold, by id. */
  get addresses(): Float64Array {
    return this.#roots.address;
  }

  /** Slots in use, by id of a stack. */
  get tops(): Int32Array {
    return this.#stacks.top;
  }

  /** Handles in use, those of globals included. */
  get live(): number {
    return this.#rootState.live[0];
  }

  /** How many handles there can be. */
  get handleRoom(): PoolRoom {
    return this.#rootPool;
  }

  /** How many stacks of frames there can be. */
  get stackRoom(): PoolRoom {
    return this.#stackPool;
  }

  /** A handle that holds an address; 0 when there is no memory for one. @param p whose it is; −1: the heap's */
  add(address: number, p: number): number {
    const id = this.#rootPool.alloc();
    if (id === 0) return 0;
    this.#roots.address[id] = address;
    this.#roots.holder[id] = p + 1;
    return id;
  }

  remove(id: number): void {
    this.#roots.address[id] = 0;
    this.#roots.holder[id] = 0;
    this.#rootPool.free(id);
  }

  /**
   * The handle of a name, made if there is none; 0 when there is no memory for one, −1 where there are as many as can be.
   * @param name UTF-8, 1 to 63 bytes
   */
  global(name: Uint8Array): number {
    const globals = this.#globals;
    for (let row = 0; row < mostGlobals; row++) {
      if (!this.#meta.commit(globalTable, row, row + 1)) return 0;
      const at = row * nameBytes;
      if (globals.root[row] === 0) {
        const id = this.add(0, -1);
        if (id === 0) return 0;
        globals.name.set(name, at);
        globals.root[row] = id;
        return id;
      }
      // What follows a name's end is zero.
      if (globals.name[at + name.length] === 0 && name.every((byte, i) => globals.name[at + i] === byte))
        return globals.root[row];
    }
    return -1;
  }

  /**
   * A stack of frames at an address of a stack of so many bytes; 0 when there is no memory for one.
   * @param p whose it is
   */
  addStack(base: number, bytes: number, p: number): number {
    const id = this.#stackPool.alloc();
    if (id === 0) return 0;
    this.#stacks.top[id] = 0;
    this.#stacks.base[id] = base;
    this.#stacks.bytes[id] = bytes;
    this.#stacks.holder[id] = p + 1;
    this.#stackState.bytes[0] += bytes;
    return id;
  }

  removeStack(id: number): void {
    this.#stacks.base[id] = 0;
    this.#stacks.holder[id] = 0;
    this.#stackState.bytes[0] -= this.#stacks.bytes[id];
    this.#stackPool.free(id);
  }

  /**
   * Gives up all that belongs to a P.
   * @param visitor is shown what its handles and stacks held @param freeStack gives the memory of a stack of frames back
   */
  giveUp(p: number, visitor: Pick<RootVisitor, 'root'>, freeStack: (base: number) => void): void {
    const { address, holder } = this.#roots;
    for (let id = 1; id <= this.#rootState.used[0]; id++) {
      if (holder[id] !== p + 1) continue;
      if (address[id] !== 0) visitor.root(address[id]);
      this.remove(id);
    }
    const { base, top, holder: stackHolder } = this.#stacks;
    for (let id = 1; id <= this.#stackState.used[0]; id++) {
      if (stackHolder[id] !== p + 1) continue;
      const at = base[id];
      if (top[id] > 0) this.#slots(visitor, at, 0, top[id]);
      this.removeStack(id);
      freeStack(at);
    }
    // That is not shown: a cycle under way has visited it first of all, or it was allocated black since.
    this.#last[p] = 0;
  }

  /** Bytes of stacks of frames that are in use, which marking reads. */
  get frameBytes(): number {
    let slots = 0;
    for (let id = 1; id <= this.#stackState.used[0]; id++)
      if (this.#stacks.base[id] !== 0) slots += this.#stacks.top[id];
    return slots * slotBytes;
  }

  /** Bytes of stacks that the last cycle has read. */
  get framesScanned(): number {
    return this.#stackState.scanned[0];
  }

  /** What each thread allocated last; the next allocation takes its place. */
  firstRoots(visitor: RootVisitor): void {
    this.#stackState.scanned[0] = this.frameBytes;
    const { held } = this.#mcache.columns;
    for (let p = 0; p < this.#mcache.ps; p++)
      if (held[p] !== 0 && this.#last[p] !== 0) visitor.root(this.#last[p]);
  }

  /** Handles, then stack by stack: places are numbers of handles, and beyond them slots by stack. */
  eachRoot(visitor: RootVisitor, from: number): number {
    if (from < afterHandles) return this.#handles(visitor, Math.max(1, from));
    const end = this.#stackState.used[0] + 1;
    let id = Math.floor(from / perStack);
    for (const stop = Math.min(end, id + rootsAtATime); id < stop && this.#isEmpty(id); ) id++;
    if (id >= end) return 0;
    return this.#frames(visitor, id, id * perStack < from ? from % perStack : 0);
  }

  #isEmpty(id: number): boolean {
    return this.#stacks.base[id] === 0 || this.#stacks.top[id] === 0;
  }

  #handles(visitor: RootVisitor, from: number): number {
    const { address } = this.#roots;
    const end = this.#rootState.used[0] + 1;
    const stop = Math.min(end, from + rootsAtATime);
    for (let id = from; id < stop; id++) if (address[id] !== 0) visitor.root(address[id]);
    return stop < end ? stop : perStack;
  }

  #frames(visitor: RootVisitor, id: number, from: number): number {
    const base = this.#stacks.base[id];
    const end = base === 0 ? 0 : this.#stacks.top[id];
    const stop = Math.min(end, from + rootsAtATime);
    if (from < stop) this.#slots(visitor, base, from, stop);
    return stop < end ? id * perStack + stop : (id + 1) * perStack;
  }

  #slots(visitor: Pick<RootVisitor, 'root'>, base: number, from: number, end: number): void {
    const page = this.#arenas.pageOf(base);
    const words = this.#memory.words(page);
    const first = ((page & windowPageMask) << pageWordsShift) + (base - this.#arenas.addressOf(page)) / 4;
    for (let at = first + 2 * from, stop = first + 2 * end; at < stop; at += 2) {
      const address = (words[at + 1] >>> 0) * 2 ** 32 + (words[at] >>> 0);
      if (address !== 0) visitor.root(address);
    }
  }
}
