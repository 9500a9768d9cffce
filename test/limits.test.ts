import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Child, sanitized } from './os/child.ts';

/** A heap under a limit of the system, in a process of its own. */
describe.skipIf(sanitized)('a limited process', () => {
  let child: Child;
  beforeAll(async () => {
    child = await Child.bundle('limited', join(import.meta.dirname, 'children'));
  });
  afterAll(() => child.remove());

  const MiB = 1024 ** 2;
  const limits: readonly [string, readonly string[]][] = [
    ['of 2 GiB of address space', ['prlimit', `--as=${2048 * MiB}`]],
    ['of 1280 MiB of address space', ['prlimit', `--as=${1280 * MiB}`]],
    ['of 512 MiB of data', ['prlimit', `--data=${512 * MiB}`]],
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
