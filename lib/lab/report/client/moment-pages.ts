/// <reference lib="dom" />
/**
 * The bytes of page maps, moment by moment, in one order: the union of all ranges (page-layout.ts), so that a
 * page has the same place in every moment, and in every run that is shown beside it.
 *
 * A moment is inflated when it is first asked for, and kept.
 */

import type { PackedMap } from '../page-pairs.ts';
import { absentPage } from './page-colours.ts';
import { type Ranges, uniteRanges } from './page-layout.ts';

/** The pages that are shown, numbered without gaps. */
export class PageOrder {
  readonly ranges: Ranges;
  readonly total: number;

  constructor(lists: readonly Ranges[]) {
    this.ranges = uniteRanges(lists);
    this.total = this.ranges.reduce((sum, range) => sum + range[1], 0);
  }

  get first(): number {
    return this.ranges[0][0];
  }

  get last(): number {
    const [first, pages] = this.ranges[this.ranges.length - 1];
    return first + pages - 1;
  }

  /** Where a page's byte stands, −1 where no moment has the page. */
  indexOf(page: number): number {
    let before = 0;
    for (const [first, pages] of this.ranges) {
      if (page >= first && page < first + pages) {
        return before + page - first;
      }
      before += pages;
    }
    return -1;
  }

  /** The page whose byte stands there; the nearest one beyond either end. */
  pageAt(index: number): number {
    let left = Math.min(Math.max(index, 0), this.total - 1);
    for (const [first, pages] of this.ranges) {
      if (left < pages) {
        return first + left;
      }
      left -= pages;
    }
    return this.first;
  }
}

/** Bytes that were deflated, from base64. */
export async function inflate(data: string): Promise<Uint8Array> {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export class MomentPages {
  readonly #maps: readonly PackedMap[];
  readonly #order: PageOrder;
  readonly #inflated = new Map<number, Uint8Array>();

  constructor(maps: readonly PackedMap[], order: PageOrder) {
    this.#maps = maps;
    this.#order = order;
  }

  /** A moment's bytes, absentPage where it has no such page. */
  async load(moment: number): Promise<Uint8Array> {
    let placed = this.#inflated.get(moment);
    if (placed === undefined) {
      const map = this.#maps[moment];
      const bytes = await inflate(map.data);
      placed = new Uint8Array(this.#order.total).fill(absentPage);
      let offset = 0;
      for (const [first, pages] of map.ranges) {
        placed.set(bytes.subarray(offset, offset + pages), this.#order.indexOf(first));
        offset += pages;
      }
      this.#inflated.set(moment, placed);
    }
    return placed;
  }
}
