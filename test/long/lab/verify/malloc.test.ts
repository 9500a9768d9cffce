/** The placements of the real runtime on mapped pages, each held against mincore. */
import { expect, it } from 'vitest';
import { verifyMalloc } from '../../../../lib/lab/verify/malloc.ts';
import { mallocFixture } from '../../../lab/verify/malloc-fixture.ts';

it.each(['f1', 'g1'])('%s', async (name) => {
  const verdict = await verifyMalloc(mallocFixture(name), { real: true });
  expect(verdict).toMatchObject({ operations: 20_001, checkpoints: 1, real: true });
  expect(verdict.mismatch).toBeUndefined();
});
