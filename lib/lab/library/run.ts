/**
 * `run`: a trace or a workload on a heap, in a process of its own, as `pageheap run` does it.
 *
 * Nothing is printed, and no signal of this process is handled: an AbortSignal ends it.
 */
import type { RunSummary } from '../metrics/summary.ts';
import { summarize } from '../metrics/summary.ts';
import { makeFolder, stampedPath } from '../record/folders.ts';
import { packageVersion } from '../record/package.ts';
import type { RunData } from '../record/run-data.ts';
import { readRunFile } from '../record/run-file.ts';
import { forkRun } from '../run/fork-run.ts';
import { tryHeap } from '../run/run-heap.ts';
import type { RunReason } from '../run/run-options.ts';
import { checkSubject, nameFor, subjectOf, withOwnPace } from '../subject/subject.ts';
import { workloads } from '../workloads/index.ts';
import { checkPath } from './arguments.ts';
import { ProgressListener } from './progress.ts';
import { checkSettings, type RunSettings, samplingIn, sentHeap, subjectOptionsIn } from './settings.ts';

export const defaultFolder = 'runs';

/** What a run came to. */
export interface RunRecord {
  /** The run file; `pageheap report` makes a page of it. */
  readonly file: string;
  /** Whether it went to its end, or was aborted. */
  readonly reason: RunReason;
  readonly summary: RunSummary;
  /** All that was recorded. */
  readonly data: RunData;
}

/**
 * Makes a run.
 * @param subject a trace file, the name of a shipped trace or of a workload, `-` for standard input
 * @throws PageHeapError ERR_INVALID_OPTION, ERR_FILE, ERR_TRACE, ERR_OUT_OF_MEMORY, ERR_PAGE_HEAP; ERR_SYSTEM when its
 *   process died, what was recorded until then is in the file; ERR_INVALID_ARGUMENT; what `onProgress` threw, the
 *   run has then ended, and what was recorded until then is in its file
 */
export async function run(subject: string, settings: RunSettings = {}): Promise<RunRecord> {
  checkPath(subject, 'the name of a subject');
  checkSettings(settings, ['heap', 'name', 'out', 'file', 'signal', 'onProgress']);
  const { heap = {}, out = defaultFolder, signal, onProgress } = settings;
  const pace = subjectOptionsIn(settings);
  const named = subjectOf(subject, pace, workloads);
  const name = nameFor(named, settings.name);
  const sent = sentHeap(heap);
  const sampling = samplingIn(settings);
  await checkSubject(named, 1, workloads);
  const found = await withOwnPace(named, pace);
  await tryHeap({ ...found.run, ...sent });
  if (settings.file === undefined) makeFolder(out);
  const file = settings.file ?? stampedPath(out, name, new Date(), '.jsonl');
  const listener = new ProgressListener({ signal, onProgress });
  const { reason } = await listener.during(() =>
    forkRun(
      { ...found.run, ...sent, ...sampling, output: file, name, version: packageVersion() },
      { handleSignals: false, signal: listener.signal, onProgress: listener.tell },
    ),
  );
  const data = await readRunFile(file);
  return { file, reason, summary: summarize(data), data };
}
