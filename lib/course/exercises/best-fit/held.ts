/**
 * Pages that a heap cannot give back: those of blocks in which something is in use. A block that is free as a whole could go
 * back to the system at once; a page in use holds the block around it.
 *
 * What lives needs so many blocks as it fills, whoever places it: that is the bound.
 */
import type { PageOp } from '../../../lab/trace/page-text.ts';

export const blockPages = 16;

export class Held {
  readonly #inBlock: number[] = [];
  #blocks = 0;
  #live = 0;
  #held = 0;
  #least = 0;
  #ops = 0;

  take(page: number, n: number): void {
    this.#live += n;
    for (let at = page; at < page + n; at++) {
      const block = Math.floor(at / blockPages);
      const before = this.#inBlock[block] ?? 0;
      this.#inBlock[block] = before + 1;
      if (before === 0) this.#blocks++;
    }
  }

  free(page: number, n: number): void {
    this.#live -= n;
    for (let at = page; at < page + n; at++) {
      const block = Math.floor(at / blockPages);
      const left = (this.#inBlock[block] as number) - 1;
      this.#inBlock[block] = left;
      if (left === 0) this.#blocks--;
    }
  }

  /** An operation is over. */
  pass(): void {
    this.#ops++;
    this.#held += blockPages * this.#blocks;
    this.#least += blockPages * Math.ceil(this.#live / blockPages);
  }

  /** Pages, on average over the operations; and what no placement is below. */
  get mean(): { readonly held: number; readonly least: number } {
    const ops = Math.max(1, this.#ops);
    return { held: this.#held / ops, least: this.#least / ops };
  }
}

/** Of each allocation, by its number: operations until it is freed, or until the trace ends. */
export function livesOf(ops: readonly PageOp[]): ReadonlyMap<number, number> {
  const born = new Map<number, number>();
  const lives = new Map<number, number>();
  for (const [i, op] of ops.entries()) {
    if (op.k === 'alloc') {
      born.set(op.id, i);
      lives.set(op.id, ops.length - i);
    } else if (op.k === 'free') lives.set(op.id, i - (born.get(op.id) ?? i));
  }
  return lives;
}
