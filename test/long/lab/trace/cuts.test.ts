/** A real trace, cut off at every byte of its gzip stream: of one member, of two, and of one that is not compressed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { OperationBatch } from '../../../../lib/lab/trace/operations.ts';
import { TraceReader } from '../../../../lib/lab/trace/reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-cuts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const text = gunzipSync(readFileSync('traces/git.mtrace.gz')).subarray(0, 20_000);

/** Operations, and whether the end was told; a message where nothing could be read. */
async function read(path: string): Promise<string | { ops: number; told: boolean }> {
  const reader = await TraceReader.open(path);
  const batch = new OperationBatch();
  let ops = 0;
  try {
    while (await reader.fill(batch)) ops += batch.count;
    const { cutLine, gzipCutLine } = reader.faults;
    return { ops, told: cutLine + gzipCutLine > 0 };
  } catch (error) {
    return (error as Error).message;
  } finally {
    await reader.close();
  }
}

describe('a gzip stream that was cut off', () => {
  it.each<[string, Uint8Array]>([
    ['of one member', gzipSync(text)],
    ['of two members', Buffer.concat([gzipSync(text.subarray(0, 7001)), gzipSync(text.subarray(7001))])],
    ['not compressed', gzipSync(text.subarray(0, 3000), { level: 0 })],
  ])('%s counts as far as it goes, at every byte', async (_what, packed) => {
    const path = join(folder, 'cut.gz');
    let before = 0;
    for (let n = 1; n <= packed.length; n++) {
      writeFileSync(path, packed.subarray(0, n));
      const outcome = await read(path);
      if (typeof outcome === 'string') {
        expect(outcome).toContain('the gzip stream was cut off before anything can be unpacked');
        expect(before).toBe(0);
        continue;
      }
      expect(outcome.ops, String(n)).toBeGreaterThanOrEqual(before);
      // The text itself ends in the middle of a line.
      expect(outcome.told, String(n)).toBe(true);
      before = outcome.ops;
    }
    expect(before).toBeGreaterThan(30);
  });
});
