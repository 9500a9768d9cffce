/**
 * The room for mappings: how many more the process may have.
 *
 * The kernel gives a process no more than vm.max_map_count mappings, 65,530 unless set otherwise, and the JavaScript
 * engine, when it is refused one, ends the process. Making memory inaccessible splits a mapping, and so do huge-page
 * hints: a heap of alternate live and released pages needs two mappings for each. So what can be left out is left out
 * while fewer than `engineRoom` are left, and what cannot, counts as refused while fewer than `leastRoom` are.
 *
 * Counting means reading /proc/self/maps: 20 ms for the whole of them. So a count is trusted for as many splits as a
 * quarter of what it left, each at its worst, two mappings; and where there was no room, it is only asked again after
 * `pause` more questions. Other threads count for themselves, which the quarter allows for.
 *
 * What cannot be read is unknown: the limit is then taken to be the usual one, and what was split here counts, at its
 * worst, from the first.
 */
import { type Addon, loadAddon } from './addon.ts';
import { readSystemText } from './system-text.ts';

/** Mappings left to the engine before anything that can be left out is. */
export const engineRoom = 4096;
/** Mappings left to the engine before growing counts as refused. */
const leastRoom = 1024;
/** A split cuts a mapping in three. */
const perSplit = 2;
/** Splits that a count is trusted for at least. */
const trustedAtLeast = 256;
/** Questions answered with no before the mappings are counted again. */
const pause = 4096;
const usualLimit = 65530;

/** What is kept free of a limit: of a small one a share, a quarter of it for `engineRoom`. */
function shareOf(limit: number, most: number): number {
  return Math.min(most, Math.floor((limit * most) / (4 * engineRoom)));
}

/** How many ranges can be split off mappings before that is left out: released runs of a heap, at worst. */
export function roomToSplit(limit: number, count: number): number {
  return Math.max(0, Math.floor((limit - shareOf(limit, engineRoom) - count) / perSplit));
}

/** Where limit and count come from; undefined: unknown. */
export interface MappingSource {
  limit(): number | undefined;
  count(): number | undefined;
}

/** The kernel's own figures. */
export function kernelMappings(addon: Addon = loadAddon()): MappingSource {
  return {
    limit: () => {
      const text = readSystemText('/proc/sys/vm/max_map_count');
      return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined;
    },
    count: () => {
      const n = addon.vmaCount();
      return n < 0 ? undefined : n;
    },
  };
}

export class MappingRoom {
  readonly #source: MappingSource;
  #limit: number | undefined;
  /** Mappings left when they were last counted; below 0: they never were. */
  #left = -1;
  /** Mappings that splits since then may have cost. */
  #spent = 0;
  /** Of those, how many the count is trusted for. */
  #trusted = 0;
  #pause = 0;

  constructor(source: MappingSource) {
    this.#source = source;
  }

  /** vm.max_map_count, or what is taken for it. */
  get limit(): number {
    this.#limit ??= this.#source.limit() ?? usualLimit;
    return this.#limit;
  }

  /** Takes room for a split that can be left out. @returns false: leave it out */
  takeOptional(): boolean {
    if (this.#take(shareOf(this.limit, engineRoom))) return true;
    if (this.#pause > 0) {
      this.#pause--;
      return false;
    }
    this.#count(shareOf(this.limit, engineRoom));
    if (this.#take(shareOf(this.limit, engineRoom))) return true;
    this.#pause = pause;
    return false;
  }

  /** Takes room for a split that cannot be left out. @returns false: it must count as refused */
  takeNeeded(): boolean {
    if (this.#take(shareOf(this.limit, leastRoom))) return true;
    this.#count(shareOf(this.limit, leastRoom));
    return this.#take(shareOf(this.limit, leastRoom));
  }

  /** The mappings there are, where hardly any more can be had: what to say in an error. */
  shortage(): string | undefined {
    const count = this.#source.count();
    if (
      count === undefined ||
      this.limit - count > shareOf(this.limit, leastRoom) + trustedAtLeast * perSplit
    )
      return undefined;
    return `the process has ${count} of ${this.limit} mappings (vm.max_map_count)`;
  }

  #take(room: number): boolean {
    const spent = this.#spent + perSplit;
    if (spent > this.#trusted || this.#left - spent < room) return false;
    this.#spent = spent;
    return true;
  }

  #count(room: number): void {
    const count = this.#source.count();
    if (count === undefined) {
      if (this.#left < 0) this.#left = this.limit;
      this.#trusted = Infinity;
      return;
    }
    this.#left = this.limit - count;
    this.#spent = 0;
    const spare = this.#left - room;
    // Just above the room counting would be all there is to do: that is no room either.
    this.#trusted =
      spare < trustedAtLeast * perSplit ? 0 : Math.max(trustedAtLeast * perSplit, Math.floor(spare / 4));
  }
}
