/**
 * Traces of pages that tell policies apart. Each is a program in a few lines: what it allocates, what outlives what.
 *
 * - *checkerboard*: walls of one page with holes of many sizes between them, then the same sizes again, in another order:
 *   whoever splits a large hole for a small allocation lacks it later
 * - *robson*: the program by which Robson proved how bad first fit can be: sizes double, and what is kept between two
 *   sizes is what keeps most of its surroundings from being used again
 * - *ramp*: waves of allocations, each freed but for a few survivors scattered over it
 * - *churn*: sizes as programs have them, most small, lifetimes that differ by a thousand times
 *
 * A trace is the same for the same seed.
 */
import type { PageOp } from '../../lab/trace/page-text.ts';
import { chooserOf, FitModel } from './fits.ts';
import { type Chance, shuffled } from './seeds.ts';

class Writer {
  readonly ops: PageOp[] = [];
  #next = 1;
  readonly live = new Map<number, number>();

  alloc(pages: number): number {
    const id = this.#next++;
    this.ops.push({ k: 'alloc', id, pages });
    this.live.set(id, pages);
    return id;
  }

  free(id: number): void {
    this.ops.push({ k: 'free', id });
    this.live.delete(id);
  }
}

export function checkerboard(chance: Chance, holes = 240): PageOp[] {
  const w = new Writer();
  const sizes = Array.from({ length: holes }, () => chance.between(1, 8));
  const ids = sizes.map((size) => {
    const id = w.alloc(size);
    w.alloc(1);
    return id;
  });
  for (const id of shuffled(chance, ids)) w.free(id);
  for (const size of shuffled(chance, sizes)) w.alloc(size);
  return w.ops;
}

const firstFit = chooserOf('FirstFit', { tail: Number.POSITIVE_INFINITY, tie: 'lowest' });

/** Robson's program against first fit: what is kept lies at one offset, where first fit put it. */
export function robson(chance: Chance, pages = 256): PageOp[] {
  const w = new Writer();
  const model = new FitModel(firstFit);
  model.grow(0, 8 * pages);
  const place = new Map<number, number>();
  const add = (size: number): void => {
    place.set(w.alloc(size), model.alloc(size));
  };
  const covers = (page: number, size: number, offset: number, step: number): boolean =>
    page + ((((offset - page) % step) + step) % step) < page + size;
  for (let i = 0; i < pages; i++) add(1);
  let offset = chance.between(0, 1);
  for (let size = 2; size <= 32; size *= 2) {
    // The offset at which more is kept.
    const kept = (at: number): number =>
      [...w.live].filter(([id, n]) => covers(place.get(id) ?? 0, n, at, size)).length;
    if (size > 2 && kept(offset + size / 2) > kept(offset)) offset += size / 2;
    for (const [id, n] of [...w.live]) {
      const page = place.get(id) ?? 0;
      if (covers(page, n, offset, size)) continue;
      w.free(id);
      model.free(page, n);
    }
    const live = [...w.live.values()].reduce((sum, n) => sum + n, 0);
    for (let left = pages - live; left >= size; left -= size) add(size);
  }
  return w.ops;
}

export function ramp(chance: Chance, waves = 6): PageOp[] {
  const w = new Writer();
  for (let wave = 0; wave < waves; wave++) {
    const ids = Array.from({ length: 110 }, () =>
      w.alloc(chance.between(1, 4) ** (chance.between(0, 3) === 0 ? 2 : 1)),
    );
    const survivors = new Set(shuffled(chance, ids).slice(0, 14));
    for (const id of shuffled(chance, ids)) if (!survivors.has(id)) w.free(id);
    const old = [...w.live.keys()].filter((id) => id < (ids[0] ?? 0));
    for (const id of shuffled(chance, old).slice(0, 6)) w.free(id);
  }
  return w.ops;
}

export function churn(chance: Chance, length = 1400): PageOp[] {
  const w = new Writer();
  const deaths: { readonly id: number; readonly at: number }[] = [];
  const sizes = [1, 1, 1, 2, 2, 3, 4, 4, 6, 8, 13, 21, 34];
  for (let i = 0; w.ops.length < length; i++) {
    deaths.sort((a, b) => b.at - a.at);
    for (let last = deaths.at(-1); last !== undefined && last.at <= i; last = deaths.at(-1)) {
      w.free(last.id);
      deaths.pop();
    }
    deaths.push({ id: w.alloc(chance.oneOf(sizes)), at: i + 2 ** chance.between(0, 9) });
  }
  return w.ops;
}

export const patterns = { checkerboard, robson, ramp, churn } as const;
export type PatternName = keyof typeof patterns;
