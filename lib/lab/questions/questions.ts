/** The questions, in their order. */
import { PageHeapError } from '../../base/errors.ts';
import { nearest } from '../subject/nearest-name.ts';
import { allocation, fragmentation, limitGoal, metadata, names } from './heaps.ts';
import { denseRule, khugepaged, stalls } from './huge-pages.ts';
import { freeOSMemory, refault, releaseRate } from './memory.ts';
import { gogc, mappings, softLimit } from './policies.ts';
import type { Question } from './question.ts';
import { decay, madvFree, pacing, releasedRss } from './released.ts';

export const questions: readonly Question[] = [
  releasedRss,
  madvFree,
  decay,
  pacing,
  releaseRate,
  freeOSMemory,
  allocation,
  fragmentation,
  khugepaged,
  stalls,
  mappings,
  denseRule,
  softLimit,
  limitGoal,
  names,
  gogc,
  metadata,
  refault,
];

/** A question by its number or its name. @throws PageHeapError ERR_INVALID_OPTION */
export function questionNamed(text: string): Question {
  const found = questions.find(({ number, name }) => name === text || String(number) === text);
  if (found !== undefined) return found;
  const names = questions.map(({ name }) => name);
  const meant = nearest(text, names);
  throw new PageHeapError(
    'ERR_INVALID_OPTION',
    `there is no question ${text}; ${meant === undefined ? 'there are' : `did you mean ${meant}? There are`} 1 to ${questions.length}, or ${names.join(', ')}`,
    { value: text },
  );
}

/** Where a report is to be read, and how it is called. */
export function reportOf(report: number | string): { readonly name: string; readonly url: string } {
  return typeof report === 'number'
    ? { name: `golang/go#${report}`, url: `https://github.com/golang/go/issues/${report}` }
    : { name: new URL(report).host.replace(/^(?:www|blog)\./, ''), url: report };
}
