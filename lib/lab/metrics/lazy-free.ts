/**
 * Whether a run knows its LazyFree. Only detailed samples tell it, and they are rare. Where the last of them came
 * before the run gave anything back, it told of nothing, and nothing is known of what came later.
 */
import type { RunSample } from '../record/lines.ts';

/** Whether a detailed sample was taken after memory was first given back, or none ever was given back. */
export function lazyIsKnown(samples: readonly RunSample[]): boolean {
  const given = samples.findIndex(({ madv = 0 }) => madv > 0);
  return samples.some(({ lazy }, i) => typeof lazy === 'number' && i >= given);
}
