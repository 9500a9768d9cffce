/**
 * Sweep state: the heap's sweep generation and how far the sweep in progress is.
 *
 * The generation is even and goes up by two at each cycle (spans/span-table.ts tells what a span's own
 * means against it). A sweep is *drained* when no span is left to be taken for sweeping.
 *
 * Not here: choosing spans (gc/sweeper.ts), sweeping one (sweep-span.ts).
 */
import { f64, i32, table, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';

export const sweepStateTable = table('sweepState', 'other', {
  gen: i32('heap'),
  drained: i32('heap'),
  /** 32-bit words that the mark bitmaps of all spans in use need. */
  markWords: f64('heap'),
});

export class SweepState {
  readonly #columns: Views<typeof sweepStateTable>;

  constructor(meta: MetaMemory) {
    this.#columns = meta.views(sweepStateTable);
  }

  static prepare(meta: MetaMemory): boolean {
    if (!meta.commit(sweepStateTable, 0, 1)) return false;
    meta.views(sweepStateTable).drained[0] = 1;
    return true;
  }

  get gen(): number {
    return this.#columns.gen[0];
  }

  get markWords(): number {
    return this.#columns.markWords[0];
  }

  set markWords(words: number) {
    this.#columns.markWords[0] = words;
  }

  isDone(): boolean {
    return this.#columns.drained[0] === 1;
  }

  markDrained(): void {
    this.#columns.drained[0] = 1;
  }

  /** A new cycle's sweep begins: every span in use is two generations behind. */
  nextGeneration(): void {
    this.#columns.gen[0] = this.#columns.gen[0] + 2;
    this.#columns.drained[0] = 0;
  }
}
