/** The placements of the real runtime on mapped pages, each held against mincore. */
import { expect, it } from 'vitest';
import { verifyMalloc } from '../../../../lib/lab/verify/malloc.ts';
import { fixture } from '../../../lab/verify/malloc-lines.ts';

it.each(['f1', 'g1'])('%s', async (name) => {
  const verdict = await verifyMalloc(fixture(name), { real: true });
  expect(verdict).toMatchObject({ operations: 20_001, checkpoints: 1, real: true });
  expect(verdict.mismatch).toBeUndefined();
});
