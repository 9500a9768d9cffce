/**
 * `pageheap diff`: two runs, or two comparisons, of different days or machines, side by side.
 *
 * Of comparisons the configurations of one label are laid beside each other. Their runs were not made in turns, so nothing is
 * compared round by round: a difference is shown where the intervals of the medians are apart, and both have several runs. What of
 * machine, kernel, pace and options was not alike is warned of first; then, which runs did not come to their end.
 */

import type { Command } from 'commander';
import { controlsShown } from '../base/controls.ts';
import { PageHeapError } from '../base/errors.ts';
import { type Likeness, likenessOf, type Unlike } from '../lab/metrics/alike.ts';
import { leastRounds } from '../lab/metrics/intervals.ts';
import { metrics, metricsOf } from '../lab/metrics/run-metrics.ts';
import { type Spread, spreadOf } from '../lab/metrics/spread.ts';
import { cannotBeToldApart } from '../lab/metrics/verdict.ts';
import type { RunValue } from '../lab/record/lines.ts';
import { isWhole } from '../lab/record/run-ending.ts';
import { formatDifference, formatInterval, formatMetric } from '../lab/report/comparison-values.ts';
import { optionInWords, optionName } from '../lab/report/option-names.ts';
import type { CommandContext } from './context.ts';
import { type NamedRuns, runsOf } from './runs-of.ts';
import { drawGroups, drawTable, fits, type TableShape } from './table.ts';
import { plain, type Terminal } from './terminal.ts';

const help = `
Each is a run file, the folder of a comparison, or a folder with run files; also
of earlier versions. Of comparisons the configurations of one label are laid beside
each other; of single runs these two, whatever they are called.

Examples:
  $ pageheap diff runs/perl-a.jsonl runs/perl-b.jsonl
  $ pageheap diff monday/compare-perl friday/compare-perl --json`;

interface Pair {
  readonly label: string;
  readonly first: NamedRuns;
  readonly second: NamedRuns;
}

interface Row {
  readonly metric: (typeof metrics)[number];
  readonly first: Spread | undefined;
  readonly second: Spread | undefined;
}

/** @throws PageHeapError ERR_INVALID_OPTION where nothing of one is in the other */
function pairsOf(a: readonly NamedRuns[], b: readonly NamedRuns[]): Pair[] {
  if (a.length === 1 && b.length === 1) {
    const label = a[0].label === b[0].label ? a[0].label : `${a[0].label} and ${b[0].label}`;
    return [{ label, first: a[0], second: b[0] }];
  }
  const pairs = a.flatMap((first): Pair[] => {
    const second = b.find(({ label }) => label === first.label);
    return second === undefined ? [] : [{ label: first.label, first, second }];
  });
  if (pairs.length > 0) return pairs;
  const names = (of: readonly NamedRuns[]): string => of.map(({ label }) => label).join(', ');
  throw new PageHeapError(
    'ERR_INVALID_OPTION',
    `they have no configuration in common: ${names(a)} on one side, ${names(b)} on the other`,
  );
}

function rowsOf({ first, second }: Pair): Row[] {
  const [a, b] = [first, second].map(({ runs }) => runs.map(metricsOf));
  return metrics
    .map((metric) => ({
      metric,
      first: spreadOf(a.map((values) => values[metric.id])),
      second: spreadOf(b.map((values) => values[metric.id])),
    }))
    .filter((row) => row.first !== undefined || row.second !== undefined);
}

/**
 * Whether the intervals of two medians are apart; of few runs, whether these lie far enough apart. Undefined where one has a single run,
 * which has no spread.
 */
function isShown(first: Spread, second: Spread): boolean | undefined {
  const n = Math.min(first.n, second.n);
  if (n < 2) return undefined;
  if (n < leastRounds) return !cannotBeToldApart(first, second);
  return first.high < second.low || second.high < first.low;
}

function differenceWords({ metric, first, second }: Row): string {
  if (first === undefined || second === undefined) return '–';
  if (isShown(first, second) === false) return 'no difference shown';
  const difference = second.median - first.median;
  if (formatMetric(metric.unit, first.median) === formatMetric(metric.unit, second.median)) return 'the same';
  const words = formatDifference(metric.unit, difference);
  if (metric.unit === 'share' || first.median === 0) return words;
  const by = ((Math.abs(difference) / Math.abs(first.median)) * 100).toFixed(1);
  return `${words} (${words.slice(0, 1)}${by} %)`;
}

function cell({ metric }: Row, spread: Spread | undefined): string {
  if (spread === undefined) return '–';
  return [formatMetric(metric.unit, spread.median), formatInterval(metric.unit, spread)]
    .filter((s) => s !== '')
    .join(' ');
}

const words = (name: string, values: readonly RunValue[]): string =>
  values.map((value) => plain(optionInWords(name, value))).join(' or ');

function unlikeWords({ group, name, first, second }: Unlike): string {
  const isSubject = group === 'subject' && name === 'name';
  if (group === 'module')
    return `module of ${optionName(name)} differs: ${plain(first.join(' or '))} beside ${plain(second.join(' or '))}`;
  const what = isSubject ? 'subject' : group === 'option' || group === 'pace' ? optionName(name) : name;
  return `${group === 'option' ? 'option ' : ''}${what} differs: ${words(name, first)} beside ${words(name, second)}`;
}

/** Warnings; those of machine and pace first, since they change all figures. */
function warningsOf({ unlike, untold }: Likeness): string[] {
  const rest = untold.length === 0 ? [] : [`told by one side alone: ${untold.join(', ')}`];
  return [...unlike.map(unlikeWords), ...rest];
}

function draw(pair: Pair, terminal: Terminal, names: readonly [string, string]): string {
  const counted = ({ runs }: NamedRuns): string => {
    const partial = runs.filter((run) => !isWhole(run)).length;
    if (runs.length === 1) return partial === 0 ? '1 run' : 'a part of 1 run';
    return partial === 0 ? `${runs.length} runs` : `${runs.length} runs, ${partial} of them in part`;
  };
  const shape: TableShape = {
    head: [
      plain(pair.label),
      `${names[0]}, ${counted(pair.first)}`,
      `${names[1]}, ${counted(pair.second)}`,
      'difference',
    ],
    numeric: [1, 2, 3],
    rows: rowsOf(pair).map((row) => [
      row.metric.label,
      cell(row, row.first),
      cell(row, row.second),
      differenceWords(row),
    ]),
  };
  const columns = terminal.out.columns || Number.POSITIVE_INFINITY;
  return fits(shape, columns)
    ? drawTable(shape, columns, terminal.outColors)
    : drawGroups(shape, columns, terminal.outColors);
}

/** What is to be known of the runs of one side: of each its remarks, with the side and, where it has several, the run. */
function remarksOf(side: string, configurations: readonly NamedRuns[]): string[] {
  return configurations.flatMap(({ label, runs }) =>
    runs.flatMap(({ remarks }, i) => {
      const which = runs.length === 1 ? label : `${label}, run ${i + 1}`;
      return remarks.map((remark) => `${side}, ${which}: ${remark}`);
    }),
  );
}

/** Why some configurations are not there. */
function missing(a: readonly NamedRuns[], b: readonly NamedRuns[], pairs: readonly Pair[]): string[] {
  if (pairs.length === 1 && a.length === 1 && b.length === 1) return [];
  const paired = new Set(pairs.map(({ label }) => label));
  const alone = [...a, ...b].map(({ label }) => label).filter((label) => !paired.has(label));
  return alone.length === 0 ? [] : [`in one of them alone: ${[...new Set(alone)].join(', ')}`];
}

async function execute(
  paths: readonly [string, string],
  { json }: { json?: true },
  { terminal }: CommandContext,
): Promise<void> {
  const [a, b] = [await runsOf(paths[0]), await runsOf(paths[1])];
  const pairs = pairsOf(a, b);
  const likeness = pairs.map(({ first, second }) => likenessOf(first.runs, second.runs));
  const remarks = [...remarksOf('first', a), ...remarksOf('second', b)];
  if (json) {
    terminal.printJson({
      first: paths[0],
      second: paths[1],
      remarks,
      configurations: pairs.map((pair, i) => ({
        label: pair.label,
        files: [pair.first.files, pair.second.files],
        ...likeness[i],
        metrics: Object.fromEntries(
          rowsOf(pair).map(({ metric, first, second }) => [
            metric.id,
            {
              first: first ?? null,
              second: second ?? null,
              shown: first === undefined || second === undefined ? null : (isShown(first, second) ?? null),
            },
          ]),
        ),
      })),
    });
    return;
  }
  const tables = pairs.map((pair) => draw(pair, terminal, ['first', 'second']));
  terminal.print(`first:  ${controlsShown(paths[0])}\nsecond: ${controlsShown(paths[1])}\n`);
  terminal.print(tables.join('\n\n'));
  const told = new Set<string>();
  for (const [i, one] of likeness.entries())
    for (const warning of warningsOf(one)) {
      const line =
        pairs.length > 1 && one.unlike.some((u) => u.group === 'option' && unlikeWords(u) === warning)
          ? `${plain(pairs[i].label)}: ${warning}`
          : warning;
      if (!told.has(line)) terminal.note(line);
      told.add(line);
    }
  for (const note of [...missing(a, b, pairs), ...remarks]) terminal.note(plain(note));
}

export function defineDiff(command: Command, context: CommandContext): void {
  command
    .description(
      'Sets two runs, or two comparisons, side by side: each figure, its difference, and what was not alike: machine, ' +
        'kernel, huge pages, pace, options.',
    )
    .argument('<first>', 'a run file, the folder of a comparison, or a folder with run files')
    .argument('<second>', 'another')
    .option('--json', 'print it as JSON')
    .addHelpText('after', help)
    .action((first: string, second: string, options: { json?: true }) =>
      execute([first, second], options, context),
    );
}
