/**
 * The recorded program itself as a contender: what it had resident while it was recorded becomes a run file. Nothing is run.
 *
 * It goes over the time of a replay, by operations, as the others do; where those go as fast as they can, over the time that the
 * program took. Its RSS is that of the process, less what that had before the first operation, which is the first sample of a
 * recording (older recordings begin with a later one: `since` of the header). Nothing is told of the idleness
 * behind the last operation: the program had ended.
 */
import { calledAs } from '../../base/called-as.ts';
import { PageHeapError } from '../../base/errors.ts';
import { inspectMachine } from '../../os/machine.ts';
import type { RunSample } from '../record/lines.ts';
import { RunFileWriter } from '../record/run-file.ts';
import { AsItRan } from '../run/as-it-ran.ts';
import { headerOf } from '../run/run-header.ts';
import { type RunOptions, type RunResult, resolveRunOptions } from '../run/run-options.ts';
import { recordedWords } from '../run/trace-drive.ts';
import { traceName } from '../subject/subject-request.ts';
import { readRecorded } from '../trace/reader.ts';
import type { Recorded } from '../trace/recorded.ts';

export const asItRanName = 'as-it-ran';

/** @throws PageHeapError ERR_INVALID_OPTION for a trace that carries nothing of its program's memory; ERR_FILE, ERR_TRACE */
export async function recordedMemory(trace: string | undefined): Promise<Recorded> {
  const recorded = trace === undefined ? undefined : await readRecorded(trace);
  if (recorded?.samples !== undefined && recorded.samples.length > 0) return recorded;
  const name = trace === undefined ? 'a workload' : traceName(trace);
  throw new PageHeapError(
    'ERR_INVALID_OPTION',
    recorded === undefined
      ? `contender ${asItRanName}: ${name} tells nothing of its program's memory; what \`${calledAs()} record\` writes does`
      : `contender ${asItRanName}: ${name} tells nothing of its program's memory: it ended before that was looked at, or its recorder was killed`,
    { value: asItRanName },
  );
}

/** Writes the run file. @throws PageHeapError as `recordedMemory` */
export async function writeAsItRan(options: RunOptions): Promise<RunResult> {
  const resolved = resolveRunOptions(options);
  const recorded = await recordedMemory(options.trace);
  const { samples = [] } = recorded;
  const first = samples[0];
  const ops = recorded.ops ?? samples[samples.length - 1].ops;
  const seconds =
    resolved.seconds > 0 ? resolved.seconds : (recorded.seconds ?? samples[samples.length - 1].ms / 1000);
  const ran = new AsItRan(recorded);
  const writer = new RunFileWriter(options.output, options.trace === undefined ? [] : [options.trace]);
  try {
    const trace = { name: traceName(options.trace ?? ''), ops, recorded: recordedWords(recorded) };
    const heap = {
      settings: { contender: asItRanName },
      contender: { name: asItRanName, file: recorded.executable, rss: 'process' as const },
    };
    writer.write(headerOf(options, resolved, heap, inspectMachine(), { header: { trace } }));
    const beats = Math.max(1, Math.ceil((seconds * 1000) / resolved.beatMs));
    let peakRss = 0;
    let endRss = 0;
    for (let beat = 0; beat <= beats; beat++) {
      const t = Math.min(seconds * 1000, beat * resolved.beatMs);
      const done = seconds > 0 ? Math.round((ops * t) / (seconds * 1000)) : ops;
      const { rss, anon } = ran.after(done) ?? first;
      endRss = Math.max(0, rss - first.rss);
      peakRss = Math.max(peakRss, endRss);
      const sample: RunSample = {
        k: 's',
        t,
        phase: 'replay',
        ops: done,
        rss: endRss,
        prss: rss,
        ranRss: rss,
        ranAnon: anon,
      };
      writer.write(sample);
    }
    const opsPerSec = seconds > 0 ? ops / seconds : 0;
    writer.write({
      k: 'end',
      t: seconds * 1000,
      reason: 'done',
      ops,
      seconds,
      opsPerSec,
      summary: { peakRss, endRss },
    });
    writer.flush();
    return { file: writer.path, reason: 'done', ops, seconds, opsPerSec, peakRss, endRss, counts: {} };
  } finally {
    writer.close();
  }
}
