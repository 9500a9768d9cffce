/**
 * More Ps for one thread: whoever plays several threads of a program has a P for each, as they would have.
 *
 * Each P has an mcache, a page cache and a tiny block of its own; all else is the heap's. The heap's own thread does the
 * work of all of them in turn, so that nothing is locked. Drops need no P.
 *
 * Not here: the heap's first P, which its maker holds (heap.ts); Ps of other threads (`Heap.attach`).
 */
import type { Allocator } from '../alloc/scanning-malloc.ts';
import { Holders } from '../runtime/holders.ts';
import { refuseObject } from './arguments.ts';
import { type Heap, runtimeOf } from './heap.ts';
import { memProfileOf } from './special-heap.ts';

export class Processors {
  readonly #heap: Heap;
  readonly #holders: Holders;
  readonly #ps: number[] = [];
  readonly #mallocs: Pick<Allocator, 'malloc'>[] = [];

  /**
   * Takes Ps of a heap that the calling thread made and did not share.
   * @param n how many, beside the one that the heap's maker has
   * @throws ERR_NO_P where the heap has no more
   */
  constructor(heap: Heap, n: number) {
    this.#heap = heap;
    const runtime = runtimeOf(heap);
    this.#holders = new Holders(runtime);
    for (let i = 0; i < n; i++) {
      const p = this.#holders.acquire();
      this.#ps.push(p);
      const malloc = runtime.mallocOf(p);
      // A memory profile tells of all Ps.
      const profiled = runtime.profiled(runtime.allocatorOf(malloc), p);
      if (profiled !== undefined)
        profiled.hooks = { sampled: (address, bytes) => memProfileOf(heap).sampled(address, bytes) };
      this.#mallocs.push(profiled ?? malloc);
    }
  }

  /**
   * Allocates an object without pointers on one of them, from 0 on. What happens meanwhile is told with the heap's
   * next operation.
   * @throws ERR_OUT_OF_MEMORY
   */
  malloc(i: number, size: number, zero: boolean): number {
    const address = this.#mallocs[i].malloc(size, true, zero);
    return address === 0 ? refuseObject(runtimeOf(this.#heap), size) : address;
  }

  /** Gives them back, before the heap is disposed. */
  release(): void {
    for (const p of this.#ps) this.#holders.release(p);
    this.#ps.length = this.#mallocs.length = 0;
  }
}
