/**
 * The table of results, as plain text.
 */

import type { Target } from './cases.ts';
import type { Results, Row } from './rounds.ts';
import { ratioOf, type TargetVerdict, verdictOf } from './rounds.ts';
import { median } from './workload.ts';

/** Parameters that tell cases apart; the others are the same for every case of a name. */
const telling = [
  'size',
  'graph',
  'order',
  'how',
  'kind',
  'holes',
  'pages',
  'mib',
  'trace',
  'program',
  'quantum',
  'asked',
  'objects',
  'of',
  'what',
];

/** Nanoseconds that are told in milliseconds. */
const msFrom = 1e7;

/** Says what a `?` in the last column is; undefined where there is none. */
export const openWords = (results: Results): string | undefined =>
  results.rows.some((row) => row.targets.some((target) => verdictOf(row, target) === undefined))
    ? '? what the target is held against was not measured'
    : undefined;

/** One line a measured quantity: each participant's median, each ratio with its spread, the target. */
export function table(results: Results, participants: readonly string[]): string {
  const rivals = participants.filter((id) => id !== 'ours');
  const lines = [['case', ...participants, ...rivals.map((id) => `ours/${id}`), 'target', '']];
  for (const row of results.rows) {
    lines.push([
      rowName(row),
      ...participants.map((id) => valueText(row, id)),
      ...rivals.map((id) => ratioText(row, id)),
      row.targets.map((t) => targetText(row, t)).join(', '),
      row.targets.map((t) => verdictText(verdictOf(row, t))).join(', '),
    ]);
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) => {
      const cells = line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])));
      return cells.join('  ').trimEnd();
    })
    .join('\n');
}

export function rowName(row: Row): string {
  const words = telling.filter((key) => key in row.params).map((key) => `${key}=${row.params[key]}`);
  return [row.name, ...words].join(' ');
}

function valueText(row: Row, id: string): string {
  const values = row.values[id];
  if (values === undefined) return '';
  return quantity(row, median(values));
}

function quantity(row: Row, value: number): string {
  if (row.unit === 'ratio') return `× ${short(value)}`;
  if (row.unit === 'bytes') return `${short(value / 1024)} KiB`;
  return value < msFrom ? `${short(value)} ns` : `${short(value / 1e6)} ms`;
}

function targetText(row: Row, target: Target): string {
  if (target.against === undefined) return `≤ ${quantity(row, target.atMost)}`;
  if (target.above === true) return `≤ ${target.against} + ${quantity(row, target.atMost)}`;
  return `≤ ${short(target.atMost)} ${target.against}`;
}

function ratioText(row: Row, id: string): string {
  const ratio = ratioOf(row, 'ours', id);
  if (ratio === undefined) return '';
  return `${ratio.ratio.toFixed(2)} (${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)})`;
}

function verdictText(verdict: TargetVerdict | undefined): string {
  return verdict === 'missed' ? 'MISSED' : (verdict ?? '?');
}

function short(n: number): string {
  if (n >= 100) return n.toFixed(0);
  return n >= 10 ? n.toFixed(1) : n.toFixed(2);
}
