/**
 * Runs as tables for other programs: samples, collections, releases and what was changed by hand, as CSV with a header.
 *
 * A row is a line of a run file, its columns that line's members by their own names (docs/numbers.md has each with its
 * unit), behind two that say whose it is: the configuration and the round, which of a single run are its name and 1. What a line
 * does not have, or does not know, is empty, never 0.
 *
 * Not here: reading the runs, writing the files (cli/export.ts).
 */
import papaparse from 'papaparse';
import type { RunData } from '../record/run-data.ts';

/** A run, and whose it is. */
export interface ExportedRun {
  readonly configuration: string;
  /** Counted from 1. */
  readonly round: number;
  readonly data: RunData;
}

export const tableNames = ['samples', 'collections', 'releases', 'steers'] as const;
export type TableName = (typeof tableNames)[number];

type Line = Readonly<Record<string, unknown>>;

const linesOf: Readonly<Record<TableName, (run: RunData) => readonly Line[]>> = {
  samples: ({ samples }) => samples.map((line): Line => ({ ...line })),
  collections: ({ collections }) => collections.map((line): Line => ({ ...line })),
  releases: ({ scavenges }) => scavenges.map((line): Line => ({ ...line })),
  steers: ({ steers = [] }) => steers.map((line): Line => ({ ...line })),
};

/** Columns that are there in any case, in this order; others follow as they come. */
const first: Readonly<Record<TableName, readonly string[]>> = {
  samples: [
    't',
    'phase',
    'ops',
    'rss',
    'prss',
    'live',
    'inuse',
    'free',
    'released',
    'sys',
    'alloc',
    'goal',
    'limit',
  ],
  collections: ['t', 'n', 'forced', 'heap0', 'heap1', 'live', 'goal', 'ms'],
  releases: ['t', 'kind', 'bytes'],
  steers: ['t', 'wall', 'ops', 'what', 'was', 'value'],
};

/** A table of these runs, with a line break at its end. */
export function tableOf(name: TableName, runs: readonly ExportedRun[]): string {
  const rows = runs.flatMap(({ configuration, round, data }) =>
    linesOf[name](data).map(({ k: _k, ...line }): Line => ({ configuration, round, ...line })),
  );
  const columns = [
    ...new Set(['configuration', 'round', ...first[name], ...rows.flatMap((row) => Object.keys(row))]),
  ];
  const text = papaparse.unparse(
    { fields: columns, data: rows.map((row) => columns.map((column) => row[column] ?? '')) },
    { newline: '\n' },
  );
  // Without a row the header has its line break already.
  return text.endsWith('\n') ? text : `${text}\n`;
}
