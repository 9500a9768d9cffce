/**
 * The pacer against the real one where there is a Go 1.21: it records scenarios of new seeds, half of them at the
 * edges, and every answer must be the same double. The seed is printed on failure, and PAGEHEAP_SEED takes one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Participant } from '../../../../bench/participant.ts';
import { buildGo, findGo, is121, recordGo } from '../../../../bench/rivals/go.ts';
import { verifyFile } from '../../../../lib/lab/verify/verify.ts';
import { seedOf } from '../../../support/random.ts';

const go = findGo();
const scenarios = 1000;

describe.skipIf(go === undefined || !is121(go))('scenarios that nobody has seen', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-pacer-go-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let runtime: Participant;

  beforeAll(() => {
    // Other tests have no folder for caches; the go command refuses to build without one.
    delete process.env.XDG_CACHE_HOME;
    const sources = fileURLToPath(new URL('../../../../bench/go', import.meta.url));
    runtime = buildGo(go!, sources, folder, (text) => process.stderr.write(`${text}\n`));
  });

  /** What the real pacer answered, as a file. */
  function recording(seed: number): string {
    const params = { seed: `${seed}`, scenarios: `${scenarios}` };
    const file = join(folder, `${seed}.jsonl`);
    writeFileSync(file, recordGo(runtime, 'pacer-trace', params));
    return file;
  }

  const first = seedOf('PAGEHEAP_SEED');
  it.each([first, first + 1, first + 2, first + 3])('of the seed %d', async (seed) => {
    const { operations, checkpoints, mismatch } = await verifyFile(recording(seed));
    expect(mismatch, `seed ${seed}`).toBeUndefined();
    expect(operations).toBeGreaterThan(20 * scenarios);
    expect(checkpoints).toBeGreaterThan(operations / 3);
  });
});
