/**
 * Whether a run knows its LazyFree. It is looked at seldom; a run whose last look came before it gave anything
 * back saw nothing, which is not to know that there was nothing.
 */
import type { RunSample } from '../record/lines.ts';

/** Whether a look at LazyFree was taken when memory had been given back already, or none ever was given back. */
export function lazyIsKnown(samples: readonly RunSample[]): boolean {
  const given = samples.findIndex(({ madv = 0 }) => madv > 0);
  return samples.some(({ lazy }, i) => typeof lazy === 'number' && i >= given);
}
