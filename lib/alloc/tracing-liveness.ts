/**
 * Liveness by tracing: nobody says what is alive, so the allocator has nothing to tell, and a drop is refused.
 *
 * A collection follows pointers instead (gc/mark/tracing.ts). All that is kept here is what it needs of each span: which
 * hold objects without a type, whose words are pointers only perhaps (*untyped* spans, from the first such object until
 * the span is freed), the links of its queue, and which objects were viewed.
 */
import { PageHeapError } from '../base/errors.ts';
import type { SpanId } from '../base/units.ts';
import { i32, table, u8, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { SpanTable } from '../spans/span-table.ts';
import type { Liveness } from './liveness.ts';

/** Rows are spans. */
export const tracedSpanTable = table('tracedSpans', 'mspan', {
  /** 1: an object without a type was allocated in it. */
  untyped: u8('heap'),
  /** While a cycle marks, the span after this one in the queue of those to be scanned; −1: it is the last; 0: in none. */
  queued: i32('heap'),
  /** The span after this one among those of which views were handed out while a cycle marks; −1: it is the last; 0: not. */
  viewed: i32('heap'),
  /** Its objects of which there are views lie from here to before there; of a large one the pages, counted from its own. */
  viewedFrom: i32('heap'),
  viewedTo: i32('heap'),
});

export class TracingLiveness implements Liveness {
  readonly #spans: Views<typeof tracedSpanTable>;

  constructor(meta: MetaMemory, spans: SpanTable) {
    this.#spans = meta.views(tracedSpanTable);
    spans.beside(tracedSpanTable);
  }

  static prepare(meta: MetaMemory): boolean {
    return SpanTable.prepareBeside(meta, tracedSpanTable);
  }

  get spans(): Views<typeof tracedSpanTable> {
    return this.#spans;
  }

  spanMade(s: SpanId): boolean {
    this.#spans.untyped[s] = 0;
    this.#spans.queued[s] = 0;
    this.#spans.viewed[s] = 0;
    return true;
  }

  spanFreed(): void {}

  allocated(): void {}
  allocatedBetween(): void {}

  drop(): boolean {
    return false;
  }

  dropAll(batch: Float64Array): void {
    this.explain(batch[0]);
  }

  explain(addr: number): never {
    throw new PageHeapError(
      'ERR_WRONG_LIVENESS',
      'this heap finds out by itself what is alive; objects are dropped where the liveness is explicit',
      { value: addr },
    );
  }
}
