/**
 * The finalizers that a shadow expects: those that are due are called once, with the address they were set for, and no
 * others. What is wrong in a call would be an uncaught exception: it is kept, and thrown where they were to be called.
 */
import { expect } from 'vitest';
import type { Heap } from '../../lib/api/heap.ts';
import { show } from './shadow-things.ts';

export class DueFinalizers {
  /** Those that were called. */
  called = 0;
  readonly #heap: Heap;
  /** Where they are due and were not called yet, in the order in which sweeps may have queued them. */
  readonly #due = new Set<number>();
  #fault: unknown;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  get addresses(): ReadonlySet<number> {
    return this.#due;
  }

  /** @param finalized looks at the object when the finalizer is called */
  set(at: number, finalized: () => void): void {
    this.#heap.setFinalizer(at, (given) => {
      try {
        if (given !== at) expect.fail(`a finalizer of ${show(at)} was called for ${show(given)}`);
        if (!this.#due.delete(at)) expect.fail(`a finalizer of ${show(at)} was called, which is not due`);
        this.called++;
        finalized();
      } catch (error) {
        this.#fault ??= error;
      }
    });
  }

  add(at: number): void {
    this.#due.add(at);
  }

  /** Has them called: all that are due, and no others. */
  run(): void {
    const due = this.#due.size;
    const called = this.#heap.runFinalizers();
    if (this.#fault !== undefined) throw this.#fault;
    if (called !== due || this.#due.size > 0)
      expect.fail(`${called} finalizers were called, ${due} were due, ${this.#due.size} are left`);
  }
}
