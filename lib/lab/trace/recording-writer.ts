/**
 * Operations into the rows of a recording (recording.ts says what they are).
 */
import {
  type OperationBatch,
  opAllocate,
  opFailedMove,
  opFree,
  opMoveFrom,
  opMoveTo,
  wayPlain,
  wayZeroed,
} from './operations.ts';
import {
  type RecordingHeader,
  recordingFormat,
  rowAligned,
  rowBytewise,
  rowEnd,
  rowPadding,
  rowThread,
  rowTime,
  rowZeroed,
} from './recording.ts';

/** The first two lines. */
export function recordingHead(header: RecordingHeader): Uint8Array {
  return Buffer.from(`${recordingFormat}\n${JSON.stringify(header)}\n`);
}

/** The kind of a row by that of its operation. */
const rowOf = new Uint8Array(16);
[opAllocate, opFree, opMoveFrom, opMoveTo, opFailedMove].forEach((kind, i) => {
  rowOf[kind] = i + 1;
});

/** Numbers up to here are written with integer arithmetic. */
const small = 2 ** 31;

/** Writes a number at `at`; the position after it. */
function putNumber(out: Uint8Array, at: number, value: number): number {
  let rest = value;
  let p = at;
  while (rest >= small) {
    const low = rest % 128;
    out[p++] = low | 128;
    rest = (rest - low) / 128;
  }
  while (rest > 127) {
    out[p++] = (rest & 127) | 128;
    rest >>= 7;
  }
  out[p++] = rest;
  return p;
}

export class RecordingWriter {
  #pointer = 0;
  #thread = 0;
  #time = 0;

  /** The rows of a batch, whose operations have threads, times and kinds of addresses alone. */
  rows(batch: OperationBatch): Uint8Array {
    const { kinds, pointers, sizes, threads, ways, times, count, hasWays } = batch;
    const out = new Uint8Array(rowPadding * count);
    let p = 0;
    for (let i = 0; i < count; i++) {
      const kind = kinds[i];
      const at = p++;
      const way = hasWays && kind === opAllocate ? ways[i] : wayPlain;
      let head = way === wayPlain ? rowOf[kind] : way === wayZeroed ? rowZeroed : rowAligned;
      if (threads[i] !== this.#thread) {
        head |= rowThread;
        this.#thread = threads[i];
        p = putNumber(out, p, this.#thread);
      }
      const time = Math.max(this.#time, Math.round(times[i]));
      if (time !== this.#time) {
        head |= rowTime;
        p = putNumber(out, p, time - this.#time);
        this.#time = time;
      }
      let difference = pointers[i] - this.#pointer;
      this.#pointer = pointers[i];
      if (difference % 8 === 0) difference /= 8;
      else head |= rowBytewise;
      p = putNumber(out, p, difference < 0 ? -2 * difference - 1 : 2 * difference);
      if (kind !== opFree && kind !== opMoveFrom) p = putNumber(out, p, sizes[i]);
      if (way > wayZeroed) out[p++] = way;
      out[at] = head;
    }
    return out.subarray(0, p);
  }

  end(): Uint8Array {
    const out = new Uint8Array(1 + rowPadding);
    out[0] = rowEnd;
    return out;
  }
}
