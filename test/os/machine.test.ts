import { describe, expect, test } from 'vitest';
import { GiB, KiB, MiB } from '../../lib/base/units.ts';
import { Advice, loadAddon } from '../../lib/os/addon.ts';
import { EINVAL, ENOSYS, EPERM } from '../../lib/os/errno.ts';
import { cgroupMemory, chosen, inspectMachine, limitBytes, type ReadText } from '../../lib/os/machine.ts';
import { explainMachine, machineFallbacks, sizeWords } from '../../lib/os/machine-words.ts';
import { Residency } from '../../lib/os/residency.ts';

const addon = loadAddon();
const files =
  (texts: Record<string, string>): ReadText =>
  (path) =>
    texts[path];

describe('this machine', () => {
  test('every service is tried, and nothing is left behind', () => {
    inspectMachine(addon);
    const kernel = new Residency();
    const before = kernel.mappingCount();
    // As another one: what was tried of this one is known.
    const machine = inspectMachine({ ...addon });
    expect(kernel.mappingCount()).toBeLessThanOrEqual(before + 2);
    expect(machine.pageSize).toBe(addon.pageSize());
    expect(machine.advices.map((probe) => probe.name)).toEqual(Object.keys(Advice));
    // Without this one there is no page heap worth the name on any Linux.
    expect(machine.advices.find((probe) => probe.name === 'DONTNEED')).toMatchObject({
      errno: 0,
      effect: true,
    });
    expect(machine.mapCount).toBeGreaterThan(10);
    expect(machine.reservable).toBeGreaterThanOrEqual(GiB);
    expect(machine.memory).toBeGreaterThan(64 * MiB);
  });

  test('each finding is in words, with a meaning exactly where it is not simply well', () => {
    for (const finding of explainMachine(inspectMachine(addon))) {
      expect(finding.what).not.toBe('');
      expect(finding.found).not.toBe('');
      expect(finding.meaning === '').toBe(finding.verdict === 'ok');
    }
  });
});

describe('a machine that refuses everything', () => {
  const poor = {
    ...addon,
    hugePageSize: () => 0,
    advise: () => EINVAL,
    name: () => EINVAL,
    pagemap: () => EPERM,
    peekByKernel: () => ENOSYS,
    reserve: (_hint: number, length: number) => (length > 64 * MiB ? -12 : addon.reserve(0, length)),
  };
  const machine = inspectMachine(
    poor,
    files({
      '/proc/sys/vm/overcommit_memory': '2\n',
      '/proc/meminfo':
        'MemTotal:  2048 kB\nSwapTotal: 1024 kB\nCommitLimit: 4096 kB\nCommitted_AS: 1024 kB\n',
      '/proc/self/limits':
        'Limit                     Soft Limit           Hard Limit           Units\n' +
        'Max data size             1073741824           unlimited            bytes\n' +
        'Max address space         2147483648           unlimited            bytes\n',
      '/proc/self/cgroup': '0::/a/b\n',
      '/sys/fs/cgroup/a/memory.max': '1073741824\n',
      '/sys/fs/cgroup/a/b/memory.max': 'max\n',
      '/sys/fs/cgroup/a/b/memory.high': '536870912\n',
      '/proc/sys/vm/max_map_count': '20\n',
    }),
  );

  test('is found out', () => {
    expect(machine).toMatchObject({
      overcommit: 2,
      commitLeft: 3 * MiB,
      memory: 2 * MiB,
      swap: MiB,
      addressSpaceLimit: 2 * GiB,
      dataLimit: GiB,
      reservable: 64 * MiB,
      maxMapCount: 20,
      namingErrno: EINVAL,
      introspection: { vmReadErrno: ENOSYS, pagemapErrno: EPERM, frameNumbers: false },
      cgroup: { version: 2, group: '/a/b', limit: GiB, high: 512 * MiB },
    });
    expect(machine.advices.every((probe) => probe.errno === EINVAL && probe.effect === undefined)).toBe(true);
  });

  test('and told what falls back', () => {
    const fallbacks = machineFallbacks(machine);
    expect(fallbacks).toContain('madvise MADV_FREE (8): EINVAL; advise "free" becomes "dontneed"');
    expect(fallbacks).toContain(
      'process_vm_readv on itself: ENOSYS; safe reads and writes go through a pipe',
    );
    expect(fallbacks).toHaveLength(1 + Object.keys(Advice).length + 3);
    const notes = explainMachine(machine).filter((finding) => finding.verdict === 'note');
    expect(notes.map((finding) => `${finding.what}: ${finding.found}`)).toEqual([
      'overcommit (vm.overcommit_memory): 2, strict, 3 MiB left',
      'address space limit (RLIMIT_AS): 2 GiB',
      'data limit (RLIMIT_DATA): 1 GiB',
      'largest reservation: 64 MiB',
      expect.stringMatching(/^mappings \(vm.max_map_count\): \d+ of 20; room for 0 released runs$/),
      'cgroup memory limit: 1 GiB, high 512 MiB (version 2)',
      'swap: 1 MiB',
    ]);
  });

  test('an advice that is accepted and does nothing is told', () => {
    const pretending = inspectMachine({ ...addon, advise: () => 0 }, () => undefined);
    expect(pretending.advices.find((probe) => probe.name === 'DONTNEED')).toMatchObject({
      errno: 0,
      effect: false,
    });
    const words = explainMachine(pretending).find((finding) => finding.what.includes('DONTNEED'));
    expect(words).toMatchObject({ verdict: 'note', found: 'accepted, no effect seen' });
  });
});

describe('what the texts say', () => {
  test('the chosen word', () => {
    expect(chosen('always [madvise] never\n')).toBe('madvise');
    expect(chosen('always defer defer+madvise [madvise] never')).toBe('madvise');
    expect(chosen('nonsense')).toBeUndefined();
    expect(chosen(undefined)).toBeUndefined();
  });

  test('limits', () => {
    expect(
      limitBytes('Max address space         unlimited            unlimited  bytes\n', 'Max address space'),
    ).toBe(Number.POSITIVE_INFINITY);
    expect(limitBytes(undefined, 'Max address space')).toBeUndefined();
  });

  test('cgroups of both versions, and none', () => {
    const one = { '/proc/self/cgroup': '5:cpu,cpuacct:/x\n4:memory:/job\n1:name=systemd:/\n' };
    const limitFile = '/sys/fs/cgroup/memory/job/memory.limit_in_bytes';
    expect(cgroupMemory(files({ ...one, [limitFile]: '104857600\n' }))).toEqual({
      version: 1,
      group: '/job',
      limit: 100 * MiB,
      high: Number.POSITIVE_INFINITY,
    });
    expect(cgroupMemory(files({ ...one, [limitFile]: '9223372036854771712\n' }))?.limit).toBe(
      Number.POSITIVE_INFINITY,
    );
    const two = { '/proc/self/cgroup': '0::/\n' };
    expect(cgroupMemory(files({ ...two, '/sys/fs/cgroup/cgroup.procs': '1\n' }))).toMatchObject({
      version: 2,
      limit: Number.POSITIVE_INFINITY,
    });
    expect(cgroupMemory(files({ '/proc/meminfo': '' }))).toBeNull();
    // Without /sys/fs/cgroup, and without /proc: not known.
    expect(cgroupMemory(files(two))).toBeUndefined();
    expect(cgroupMemory(files({}))).toBeUndefined();
  });

  test('what cannot be known is told as that', () => {
    const found = new Map(
      explainMachine(inspectMachine(loadAddon(), () => undefined)).map((f) => [f.what, f]),
    );
    for (const what of [
      'address space limit (RLIMIT_AS)',
      'data limit (RLIMIT_DATA)',
      'cgroup memory limit',
      'swap',
    ])
      expect(found.get(what)).toMatchObject({ found: 'unknown', verdict: 'note' });
  });

  test('sizes in words', () => {
    expect([0, 512, 4 * KiB, 1.5 * MiB, 2 * GiB, Number.POSITIVE_INFINITY].map(sizeWords)).toEqual([
      '0 B',
      '512 B',
      '4 KiB',
      '1.5 MiB',
      '2 GiB',
      'unlimited',
    ]);
  });
});
