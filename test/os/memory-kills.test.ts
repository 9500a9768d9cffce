import { describe, expect, it } from 'vitest';
import { GiB, MiB } from '../../lib/base/units.ts';
import { likelyKiller, readMemoryKills } from '../../lib/os/memory-kills.ts';

const reading =
  (files: Readonly<Record<string, string>>) =>
  (path: string): string | undefined =>
    files[path];

describe('kills for want of memory', () => {
  it.each([
    [
      'version 2, at the nearest group that tells',
      {
        '/proc/self/cgroup': '0::/a/b\n',
        '/sys/fs/cgroup/a/memory.events': 'low 0\nhigh 0\nmax 5\noom 3\noom_kill 2\noom_group_kill 0\n',
        '/sys/fs/cgroup/a/memory.max': `${GiB}\n`,
        '/proc/vmstat': 'nr_free_pages 1\noom_kill 9\n',
      },
      { group: 2, machine: 9, limit: GiB },
    ],
    [
      'version 1',
      {
        '/proc/self/cgroup': '4:memory:/x\n0::/\n',
        '/sys/fs/cgroup/memory/x/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 7\n',
        '/sys/fs/cgroup/memory/x/memory.limit_in_bytes': `${512 * MiB}\n`,
      },
      { group: 7, machine: undefined, limit: 512 * MiB },
    ],
    ['nothing to be read', {}, { group: undefined, machine: undefined, limit: Number.POSITIVE_INFINITY }],
  ])('%s', (_what, files, wanted) => expect(readMemoryKills(reading(files))).toEqual(wanted));

  const counts = (group?: number, machine?: number, limit = Number.POSITIVE_INFINITY) => ({
    group,
    machine,
    limit,
  });

  it.each([
    [counts(1, 1, 512 * MiB), counts(2, 2, 512 * MiB), /its cgroup reached its memory limit of 512 MiB/],
    [counts(1, 1), counts(2, 2), /its cgroup reached its memory limit:/],
    [counts(1, 1), counts(1, 2), /the machine was out of memory/],
    [counts(undefined, 1), counts(undefined, 2), /the machine was out of memory/],
    [counts(1, 1), counts(1, 1), /^by somebody/],
    [counts(), counts(), /shows no counter/],
  ])('%j, then %j', (before, after, words) => expect(likelyKiller(before, after)).toMatch(words));

  it('are read on this machine, too', () => {
    const { machine } = readMemoryKills();
    expect(machine === undefined || machine >= 0).toBe(true);
  });
});
