/**
 * gcBits arenas: the memory of mark and allocation bitmaps, freed a whole cycle at a time.
 *
 * A span's sweep turns its mark bits into its allocation bits and takes fresh zero bits for the next
 * mark. So bits taken during one cycle serve as mark bits in it, as allocation bits in the next, and
 * are then dead, all at the same moment. They are taken from arenas of 64 KiB by moving an index,
 * and the arenas pass through four lists, one step at each cycle's start:
 *
 *     next ──► current ──► previous ──► free ──► next …
 *     (taken    (being      (allocation   (zeroed
 *      from)     marked)     bits until    when reused)
 *                            swept)
 *
 * A bitmap is a whole number of 64-bit words, as in the runtime, named by the index of its first
 * 32-bit word in `bits`.
 *
 * Exhaustion: a sweep must never fail for want of mark bits, so a cycle asks beforehand, with
 * `reserveForSweep`, for what sweeping every span will need, and new spans leave that alone: while
 * words are owed to the sweep, a new span has bits only if afterwards the rest of the arena being
 * taken from and the free arenas still hold what is owed, whatever the sizes (`coversAfter`).
 */
import { fatal } from '../base/errors.ts';
import { i32, type Table, table, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';

/** Words of an arena: 64 KiB. */
const arenaWords = (64 * 1024) / 4;
/** The longest bitmap: 1024 objects. What may be lost at an arena's end. */
const maxBitmapWords = 32;

/** Rows are 32-bit words. */
export const gcBitsTable = table('gcBits', 'gc', { bits: i32('heap') });

/** Rows are arenas; 0 is none. */
export const gcBitsArenaTable = table('gcBitsArenas', 'gc', { next: i32('heap') });

export const gcBitsStateTable = table('gcBitsState', 'gc', {
  /** Words taken from the head of `next`. */
  used: i32('heap'),
  next: i32('heap'),
  current: i32('heap'),
  previous: i32('heap'),
  free: i32('heap'),
  freeCount: i32('heap'),
  /** Arenas ever committed. */
  arenas: i32('heap'),
  /** Words that the sweep in progress may still take. */
  owed: i32('heap'),
});

export const gcBitsArenaRows = (words: number): number => Math.floor(words / arenaWords);

/** The words of a bitmap of n bits: whole 64-bit words. */
export const bitmapWords = (n: number): number => ((n + 63) >>> 6) << 1;

export class GcBits {
  readonly #bits: Int32Array;
  readonly #meta: MetaMemory;
  readonly #links: Int32Array;
  readonly #state: Views<typeof gcBitsStateTable>;
  /** Tables whose rows are those of `gcBitsTable`. */
  readonly #besides: Table[] = [gcBitsTable];

  constructor(meta: MetaMemory) {
    this.#meta = meta;
    this.#bits = meta.views(gcBitsTable).bits;
    this.#links = meta.views(gcBitsArenaTable).next;
    this.#state = meta.views(gcBitsStateTable);
  }

  get bits(): Int32Array {
    return this.#bits;
  }

  static prepare(meta: MetaMemory): boolean {
    return meta.commit(gcBitsStateTable, 0, 1) && meta.commit(gcBitsArenaTable, 0, 1);
  }

  /** Names a table of words beside, which gets memory together with the bitmaps; every thread names the same ones. */
  beside(table: Table): void {
    this.#besides.push(table);
  }

  /** A zero bitmap for a new span's n objects, or −1 when there is no memory for it. */
  allocForSpan(n: number): number {
    const words = bitmapWords(n);
    if (this.#state.owed[0] > 0 && !this.#coversAfter(words)) {
      const arena = this.#commitArena();
      if (arena === 0) return -1;
      this.#pushFree(arena);
    }
    return this.#alloc(words);
  }

  /** A zero bitmap for a swept span's next mark. */
  allocForSweep(n: number): number {
    const { owed } = this.#state;
    const words = bitmapWords(n);
    const at = this.#alloc(words);
    if (at < 0) fatal('no memory for mark bits although it was reserved', { objects: n });
    owed[0] = Math.max(0, owed[0] - words);
    return at;
  }

  /** Makes sure that bitmaps of `words` words in all can be taken. False when there is no memory. */
  reserveForSweep(words: number): boolean {
    const state = this.#state;
    const need = Math.ceil(words / (arenaWords - maxBitmapWords));
    while (state.freeCount[0] < need) {
      const arena = this.#commitArena();
      if (arena === 0) return false;
      this.#pushFree(arena);
    }
    state.owed[0] = words;
    return true;
  }

  /** Sweeping is done: new spans may have what is left. */
  endSweep(): void {
    this.#state.owed[0] = 0;
  }

  /** The step from cycle to cycle. All spans are swept: nothing refers to `previous` any more. */
  nextEpoch(): void {
    const state = this.#state;
    for (let arena = state.previous[0]; arena !== 0; ) {
      const following = this.#links[arena];
      this.#pushFree(arena);
      arena = following;
    }
    state.previous[0] = state.current[0];
    state.current[0] = state.next[0];
    state.next[0] = 0;
    state.used[0] = 0;
  }

  /** Bytes of arenas that hold bitmaps. */
  bytesInUse(): number {
    return (this.#state.arenas[0] - this.#state.freeCount[0]) * arenaWords * 4;
  }

  /** Whether what is owed to the sweep can be taken in any order of sizes when a new span has taken `words`. */
  #coversAfter(words: number): boolean {
    const state = this.#state;
    const fits = this.#fits(words);
    const rest = arenaWords - words - (fits ? state.used[0] : 0);
    const free = state.freeCount[0] - (fits ? 0 : 1);
    // Of each arena the end may be lost to a bitmap that is too long for it.
    return free * (arenaWords - maxBitmapWords) + Math.max(0, rest - maxBitmapWords) >= state.owed[0];
  }

  /** Whether the arena being taken from has so many words left. */
  #fits(words: number): boolean {
    const { next, used } = this.#state;
    return next[0] !== 0 && used[0] + words <= arenaWords;
  }

  #alloc(words: number): number {
    const state = this.#state;
    if (this.#fits(words)) {
      const used = state.used[0];
      state.used[0] = used + words;
      return (state.next[0] - 1) * arenaWords + used;
    }
    const arena = state.freeCount[0] === 0 ? this.#commitArena() : this.#popFree();
    if (arena === 0) return -1;
    this.#links[arena] = state.next[0];
    state.next[0] = arena;
    state.used[0] = words;
    return (arena - 1) * arenaWords;
  }

  #popFree(): number {
    const state = this.#state;
    const arena = state.free[0];
    state.free[0] = this.#links[arena];
    state.freeCount[0]--;
    const start = (arena - 1) * arenaWords;
    this.#bits.fill(0, start, start + arenaWords);
    return arena;
  }

  #commitArena(): number {
    const state = this.#state;
    const meta = this.#meta;
    const arena = state.arenas[0] + 1;
    if (!meta.commit(gcBitsArenaTable, arena, arena + 1)) return 0;
    for (const words of this.#besides)
      if (!meta.commit(words, (arena - 1) * arenaWords, arena * arenaWords)) return 0;
    state.arenas[0] = arena;
    return arena;
  }

  #pushFree(arena: number): void {
    this.#links[arena] = this.#state.free[0];
    this.#state.free[0] = arena;
    this.#state.freeCount[0]++;
  }
}
