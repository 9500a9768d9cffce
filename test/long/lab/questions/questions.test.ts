/** Every question as it is documented, on this machine: each bound that can be told here holds. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { packageRoot } from '../../../../lib/base/package-files.ts';
import { questions } from '../../../../lib/lab/questions/questions.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-questions-'));
afterAll(() => rmSync(folder, { recursive: true }));

it.each(questions.map(({ name, seconds }) => [name, seconds] as const))(
  '%s',
  async (name, seconds) => {
    const args = [join(packageRoot, 'bin', 'pageheap.js'), 'question', name, '--json', '-o', folder];
    const { code, out } = await new Promise<{ code: unknown; out: string }>((resolve) =>
      execFile(process.execPath, args, { timeout: 20_000 * seconds, maxBuffer: 2 ** 26 }, (error, stdout) =>
        resolve({ code: error?.code ?? 0, out: stdout }),
      ),
    );
    const { bounds } = JSON.parse(out) as {
      bounds: { says: string; found: string; holds: boolean | null }[];
    };
    expect(bounds.filter(({ holds }) => holds === false)).toEqual([]);
    expect([0, 3]).toContain(code);
  },
  300_000,
);
