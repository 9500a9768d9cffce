/** Where the kernel does not let itself be looked at: unknown, which is neither 0 nor an error. */
import { expect, test } from 'vitest';
import { MiB } from '../../lib/base/units.ts';
import { type Addon, loadAddon } from '../../lib/os/addon.ts';
import { Looks } from '../../lib/os/looks.ts';
import { probeAdvices, probeLooks } from '../../lib/os/probes.ts';
import { Residency } from '../../lib/os/residency.ts';

const addon = loadAddon();
const EPERM = 1;
const ENOENT = 2;
const EACCES = 13;
const ENOSYS = 38;

const hidden: Addon = {
  ...addon,
  mincore: () => -ENOSYS,
  mincoreVector: () => ENOSYS,
  pagemap: () => EPERM,
  smaps: () => ENOENT,
  vmaCount: () => -EACCES,
  statm: () => ENOENT,
  faults: () => EPERM,
};

test('every look answers what there is, or undefined, and remembers why', () => {
  const at = addon.alloc(MiB);
  const ranges = [{ base: at, bytes: MiB }];
  const open = new Looks(new Residency());
  expect(open.residentBytes(ranges)).toBe(0);
  expect(open.residentPages(at, MiB)).toHaveLength(MiB / addon.pageSize());
  expect(open.mappedUse(ranges)?.mappings).toBe(1);
  expect(open.processMemory()?.resident).toBeGreaterThan(MiB);
  expect(open.faults()?.minor).toBeGreaterThan(0);
  expect(open.mappingCount()).toBeGreaterThan(10);
  expect(open.missing().filter((text) => !text.startsWith('pagemap'))).toEqual([]);

  const blind = new Looks(new Residency(hidden));
  for (let i = 0; i < 2; i++) {
    expect([
      blind.residentBytes(ranges),
      blind.residentPages(at, MiB),
      blind.pagemap(at, MiB),
      blind.mappedUse(ranges),
      blind.processMemory(),
      blind.faults(),
      blind.mappingCount(),
    ]).toEqual(Array(7).fill(undefined));
  }
  expect(blind.missing()).toEqual([
    'mincore (ENOSYS): which pages are resident: unknown',
    'pagemap (not permitted): which pages are swapped or shared: unknown',
    'smaps (ENOENT): lazily freed and huge pages: unknown',
    'statm (ENOENT): the memory of the process: unknown',
    'getrusage (EPERM): page faults: unknown',
    'maps (EACCES): the number of mappings: unknown',
  ]);
  addon.free(at, MiB);
  // What is not mapped is an error and not unknown.
  expect(() => open.residentBytes(ranges)).toThrow(expect.objectContaining({ code: 'ERR_FAULT' }));
});

test('what cannot be seen is no verdict on an advice', () => {
  const seen = probeAdvices({ ...addon, smaps: hidden.smaps, mincore: hidden.mincore });
  for (const { effect } of seen) expect(effect).toBeUndefined();
  expect(probeAdvices(addon).find(({ name }) => name === 'DONTNEED')?.effect).toBe(true);
});

test('the looks of a machine', () => {
  expect(probeLooks(hidden)).toEqual([
    { name: 'mincore', errno: ENOSYS },
    { name: 'pagemap', errno: EPERM },
    { name: 'smaps', errno: ENOENT },
    { name: 'maps', errno: EACCES },
    { name: 'statm', errno: ENOENT },
    { name: 'getrusage', errno: EPERM },
  ]);
  expect(probeLooks(addon).find(({ name }) => name === 'getrusage')).toEqual({ name: 'getrusage', errno: 0 });
});
