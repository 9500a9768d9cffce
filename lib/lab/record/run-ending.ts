/**
 * What a reader must know of a run that did not come to its end: how it ended, and how far it came. Its figures are of a part, and
 * beside those of a whole run they say nothing.
 *
 * Not here: where the sentence stands: it is one of a run's remarks (run-data.ts), which all that read a run file tell.
 */
import { stripVTControlCharacters } from 'node:util';
import type { RunEnd, RunHeader, RunSample, RunValue } from './lines.ts';

const formatted = (n: number): string => n.toLocaleString('en-US');

/** `3,045 of 8,655 operations`; undefined where the file tells of none. */
function extentWords(ops: number | undefined, header: RunHeader): string | undefined {
  const all = header.trace?.ops;
  if (ops === undefined) return undefined;
  if (all === undefined || ops > all) return ops === 1 ? '1 operation' : `${formatted(ops)} operations`;
  return ops === all
    ? `all ${formatted(all)} operations, before it was to end`
    : `${formatted(ops)} of ${formatted(all)} operations`;
}

// What a module of the user's threw may hold anything.
const messageOf = (error: RunValue): string =>
  stripVTControlCharacters(typeof error === 'string' ? error : JSON.stringify(error));

/** Whether a run came to its end. */
export const isWhole = ({ end }: { readonly end: RunEnd | undefined }): boolean =>
  end !== undefined && (end.reason ?? 'done') === 'done';

/** @param last its last sample. @returns undefined of a run that came to its end */
export function endingRemark(
  header: RunHeader,
  end: RunEnd | undefined,
  last: RunSample | undefined,
): string | undefined {
  if (isWhole({ end })) return undefined;
  const extent = extentWords(end?.ops ?? last?.ops, header);
  const after = extent === undefined ? '' : ` after ${extent}`;
  if (end === undefined) {
    const seen = extent === undefined ? '' : `, and tells of ${extent}`;
    return `The run did not finish: its file has no end line${seen}. Its figures are of that part alone.`;
  }
  const { reason, error } = end;
  if (reason === 'interrupted') return `The run was interrupted${after}: its figures are of that part alone.`;
  const why = error === undefined || error === null ? '' : ` The error: ${messageOf(error)}`;
  const how = reason === 'error' ? 'with an error' : `otherwise (${reason})`;
  return `The run ended ${how}${after}: its figures are of that part alone.${why}`;
}
