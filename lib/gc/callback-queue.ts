/**
 * The queue of callbacks: finalizers and cleanups that are due, until they are run.
 *
 * A callback is a JavaScript function of the thread that set it, so each P has a queue of its own, first in, first out.
 * What waits there are the rows of specials, whose list of a span they have left: nothing is allocated when a sweep
 * queues them. The object of a finalizer that waits, or runs just now, is a root (special-roots.ts); that of a cleanup
 * is gone.
 *
 * A cycle visits what waits in pieces, from the front. What leaves a queue does so at its front, too, and is shaded then; what
 * comes to one while a cycle marks, at its back, is no root by that: no finalizer is queued before the sweep.
 *
 * A P is held by one thread after the other. Each holding is a *tenure*, with a number of its own whose lowest bits are
 * the P; a special knows in which it was set. A tenure ends when the thread gives its P up; where the thread ended without
 * that, when a cycle notices or another thread takes the P over. Then what it waited for is awaited no more. Its queue is
 * emptied, and the sweep takes its other specials away as it meets them; their objects die as if they had none.
 *
 * A callback that another thread takes back (a finalizer that is removed, a cleanup that is stopped) comes to its
 * thread's queue as well, marked as *taken back*, since only that thread can let go of the function.
 *
 * Not here: running what is due (api/callback-runner.ts).
 */
import { type Specials, specialKind } from '../heap/specials.ts';
import { f64, i32, table, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';

/** Rows are Ps. */
export const callbackQueueTable = table('callbackQueues', 'gc', {
  /** Specials, linked; 0: none. */
  first: i32('heap'),
  last: i32('heap'),
  /** The special whose callback runs now. */
  running: i32('heap'),
  waiting: i32('heap'),
  /** While a cycle marks, the first of those that wait which it has yet to visit. */
  unvisited: i32('heap'),
  /** The number of the holding of this P; 0: nobody holds it. */
  tenure: i32('heap'),
});

export const callbackStateTable = table('callbackState', 'gc', {
  /** Tenures that there were. */
  tenures: i32('heap'),
  /** Finalizers, and cleanups, that were queued so far, and those that were run. */
  finalizersQueued: f64('heap'),
  finalizersRun: f64('heap'),
  cleanupsQueued: f64('heap'),
  cleanupsRun: f64('heap'),
});

/** A heap has 64 Ps at most. */
const pBits = 6;
const pMask = (1 << pBits) - 1;

/** What a special's kind has besides while it waits: it is of no span's list any more. */
const queuedBit = 64;
const queuedFinalizer = specialKind.finalizer | queuedBit;
const queuedCleanup = specialKind.cleanup | queuedBit;
/** The kind of what was taken back. */
const takenBack = queuedBit;

/** What a thread is to call. */
export interface DueCallback {
  readonly kind: 'finalizer' | 'cleanup' | 'taken back';
  /** The number that its thread gave it. */
  readonly callback: number;
  readonly address: number;
}

export interface CallbackCounts {
  readonly finalizersQueued: number;
  readonly finalizersRun: number;
  readonly cleanupsQueued: number;
  readonly cleanupsRun: number;
  /** Finalizers and cleanups that are due and wait, of all threads. */
  readonly waiting: number;
}

export class CallbackQueue {
  /** Told when something was queued for a P, and when a tenure of a P has ended: what else it held ends, too. */
  hooks: { queued(p: number): void; ended(p: number): void } = { queued: () => {}, ended: () => {} };
  /** Told of the object of each finalizer that leaves a queue: who marks must know. */
  left: (address: number) => void = () => {};
  readonly #specials: Specials;
  readonly #queues: Views<typeof callbackQueueTable>;
  readonly #state: Views<typeof callbackStateTable>;
  readonly #ps: number;
  readonly #isLiving: (p: number) => boolean;

  /** @param isLiving whether the thread that holds a P has not ended */
  constructor(meta: MetaMemory, specials: Specials, isLiving: (p: number) => boolean) {
    this.#specials = specials;
    this.#queues = meta.views(callbackQueueTable);
    this.#state = meta.views(callbackStateTable);
    this.#ps = meta.rows(callbackQueueTable);
    this.#isLiving = isLiving;
  }

  static prepare(meta: MetaMemory): boolean {
    return (
      meta.commit(callbackQueueTable, 0, meta.rows(callbackQueueTable)) &&
      meta.commit(callbackStateTable, 0, 1)
    );
  }

  // ---------------------------------------------------------------- threads

  /** A thread holds a P from now on. */
  begin(p: number): void {
    this.end(p);
    this.#queues.tenure[p] = (++this.#state.tenures[0] << pBits) | p;
  }

  /** The thread that held a P is gone: nobody calls back what it has set. */
  end(p: number): void {
    const q = this.#queues;
    q.tenure[p] = 0;
    this.finish(p);
    while (q.first[p] !== 0) this.#specials.free(this.#takeFirst(p));
    this.hooks.ended(p);
  }

  /** Ends the tenures of threads that have ended without doing so. @param ended is called with the P of each before that */
  eachAbandoned(ended: (p: number) => void): void {
    for (let p = 0; p < this.#ps; p++) {
      if (this.#queues.tenure[p] === 0 || this.#isLiving(p)) continue;
      ended(p);
      this.end(p);
    }
  }

  /** Says of a special whose callback it is: that of the thread which holds a P. */
  sign(id: number, p: number): void {
    this.#specials.rows().owner[id] = this.#queues.tenure[p];
  }

  /** Whether the thread that set a special's callback is there to run it. */
  isAwaited(id: number): boolean {
    const owner = this.#specials.rows().owner[id];
    return owner === this.#queues.tenure[owner & pMask];
  }

  /** Whether it was set by the thread that holds P `p`. */
  isOf(id: number, p: number): boolean {
    return this.#specials.rows().owner[id] === this.#queues.tenure[p];
  }

  // ---------------------------------------------------------------- the queue

  /** Queues a finalizer or cleanup whose special has left its span's list. False where nobody awaits it. */
  put(id: number): boolean {
    if (!this.isAwaited(id)) return false;
    const { kind } = this.#specials.rows();
    if (kind[id] === specialKind.finalizer) this.#state.finalizersQueued[0]++;
    else this.#state.cleanupsQueued[0]++;
    kind[id] |= queuedBit;
    this.#append(id);
    return true;
  }

  /** A special that has left its span's list is taken back: it will not be called. */
  takeBack(id: number): void {
    if (!this.isAwaited(id)) {
      this.#specials.free(id);
      return;
    }
    this.#specials.rows().kind[id] = takenBack;
    this.#append(id);
  }

  /** Takes what P `p` is to call next. Until `finish` its object is a root. Undefined: nothing is due. */
  take(p: number): DueCallback | undefined {
    const q = this.#queues;
    if (q.first[p] === 0) return undefined;
    const id = this.#takeFirst(p);
    q.running[p] = id;
    const { kind, value, address } = this.#specials.rows();
    const of = kind[id];
    if (of === queuedFinalizer) this.#state.finalizersRun[0]++;
    else if (of === queuedCleanup) this.#state.cleanupsRun[0]++;
    return {
      kind: of === queuedFinalizer ? 'finalizer' : of === queuedCleanup ? 'cleanup' : 'taken back',
      callback: value[id],
      address: address[id],
    };
  }

  /** What was taken is done with. */
  finish(p: number): void {
    const { running } = this.#queues;
    if (running[p] !== 0) this.#specials.free(running[p]);
    running[p] = 0;
  }

  /** Calls with each special that waits, or whose callback runs. */
  each(visit: (id: number) => void): void {
    const { first, running } = this.#queues;
    for (let p = 0; p < this.#ps; p++) {
      if (running[p] !== 0) visit(running[p]);
      for (let id = first[p]; id !== 0; id = this.#specials.rows().next[id]) visit(id);
    }
  }

  /** What waits for P `p`. */
  waiting(p: number): number {
    return this.#queues.waiting[p];
  }

  get counts(): CallbackCounts {
    const { finalizersQueued, finalizersRun, cleanupsQueued, cleanupsRun } = this.#state;
    let waiting = 0;
    for (let p = 0; p < this.#ps; p++) waiting += this.#queues.waiting[p];
    return {
      finalizersQueued: finalizersQueued[0],
      finalizersRun: finalizersRun[0],
      cleanupsQueued: cleanupsQueued[0],
      cleanupsRun: cleanupsRun[0],
      waiting,
    };
  }

  /**
   * A cycle begins to mark: visits the objects whose finalizers run now. Those that wait are visited from here on. Tenures
   * of threads that have ended end first.
   */
  eachRunning(visit: (address: number) => void): void {
    const { kind, address } = this.#specials.rows();
    const { first, running, tenure, unvisited } = this.#queues;
    for (let p = 0; p < this.#ps; p++) {
      if (tenure[p] !== 0 && !this.#isLiving(p)) this.end(p);
      if (running[p] !== 0 && kind[running[p]] === queuedFinalizer) visit(address[running[p]]);
      unvisited[p] = first[p];
    }
  }

  /** Visits so many, at most, of those that wait and were not visited in this cycle. @returns whether more are left */
  eachWaiting(most: number, visit: (address: number) => void): boolean {
    const { next, kind, address } = this.#specials.rows();
    const { unvisited } = this.#queues;
    let left = most;
    for (let p = 0; p < this.#ps; p++)
      for (let id = unvisited[p]; id !== 0; id = unvisited[p]) {
        if (left-- === 0) return true;
        if (kind[id] === queuedFinalizer) visit(address[id]);
        unvisited[p] = next[id];
      }
    return false;
  }

  #append(id: number): void {
    const { next, owner } = this.#specials.rows();
    const q = this.#queues;
    const of = owner[id] & pMask;
    next[id] = 0;
    if (q.first[of] === 0) q.first[of] = id;
    else next[q.last[of]] = id;
    q.last[of] = id;
    q.waiting[of]++;
    this.hooks.queued(of);
  }

  #takeFirst(p: number): number {
    const q = this.#queues;
    const id = q.first[p];
    const { next, kind, address } = this.#specials.rows();
    q.first[p] = next[id];
    if (q.unvisited[p] === id) q.unvisited[p] = next[id];
    q.waiting[p]--;
    if (kind[id] === queuedFinalizer) this.left(address[id]);
    return id;
  }
}
