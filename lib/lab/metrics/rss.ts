/**
 * RSS of the heap's ranges beside what the heap believes, by sample.
 *
 * Where the kernel does not tell what is resident (it may be forbidden to ask), a sample's RSS is null, and whatever
 * is worked out from RSS is worked out from the other samples, or is not known.
 */
import type { RunSample } from '../record/lines.ts';

/** A sample that tells of RSS. */
export type KnownSample = RunSample & { readonly rss: number };

const isKnown = (sample: RunSample): sample is KnownSample => typeof sample.rss === 'number';

/** The samples that tell of RSS. */
export function withRss(samples: readonly RunSample[]): readonly KnownSample[] {
  return samples.every(isKnown) ? samples : samples.filter(isKnown);
}

/** What the heap believes it holds backed, in bytes: HeapSys − HeapReleased, or in use plus free; undefined where it does not tell. */
export function belief({ inuse, free, released, sys }: RunSample): number | undefined {
  if (sys !== undefined && released !== undefined) return sys - released;
  return inuse === undefined || free === undefined ? undefined : inuse + free;
}
