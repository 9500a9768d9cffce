/**
 * Span observers: who keeps something of its own beside spans, and is told when one comes and goes.
 *
 * Liveness is one (alloc/): what it knows of objects begins with their span and ends with it.
 */
import type { SpanId } from '../base/units.ts';
import type { SpanShape } from './span-shape.ts';

export interface SpanObserver {
  /**
   * A span of objects is being made; its row is not filled in yet. False when there is no memory for what is kept
   * of it: then it is not made, and `spanFreed` is not called.
   */
  spanMade(s: SpanId, shape: SpanShape): boolean;
  /** A span of objects is about to be freed, or could not be made after all. */
  spanFreed(s: SpanId): void;
}
