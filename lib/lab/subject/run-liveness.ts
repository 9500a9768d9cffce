/**
 * Who says in a run what is alive: the trace or the workload, or the heap. It follows from what is run.
 *
 * Not here: what the heap makes of it (design/).
 */
import { refuseOption } from '../../design/option.ts';
import { type SubjectRequest, traceName } from './subject-request.ts';

/** What has to be known of a workload, which lies above this. */
interface KnownWorkload {
  readonly name: string;
  readonly heap?: { readonly liveness?: 'tracing' | 'either' };
}

/**
 * The liveness of the heap of a run.
 * @param asked what the run asks for
 * @throws PageHeapError ERR_INVALID_OPTION where what is run cannot have it
 */
export function runLiveness(
  { workload, trace }: SubjectRequest,
  asked: unknown,
  workloads: readonly KnownWorkload[],
): 'explicit' | 'tracing' {
  const known = workloads.find(({ name }) => name === workload?.name);
  const needed = known?.heap?.liveness ?? 'explicit';
  if (needed === 'either') return asked === 'tracing' ? 'tracing' : 'explicit';
  if (asked === undefined || asked === needed) return needed;
  const name = workload?.name ?? traceName(trace ?? '');
  return refuseOption(
    'liveness',
    needed === 'tracing'
      ? `${name} drops nothing; it needs 'tracing'`
      : `${name} says itself when an object dies; it needs 'explicit'`,
    asked,
  );
}
