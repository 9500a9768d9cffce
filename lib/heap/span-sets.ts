/**
 * Span sets: the stacks of spans by which the sweeper and the central lists find work.
 *
 * A set is a stack of blocks of 511 span ids; pushing and popping touch only the top block. A span
 * may still stand in a set after someone else has swept, freed or even reused it: whoever pops it
 * looks at its sweep generation and ignores it if it is not what was expected. That is why a set
 * holds ids and is not threaded through the spans.
 *
 * For each span class there are four: spans with free objects (*partial*) and without (*full*),
 * each swept and unswept. Which of a pair is the swept one changes with every cycle, so that all
 * swept spans become unswept at once without being moved.
 *
 * Not here: who pushes and pops (alloc/mcentral.ts, heap/sweep-span.ts, gc/sweeper.ts).
 */
import { i32, table, type Views } from '../meta/column.ts';
import { IdPool } from '../meta/id-pool.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';

const blockSpans = 511;
const blocksPerBatch = 16;

export const spanBlockTable = table('spanBlocks', 'gc', {
  /** The block below, or the next free block. */
  below: i32('heap'),
  spans: i32('heap', blockSpans),
});

export const spanBlockPoolTable = table('spanBlockPool', 'gc', {
  free: i32('heap'),
  used: i32('heap'),
  committed: i32('heap'),
  live: i32('heap'),
});

/** Rows are sets: see `setIndex`. */
export const spanSetTable = table('spanSets', 'gc', {
  top: i32('heap'),
  /** Spans in the top block. */
  count: i32('heap'),
});

export const setsPerSpanClass = 4;

export class SpanSets {
  private readonly blocks: Views<typeof spanBlockTable>;
  private readonly sets: Views<typeof spanSetTable>;
  private readonly pool: IdPool;

  constructor(meta: MetaMemory) {
    this.blocks = meta.views(spanBlockTable);
    this.sets = meta.views(spanSetTable);
    this.pool = new IdPool(
      meta,
      spanBlockTable,
      this.blocks.below,
      meta.views(spanBlockPoolTable),
      blocksPerBatch,
    );
  }

  static prepare(meta: MetaMemory): boolean {
    return meta.commit(spanBlockPoolTable, 0, 1) && meta.commit(spanSetTable, 0, meta.rows(spanSetTable));
  }

  /** The set of swept spans with free objects, in sweep generation `gen`. */
  partialSwept(spanClass: number, gen: number): number {
    return spanClass * setsPerSpanClass + ((gen >>> 1) & 1);
  }

  partialUnswept(spanClass: number, gen: number): number {
    return spanClass * setsPerSpanClass + (1 - ((gen >>> 1) & 1));
  }

  fullSwept(spanClass: number, gen: number): number {
    return spanClass * setsPerSpanClass + 2 + ((gen >>> 1) & 1);
  }

  fullUnswept(spanClass: number, gen: number): number {
    return spanClass * setsPerSpanClass + 2 + (1 - ((gen >>> 1) & 1));
  }

  /** Puts a span on a set. False when there is no memory for another block. */
  push(set: number, span: number): boolean {
    const { sets, blocks } = this;
    let block = sets.top[set];
    let count = sets.count[set];
    if (block === 0 || count === blockSpans) {
      const fresh = this.pool.alloc();
      if (fresh === 0) return false;
      blocks.below[fresh] = block;
      sets.top[set] = block = fresh;
      count = 0;
    }
    blocks.spans[block * blockSpans + count] = span;
    sets.count[set] = count + 1;
    return true;
  }

  /** Makes sure that n pushes onto different sets, or 511 n onto one, succeed. False when there is no memory. */
  reserve(n: number): boolean {
    return this.pool.reserve(n);
  }

  /** Takes the span pushed last, or 0 when the set is empty. */
  pop(set: number): number {
    const { sets, blocks } = this;
    const block = sets.top[set];
    if (block === 0) return 0;
    const count = sets.count[set] - 1;
    const span = blocks.spans[block * blockSpans + count];
    if (count > 0) {
      sets.count[set] = count;
    } else {
      const below = blocks.below[block];
      this.pool.free(block);
      sets.top[set] = below;
      sets.count[set] = below === 0 ? 0 : blockSpans;
    }
    return span;
  }

  /** Calls `visit` for every span in a set, the one pushed last first. */
  forEach(set: number, visit: (span: number) => void): void {
    let count = this.sets.count[set];
    for (let block = this.sets.top[set]; block !== 0; block = this.blocks.below[block]) {
      while (count > 0) visit(this.blocks.spans[block * blockSpans + --count]);
      count = blockSpans;
    }
  }
}
