/**
 * Where the memory profile of a run goes: beside the run file. Apart from what writes it (pprof.ts), whose package most runs
 * do not load.
 */
export function memProfilePathOf(runFile: string): string {
  return `${runFile.replace(/\.jsonl?$/, '')}.pb.gz`;
}
