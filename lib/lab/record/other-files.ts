/**
 * What was given where a run file or a golden trace belongs: a trace, a report, or what else is known
 * (trace/foreign.ts).
 *
 * It is asked only of a file whose first line is not as it must be, and looks at the first lines; those of a
 * gzipped file are unpacked for it.
 *
 * Not here: reading run files (run-file.ts) and golden traces (verify/golden.ts).
 */

import { constants, gunzipSync } from 'node:zlib';
import { calledAs, commandHere } from '../../base/called-as.ts';
import { foreignLine } from '../trace/foreign.ts';
import { formatOf, isEmptyLine } from '../trace/shapes.ts';

/** Bytes of a file that tell what it is. */
export const lookedBytes = 64 * 1024;
/** How the style of a report begins, in the head of its page: with that of the chart library. */
const reportMark = '<style>.uplot';

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The beginning, unpacked. */
function headOf(bytes: Buffer): Buffer {
  const head = bytes.subarray(0, lookedBytes);
  if (!isGzip(head)) return head;
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}

/**
 * A sentence about a file that is not what was asked for; undefined where nothing is known of it.
 * @param bytes its beginning: `lookedBytes`, or more @param wanted what was asked for, in the words of trace/foreign.ts
 */
export function otherFile(bytes: Buffer, file: string, wanted?: string): string | undefined {
  const text = headOf(bytes).toString('latin1');
  const lines = text.split('\n');
  // The last one may be half a line.
  const first = lines.slice(0, -1).find((line) => !isEmptyLine(line));
  if (first === undefined) return undefined;
  if (formatOf(first) !== undefined) return `this is a trace: ${commandHere('run', file)} takes it`;
  if (isGzip(bytes)) return undefined;
  if (/^<!doctype html/i.test(first) && text.includes(reportMark))
    return `this is a report already: open it in a browser; \`${calledAs()} report\` makes one from a run file (.jsonl)`;
  const foreign = foreignLine(Buffer.from(first, 'latin1'));
  // Of a run file with a fault, and of any JSON, the fault itself says more.
  if (foreign?.what === wanted) return undefined;
  if (foreign === undefined || first.startsWith('{"k":"run"') || foreign.what === 'JSON') return undefined;
  return `this seems to be ${foreign.what}`;
}
