/**
 * Memory that stays resident though it was released, because it lies in transparent huge pages.
 *
 * The kernel backs 2 MiB at once where one page was touched, and khugepaged puts huge pages together from small ones,
 * released ones among them. So such memory is resident beyond belief, and no more of it than lies in huge pages.
 * What is LazyFree is resident beyond belief for another reason, and counts there.
 */
import type { RunSample } from '../record/lines.ts';
import { belief } from './rss.ts';

/** Bytes at the last sample that tells of huge pages; undefined where none does. */
export function releasedInHugePages(samples: readonly RunSample[]): number | undefined {
  const told = samples.findLast(({ huge, rss }) => typeof huge === 'number' && typeof rss === 'number');
  const believed = told === undefined ? undefined : belief(told);
  if (told?.released === undefined || believed === undefined) return undefined;
  const beyond = (told.rss ?? 0) - believed - (told.lazy ?? 0);
  return Math.max(0, Math.min(told.huge ?? 0, beyond, told.released));
}
