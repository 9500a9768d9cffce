/**
 * Liveness: what the allocator tells whoever keeps account of which objects are alive.
 *
 * It is a strategy. With explicit liveness the program says when the last reference to an object is gone
 * (explicit-liveness.ts); a tracing collector, which finds that out by itself, has nothing to do here and leaves the
 * calls empty (tracing-liveness.ts). Whatever it is, it marks through the same bits (gc/mark/).
 *
 * malloc compiles these calls into its fast path, so one heap has one kind.
 */
import type { SpanObserver } from '../heap/span-observer.ts';

export interface Liveness extends SpanObserver {
  /** The object that starts at `addr`, a multiple of 8, was allocated. */
  allocated(addr: number): void;
  /** The same of a tiny object that starts at no multiple of 8. */
  allocatedBetween(addr: number): void;
  /** The program says that an object's last reference is gone. False where that is not certainly right. */
  drop(addr: number): boolean;
  /** The same of a batch: of all, or none. @throws PageHeapError */
  dropAll(batch: Float64Array): void;
  /** Says what is wrong with a drop. @throws PageHeapError, unless it may be dropped any time */
  explain(addr: number): void;
}
