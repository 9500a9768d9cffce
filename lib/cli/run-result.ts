/**
 * What `pageheap run` says of a run that has ended: chart, summary, notes, and the report.
 *
 * Loaded while the run goes, in another process: it is not waited for.
 */
import { controlsShown } from '../base/controls.ts';
import { summarize } from '../lab/metrics/summary.ts';
import type { RunData } from '../lab/record/run-data.ts';
import { readRunFile } from '../lab/record/run-file.ts';
import { drawChart } from './chart.ts';
import type { OutputOptions } from './output-options.ts';
import { reportPathOf } from './report-path.ts';
import { drawSummary, summaryNotes } from './summary.ts';
import type { Terminal } from './terminal.ts';

const chartHeight = 10;

/** Renders and writes the report. What draws a report is loaded when one is drawn. */
async function writeReportOf(data: RunData, output: string): Promise<string> {
  const { writeReport } = await import('./report.ts');
  return writeReport(data, reportPathOf(output), output);
}

/**
 * Sums up the run, and makes the report; `told` are notes that were there before. What is known is told before the report is
 * tried: it needs a place.
 * @returns the report's path; null where none was wanted
 */
export async function tell(
  output: string,
  options: OutputOptions,
  terminal: Terminal,
  told: readonly string[],
): Promise<string | null> {
  const data = await readRunFile(output);
  const summary = summarize(data);
  const { output: printed } = data.end ?? {};
  const write = async (): Promise<string | null> => (options.report ? writeReportOf(data, output) : null);
  if (options.json) {
    let report: string | null = null;
    try {
      report = await write();
    } finally {
      terminal.printJson({
        runFile: output,
        report,
        ...summary,
        ...(printed === undefined ? {} : { output: printed }),
        ...(data.end?.memProfile === undefined ? {} : { memProfile: data.end.memProfile }),
      });
    }
    return report;
  }
  for (const line of printed ?? []) terminal.print(line);
  const colors = terminal.outColors;
  const columns = terminal.columnsOf(terminal.out);
  const chart = drawChart(data.samples, summary.gaps, {
    columns,
    height: chartHeight,
    hasColors: terminal.outHasColors,
    colors,
  });
  if (chart !== '') terminal.print(`${chart}\n`);
  terminal.print(drawSummary(summary, columns, colors));
  for (const note of [...summaryNotes(summary), ...summary.remarks])
    if (!told.includes(note)) terminal.noteInWords(note);
  terminal.print(`\nrun file: ${controlsShown(output)}`);
  const { memProfile } = data.end ?? {};
  if (memProfile !== undefined)
    terminal.print(`profile:  ${controlsShown(memProfile)} (go tool pprof -sample_index=alloc_space -top)`);
  const report = await write();
  if (report !== null) terminal.print(`report:   ${colors.bold(controlsShown(report))}`);
  return report;
}
