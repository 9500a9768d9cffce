/**
 * Holes: runs of zero bytes, which a file has where one process emptied it while another went on writing at its
 * own place. They can be longer than memory, so a run becomes one zero byte, which no trace has otherwise; at the
 * start of a line, where nothing is torn, it becomes none.
 *
 * In strict mode that one byte is left everywhere, for the grammar to refuse in its line.
 */
import type { TraceFaults } from './faults.ts';
import { newline } from './grammar.ts';

export class HoleFilter {
  readonly #faults: TraceFaults;
  /** The last byte that was handed on; at the beginning, as after a line. */
  #last = newline;

  constructor(faults: TraceFaults) {
    this.#faults = faults;
  }

  /** A chunk without its holes: itself where it has none, else a copy. */
  pass(chunk: Uint8Array): Uint8Array {
    let hole = chunk.indexOf(0);
    if (hole < 0) {
      if (chunk.length > 0) this.#last = chunk[chunk.length - 1];
      return chunk;
    }
    const kept = new Uint8Array(chunk.length);
    let length = 0;
    let at = 0;
    while (hole >= 0) {
      kept.set(chunk.subarray(at, hole), length);
      length += hole - at;
      at = hole;
      while (at < chunk.length && chunk[at] === 0) at++;
      const before = length > 0 ? kept[length - 1] : this.#last;
      if (before !== 0 && (before !== newline || this.#faults.strict)) kept[length++] = 0;
      if (!this.#faults.strict) this.#faults.set('holeBytes', this.#faults.counts.holeBytes + at - hole);
      hole = chunk.indexOf(0, at);
    }
    kept.set(chunk.subarray(at), length);
    length += chunk.length - at;
    if (length > 0) this.#last = kept[length - 1];
    return kept.subarray(0, length);
  }
}
