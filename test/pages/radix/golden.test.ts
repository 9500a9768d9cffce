import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verifyRadix } from '../../../lib/lab/verify/radix.ts';

// What real Go answered: pa-1 whole, of the larger traces the first 20,000 operations.
const folder = new URL('../../fixtures/golden/radix/', import.meta.url);
const files = readdirSync(folder);

describe('equal to real Go, every answer and every checkpoint', () => {
  it('has the traces', () => {
    expect(files).toHaveLength(6);
  });
  it.each(files)('%s', async (file) => {
    const verdict = await verifyRadix(new URL(file, folder).pathname);
    expect(verdict.mismatch).toBeUndefined();
    expect(verdict.operations).toBeGreaterThan(5000);
    expect(verdict.checkpoints).toBeGreaterThanOrEqual(5);
  });
});
