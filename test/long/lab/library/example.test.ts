import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

it('examples/lab.mjs prints what it says', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-lab-example-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const example = fileURLToPath(new URL('../../../../examples/lab.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [example], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, GOGC: '', GOMEMLIMIT: '', GODEBUG: '' },
  });
  expect(stderr).toBe('');
  expect(stdout).toMatch(
    /^allocated: 3\d\.\d MiB in use, .* resident\ndropped: .*\ngiven back: 0\.\d MiB in use, .*, 0\.\d MiB resident\nlists: 2 runs, RSS at most \d+\.\d MiB\ntight: 2 runs, RSS at most \d+\.\d MiB\n$/,
  );
  expect(status).toBe(0);
});
