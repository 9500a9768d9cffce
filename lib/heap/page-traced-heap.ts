/**
 * A heap that tells which pages it allocates and frees, for a page trace. What is given back the releaser tells.
 *
 * Chunks of user arenas have pages of their own, of which the page heap and so the trace knows nothing.
 */
import type { SpanId } from '../base/units.ts';
import { type HeapDeps, MHeap } from './mheap.ts';
import { type PageEventKind, type PageObserver, pageEvent } from './page-trace.ts';
import type { SpanShape } from './span-shape.ts';

export class PageTracedHeap extends MHeap {
  readonly #state: HeapDeps['state'];
  readonly #trace: PageObserver;

  constructor(deps: HeapDeps, trace: PageObserver) {
    super(deps);
    this.#state = deps.state;
    this.#trace = trace;
  }

  override allocSpan(p: number, least: number, shape: SpanShape, at = -1): SpanId {
    const s = super.allocSpan(p, least, shape, at);
    if (s !== 0) this.#tell(pageEvent.allocated, s);
    return s;
  }

  override freeManual(s: SpanId): void {
    this.#tell(pageEvent.freed, s);
    super.freeManual(s);
  }

  override freeSpan(s: SpanId): void {
    this.#tell(pageEvent.freed, s);
    super.freeSpan(s);
  }

  #tell(kind: PageEventKind, s: SpanId): void {
    const { spans, arenas } = this.#state;
    this.#trace.add(kind, arenas.addressOf(spans.columns.startPage[s]), spans.columns.pages[s]);
  }
}
