/**
 * What is to be known of the trace of some runs, as sentences of a page.
 *
 * Not here: the sentences (metrics/trace-notes.ts).
 */
import { irregularOf, traceNotes } from '../metrics/trace-notes.ts';
import type { RunData } from '../record/run-data.ts';
import { formatBytes, formatNumber } from './client/format.ts';

/** A sentence for each irregularity of the trace; runs of one trace tell the same. */
export function traceWords(runs: readonly RunData[]): string[] {
  return traceNotes(irregularOf(runs), { count: formatNumber, bytes: formatBytes }).map(
    (note) => `${note.slice(0, 1).toUpperCase()}${note.slice(1)}.`,
  );
}
