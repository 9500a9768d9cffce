import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Heap } from '../../lib/api/index.ts';
import { Child, sanitized } from '../os/child.ts';

/** A heap under a limit of the system, in a process of its own. */
describe.skipIf(sanitized)('a limited process', () => {
  let child: Child;
  beforeAll(async () => {
    child = await Child.bundle('limited', join(import.meta.dirname, 'children'));
  });
  afterAll(() => child.remove());

  const MiB = 1024 ** 2;
  // Node alone takes 711 MiB of address space in version 20, 1245 in version 24, of which 560 are data.
  const status = execFileSync(process.execPath, [
    '-e',
    "process.stdout.write(require('fs').readFileSync('/proc/self/status', 'utf8'))",
  ]).toString();
  const own = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  const limits: readonly [string, readonly string[]][] = [
    ['of 1340 MiB of address space more than Node takes', ['prlimit', `--as=${own('VmPeak') + 1340 * MiB}`]],
    ['of 720 MiB of address space more than Node takes', ['prlimit', `--as=${own('VmPeak') + 720 * MiB}`]],
    ['of 460 MiB of data more than Node takes', ['prlimit', `--data=${own('VmData') + 460 * MiB}`]],
  ];

  test.each(limits)('%s', async (_name, prefix) => {
    const ended = await child.run([], prefix);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const outcome = JSON.parse(ended.stdout);
    expect(outcome).toMatchObject({
      huge: 'ERR_OUT_OF_MEMORY',
      code: 'ERR_OUT_OF_MEMORY',
      again: true,
      writable: true,
      second: true,
    });
    expect(outcome.mib).toBeGreaterThanOrEqual(64);
  });
});

test('a process has more heaps than crash reports', () => {
  const heaps = Array.from({ length: 70 }, () => new Heap({ reach: 64 * 1024 ** 2, environment: false }));
  const objects = heaps.map((heap) => heap.malloc(100));
  expect(new Set(objects).size).toBe(70);
  for (const heap of heaps) heap.dispose();
});
