/**
 * Chunks of a binary trace, as the grammar wants them: what it left of one is put before the next.
 *
 * Which binary format a file has its first bytes tell.
 */
import type { BinaryGrammar } from './binary.ts';
import type { TraceFaults } from './faults.ts';
import { isMallocTrace, MallocTraceGrammar } from './malloc-trace.ts';
import { isWorkload, MallocWorkloadGrammar } from './malloc-workload.ts';
import { leastRows, type OperationBatch } from './operations.ts';
import { RawGrammar, rawMagic } from './raw.ts';
import { RecordingGrammar, recordingMark } from './recording.ts';

const empty = new Uint8Array(0);

interface BinaryFormat {
  /** What it begins with. */
  readonly magic: Uint8Array;
  readonly make: (faults: TraceFaults) => BinaryGrammar;
}

const formats: readonly BinaryFormat[] = [
  { magic: Buffer.from(recordingMark), make: (faults) => new RecordingGrammar(faults) },
  { magic: Buffer.from(rawMagic), make: (faults) => new RawGrammar(faults) },
];

/** Bytes that tell the format, also where it has no mark: a record of malloc-trace-utils. */
const tellingBytes = 64;
/** So many tell text from what is none. */
const leastBytes = 8;
/** Text has none of these bytes; every record of malloc-trace-utils has many. */
const zero = 0;

/**
 * The grammar of a binary trace that begins so; null where it is none, undefined where more bytes must tell.
 * @param ended whether there are no more
 */
export function binaryGrammarOf(
  bytes: Uint8Array,
  ended: boolean,
  faults: TraceFaults,
): BinaryGrammar | null | undefined {
  const isBegun = ({ magic }: BinaryFormat): boolean =>
    bytes.every((byte, i) => i >= magic.length || byte === magic[i]);
  const candidates = formats.filter(isBegun);
  if (bytes.length < leastBytes && !ended) return undefined;
  if (bytes[0] >= 8 && bytes[0] <= 10 && isWorkload(bytes)) return new MallocWorkloadGrammar(faults);
  // What has no mark is asked last, and of bytes that are no text.
  if (bytes.subarray(0, leastBytes).includes(zero)) {
    if (bytes.length < tellingBytes && !ended) return undefined;
    if (isMallocTrace(bytes)) return new MallocTraceGrammar(faults);
  }
  const whole = candidates.find(({ magic }) => bytes.length >= magic.length);
  if (whole !== undefined) return whole.make(faults);
  return candidates.length === 0 || ended ? null : undefined;
}

export class BinaryFeed {
  readonly grammar: BinaryGrammar;
  #bytes: Uint8Array = empty;
  #at = 0;
  /** What there is so far of a trace that is read as a whole. */
  #pieces: Uint8Array[] | undefined;
  #ended = false;
  #finished = false;

  constructor(grammar: BinaryGrammar) {
    this.grammar = grammar;
    if (grammar.needsAll === true) this.#pieces = [];
  }

  /** Bytes that are not parsed yet. */
  get unparsed(): number {
    return this.#bytes.length - this.#at;
  }

  /** Takes a chunk, which must stay as it is until `parse` answers false. */
  feed(chunk: Uint8Array): void {
    if (this.#pieces !== undefined) {
      this.#pieces.push(chunk.slice());
      return;
    }
    if (this.unparsed === 0) {
      this.#bytes = chunk;
    } else {
      const joint = new Uint8Array(this.unparsed + chunk.length);
      joint.set(this.#bytes.subarray(this.#at));
      joint.set(chunk, this.unparsed);
      this.#bytes = joint;
    }
    this.#at = 0;
  }

  end(): void {
    this.#ended = true;
    if (this.#pieces === undefined) return;
    this.#bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
  }

  /** Adds operations to the batch until it is full. @returns whether there may be more in what was fed */
  parse(batch: OperationBatch): boolean {
    if (this.#pieces !== undefined && !this.#ended) return false;
    this.#at = this.grammar.parse(this.#bytes, this.#at, this.#bytes.length, batch);
    // A batch that lacks no more than a row may lack that for a realloc.
    if (batch.count + leastRows > batch.rows) return true;
    // The chunk is its giver's again.
    this.#bytes = this.#bytes.slice(this.#at);
    this.#at = 0;
    if (this.#ended && !this.#finished) {
      this.#finished = true;
      this.grammar.finish(this.unparsed);
    }
    return false;
  }
}
