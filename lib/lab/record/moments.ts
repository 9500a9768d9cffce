/**
 * What the moments of a run are called: one word for each, the same in the terminal, the report, the run file and
 * JSON.
 *
 *   RSS peak      the first sample with the largest RSS of the heap's ranges
 *   in-use peak   where the heap had most in use before it fell by a fifth; a run may have several
 *   decay start   the last sample at the RSS peak: from there the time to half decay counts
 *
 * Beside them stands an amount, not a moment: the payload's peak live bytes, the most that the program had asked
 * for and not freed.
 */

export const rssPeak = 'RSS peak';
export const inUsePeak = 'in-use peak';
export const decayStart = 'decay start';

/** A moment's name as it is written today: older run files call the in-use peak just peak. */
export function momentName(label: string | undefined): string {
  return label === 'peak' ? inUsePeak : (label ?? '');
}
