/**
 * Span sets: the rows of spans by which the sweeper and the central lists find work.
 *
 * A set is a row of blocks of 255 span ids. Spans are pushed at its end, into the newest block. They are taken from its
 * beginning (`shift`: the sets of 2023, where what was pushed first is swept and used first) or from its end (`pop`: the two
 * stacks of 2019), so that only the outer blocks are touched. A span may still stand in a set after someone else has swept,
 * freed or even reused it: whoever takes it looks at its sweep generation and ignores it if it is not what was expected.
 * That is why a set holds ids and is not threaded through the spans.
 *
 * For each span class there are four: spans with free objects (*partial*) and without (*full*),
 * each swept and unswept. Which of a pair is the swept one changes with every cycle, so that all
 * swept spans become unswept at once without being moved.
 *
 * Exhaustion: sweeping must never fail for want of a block. So a heap span is allocated only when there
 * are blocks for the worst case (`prepareFor`): two begun blocks in each set of every class ever used, the oldest and the
 * newest, and full blocks for every span twice, since a span that was freed and used again may stand in an unswept
 * set and in a swept one.
 *
 * Not here: who pushes and pops (set-registry.ts; the stacks of list-registry.ts are the sets of one class).
 */
import { fatal } from '../base/errors.ts';
import { i32, table, u8, type Views } from '../meta/column.ts';
import { IdPool, poolColumns } from '../meta/id-pool.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';

const blockSpans = 255;
const blocksPerBatch = 32;

export const spanBlockTable = table('spanBlocks', 'gc', {
  /** The next older block, or the next free block. */
  older: i32('heap'),
  newer: i32('heap'),
  spans: i32('heap', blockSpans),
});

export const spanBlockPoolTable = table('spanBlockPool', 'gc', {
  /** Span classes that were ever used. */
  classes: i32('heap'),
  ...poolColumns,
});

/** Rows are sets: see `setIndex`. */
export const spanSetTable = table('spanSets', 'gc', {
  /** 0 in an empty set. */
  newest: i32('heap'),
  /** One past the last span in the newest block. */
  end: i32('heap'),
  oldest: i32('heap'),
  /** The first span in the oldest block. */
  start: i32('heap'),
  /** 1 in the first set of a span class: the class was used. */
  used: u8('heap'),
});

export const setsPerSpanClass = 4;

/** The blocks that so many span classes and spans need at worst. */
export function spanBlocksFor(classes: number, spans: number): number {
  return 2 * classes * setsPerSpanClass + Math.ceil((2 * spans) / blockSpans);
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
    this.#pool = new IdPool(meta, spanBlockTable, this.#blocks.older, this.#poolState, blocksPerBatch);
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

  /** Puts a span at the end of a set of a class that was prepared for. */
  push(set: number, span: number): void {
    const sets = this.#sets;
    const blocks = this.#blocks;
    let block = sets.newest[set];
    let end = sets.end[set];
    if (block === 0 || end === blockSpans) {
      const fresh = this.#pool.alloc();
      if (fresh === 0) fatal('no memory for a span set although it was reserved', { set, span });
      blocks.older[fresh] = block;
      blocks.newer[fresh] = 0;
      if (block !== 0) blocks.newer[block] = fresh;
      else {
        sets.oldest[set] = fresh;
        sets.start[set] = 0;
      }
      sets.newest[set] = block = fresh;
      end = 0;
    }
    blocks.spans[block * blockSpans + end] = span;
    sets.end[set] = end + 1;
  }

  /** Takes the span pushed first, or 0 when the set is empty. */
  shift(set: number): number {
    const sets = this.#sets;
    const blocks = this.#blocks;
    const block = sets.oldest[set];
    if (block === 0) return 0;
    const start = sets.start[set];
    const span = blocks.spans[block * blockSpans + start];
    const isLast = block === sets.newest[set];
    sets.start[set] = start + 1;
    if (start + 1 < (isLast ? sets.end[set] : blockSpans)) return span;
    const newer = blocks.newer[block];
    this.#pool.free(block);
    sets.oldest[set] = newer;
    sets.start[set] = 0;
    if (isLast) sets.newest[set] = 0;
    else blocks.older[newer] = 0;
    return span;
  }

  /** Takes the span pushed last, or 0 when the set is empty. */
  pop(set: number): number {
    const sets = this.#sets;
    const blocks = this.#blocks;
    const block = sets.newest[set];
    if (block === 0) return 0;
    const end = sets.end[set] - 1;
    const span = blocks.spans[block * blockSpans + end];
    const isLast = block === sets.oldest[set];
    sets.end[set] = end;
    if (end > (isLast ? sets.start[set] : 0)) return span;
    const older = blocks.older[block];
    this.#pool.free(block);
    sets.newest[set] = older;
    sets.end[set] = blockSpans;
    if (isLast) sets.oldest[set] = 0;
    else blocks.newer[older] = 0;
    return span;
  }

  /** Calls `visit` for every span in a set, the one pushed first first. */
  forEach(set: number, visit: (span: number) => void): void {
    const sets = this.#sets;
    const { newer, spans } = this.#blocks;
    let at = sets.start[set];
    for (let block = sets.oldest[set]; block !== 0; block = newer[block]) {
      const end = newer[block] === 0 ? sets.end[set] : blockSpans;
      while (at < end) visit(spans[block * blockSpans + at++]);
      at = 0;
    }
  }

  /** The spans in a set, the one pushed first first. */
  of(set: number): number[] {
    const spans: number[] = [];
    this.forEach(set, (s) => spans.push(s));
    return spans;
  }
}
