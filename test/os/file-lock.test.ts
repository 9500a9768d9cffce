import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadAddon } from '../../lib/os/addon.ts';
import { EAGAIN, ENOSYS } from '../../lib/os/errno.ts';
import { isFileLocked, takeFileLock } from '../../lib/os/file-lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a file's lock", () => {
  it('is held by one open file until that is closed, and never waited for', () => {
    const path = join(folder, 'a');
    const [one, two] = [openSync(path, 'w'), openSync(path, 'r')];
    expect(isFileLocked(two)).toBe(false);
    closeSync(two);
    expect(takeFileLock(one)).toBe(true);
    const three = openSync(path, 'r');
    expect([isFileLocked(three), takeFileLock(three)]).toEqual([true, false]);
    closeSync(one);
    expect(isFileLocked(three)).toBe(false);
    closeSync(three);
  });

  it('is seen by other processes', () => {
    const path = join(folder, 'b');
    const fd = openSync(path, 'w');
    expect(takeFileLock(fd)).toBe(true);
    // flock(1) of util-linux answers 1 where the lock is held.
    const { status, error } = spawnSync('flock', ['--nonblock', path, 'true']);
    if (error === undefined) expect(status).toBe(1);
    closeSync(fd);
  });

  it('is nobody’s where the file system knows no locks', () => {
    const without = { lockFile: () => ENOSYS };
    expect([takeFileLock(3, without), isFileLocked(3, without)]).toEqual([true, false]);
    const held = { lockFile: () => EAGAIN };
    expect([takeFileLock(3, held), isFileLocked(3, held)]).toEqual([false, true]);
  });

  it('of what is no open file is an errno', () => {
    const { lockFile } = loadAddon();
    const call = lockFile as (...args: unknown[]) => number;
    for (const odd of [-1, 1e9, 'x', undefined, {}]) expect(call(odd, true)).toBeGreaterThan(0);
  });
});
