/**
 * Where the report of a run goes, unless another place is named.
 */

/** Beside the run file, with the ending .html. */
export function reportPathOf(runFile: string): string {
  return `${runFile.replace(/\.jsonl?$/, '')}.html`;
}
