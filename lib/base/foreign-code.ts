/**
 * Foreign code: whether code of the heap's user runs in the middle of an operation.
 *
 * Two things of the user's are called there: the clock, and a custom page heap. While one of them runs the heap is half
 * changed, so that whoever calls the heap then must be refused. Who refuses (api/heap.ts) is told when such a call
 * begins and when the last one ends, and so has nothing to ask on its fast path.
 *
 * Listeners of events are not among them: they are told when the operation is over.
 *
 * What such code throws may be anything, and a look at it that threw would leave the operation half done. So what leaves `call` can
 * be looked at (thrown.ts).
 */
import { lookable } from './thrown.ts';

export class ForeignCode {
  /** Told true when foreign code begins, false when it is over. */
  watcher: (inside: boolean) => void = () => {};
  #depth = 0;

  /** Calls code of the user's; it may come back to `call` through what it was given. */
  call<T>(code: () => T): T {
    if (this.#depth++ === 0) this.watcher(true);
    try {
      return code();
    } catch (thrown) {
      throw lookable(thrown);
    } finally {
      if (--this.#depth === 0) this.watcher(false);
    }
  }
}
