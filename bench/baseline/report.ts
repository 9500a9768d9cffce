/**
 * A judgement as a table and as JSON.
 */

import { type JudgedRow, type Judgement, limit } from './judge.ts';

/** Words that are the same in all cases of a name say nothing in a table. */
const untold = new Set(['ops', 'repeats', 'live', 'batch', 'rounds', 'processes', 'quantum']);

export function rowTitle(row: Pick<JudgedRow, 'name' | 'params'>): string {
  const words = Object.entries(row.params).filter(([key]) => !untold.has(key));
  return [row.name, ...words.map(([key, value]) => `${key}=${value}`)].join(' ');
}

/** One line a row, then what it comes to. */
export function changeTable({ rows, failures }: Judgement): string {
  const lines = [['case', 'baseline', 'ours', 'ratio', '95 % interval', 'rounds', 'verdict']];
  for (const row of rows) {
    const last = row.stages.at(-1);
    lines.push([
      rowTitle(row),
      row.baseline === undefined ? '' : quantity(row.unit, row.baseline),
      quantity(row.unit, row.ours),
      last === undefined ? '' : last.ratio.toFixed(3),
      last === undefined ? '' : `${last.low.toFixed(3)} to ${last.high.toFixed(3)}`,
      row.stages.map(({ pairs }) => pairs.length).join(' + '),
      row.verdict === 'slower' ? 'SLOWER' : row.verdict,
    ]);
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const left = new Set([0, lines[0].length - 1]);
  const text = lines.map((line) =>
    line
      .map((cell, i) => (left.has(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
  const failed = failures.map((of) => `${of.side} failed in ${rowTitle(of)}: ${telling(of.error)}`);
  return [...text, '', ...failed, summary({ rows, failures }), ...unclearHint(rows)].join('\n');
}

/** What an unclear row does not say, and what to do. */
const unclearHint = (rows: Judgement['rows']): string[] =>
  rows.some(({ verdict }) => verdict === 'unclear')
    ? [
        'An unclear row does not show that nothing became slower (exit code 3): measure it again on a quiet machine, with more --rounds, or count instructions (--instructions --baseline FOLDER).',
      ]
    : [];

/** What the run comes to, in one line. */
export function summary({ rows, failures }: Judgement): string {
  const count = (verdict: JudgedRow['verdict']): number =>
    rows.filter((row) => row.verdict === verdict).length;
  const judged = rows.length - count('new');
  const parts = [
    `${count('slower')} of ${judged} rows are slower by more than ${((limit - 1) * 100).toFixed(0)} %`,
    `${count('faster')} faster`,
    `${count('unclear')} unclear`,
    ...(count('new') > 0 ? [`${count('new')} new`] : []),
    ...(failures.length > 0 ? [`${failures.length} cases failed`] : []),
  ];
  return parts.join(', ');
}

/**
 * 0: nothing is slower. 1: something is. 2: a case failed, or nothing could be compared. 3: of some rows it cannot be told, and
 * nothing else is wrong.
 */
export function exitCode({ rows, failures }: Judgement): 0 | 1 | 2 | 3 {
  const some = (verdict: JudgedRow['verdict']): boolean => rows.some((row) => row.verdict === verdict);
  if (some('slower')) return 1;
  if (failures.length > 0 || rows.every((row) => row.verdict === 'new')) return 2;
  return some('unclear') ? 3 : 0;
}

function telling(error: string): string {
  const lines = error.split('\n').map((line) => line.trim());
  return lines.find((line) => /Error: /.test(line)) ?? lines[0];
}

function quantity(unit: JudgedRow['unit'], value: number): string {
  if (unit === 'bytes') return `${(value / 1024).toFixed(0)} KiB`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} ms`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(1)} µs`;
  return `${value.toFixed(value < 100 ? 1 : 0)} ns`;
}
