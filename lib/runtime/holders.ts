/**
 * Holders: which thread holds which P, and what becomes of the Ps of threads that end.
 *
 * The row of a P has its holder's thread id, 0 when nobody holds it. A thread that ended without giving
 * its P back (a worker that was terminated) no longer counts: it does not keep the heap's maker from
 * disposing, and the next who acquires a P may take its over, caches and all. Those are sound, since
 * whoever changes them holds the heap's lock, and who ends with the lock in hand leaves no working heap.
 *
 * What the holder of a P is to be called for, its finalizers and cleanups, ends with its holding
 * (gc/callback-queue.ts), and so do its weak handles. So do its roots, where the heap traces (gc/belongings.ts).
 *
 * The kernel may give a thread id again after some thousands of threads; then a dead holder seems to
 * live until that thread ends too.
 *
 * Guard: the heap's lock, once the heap is shared.
 */
import type { MCache } from '../alloc/mcache.ts';
import { PageHeapError } from '../base/errors.ts';
import { pId } from '../base/units.ts';
import type { LockSystem } from '../meta/lock.ts';
import type { PageHeap } from '../pages/contract.ts';
import type { Runtime } from './runtime.ts';

export class Holders {
  readonly #mcache: MCache;
  readonly #callbacks: Runtime['special']['callbacks'];
  readonly #belongings: { giveUp(p: number): void } | undefined;
  readonly #pages: PageHeap;
  readonly #addon: LockSystem;
  readonly #memory: Runtime['memory'];
  readonly #held: Int32Array;
  readonly #thread: number;

  constructor({ alloc, special, pages, memory, gc }: Runtime) {
    this.#mcache = alloc.mcache;
    this.#callbacks = special.callbacks;
    this.#belongings = gc.tracing?.belongings;
    this.#pages = pages;
    this.#addon = memory.sys.addon;
    this.#memory = memory;
    this.#held = alloc.mcache.columns.held;
    this.#thread = this.#addon.threadId();
  }

  /** Takes a P that no living thread holds. @throws ERR_NO_P */
  acquire(): number {
    const { ps } = this.#mcache;
    for (let p = 0; p < ps; p++) {
      if (this.#isLiving(p)) continue;
      if (this.#held[p] !== 0) this.#belongings?.giveUp(p);
      this.#held[p] = this.#thread;
      this.#mcache.forgetTiny(p);
      this.#callbacks.begin(p);
      return p;
    }
    throw new PageHeapError('ERR_NO_P', `all ${ps} Ps are held by other threads`, { value: ps });
  }

  /** Returns what belongs to a P, what it has cached, and the P. */
  release(p: number): void {
    this.#belongings?.giveUp(p);
    this.#mcache.flush(p);
    this.#pages.flushCached?.(pId(p));
    this.#callbacks.end(p);
    this.abandon(p);
  }

  /** Returns a P alone, of a heap that is lost. */
  abandon(p: number): void {
    this.#held[p] = 0;
  }

  /** Lets nobody attach any more. @throws ERR_IN_USE where living threads hold a P beside `own` */
  close(own: number): void {
    this.#requireAlone(own);
    this.#memory.setShared(false);
  }

  #requireAlone(own: number): void {
    let others = 0;
    for (let p = 0; p < this.#mcache.ps; p++) if (p !== own && this.#isLiving(p)) others++;
    if (others === 0) return;
    throw new PageHeapError(
      'ERR_IN_USE',
      others === 1 ? 'another thread is attached' : `${others} other threads are attached`,
      { value: others },
    );
  }

  #isLiving(p: number): boolean {
    return this.#held[p] !== 0 && this.#addon.tidAlive(this.#held[p]);
  }
}
