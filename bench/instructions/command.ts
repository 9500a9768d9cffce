/**
 * `npm run bench -- --instructions [--baseline FOLDER]`: instructions an operation of this tree, beside those of
 * a built checkout of another commit.
 *
 * For changes that a noisy machine hides: counts are repeatable to 1 %, whatever else runs. They know nothing of caches,
 * and not every instruction takes as long; large heaps and random order are judged by time (../baseline/).
 *
 * Exit code 0: nothing takes more than 2 % more instructions than the baseline; 1: something does; 2: it could
 * not be counted.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { writeDocument } from '../../lib/lab/record/document.ts';
import { rowTitle } from '../baseline/report.ts';
import { NoBaseline, openTree, type Tree } from '../baseline/tree.ts';
import type { Case } from '../cases.ts';
import { noCase, type Outcome } from '../participant.ts';
import { countedCases } from './cases.ts';
import { count, findValgrind } from './count.ts';

/** Counts up to here are the same: two of one build were 1 % apart. */
const limit = 1.02;

export interface InstructionOptions {
  readonly root: string;
  readonly baseline: string | undefined;
  readonly quick: boolean;
  readonly json: boolean;
  /** Where the JSON goes as well; undefined: nowhere. */
  readonly out: string | undefined;
  readonly chosen: (of: Case) => boolean;
  readonly note: (text: string) => void;
}

export interface CountedRow {
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  /** Instructions an operation: the lower quartile of the repeats, since V8 may compile in one of them. */
  readonly ours: number;
  readonly baseline: number | undefined;
}

export async function countInstructions(options: InstructionOptions): Promise<number> {
  const { root, note } = options;
  const valgrind = findValgrind();
  if (valgrind === undefined)
    throw new NoBaseline('counting instructions needs valgrind, which was not found on the PATH');
  const cases = countedCases(options.quick).filter(options.chosen);
  if (cases.length === 0) throw new NoBaseline(noCase(options.quick));
  const starter = join(root, 'dist', 'bench', 'ours');
  const clock = join(root, 'dist', 'bench', 'instructions', 'clock.js');
  const ours = openTree(root, starter);
  const baseline = options.baseline === undefined ? undefined : openTree(options.baseline, starter);
  const trees = baseline === undefined ? [ours] : [ours, baseline];
  note(
    `${trees.map((tree) => tree.commit).join(' against ')}, ${valgrind}, Node ${process.versions.node}: ${cases.length} cases`,
  );
  const outcomes = new Map<Tree, Map<Case, Outcome | undefined>>(trees.map((tree) => [tree, new Map()]));
  const waiting = cases.flatMap((of) => trees.map((tree) => ({ of, tree })));
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const command = next.tree.command(next.of);
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${rowTitle(next.of)}`);
      outcomes.get(next.tree)?.set(next.of, command && (await count(command, clock)));
    }
  };
  // Nobody's clock runs meanwhile, so they may disturb each other.
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');

  const rows: CountedRow[] = [];
  let failed = 0;
  for (const of of cases) {
    const [mine, theirs] = trees.map((tree) => outcomes.get(tree)?.get(of));
    for (const [outcome, tree] of [
      [mine, ours],
      [theirs, baseline],
    ] as const) {
      if (outcome === undefined || !('error' in outcome)) continue;
      failed++;
      note(`${tree?.folder} failed in ${rowTitle(of)}: ${outcome.error.split('\n')[0]}`);
    }
    rows.push(...rowsOf(mine, theirs));
  }
  const json = `${JSON.stringify({ format: 'pageheap-instructions/1', valgrind, node: process.versions.node, ours: ours.commit, baseline: baseline?.commit, rows }, null, 1)}\n`;
  process.stdout.write(options.json ? json : `${countTable(rows, baseline !== undefined)}\n`);
  if (options.out !== undefined) {
    writeDocument(options.out, json);
  }
  if (failed > 0 || rows.length === 0) return 2;
  return rows.some((row) => row.baseline !== undefined && row.ours / row.baseline > limit) ? 1 : 0;
}

/** A row for each part of a case, beside the same part of the other tree. */
export function rowsOf(mine: Outcome | undefined, theirs: Outcome | undefined): CountedRow[] {
  if (mine === undefined || 'error' in mine) return [];
  const others = theirs === undefined || 'error' in theirs ? [] : theirs.measurements;
  return mine.measurements.flatMap(({ name, params, ns, quartile = ns }) => {
    if (quartile === undefined) return [];
    const other = others.find((of) => of.params.what === params.what);
    return [{ name, params, ours: quartile, baseline: other?.quartile ?? other?.ns }];
  });
}

/** One line a row. */
export function countTable(rows: readonly CountedRow[], compared: boolean): string {
  const lines = [
    compared
      ? ['instructions an operation', 'baseline', 'ours', 'ratio', '']
      : ['instructions an operation', 'ours'],
  ];
  for (const row of rows) {
    const ratio = row.baseline === undefined ? undefined : row.ours / row.baseline;
    const shown = (n: number | undefined): string => (n === undefined ? '' : n.toFixed(n < 100 ? 1 : 0));
    lines.push(
      compared
        ? [rowTitle(row), shown(row.baseline), shown(row.ours), ratio?.toFixed(3) ?? '', verdictOf(ratio)]
        : [rowTitle(row), shown(row.ours)],
    );
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i === 0 || i === 4 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function verdictOf(ratio: number | undefined): string {
  if (ratio === undefined) return 'new';
  return ratio > limit ? 'MORE' : ratio < 1 / limit ? 'fewer' : 'same';
}
