/**
 * Records, read back and shown: the functions of the laboratory for them, which take what they are given on trust, with
 * the check of it.
 *
 * Not here: what they do (record/run-file.ts, metrics/, report/).
 */
import * as comparisons from '../metrics/comparison.ts';
import { type RunSummary, summarize as summarizeRun } from '../metrics/summary.ts';
import type { RunData } from '../record/run-data.ts';
import { readRunFile } from '../record/run-file.ts';
import { renderComparison as comparisonPage } from '../report/comparison.ts';
import { renderReport as runPage } from '../report/render.ts';
import { checkComparison, checkData, checkPath } from './arguments.ts';

/**
 * Reads a run file. A missing end, and a last line that was cut off, are said in the remarks of the answer.
 * @throws PageHeapError ERR_RUN_FILE with file and line; ERR_FILE when it cannot be read; ERR_INVALID_ARGUMENT
 */
export async function readRun(file: string): Promise<RunData> {
  checkPath(file, 'the path of a run file');
  return readRunFile(file);
}

/**
 * Reads a comparison back, by its folder or its index.
 * @throws PageHeapError ERR_FILE, ERR_RUN_FILE, ERR_INVALID_ARGUMENT
 */
export async function readComparison(path: string): Promise<comparisons.Comparison> {
  checkPath(path, 'the path of a comparison');
  return comparisons.readComparison(path);
}

/** What a run comes to, as `pageheap run --json` tells it. @throws PageHeapError ERR_INVALID_ARGUMENT */
export function summarize(data: RunData): RunSummary {
  checkData(data);
  return summarizeRun(data);
}

/**
 * One self-contained HTML file of a run: UTF-8, a few hundred KiB for a run of a minute and below 5 MB for one of hours.
 * @throws PageHeapError ERR_INVALID_ARGUMENT
 */
export function renderReport(data: RunData): string {
  checkData(data);
  return runPage(data);
}

/** One self-contained HTML file of a comparison. @throws PageHeapError ERR_INVALID_ARGUMENT */
export function renderComparison(comparison: comparisons.Comparison): string {
  checkComparison(comparison);
  return comparisonPage(comparison);
}
