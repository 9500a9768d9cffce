/**
 * The run files in a folder, and those that came to nothing.
 *
 * Not here: making folders (folders.ts), the files (run-file.ts, comparison-index.ts).
 */
import { readdirSync, rmSync } from 'node:fs';
import { removeEmpty } from './folders.ts';
import { isLiveRun } from './output.ts';
import { readRunFile } from './run-file.ts';

/** Whether a run file is there and tells of work that was done. */
export async function hasRecorded(file: string): Promise<boolean> {
  try {
    const { samples, end } = await readRunFile(file);
    return (end?.ops ?? 0) > 0 || samples.some(({ ops = 0 }) => ops > 0);
  } catch {
    return false;
  }
}

/** Removes a run file in which nothing was recorded and nobody records, and the folders made for it; whether it was so. */
export async function removeUnrecorded(file: string, made: readonly string[]): Promise<boolean> {
  if ((await hasRecorded(file)) || isLiveRun(file)) return false;
  rmSync(file, { force: true });
  removeEmpty(made);
  return true;
}

/** The run files in a folder, by name; none where it is not there. */
export function runFilesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.jsonl'))
      .sort();
  } catch {
    return [];
  }
}
