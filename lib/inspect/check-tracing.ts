/**
 * The check of a heap that traces: between two cycles nothing is gray, no span waits to be scanned, and no work buffer
 * is held. While a cycle marks, all of that may be.
 */
import { TracingLiveness } from '../alloc/tracing-liveness.ts';
import { fatal } from '../base/errors.ts';
import { grayTable } from '../gc/mark/mark-state.ts';
import { bitmapWords } from '../heap/gc-bits.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { spanState } from '../spans/span-table.ts';

export function checkTracing({ memory, state, alloc, gc }: Runtime): void {
  const { liveness } = alloc;
  if (!(liveness instanceof TracingLiveness) || gc.collector.isMarking) return;
  const { bits } = memory.meta.views(grayTable);
  const c = state.spans.columns;
  for (let s = 1; s < state.spans.end; s++) {
    if (c.state[s] !== spanState.inUse) continue;
    if (liveness.spans.queued[s] !== 0) fatal('a span waits to be scanned between two cycles', { span: s });
    for (let at = c.markBits[s], end = at + bitmapWords(c.nelems[s]); at < end; at++)
      if (bits[at] !== 0)
        fatal('an object is gray between two cycles', { span: s, word: at, bits: bits[at] });
  }
  const held = state.counters.inWorkBuffers[0];
  if (held !== 0) fatal('work buffers are held between two cycles', { held });
}
