/**
 * Ids of a .rep or .script trace that were allocated at some time: a bit each.
 *
 * A driver's table of blocks begins with null pointers. So an id that never was allocated stands for one, and its
 * free is `free(NULL)`; one that was freed stands for memory that is gone.
 */

/** More ids are not remembered: 64 MiB of bits. One beyond counts as never used. */
const mostIds = 2 ** 29;
const firstBytes = 1024;

export class UsedIds {
  #bits = new Uint8Array(firstBytes);

  add(id: number): void {
    if (id >= mostIds) return;
    const at = id >>> 3;
    if (at >= this.#bits.length) {
      const more = new Uint8Array(2 * at);
      more.set(this.#bits);
      this.#bits = more;
    }
    this.#bits[at] |= 1 << (id & 7);
  }

  has(id: number): boolean {
    return id < mostIds && ((this.#bits[id >>> 3] ?? 0) & (1 << (id & 7))) !== 0;
  }
}
