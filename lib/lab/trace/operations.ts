/**
 * Operations: what a trace says a program did, as rows of typed arrays.
 *
 * Some formats tell which thread did it, when, and by which call memory was asked for: then a batch says so, and its columns
 * hold it. calloc and an alignment are ways of one operation, an allocation: only who carries it out asks for them.
 *
 * Parsers fill a batch, a replay empties it: each is a tight loop over columns, and nothing is
 * allocated for an operation. A pointer is whatever names an object in the trace: an address of the
 * traced program (exact as a double up to 2^53, and beyond, up to 2^57, for addresses that are
 * multiples of 16), or an id plus one. 0 is the null pointer.
 *
 *   kind         pointer        size            from
 *   allocate     the new one    bytes           `+`, `a`; pointer 0: the program got no memory
 *   free         the old one    0               `-`, `f`
 *   moveFrom     the old one    0               `<`: a realloc; the next operation (of its thread) is its moveTo
 *   moveTo       the new one    bytes           `>`
 *   resize       the one        bytes           `r`: a realloc of an id, which keeps its name
 *   write        the one        bytes           `w`
 *   failedMove   the old one    bytes asked for `!`: a realloc that changed nothing
 */

export const opAllocate = 1;
export const opFree = 2;
export const opMoveFrom = 3;
export const opMoveTo = 4;
export const opResize = 5;
export const opWrite = 6;
export const opFailedMove = 7;

/** The way of an allocation: a call like malloc; calloc, whose memory is zero; else the binary logarithm of its alignment. */
export const wayPlain = 0;
export const wayZeroed = 1;
/** Less than that every object has anyway. */
const leastAlignment = 16;
export const leastAligned = Math.log2(leastAlignment);
export const mostAligned = 46;

/** The way of an allocation that was asked for with an alignment; plain where that is nothing to ask for. */
export function wayAligned(alignment: number): number {
  const way = Math.log2(alignment);
  return Number.isInteger(way) && way >= leastAligned && way <= mostAligned ? way : wayPlain;
}

/** Rows of a batch unless chosen otherwise: a few hundred microseconds of replay. */
export const defaultBatchRows = 4096;

/** A batch must have room for a realloc, which some formats have in one line. */
export const leastRows = 2;

/** Some operations, in the order of the trace. Rows from `count` on are garbage. */
export class OperationBatch {
  readonly kinds: Uint8Array;
  readonly pointers: Float64Array;
  /** Bytes, a whole number from 0 to the address space (2^47), except of a failed allocation. */
  readonly sizes: Float64Array;
  /** The line of each row, counted from `firstLine`. */
  readonly lineOffsets: Uint32Array;
  /** The line number from which `lineOffsets` count. */
  firstLine = 0;
  count = 0;
  /** Whether pointers are ids plus one, not addresses. */
  ids = false;
  /** Whether rows have a thread, a small number from 0 on. */
  threaded = false;
  /** Whether the rows of several threads are in the true order: a free before its call, an allocation after it, a realloc both. */
  ordered = false;
  readonly threads: Uint16Array;
  /** Whether rows have a way. */
  hasWays = false;
  /** Of allocations: how they were asked for (`wayPlain` and so on). */
  readonly ways: Uint8Array;
  /** Microseconds since the recording began, of formats that tell; else garbage. */
  readonly times: Float64Array;

  /** @param rows at least `leastRows` */
  constructor(rows = defaultBatchRows) {
    this.kinds = new Uint8Array(rows);
    this.pointers = new Float64Array(rows);
    this.sizes = new Float64Array(rows);
    this.lineOffsets = new Uint32Array(rows);
    this.threads = new Uint16Array(rows);
    this.ways = new Uint8Array(rows);
    this.times = new Float64Array(rows);
  }

  /** Rows it can hold. */
  get rows(): number {
    return this.kinds.length;
  }

  /** Empties it; the rows to come lie on `line` or after. */
  clear(line: number): void {
    this.count = 0;
    this.firstLine = line;
  }

  /** The line of the trace that row `i` comes from, counted from 1. */
  lineOf(i: number): number {
    return this.firstLine + this.lineOffsets[i];
  }

  /** What row `i` is in the words of the trace: `a 3 512`, `+ 0x55d0 0x200`. */
  textOf(i: number): string {
    const [kind, pointer, size] = [this.kinds[i], this.pointers[i], this.sizes[i]];
    const name = pointerName(pointer, this.ids);
    const hasSize = kind !== opFree && kind !== opMoveFrom;
    const bytes = hasSize ? ` ${this.ids ? size : `0x${size.toString(16)}`}` : '';
    return `${(this.ids ? idWords : addressWords)[kind]} ${name}${bytes}`;
  }

  #callOf(i: number): string {
    const [way, size] = [this.hasWays ? this.ways[i] : wayPlain, this.sizes[i]];
    if (way === wayPlain) return `malloc(${size})`;
    return way === wayZeroed ? `calloc(1, ${size})` : `memalign(${2 ** way}, ${size})`;
  }

  /** What row `i` is, for a person: `malloc(512) = 0x55d0`, `free(0x55d0)`; of an id that is its number. */
  wordsOf(i: number): string {
    const [kind, size] = [this.kinds[i], this.sizes[i]];
    const name = pointerName(this.pointers[i], this.ids);
    switch (kind) {
      case opAllocate:
        return `${this.#callOf(i)} = ${name}`;
      case opFree:
        return `free(${name})`;
      case opMoveFrom:
        return `realloc(${name}, …)`;
      case opMoveTo:
        return `realloc(…, ${size}) = ${name}`;
      case opResize:
        return `realloc(${name}, ${size})`;
      case opWrite:
        return `${size} bytes written to ${name}`;
      default:
        return `realloc(${name}, ${size}) failed`;
    }
  }
}

const addressWords = ['', '+', '-', '<', '>', '', '', '!'];
const idWords = ['', 'a', 'f', '', '', 'r', 'w', ''];

/** A pointer as the trace writes it. */
export function pointerName(pointer: number, ids: boolean): string {
  if (ids) return String(pointer - 1);
  return pointer === 0 ? '(nil)' : `0x${pointer.toString(16)}`;
}
