/**
 * Malloc against the real one where there is a Go 1.21: it records programs of new seeds (bench/go/runtime/malloc_go121_test.go),
 * of fresh heaps, of heaps that a collection has left, and of such that are to be swept yet; every object must come to the same
 * place, without types and with. The seed is printed on failure, and PAGEHEAP_SEED takes one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Participant } from '../../../../bench/participant.ts';
import { buildGo, findGo, is121, recordGo } from '../../../../bench/rivals/go.ts';
import { verifyMalloc } from '../../../../lib/lab/verify/malloc.ts';
import { seedOf } from '../../../support/random.ts';

const go = findGo();

describe.skipIf(go === undefined || !is121(go))('programs that nobody has seen, in Go 1.21', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-malloc-go-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let runtime: Participant;

  beforeAll(() => {
    // Other tests have no folder for caches; the go command refuses to build without one.
    delete process.env.XDG_CACHE_HOME;
    const sources = fileURLToPath(new URL('../../../../bench/go', import.meta.url));
    runtime = buildGo(go!, sources, folder, (text) => process.stderr.write(`${text}\n`));
  });

  const first = seedOf('PAGEHEAP_SEED');
  const modes = ['fresh', 'gc', 'unswept'];
  const programs = Array.from({ length: 12 }, (_, i): [mode: string, seed: number] => [
    modes[i % modes.length]!,
    first + i,
  ]);
  it.each(programs)('%s, of the seed %d', async (mode, seed) => {
    const file = join(folder, `${seed}.jsonl`);
    writeFileSync(file, recordGo(runtime, 'malloc-trace', { seed: `${seed}`, mode }));
    for (const typed of [false, true]) {
      const { mismatch, operations } = await verifyMalloc(file, { typed, seed });
      expect(mismatch, `seed ${seed}, ${mode}, typed: ${typed}`).toBeUndefined();
      expect(operations).toBeGreaterThan(1000);
    }
    rmSync(file);
  });
});
