/**
 * Malloc against the real one where there is a Go 1.21: it records programs of new seeds (bench/go/runtime/malloc_go121_test.go),
 * of fresh heaps, of heaps that a collection has left, and of such that are to be swept yet; every object must come to the same
 * place, without types and with. The seed is printed on failure, and PAGEHEAP_SEED takes one.
 */
import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verifyMalloc } from '../../../../lib/lab/verify/malloc.ts';
import { goRecorder, hasGo121 } from '../../../support/go-recorder.ts';
import { seedOf } from '../../../support/random.ts';

describe.skipIf(!hasGo121)('programs that nobody has seen, in Go 1.21', () => {
  const record = goRecorder();
  const first = seedOf('PAGEHEAP_SEED');
  const modes = ['fresh', 'gc', 'unswept'];
  const programs = Array.from({ length: 12 }, (_, i): [mode: string, seed: number] => [
    modes[i % modes.length]!,
    first + i,
  ]);
  it.each(programs)('%s, of the seed %d', async (mode, seed) => {
    const file = record('malloc-trace', { seed: `${seed}`, mode });
    for (const typed of [false, true]) {
      const { mismatch, operations } = await verifyMalloc(file, { typed, seed });
      expect(mismatch, `seed ${seed}, ${mode}, typed: ${typed}`).toBeUndefined();
      expect(operations).toBeGreaterThan(1000);
    }
    rmSync(file);
  });
});
