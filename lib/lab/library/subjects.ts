/** What can be run by name: the shipped traces and the workloads. */
import { shippedTraces } from '../subject/shipped-traces.ts';
import { workloads } from '../workloads/index.ts';

/** The names that `run` and `compare` know beside files. */
export function subjects(): { readonly traces: readonly string[]; readonly workloads: readonly string[] } {
  return { traces: shippedTraces(), workloads: workloads.map(({ name }) => name) };
}
