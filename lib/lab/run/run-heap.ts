/**
 * The heap of a run: its options, with those its workload has and the classes of modules.
 */

import { Heap } from '../../api/heap.ts';
import { resolveDesign } from '../../design/generations.ts';
import { resolveOptions } from '../../design/options.ts';
import { memProfilePathOf } from '../record/mem-profile-path.ts';
import type { Output } from '../record/output.ts';
import type { LabHeapOptions } from '../subject/heap-target.ts';
import { loadModules } from '../subject/modules.ts';
import { runLiveness } from '../subject/run-liveness.ts';
import { isPageTrace } from '../trace/page-events.ts';
import { workloadNamed, workloads } from '../workloads/index.ts';
import type { RunOptions } from './run-options.ts';

/** What of a run decides about its heap. */
export type RunHeapOptions = Pick<RunOptions, 'heap' | 'modules' | 'workload' | 'trace' | 'releases'>;

/** @throws PageHeapError ERR_FILE, ERR_INVALID_OPTION of a module that has no class to give */
export async function heapOptionsOf(options: RunHeapOptions): Promise<LabHeapOptions> {
  const { rootBytes, triggerRatio } =
    options.workload === undefined ? {} : (workloadNamed(options.workload.name).heap ?? {});
  const own = await loadModules(options.modules);
  const { pageHeap } = own;
  // What goes together depends on the page heap: a custom one may know ages that the generation's does not.
  const liveness = runLiveness(options, options.heap?.liveness, workloads);
  const { trigger, scavenger } = resolveDesign({
    ...options.heap,
    liveness,
    ...(pageHeap === undefined ? {} : { pageHeap }),
  });
  const paced = trigger === 'paced';
  // A page trace tells itself when memory goes back, unless it is left to the heap.
  const isRecorded =
    options.trace !== undefined && options.releases !== 'own' && (await isPageTrace(options.trace));
  return {
    ...(isRecorded ? { scavenge: false } : {}),
    ...(paced && triggerRatio !== undefined ? { triggerRatio } : {}),
    // Roots count since the design of the background scavenger.
    ...(paced && scavenger === 'background' && rootBytes !== undefined ? { rootBytes } : {}),
    ...options.heap,
    liveness,
    ...own,
  };
}

/** What a run with such a heap writes, besides what it is asked for by name: also as the environment asks. */
export function heapOutputs(heap: LabHeapOptions, runFile: string): Output[] {
  // What is wrong with the environment is said by the heap.
  const { allocFreeTrace, pageTrace, memProfileRate } = resolveOptions({ ...heap, warn: () => undefined });
  const outputs = [
    { path: allocFreeTrace, what: 'the trace of allocations and frees' },
    { path: pageTrace, what: 'the page trace' },
    { path: memProfileRate > 0 ? memProfilePathOf(runFile) : undefined, what: 'the memory profile' },
  ];
  // The trace of allocations has no name where it goes to standard error.
  return outputs.filter((output): output is Output => Boolean(output.path));
}

/** Makes the heap and lets it go: whether there can be one. @throws PageHeapError as a run's heap would */
export async function tryHeap(options: RunHeapOptions): Promise<void> {
  // What is wrong with the environment is said by the run.
  new Heap({ ...(await heapOptionsOf(options)), warn: () => undefined }).dispose();
}
