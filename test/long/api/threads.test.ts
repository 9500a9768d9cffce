/** Threads on one heap for long, and ended at many moments. */
import { test } from 'vitest';
import { generations } from '../../../lib/design/design.ts';
import { endAtRandomMoments, workTogether } from '../../api/mutators.ts';

test.each(generations)('allocate, drop and collect at the same time: %s', (generation) =>
  workTogether(generation, 100_000),
);

test('ended at random moments', () => endAtRandomMoments(60));
