/**
 * The memory profile's buckets: allocations that were sampled, counted by where they come from and how large they are.
 *
 * A *place* is a text: the stack of the program's calls, or a label. Place and size are a bucket's key, which is
 * found by a hash; both lie in the heap's memory, so that all threads count in the same. The memory is BuckHashSys, as in
 * the runtime, and is never given back.
 *
 * What the profile tells is that of one moment: the end of the sweep before last. Allocations and frees of the running
 * cycle must not be told before the sweep that would have freed what they allocate has ended; otherwise every profile
 * would show the garbage of the moment as living. So each bucket has three cycles to come, taken by turns:
 *
 *     an allocation in cycle c counts when c + 2 is published, a free in the sweep of cycle c when c + 1 is
 *
 * A cycle is published at its mark termination, and once more after the sweep of a collection that was asked for.
 *
 * What there is no room for is sampled and not counted; how many objects that were says profile-misses.ts.
 *
 * Not here: what is sampled (alloc/profiling-malloc.ts), what ends a sample (sweep-specials.ts).
 */
import { f64, i32, table, u8, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { type MissCause, missCauses, type ProfileMisses } from './profile-misses.ts';

/** Cycles to come. */
const turns = 3;

/** Rows are buckets; 0 is none. The counts of the turns lie side by side. */
export const profileBucketTable = table('profileBuckets', 'buckets', {
  /** The next bucket with the same hash. */
  next: i32('heap'),
  hash: i32('heap'),
  /** Bytes of an object. */
  size: f64('heap'),
  /** Where its place's text lies. */
  at: i32('heap'),
  length: i32('heap'),
  /** What the profile tells: objects. */
  allocs: f64('heap'),
  frees: f64('heap'),
  comingAllocs: f64('heap', turns),
  comingFrees: f64('heap', turns),
});

/** Rows are values of the hash: the first bucket that has it. */
export const profileHashTable = table('profileHashes', 'buckets', { first: i32('heap') });

/** Rows are bytes. */
export const profileTextTable = table('profileTexts', 'buckets', { bytes: u8('heap') });

export const profileStateTable = table('profileState', 'other', {
  buckets: i32('heap'),
  textBytes: i32('heap'),
  /** Which cycle it is, by turns of three. */
  cycle: i32('heap'),
  /** Sampled objects that are not counted, by what there was no room for. */
  missed: f64('heap', missCauses.length),
});

export const profileHashes = 2 ** 14;
/** Rows of buckets, and bytes of texts; beyond that what is sampled is not counted. */
export const mostProfileBuckets = 2 ** 17;
export const profileTextBytes = 2 ** 26;
const bucketBatch = 64;
const textBatch = 4096;

/** A bucket as it is told. */
export interface ProfileBucket {
  readonly place: string;
  readonly size: number;
  readonly allocs: number;
  readonly frees: number;
}

export class ProfileBuckets {
  readonly #meta: MetaMemory;
  readonly #buckets: Views<typeof profileBucketTable>;
  readonly #hashes: Int32Array;
  readonly #texts: Uint8Array;
  readonly #state: Views<typeof profileStateTable>;
  readonly #misses: ProfileMisses;

  constructor(meta: MetaMemory, misses: ProfileMisses) {
    this.#meta = meta;
    this.#misses = misses;
    this.#buckets = meta.views(profileBucketTable);
    this.#hashes = meta.views(profileHashTable).first;
    this.#texts = meta.views(profileTextTable).bytes;
    this.#state = meta.views(profileStateTable);
  }

  static prepare(meta: MetaMemory): boolean {
    return meta.commit(profileStateTable, 0, 1);
  }

  /** Buckets there are. */
  get count(): number {
    return this.#state.buckets[0];
  }

  /** The bucket of a place, UTF-8, and size; 0 when there is no room for it: the object is missed. */
  bucket(place: Uint8Array, size: number): number {
    const hash = hashOf(place, size);
    const row = hash & (profileHashes - 1);
    if (!this.#meta.commit(profileHashTable, row, row + 1)) return this.#miss('memory');
    const b = this.#buckets;
    for (let id = this.#hashes[row]; id !== 0; id = b.next[id])
      if (b.hash[id] === hash && b.size[id] === size && this.#isPlace(id, place)) return id;
    const id = this.#make(place);
    if (id === 0) return 0;
    b.hash[id] = hash;
    b.size[id] = size;
    b.next[id] = this.#hashes[row];
    this.#hashes[row] = id;
    return id;
  }

  /** An object of a bucket was allocated. */
  allocated(id: number): void {
    this.#buckets.comingAllocs[id * turns + ((this.#state.cycle[0] + 2) % turns)]++;
  }

  /** One was freed, by the sweep. */
  freed(id: number): void {
    this.#buckets.comingFrees[id * turns + ((this.#state.cycle[0] + 1) % turns)]++;
  }

  /** Mark termination: the next cycle begins, and is published. */
  nextCycle(): void {
    const { cycle } = this.#state;
    cycle[0] = (cycle[0] + 1) % turns;
    this.#publish(cycle[0]);
  }

  /** The sweep of a collection that was asked for has ended: what it freed is told with it. */
  sweepEnded(): void {
    this.#publish((this.#state.cycle[0] + 1) % turns);
  }

  /** All buckets. Before anything was published, what there is already. */
  all(): ProfileBucket[] {
    const b = this.#buckets;
    const count = this.count;
    let isEmpty = true;
    for (let id = 1; id <= count; id++) isEmpty &&= b.allocs[id] === b.frees[id];
    // No collection has been yet, or all that was sampled is gone: the same as the runtime does.
    if (isEmpty) for (let turn = 0; turn < turns; turn++) this.#publish(turn);
    return Array.from({ length: count }, (_, i) => {
      const id = i + 1;
      const text = this.#texts.slice(b.at[id], b.at[id] + b.length[id]);
      return {
        place: new TextDecoder().decode(text),
        size: b.size[id],
        allocs: b.allocs[id],
        frees: b.frees[id],
      };
    });
  }

  #publish(turn: number): void {
    const { allocs, frees, comingAllocs, comingFrees } = this.#buckets;
    for (let id = 1, end = this.count; id <= end; id++) {
      const at = id * turns + turn;
      allocs[id] += comingAllocs[at];
      frees[id] += comingFrees[at];
      comingAllocs[at] = 0;
      comingFrees[at] = 0;
    }
  }

  #miss(cause: MissCause): 0 {
    this.#misses.add(cause);
    return 0;
  }

  #isPlace(id: number, place: Uint8Array): boolean {
    const { at, length } = this.#buckets;
    if (length[id] !== place.length) return false;
    const from = at[id];
    for (let i = 0; i < place.length; i++) if (this.#texts[from + i] !== place[i]) return false;
    return true;
  }

  #make(place: Uint8Array): number {
    const { buckets, textBytes } = this.#state;
    const id = buckets[0] + 1;
    const at = textBytes[0];
    const meta = this.#meta;
    // Past the last row there is none to be committed.
    if (id >= mostProfileBuckets) return this.#miss('buckets');
    if (at + place.length > profileTextBytes) return this.#miss('texts');
    if (
      !meta.commit(profileBucketTable, id, Math.min(mostProfileBuckets, id + bucketBatch)) ||
      !meta.commit(profileTextTable, at, Math.min(profileTextBytes, at + place.length + textBatch))
    )
      return this.#miss('memory');
    this.#texts.set(place, at);
    this.#buckets.at[id] = at;
    this.#buckets.length[id] = place.length;
    textBytes[0] = at + place.length;
    buckets[0] = id;
    return id;
  }
}

/** FNV-1a over the place and the size. */
function hashOf(place: Uint8Array, size: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < place.length; i++) hash = Math.imul(hash ^ place[i], 0x01000193);
  return Math.imul(hash ^ (size | 0), 0x01000193);
}
