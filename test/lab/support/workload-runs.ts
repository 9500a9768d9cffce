/** Runs of workloads on the real heap, each with a file of its own in a folder that goes with the tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import type { RunPhaseEnd } from '../../../lib/lab/record/lines.ts';
import type { RunData } from '../../../lib/lab/record/run-data.ts';
import { readRunFile } from '../../../lib/lab/record/run-file.ts';
import { makeRun } from '../../../lib/lab/run/run.ts';
import type { RunOptions } from '../../../lib/lab/run/run-options.ts';
import type { WorkloadOptions } from '../../../lib/lab/subject/subject-request.ts';

interface WorkloadRuns {
  readonly folder: string;
  readonly options: (workload: WorkloadOptions, more?: Partial<RunOptions>) => RunOptions;
  readonly made: (workload: WorkloadOptions, more?: Partial<RunOptions>) => Promise<RunData>;
}

/** For one file of tests. */
export function workloadRuns(): WorkloadRuns {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-workload-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  let files = 0;
  const options: WorkloadRuns['options'] = (workload, more = {}) => ({
    workload,
    output: join(folder, `${++files}.jsonl`),
    beatMs: 20,
    // Huge pages, where the kernel makes them unasked, are not what is looked at here.
    heap: { environment: false, disableHugePages: true },
    ...more,
  });
  const made: WorkloadRuns['made'] = async (workload, more) => {
    const run = options(workload, more);
    await makeRun(run);
    return readRunFile(run.output);
  };
  return { folder, options, made };
}

export function phase(data: RunData, name: string): Required<RunPhaseEnd> & { readonly rss: number } {
  const found = data.phases.find((p) => p.name === name);
  expect(found).toMatchObject({ rss: expect.any(Number) });
  return found as Required<RunPhaseEnd> & { readonly rss: number };
}
