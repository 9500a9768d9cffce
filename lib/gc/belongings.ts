/**
 * Belongings: what a thread holds of a heap that traces, and what becomes of it when the thread is gone.
 *
 * Handles, stacks of frames, user arenas and the object allocated last belong to the P of the thread that made them: each
 * row names it. Only that thread has the JavaScript objects by which they are given up. So they go with its holding of
 * the P:
 *
 *   it disposes of its view        at once
 *   it ended without doing so      when the next cycle begins, or when another thread takes its P over before that
 *
 * Handles and stacks end. An arena is forgotten, not freed: its chunks live as long as something points into them.
 * Globals and pins are of the heap, and stay.
 *
 * Where a cycle marks meanwhile, what was held is shaded, as whenever a root is given up. (The object allocated last is
 * marked by then.) A cycle that only begins has nothing to keep: these were no roots when it began.
 *
 * Not here: finalizers, cleanups and weak handles, which end likewise (callback-queue.ts); Ps (runtime/holders.ts).
 */
import type { Stacks } from '../alloc/stacks.ts';
import type { UserArenas } from '../alloc/user-arenas.ts';
import type { CallbackQueue } from './callback-queue.ts';
import type { WriteBarrier } from './mark/barrier.ts';
import type { RootSource, RootVisitor } from './mark/marker.ts';
import type { Roots } from './roots.ts';

export interface BelongingsDeps {
  readonly roots: Roots;
  readonly stacks: Stacks;
  readonly userArenas: UserArenas | undefined;
  readonly barrier: WriteBarrier;
  readonly callbacks: CallbackQueue;
}

const unseen: Pick<RootVisitor, 'root'> = { root: () => {} };

/** The first source of roots: it has none, but takes away those that are none any more. */
export class Belongings implements RootSource {
  readonly #deps: BelongingsDeps;
  readonly #shading: Pick<RootVisitor, 'root'>;

  constructor(deps: BelongingsDeps) {
    this.#deps = deps;
    this.#shading = { root: (address) => deps.barrier.shade(address) };
  }

  /** The thread that held a P is gone, or about to go. */
  giveUp(p: number): void {
    this.#giveUp(p, this.#shading);
  }

  /** A cycle begins: threads that ended without a word are noticed. */
  firstRoots(): void {
    this.#deps.callbacks.eachAbandoned((p) => this.#giveUp(p, unseen));
  }

  eachRoot(): number {
    return 0;
  }

  #giveUp(p: number, visitor: Pick<RootVisitor, 'root'>): void {
    const { roots, stacks, userArenas } = this.#deps;
    roots.giveUp(p, visitor, (base) => stacks.free(p, base));
    userArenas?.forgetOf(p);
  }
}
