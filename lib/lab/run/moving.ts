/**
 * Objects between the two lines of a realloc, where the threads of a trace are in true order: which slot each thread moves.
 *
 * A thread moves one object at a time. One whose second line never comes (the program was killed in the realloc) keeps its slot:
 * what became of it the trace does not tell.
 */

const firstThreads = 64;
/** In place of a slot: nothing, a pointer that is not live, and one whose free was owed. */
export const movesNone = -1;
export const movesUnknown = -2;
export const movesLate = -3;

export class Moving {
  /** By thread: the slot, or what is moved in the place of one. */
  #slots = new Int32Array(firstThreads).fill(movesNone);

  /** A thread's realloc begins, of a slot or what stands for one. */
  begin(thread: number, slot: number): void {
    if (thread >= this.#slots.length) {
      const more = new Int32Array(2 * thread).fill(movesNone);
      more.set(this.#slots);
      this.#slots = more;
    }
    this.#slots[thread] = slot;
  }

  /** And ends. @returns what it began with; `movesNone` where it did not */
  end(thread: number): number {
    if (thread >= this.#slots.length) return movesNone;
    const slot = this.#slots[thread];
    this.#slots[thread] = movesNone;
    return slot;
  }
}
