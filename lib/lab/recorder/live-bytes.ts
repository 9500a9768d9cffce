/**
 * How much of a program's memory was alive, by its own calls: the most at once.
 */

import {
  actAllocate,
  actFree,
  actionMask,
  actMove,
  isLate,
  isOverLive,
  isUnknown,
  ResolvedBatch,
  Resolver,
} from '../run/resolver.ts';
import type { OperationBatch } from '../trace/operations.ts';

export class LiveBytes {
  peak = 0;
  bytes = 0;
  readonly #resolver = new Resolver();
  #resolved = new ResolvedBatch(0);
  #sizes = new Float64Array(1024);

  /** Takes the operations of a batch, in the order of the trace. */
  add(batch: OperationBatch): void {
    if (this.#resolved.actions.length < batch.rows) this.#resolved = new ResolvedBatch(batch.rows);
    this.#resolver.resolve(batch, this.#resolved);
    if (this.#resolver.slotEnd > this.#sizes.length) {
      const more = new Float64Array(2 * this.#resolver.slotEnd);
      more.set(this.#sizes);
      this.#sizes = more;
    }
    const sizes = this.#sizes;
    const { actions, slots, others } = this.#resolved;
    for (let i = 0; i < batch.count; i++) {
      const act = actions[i] & actionMask;
      if (act === actFree && (actions[i] & (isUnknown | isLate)) === 0) {
        this.bytes -= sizes[slots[i]];
        sizes[slots[i]] = 0;
      } else if (act === actAllocate) {
        this.#put(slots[i], batch.sizes[i]);
      } else if (act === actMove) {
        this.bytes -= sizes[slots[i]];
        sizes[slots[i]] = 0;
        const isOver = (actions[i] & isOverLive) !== 0;
        this.#put(isOver ? others[i] : slots[i], batch.sizes[i]);
      }
    }
  }

  #put(slot: number, size: number): void {
    this.bytes += size - this.#sizes[slot];
    this.#sizes[slot] = size;
    if (this.bytes > this.peak) this.peak = this.bytes;
  }
}
