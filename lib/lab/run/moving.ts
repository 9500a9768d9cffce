/**
 * Objects between the two lines of a realloc, where the threads of a trace are in true order: which slot each thread moves.
 *
 * A thread moves one object at a time. One whose second line never comes (the program was killed in the realloc) keeps its slot:
 * what became of it the trace does not tell.
 */

const firstThreads = 64;
const none = -1;

export class Moving {
  /** By thread: the slot, or −1. */
  #slots = new Int32Array(firstThreads).fill(none);

  /** A thread's realloc begins, of a slot or (−1) of nothing that is known. */
  begin(thread: number, slot: number): void {
    if (thread >= this.#slots.length) {
      const more = new Int32Array(2 * thread).fill(none);
      more.set(this.#slots);
      this.#slots = more;
    }
    this.#slots[thread] = slot;
  }

  /** And ends. @returns its slot, −1 for none */
  end(thread: number): number {
    if (thread >= this.#slots.length) return none;
    const slot = this.#slots[thread];
    this.#slots[thread] = none;
    return slot;
  }
}
