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
 * Exhaustion: sweeping must never fail for want of a block. So a heap span is allocated only when there
 * are blocks for the worst case (`prepareFor`): a begun block in each set of every class ever used, and
 * full blocks for every span twice, since a span that was freed and used again may stand in an unswept
 * set and in a swept one.
 *
 * Not here: who pushes and pops (set-registry.ts; the stacks of list-registry.ts are the sets of one class).
 */
import { fatal } from '../base/errors.ts';
import { i32, table, u8, type Views } from '../meta/column.ts';
import { IdPool, poolColumns } from '../meta/id-pool.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';

const blockSpans = 511;
const blocksPerBatch = 16;

export const spanBlockTable = table('spanBlocks', 'gc', {
  /** The block below, or the next free block. */
  below: i32('heap'),
  spans: i32('heap', blockSpans),
});

export const spanBlockPoolTable = table('spanBlockPool', 'gc', {
  /** Span classes that were ever used. */
  classes: i32('heap'),
  ...poolColumns,
});

/** Rows are sets: see `setIndex`. */
export const spanSetTable = table('spanSets', 'gc', {
  top: i32('heap'),
  /** Spans in the top block. */
  count: i32('heap'),
  /** 1 in the first set of a span class: the class was used. */
  used: u8('heap'),
});

export const setsPerSpanClass = 4;

/** The blocks that so many span classes and spans need at worst. */
export function spanBlocksFor(classes: number, spans: number): number {
  return classes * setsPerSpanClass + Math.ceil((2 * spans) / blockSpans);
}

export class SpanSets {
  readonly #blocks: Views<typeof spanBlockTable>;
  readonly #sets: Views<typeof spanSetTable>;
  readonly #poolState: Views<typeof spanBlockPoolTable>;
  readonly #pool: IdPool;

  constructor(meta: MetaMemory) {
    this.#blocks = meta.views(spanBlockTable);
    this.#sets = meta.views(spanSetTable);
    this.#poolState = meta.views(spanBlockPoolTable);
    this.#pool = new IdPool(meta, spanBlockTable, this.#blocks.below, this.#poolState, blocksPerBatch);
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

  /**
   * Makes sure that spans of a class can be pushed whatever happens, when ids up to `spans` are in use.
   * False when there is no memory.
   */
  prepareFor(spanClass: number, spans: number): boolean {
    const { used } = this.#sets;
    const { classes } = this.#poolState;
    const first = spanClass * setsPerSpanClass;
    const fresh = used[first] === 0 ? 1 : 0;
    if (!this.#pool.ensure(spanBlocksFor(classes[0] + fresh, spans))) return false;
    classes[0] += fresh;
    used[first] = 1;
    return true;
  }

  /** Puts a span on a set of a class that was prepared for. */
  push(set: number, span: number): void {
    const sets = this.#sets;
    const blocks = this.#blocks;
    let block = sets.top[set];
    let count = sets.count[set];
    if (block === 0 || count === blockSpans) {
      const fresh = this.#pool.alloc();
      if (fresh === 0) fatal('no memory for a span set although it was reserved', { set, span });
      blocks.below[fresh] = block;
      sets.top[set] = block = fresh;
      count = 0;
    }
    blocks.spans[block * blockSpans + count] = span;
    sets.count[set] = count + 1;
  }

  /** Takes the span pushed last, or 0 when the set is empty. */
  pop(set: number): number {
    const sets = this.#sets;
    const blocks = this.#blocks;
    const block = sets.top[set];
    if (block === 0) return 0;
    const count = sets.count[set] - 1;
    const span = blocks.spans[block * blockSpans + count];
    if (count > 0) {
      sets.count[set] = count;
    } else {
      const below = blocks.below[block];
      this.#pool.free(block);
      sets.top[set] = below;
      sets.count[set] = below === 0 ? 0 : blockSpans;
    }
    return span;
  }

  /** Calls `visit` for every span in a set, the one pushed last first. */
  forEach(set: number, visit: (span: number) => void): void {
    let count = this.#sets.count[set];
    for (let block = this.#sets.top[set]; block !== 0; block = this.#blocks.below[block]) {
      while (count > 0) visit(this.#blocks.spans[block * blockSpans + --count]);
      count = blockSpans;
    }
  }
}
