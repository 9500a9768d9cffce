/**
 * `compare`: one subject on several heaps, in turns and repeated, as `pageheap compare` does it.
 *
 * Nothing is printed, and no signal of this process is handled: an AbortSignal ends it.
 */
import { existsSync } from 'node:fs';
import { describe } from '../../base/describe.ts';
import { generations } from '../../design/design.ts';
import { refuseOption } from '../../design/option.ts';
import { type ComparedConfiguration, compareRuns } from '../compare/compare.ts';
import { type ContenderRequest, contenderNames, isContender } from '../contenders/contender.ts';
import { forkAny } from '../contenders/fork-any.ts';
import { prepareContender } from '../contenders/prepare.ts';
import { type Comparison, readComparison } from '../metrics/comparison.ts';
import { fileStem, stampedPath } from '../record/folders.ts';
import { packageVersion } from '../record/package.ts';
import { isJsonObject } from '../record/shapes.ts';
import { checkSubject, nameFor, subjectOf, withOwnPace } from '../subject/subject.ts';
import { workloads } from '../workloads/index.ts';
import { checkPath } from './arguments.ts';
import { ProgressListener } from './progress.ts';
import { defaultFolder } from './run.ts';
import {
  type CompareSettings,
  checkSettings,
  type RunHeapSettings,
  samplingIn,
  sentHeap,
  subjectOptionsIn,
} from './settings.ts';

const defaultConfigurations = Object.fromEntries(generations.map((name) => [name, name]));

type Asked = NonNullable<CompareSettings['configurations']>[string];

/** @throws PageHeapError ERR_INVALID_OPTION, and what a contender that is not installed is refused with */
function configurationOf(label: string, own: Asked, heap: RunHeapSettings): ComparedConfiguration {
  if (typeof own === 'string' && isContender(own))
    return { label, heap: {}, contender: prepareContender({ name: own }) };
  const asked = typeof own === 'string' ? { generation: own } : own;
  if (!isJsonObject(asked))
    refuseOption('configurations', `${label} must be a generation or an object, not ${describe(own)}`, own);
  if ('contender' in asked) {
    const { contender } = asked as { readonly contender: ContenderRequest };
    if (!isJsonObject(contender) || !isContender(String(contender.name)))
      refuseOption('configurations', `${label} has no contender of ${contenderNames.join(', ')}`, contender);
    return { label, heap: {}, contender: prepareContender(contender) };
  }
  return { label, ...sentHeap({ ...heap, ...(asked as RunHeapSettings) }) };
}

/**
 * Makes all runs of a comparison. A configuration whose runs fail stands in `failures`, and the others go on.
 * @param subject a trace file, the name of a shipped trace or of a workload
 * @throws PageHeapError ERR_INVALID_OPTION, ERR_FILE, ERR_TRACE, ERR_OUT_OF_MEMORY, ERR_PAGE_HEAP of a heap that
 *   cannot be made; the signal's reason when it was aborted before anything was recorded; ERR_INVALID_ARGUMENT; what
 *   `onProgress` threw, the runs have then ended, and what was recorded until then is in the folder
 */
export async function compare(subject: string, settings: CompareSettings = {}): Promise<Comparison> {
  checkPath(subject, 'the name of a subject');
  checkSettings(settings, ['configurations', 'heap', 'repeat', 'name', 'out', 'signal', 'onProgress']);
  const { configurations = defaultConfigurations, heap = {}, repeat = 3, out = defaultFolder } = settings;
  const { signal, onProgress } = settings;
  const pace = subjectOptionsIn(settings);
  const named = subjectOf(subject, pace, workloads);
  const name = nameFor(named, settings.name);
  const heaps = Object.entries(configurations).map(([label, own]) => configurationOf(label, own, heap));
  const sampling = samplingIn(settings);
  const runs = heaps.length * repeat;
  await checkSubject(named, runs, workloads);
  const found = await withOwnPace(named, pace);
  let folder = stampedPath(out, `compare-${fileStem(name)}`, new Date());
  const listener = new ProgressListener({ signal, onProgress });
  await listener.during(() =>
    compareRuns(
      {
        configurations: heaps,
        repeat,
        folder,
        run: { ...found.run, ...sampling, name, version: packageVersion() },
      },
      {
        run: (options, onBeat) =>
          forkAny(options, { handleSignals: false, onProgress: onBeat, signal: listener.signal }),
        stopped: () => listener.signal.aborted,
        onBegin: (claimed) => {
          folder = claimed;
        },
        onProgress: ({ label, done, total }, progress) => {
          if (progress !== undefined) listener.tell({ ...progress, label, run: done + 1, runs: total });
        },
      },
    ),
  );
  if (!existsSync(folder)) signal?.throwIfAborted();
  return readComparison(folder);
}
