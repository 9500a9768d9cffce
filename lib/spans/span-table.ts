/**
 * Spans: runs of pages in one use, each a row of columns. The row's number is the span's id.
 *
 * A span that is allocated is *in use* (objects for the collector) or *manual* (stacks, work
 * buffers, pointer bits: whoever allocated it frees it). In the page heaps of 2014 and 2019 a run of
 * free pages is a span, too: *free*. Legal transitions:
 *
 *     dead ──► inUse ──► dead       freed by a sweep, never while marking
 *     dead ──► manual ──► dead      freed by its owner
 *     dead ──► free ──► dead        a page heap's own: allocated from, or merged with a neighbour
 *     dead ──► faulted ──► dead     an access faults: a chunk that waits to be used again, or never will
 *
 * Where free runs are spans, a row passes through *dead* on its way from free to in use and back, and keeps its id.
 *
 * Sweep generations, for the heap's generation sg (even, +2 each cycle), as in the Go runtime:
 *     sweepGen == sg − 2   must be swept
 *     sweepGen == sg − 1   is being swept
 *     sweepGen == sg       is swept and ready to use
 *     sweepGen == sg + 1   was cached before the sweep began, is cached still, must be swept
 *     sweepGen == sg + 3   was swept and then cached
 *
 * Objects of a span are numbered from 0; which of them are allocated is told in heap/span-objects.ts.
 *
 * Row 0 is the empty span, without objects: what an empty mcache slot points to.
 *
 * Columns, not a record a span as Go has: sixteen spans share a cache line of a column, which so is warm from a neighbour's
 * visit. Sweeping with records of 64 bytes took 1.5 to 5 times as long in random order, and as long or twice as long in order.
 *
 * Not here: bitmaps (heap/gc-bits.ts).
 */
import { fatal } from '../base/errors.ts';
import { pageSize, type SpanId, spanId } from '../base/units.ts';
import { f64, i32, type Table, table, u8, type Views } from '../meta/column.ts';
import { type IdOrder, IdPool, poolColumns } from '../meta/id-pool.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';

export const spanState = { dead: 0, inUse: 1, manual: 2, free: 3, faulted: 4 } as const;
export type SpanState = (typeof spanState)[keyof typeof spanState];
export const spanStateNames = ['dead', 'inUse', 'manual', 'free', 'faulted'] as const;

/**
 * What a span is allocated for. `heap`: objects. Stacks, pointer bits and work buffers are manually managed and counted
 * apart. A chunk of a user arena is one large object in the eyes of the collector, and keeps its row; once its arena is
 * freed it is a `freedArena`, in use until nothing points into it. An object that was freed behind an electric fence leaves
 * its span `fenced`, for good.
 */
export const spanUse = {
  heap: 0,
  stack: 1,
  pointerBits: 2,
  workBuffer: 3,
  userArena: 4,
  freedArena: 5,
  fenced: 6,
} as const;
export type SpanUse = (typeof spanUse)[keyof typeof spanUse];
export const spanUseNames = [
  'objects',
  'a stack',
  'pointer bits',
  'a work buffer',
  'a user arena',
  'a user arena that was freed',
  'an object that was freed',
] as const;

/** Those whose owner frees them. */
export type ManualUse = typeof spanUse.stack | typeof spanUse.pointerBits | typeof spanUse.workBuffer;

export const spanTable = table('spans', 'mspan', {
  state: u8('heap'),
  use: u8('heap'),
  /** size class << 1 | noscan */
  spanClass: u8('heap'),
  /** 1: its free memory may hold old contents. */
  needZero: u8('heap'),
  startPage: i32('heap'),
  pages: i32('heap'),
  /** Bytes of an object, or of a pooled stack; 0 for a span that is one large object and for other manual spans. */
  elemSize: i32('heap'),
  /** A little more than 1 / elemSize, so that truncated products are object numbers; 0 where elemSize is. */
  perObject: f64('heap'),
  /** Bytes at the end of a large object's pages that nobody asked for; 0 in all other spans. */
  unasked: i32('heap'),
  nelems: i32('heap'),
  freeIndex: i32('heap'),
  /** The cache slot that holds the span, plus one; 0 when it is not cached. */
  cachedAt: i32('heap'),
  allocCount: i32('heap'),
  /** allocCount when the span was cached, for counting what the cache handed out. */
  cachedCount: i32('heap'),
  sweepGen: i32('heap'),
  /** Word index of the bitmap of objects allocated at the last sweep. */
  allocBits: i32('heap'),
  /** Word index of the bitmap the current or next mark writes. */
  markBits: i32('heap'),
  /** The id pool's. */
  pool: i32('heap'),
});

export const spanPoolTable = table('spanPool', 'mspan', poolColumns);

/**
 * The factor by which an offset in a span of objects of `elemSize` bytes becomes an object's number.
 * Offsets stay below 2^17 and sizes too, so a relative excess of 2^-40 makes up for rounding without
 * reaching the next number.
 */
export const perObjectOf = (elemSize: number): number => (elemSize === 0 ? 0 : (1 + 2 ** -40) / elemSize);

/** Bytes of each object of a span: of a large one's only object, its pages. */
export const objectSize = (
  { elemSize, pages }: Pick<Views<typeof spanTable>, 'elemSize' | 'pages'>,
  s: number,
): number => (elemSize[s] === 0 ? pages[s] * pageSize : elemSize[s]);

/** Span rows committed at once: about 16 KiB, as the runtime's fixalloc takes for its mspans. */
const batch = 256;

export class SpanTable {
  readonly #columns: Views<typeof spanTable>;
  readonly #pool: IdPool;
  readonly #poolState: Views<typeof spanPoolTable>;

  /** @param order in which freed ids are used again; the same in every thread of a heap */
  constructor(meta: MetaMemory, order: IdOrder = 'recent') {
    this.#columns = meta.views(spanTable);
    this.#poolState = meta.views(spanPoolTable);
    this.#pool = new IdPool(meta, spanTable, this.#columns.pool, this.#poolState, batch, order);
  }

  get columns(): Views<typeof spanTable> {
    return this.#columns;
  }

  /** Makes room for the empty span and the first batch; false when there is no memory. Once a heap. */
  static prepare(meta: MetaMemory): boolean {
    if (!meta.commit(spanPoolTable, 0, 1) || !meta.commit(spanTable, 0, batch)) return false;
    meta.views(spanPoolTable).committed[0] = batch;
    return true;
  }

  /** Puts memory behind the first rows of a table that stands beside the spans. Once a heap. */
  static prepareBeside(meta: MetaMemory, table: Table): boolean {
    return meta.commit(table, 0, batch);
  }

  /** From now on the rows of a prepared table get memory together with the spans' own: one for each id. */
  beside(table: Table): void {
    this.#pool.beside(table);
  }

  /** A dead span's id, or 0 when there is no memory for more. */
  alloc(): SpanId {
    return spanId(this.#pool.alloc());
  }

  free(s: SpanId): void {
    this.#pool.free(s);
  }

  /** Makes sure that the next `alloc` finds an id. False when there is no memory. */
  ensureOne(): boolean {
    return this.#pool.ensure(this.live + 1);
  }

  /** One past the highest id ever used: for walks over all spans. */
  get end(): number {
    return this.#poolState.used[0] + 1;
  }

  get live(): number {
    return this.#poolState.live[0];
  }

  get committedRows(): number {
    return this.#poolState.committed[0];
  }

  /** Changes a span's state, if the transition is legal. */
  setState(s: SpanId, to: SpanState): void {
    const from = this.#columns.state[s];
    if (from === to || (from !== spanState.dead && to !== spanState.dead)) {
      fatal('illegal span state transition', {
        span: s,
        from: spanStateNames[from] ?? from,
        to: spanStateNames[to],
      });
    }
    this.#columns.state[s] = to;
  }
}
