/**
 * The pacer against the real one where there is a Go 1.21: it records scenarios of new seeds, half of them at the
 * edges, and every answer must be the same double. The seed is printed on failure, and PAGEHEAP_SEED takes one.
 */
import { describe, expect, it } from 'vitest';
import { verifyFile } from '../../../../lib/lab/verify/verify.ts';
import { goRecorder, hasGo121 } from '../../../support/go-recorder.ts';
import { seedOf } from '../../../support/random.ts';

const scenarios = 1000;

describe.skipIf(!hasGo121)('scenarios that nobody has seen', () => {
  const record = goRecorder();
  const first = seedOf('PAGEHEAP_SEED');
  it.each([first, first + 1, first + 2, first + 3])('of the seed %d', async (seed) => {
    const { operations, checkpoints, mismatch } = await verifyFile(
      record('pacer-trace', { seed: `${seed}`, scenarios: `${scenarios}` }),
    );
    expect(mismatch, `seed ${seed}`).toBeUndefined();
    expect(operations).toBeGreaterThan(20 * scenarios);
    expect(checkpoints).toBeGreaterThan(operations / 3);
  });
});
