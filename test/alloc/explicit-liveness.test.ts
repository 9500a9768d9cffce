import { expect, test } from 'vitest';
import { liveTable } from '../../lib/alloc/explicit-liveness.ts';
import { pageSize } from '../../lib/base/units.ts';
import { bytesPerElement } from '../../lib/meta/column.ts';

test('a page has a live bit for each of the most objects it can hold', () => {
  const { kind, perRow } = liveTable.columns.bits;
  expect(perRow * bytesPerElement[kind] * 8).toBe(pageSize / 8);
});
