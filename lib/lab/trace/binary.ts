/**
 * What a binary trace format must be able to do.
 *
 * It is given whatever bytes there are, and takes as much of them as makes whole records; what is left comes again, with
 * more behind it. "Lines" are operations, counted from 1: that is how errors and paces name a place.
 */
import type { TraceFormat } from './grammar.ts';
import type { OperationBatch } from './operations.ts';
import type { Recorded } from './recorded.ts';

export interface BinaryGrammar {
  readonly format: TraceFormat;
  /** Operations so far. */
  lines: number;
  /** Operations the trace says it has; undefined if it does not say, or has not said so yet. */
  readonly announcedOps: number | undefined;
  /** Whether it is given nothing before the whole file is there; what it then leaves comes again. */
  readonly needsAll?: true;
  /** What it tells of its program, once that was read. */
  readonly recorded?: Recorded | undefined;

  /**
   * Parses whole records of bytes[from, to) into the rows of the batch that are free.
   * @returns where it stopped: at a record that is not whole, or because the batch is full
   * @throws PageHeapError ERR_TRACE
   */
  parse(bytes: Uint8Array, from: number, to: number, batch: OperationBatch): number;

  /** The trace ends, with so many bytes that are no whole record. @throws PageHeapError ERR_TRACE in strict mode */
  finish(rest: number): void;
}
