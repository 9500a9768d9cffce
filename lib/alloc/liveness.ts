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
  /**
   * P `p`'s cache opened a window of a span: its `free` objects (ones) may be handed out from now on.
   * @returns whether each one that is taken must be told of by `blockTaken`
   */
  windowOpened(p: number, s: number, window: number, free: number): boolean;
  /** A window was closed; its objects `left` were not handed out. */
  windowClosed(s: number, window: number, left: number): void;
  /** An object outside any window was allocated. */
  allocated(s: number, index: number): void;
  /** The nth block of P `p`'s open window was taken, for one object at its start. */
  blockTaken(p: number, nth: number): void;
  /** The nth block of P `p`'s open window is its current tiny block from now on. */
  blockBegun(p: number, nth: number): void;
  /** The same of a block outside any window, by its number in its span. */
  blockBegunAt(p: number, s: number, index: number): void;
  /** One more object starts in P `p`'s current tiny block, at this byte of it. */
  startInBlock(p: number, offset: number): void;
  /** The program says that an object's last reference is gone. False where that is not certainly right. */
  drop(addr: number): boolean;
  /** Says what is wrong with a drop. @throws PageHeapError, unless it may be dropped any time */
  explain(addr: number): void;
}
