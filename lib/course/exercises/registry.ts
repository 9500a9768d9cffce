/**
 * The exercises that there are, in the order in which they are listed.
 */
import { PageHeapError } from '../../base/errors.ts';
import { nearest } from '../../lab/subject/nearest-name.ts';
import { advice } from './advice/index.ts';
import { bestFit } from './best-fit/index.ts';
import { denseRule } from './dense-rule/index.ts';
import type { Exercise } from './exercise.ts';
import { findTheBug } from './find-the-bug/index.ts';
import { marker } from './marker/index.ts';
import { pageCache } from './page-cache/index.ts';
import { piController } from './pi-controller/index.ts';
import { predictions } from './predictions/index.ts';
import { radixSummaries } from './radix-summaries/index.ts';
import { scavenging } from './scavenging/index.ts';
import { sweep } from './sweep/index.ts';
import { treap } from './treap/index.ts';
import { trigger } from './trigger/index.ts';

export const exercises: readonly Exercise[] = [
  predictions,
  bestFit,
  treap,
  radixSummaries,
  pageCache,
  advice,
  scavenging,
  piController,
  denseRule,
  sweep,
  trigger,
  marker,
  findTheBug,
];

/** @throws PageHeapError ERR_INVALID_ARGUMENT */
export function exerciseOf(id: string): Exercise {
  const found = exercises.find((exercise) => exercise.id === id || String(exercise.number) === id);
  if (found !== undefined) return found;
  const ids = exercises.map((exercise) => exercise.id);
  const meant = nearest(id, ids);
  throw new PageHeapError(
    'ERR_INVALID_ARGUMENT',
    `there is no exercise ${id}; ${meant === undefined ? `there are ${ids.join(', ')}` : `did you mean ${meant}?`}`,
    { value: id },
  );
}
