/**
 * What a comparison comes to, as `compare` and `report` tell it: tables, notes, JSON, and its page.
 *
 * Not here: making one (compare.ts).
 */
import { basename, join } from 'node:path';
import { type Comparison, partialRuns } from '../lab/metrics/comparison.ts';
import { treatmentsOf, wereTreatedAlike } from '../lab/metrics/pace.ts';
import { payloadOf } from '../lab/metrics/payload.ts';
import { comparePhases, phaseMetrics } from '../lab/metrics/phases.ts';
import { metrics } from '../lab/metrics/run-metrics.ts';
import type { MetricUnit, Spread } from '../lab/metrics/spread.ts';
import { otherThanGoOf } from '../lab/metrics/summary.ts';
import { irregularOf } from '../lab/metrics/trace-notes.ts';
import { comparisonFile } from '../lab/record/comparison-index.ts';
import { renderComparison } from '../lab/report/comparison.ts';
import { formatInterval, formatMetric } from '../lab/report/comparison-values.ts';
import { rssBasisWords } from '../lab/report/contender-words.ts';
import { differenceCell, differencesOf, fewRoundsWords } from '../lab/report/differences.ts';
import { optionsInWords } from '../lab/report/option-names.ts';
import { treatmentWords } from '../lab/report/pace-words.ts';
import { plainWords, verdictSentences, verdictsIn, withoutPace } from '../lab/report/verdict-words.ts';
import { writePage } from './page-file.ts';
import { irregularityNotes, payloadWords } from './summary.ts';
import { drawGroups, drawTable, fits, type TableShape } from './table.ts';
import { plain, type Terminal } from './terminal.ts';
import { wrap } from './wrap.ts';

const comparisonPage = 'comparison.html';

/** One figure of every configuration. */
interface FigureRow {
  readonly label: string;
  readonly unit: MetricUnit;
  readonly spreads: readonly (Spread | undefined)[];
}

/** A figure: its median with the 95 % interval; how many runs have it, where not all do. */
function cellOf(unit: MetricUnit, spread: Spread | undefined, runs: number, between: string): string {
  if (spread === undefined) return '–';
  const median = formatMetric(unit, spread.median);
  const deviation = formatInterval(unit, spread);
  const apart = deviation === '' ? '' : `${between}${deviation}`;
  return spread.n < runs ? `${median}${apart}${between}(${spread.n} of ${runs})` : `${median}${apart}`;
}

/**
 * Draws figures: configurations as columns. Where the window is too narrow for a median and its interval side by
 * side, the interval goes below; where it is too narrow for that, each figure has a line for each configuration.
 * Not in a window: as wide as it is.
 */
function drawFigures(
  { configurations, failures }: Comparison,
  title: string,
  rows: readonly FigureRow[],
  terminal: Terminal,
): string {
  const colors = terminal.outColors;
  const columns = terminal.out.columns || Number.POSITIVE_INFINITY;
  const failed = new Set(failures.map(({ label }) => label));
  const shape = (between: string): TableShape => ({
    head: [title, ...configurations.map(({ label }) => (failed.has(label) ? `${label} (failed)` : label))],
    numeric: configurations.map((_, i) => i + 1),
    rows: rows.map(({ label, unit, spreads }) => [
      label,
      ...spreads.map((spread, i) => cellOf(unit, spread, configurations[i].runs.length, between)),
    ]),
  });
  const shapes = [shape(' '), shape('\n')];
  const fitting = shapes.find((s) => fits(s, columns));
  if (fitting !== undefined) return drawTable(fitting, columns, colors);
  const groups = drawGroups(shapes[0], columns, colors);
  return title === '' ? groups : `${colors.bold(`${title}:`)}\n${groups}`;
}

/** Which configuration is better in what, as at the top of the page. */
function drawVerdict({ configurations }: Comparison, terminal: Terminal): string {
  const text = verdictSentences(configurations)
    .map((words) => plainWords(words).trim())
    .join(' ');
  const columns = terminal.out.columns || Number.POSITIVE_INFINITY;
  return wrap(text, columns).join('\n');
}

/** How the others differ from the first, round by round; undefined where there is but one round. */
function drawDifferences({ configurations }: Comparison, terminal: Terminal): string | undefined {
  const differences = differencesOf(configurations, withoutPace(configurations));
  if (differences === undefined) return undefined;
  const { first, others, rows } = differences;
  const columns = terminal.out.columns || Number.POSITIVE_INFINITY;
  const shape: TableShape = {
    head: [`by round, less ${first.label}`, ...others.map(({ label }) => label)],
    numeric: others.map((_, i) => i + 1),
    rows: rows.map(({ metric, of }) => [metric.label, ...of.map((one) => differenceCell(metric, one))]),
  };
  const drawn = fits(shape, columns)
    ? drawTable(shape, columns, terminal.outColors)
    : drawGroups(shape, columns, terminal.outColors);
  const few = fewRoundsWords(differences);
  return few === '' ? drawn : [drawn, ...wrap(few, columns)].join('\n');
}

/** Which configurations have numbers or parts that are not Go's; undefined where none has. */
function otherThanGoWords({ configurations }: Comparison): string | undefined {
  const told = configurations.flatMap(({ label, runs }) => {
    const values = runs[0] === undefined ? {} : otherThanGoOf(runs[0].header);
    return Object.keys(values).length === 0 ? [] : [`${label} (${plain(optionsInWords(values))})`];
  });
  return told.length === 0 ? undefined : `other than Go's: ${told.join('; ')}`;
}

/** What it comes to, the figures of whole runs, and RSS at the ends of phases where the subject has any. */
export function drawComparison(comparison: Comparison, terminal: Terminal): string {
  const { configurations } = comparison;
  const whole: readonly FigureRow[] = metrics.map(({ id, label, unit }) => ({
    label,
    unit,
    spreads: configurations.map(({ spread }) => spread[id]),
  }));
  const known = whole.filter(({ spreads }) => spreads.some((spread) => spread !== undefined));
  const phases: readonly FigureRow[] = comparePhases(configurations).map((phase) => ({
    label: phase.name,
    unit: 'bytes',
    spreads: phase.configurations.map(({ rss }) => rss),
  }));
  const tables = [drawVerdict(comparison, terminal), drawFigures(comparison, '', known, terminal)];
  const differences = drawDifferences(comparison, terminal);
  if (differences !== undefined) tables.push(differences);
  if (phases.length > 0) tables.push(drawFigures(comparison, 'RSS, end of', phases, terminal));
  const others = otherThanGoWords(comparison);
  if (others !== undefined)
    tables.push(wrap(others, terminal.out.columns || Number.POSITIVE_INFINITY).join('\n'));
  const payload = configurations.flatMap(({ runs }) => runs.map(payloadOf)).find((p) => p !== undefined);
  if (payload !== undefined) tables.push(`payload: ${payloadWords(payload)}`);
  return tables.join('\n\n');
}

const runsOf = (n: number): string => (n === 1 ? '1 run' : `${n} runs`);

/**
 * What has to be known to read the figures, a sentence each.
 * @param told whether the errors of configurations that failed were told already
 */
export function comparisonNotes({ index, configurations, failures }: Comparison, told = false): string[] {
  const notes = irregularityNotes({ irregular: irregularOf(configurations.flatMap(({ runs }) => runs)) });
  for (const { label, round, message, code } of failures) {
    const had = configurations.find((c) => c.label === label)?.runs.length ?? 0;
    const figures = had === 0 ? 'it has no figures' : `its figures are of the ${runsOf(had)} before`;
    // What a custom page heap throws may hold anything.
    const why = told ? '' : `: ${plain(message)} (${code})`;
    notes.push(`configuration '${label}' failed in run ${round}; ${figures}${why}`);
  }
  for (const { label, run, file, remark } of partialRuns(configurations))
    notes.push(`${label}, run ${run} (${file}): ${remark}`);
  const basis = rssBasisWords(configurations);
  if (basis !== undefined) notes.push(basis);
  const unlike = treatmentWords(treatmentsOf(configurations));
  if (unlike !== undefined) notes.push(unlike);
  if (index.interrupted) notes.push('interrupted: this is what was finished until then');
  return notes;
}

/** Writes the page beside the index, or where it is told to. @throws PageHeapError ERR_FILE */
export function writeComparison(comparison: Comparison, to?: string): string {
  const path = to ?? join(comparison.folder, comparisonPage);
  writePage(path, renderComparison(comparison), comparisonInputs(comparison));
  return path;
}

/** The files that a comparison was read from. */
export function comparisonInputs({ folder, configurations }: Comparison): string[] {
  const runs = configurations.flatMap(({ files }) => files.map((file) => join(folder, basename(file))));
  return [join(folder, comparisonFile), ...runs];
}

/** Of each configuration but the first the figures' differences from that, by round; null where there is but one. */
function differencesJson(configurations: Comparison['configurations']): unknown {
  const differences = differencesOf(configurations, withoutPace(configurations));
  if (differences === undefined) return null;
  const { first, others, rows } = differences;
  return {
    from: first.label,
    configurations: others.map(({ label }, i) => ({
      label,
      metrics: Object.fromEntries(rows.map(({ metric, of }) => [metric.id, of[i] ?? null])),
    })),
  };
}

/** The comparison for machines. */
export function comparisonJson(
  { index, folder, configurations, failures, incomplete }: Comparison,
  report: string | null,
): unknown {
  const phases = comparePhases(configurations);
  const treatments = treatmentsOf(configurations);
  return {
    folder,
    report,
    name: index.name,
    repeat: index.repeat,
    seconds: index.seconds,
    interrupted: index.interrupted,
    failures,
    incomplete: incomplete.map(({ file }) => file),
    remarks: partialRuns(configurations).map(({ label, run, remark }) => `${label}, run ${run}: ${remark}`),
    irregular: irregularOf(configurations.flatMap(({ runs }) => runs)),
    verdicts: verdictsIn(configurations).map(({ metric, better, leaders, others, isFirm }) => ({
      metric: metric.id,
      better,
      leaders: leaders.map(({ configuration }) => configurations[configuration].label),
      others: others.map(({ configuration }) => configurations[configuration].label),
      firm: isFirm,
    })),
    differences: differencesJson(configurations),
    treatedAlike: wereTreatedAlike(treatments),
    treatments,
    configurations: configurations.map(({ label, files, runs, spread }, i) => ({
      label,
      files,
      payload: runs.map(payloadOf).find((p) => p !== undefined) ?? null,
      metrics: Object.fromEntries(metrics.map(({ id }) => [id, spread[id] ?? null])),
      phases: phases.map((phase) => ({
        name: phase.name,
        metrics: Object.fromEntries(phaseMetrics.map(({ id }) => [id, phase.configurations[i][id] ?? null])),
      })),
    })),
  };
}
