/**
 * Verifies a golden trace of whichever kind it is, told by its first line.
 */
import { open } from 'node:fs/promises';
import { PageHeapError } from '../../base/errors.ts';
import { lookedBytes, otherFile } from '../record/other-files.ts';
import { goldenWords } from '../trace/foreign.ts';
import { goldenError, readGolden } from './golden.ts';
import { verifyMalloc } from './malloc.ts';
import { isMallocLine } from './malloc-trace.ts';
import type { VerifyMismatch } from './mismatch.ts';
import { verifyPacer } from './pacer.ts';
import { isPacerLine } from './pacer-trace.ts';
import { type VerifyOptions, verifyRadix } from './radix.ts';
import { verifySpans } from './spans.ts';
import { isSpansHeader } from './spans-trace.ts';

export type { VerifyMismatch } from './mismatch.ts';

export interface VerifyOutcome {
  readonly file: string;
  /** What was replayed. */
  readonly kind: 'radix' | 'lists' | 'treap' | 'malloc' | 'pacer';
  /** Operations that were replayed, checkpoints included. */
  readonly operations: number;
  readonly checkpoints: number;
  /** Operations that the header tells of and that did not come, because the trace was cut short. */
  readonly missing: number;
  /** Whether it was on mapped pages, held against the kernel as well. A pacer has none. */
  readonly real: boolean;
  /** What else is to be said of the file, a sentence each. */
  readonly notes: readonly string[];
  /** Undefined if every answer was equal. */
  readonly mismatch: VerifyMismatch | undefined;
}

async function beginningOf(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(lookedBytes), 0, lookedBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The header, an object or an array. What is none may be another file of this package. */
async function firstValue(file: string): Promise<unknown> {
  try {
    for await (const { line, value } of readGolden(file)) {
      if (typeof value === 'object') return value;
      throw goldenError(file, line, 'its first line is not a JSON object', value);
    }
  } catch (error) {
    const isGolden = error instanceof PageHeapError && error.code === 'ERR_GOLDEN';
    const other = isGolden ? otherFile(await beginningOf(file), file, goldenWords) : undefined;
    throw isGolden && other !== undefined
      ? new PageHeapError('ERR_GOLDEN', other, { file, line: 1, cause: error })
      : error;
  }
  throw goldenError(file, 1, 'an empty trace');
}

/**
 * Replays a golden trace and answers how far it was equal.
 * @throws PageHeapError ERR_FILE, ERR_GOLDEN for what is wrong with the file; ERR_OUT_OF_MEMORY with `real`
 */
export async function verifyFile(file: string, options: VerifyOptions = {}): Promise<VerifyOutcome> {
  const header = await firstValue(file);
  const untyped = options.typed === true ? ['no objects are allocated in it: types add nothing'] : [];
  if (typeof header === 'object' && header !== null && 'chunks' in header) {
    const { operations, checkpoints, missing, real, mismatch } = await verifyRadix(file, options);
    return { file, kind: 'radix', operations, checkpoints, missing, real, notes: untyped, mismatch };
  }
  if (isSpansHeader(header)) {
    const { design, operations, checkpoints, missing, real, mismatch } = await verifySpans(file, options);
    return { file, kind: design, operations, checkpoints, missing, real, notes: untyped, mismatch };
  }
  if (isMallocLine(header, 'hdr')) {
    const { operations, checkpoints, missing, real, mismatch } = await verifyMalloc(file, options);
    return { file, kind: 'malloc', operations, checkpoints, missing, real, notes: [], mismatch };
  }
  if (isPacerLine(header)) {
    const { operations, checkpoints, missing, notes, mismatch } = await verifyPacer(file, options);
    const told = options.real === true ? [...notes, 'a pacer is arithmetic: no page is mapped'] : notes;
    return {
      file,
      kind: 'pacer',
      operations,
      checkpoints,
      missing,
      real: false,
      notes: [...told, ...untyped],
      mismatch,
    };
  }
  throw goldenError(file, 1, 'its first line is not the header of a trace that is known here', header);
}
