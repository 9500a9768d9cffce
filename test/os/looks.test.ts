/** Where the kernel does not let itself be looked at: unknown, which is neither 0 nor an error. */
import { expect, test } from 'vitest';
import { type Addon, loadAddon } from '../../lib/os/addon.ts';
import { inspectMachine } from '../../lib/os/machine.ts';
import { explainMachine } from '../../lib/os/machine-words.ts';
import { probeAdvices, probeLooks, seesReserved } from '../../lib/os/probes.ts';

const addon = loadAddon();
const EPERM = 1;
const ENOENT = 2;
const ENOMEM = 12;
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

test('what cannot be seen is no verdict on an advice', () => {
  const seen = probeAdvices({ ...addon, smaps: hidden.smaps, mincore: hidden.mincore });
  for (const { effect } of seen) expect(effect).toBeUndefined();
  expect(probeAdvices(addon).find(({ name }) => name === 'DONTNEED')?.effect).toBe(true);
});

test('the looks of a machine', () => {
  expect(probeLooks(hidden).filter(({ name }) => name !== 'schedstat')).toEqual([
    { name: 'mincore', errno: ENOSYS },
    { name: 'pagemap', errno: EPERM },
    { name: 'smaps', errno: ENOENT },
    { name: 'maps', errno: EACCES },
    { name: 'statm', errno: ENOENT },
    { name: 'getrusage', errno: EPERM },
  ]);
  expect(probeLooks(addon).find(({ name }) => name === 'getrusage')).toEqual({ name: 'getrusage', errno: 0 });
});

test('a mincore that calls reserved memory unmapped is none', () => {
  const emulated: Addon = { ...addon, mincore: () => -ENOMEM };
  expect([seesReserved(addon), seesReserved(emulated), seesReserved(hidden)]).toEqual([true, false, true]);
  expect(probeLooks(emulated)[0]).toEqual({ name: 'mincore', errno: ENOMEM });
});

test('each look has its row, and what is unknown without it', () => {
  const rows = (of: Addon) => explainMachine(inspectMachine(of));
  const row = (of: Addon, what: string) => rows(of).find((finding) => finding.what === what);
  expect(row(addon, 'mincore')).toMatchObject({ found: 'works', verdict: 'ok' });
  for (const [what, found, unknown] of [
    ['mincore', 'ENOSYS', 'what of the heap is resident'],
    ['/proc/self/smaps', 'ENOENT', 'LazyFree and huge pages'],
    ['/proc/self/maps', 'EACCES', 'the number of mappings'],
    ['/proc/self/statm', 'ENOENT', 'RSS of the process'],
    ['getrusage', 'EPERM', 'page faults'],
  ])
    expect(row(hidden, what)).toEqual({
      what,
      found,
      verdict: 'fallback',
      meaning: `${unknown} is not known; runs leave it out`,
    });
  expect(
    rows(hidden)
      .map(({ meaning }) => meaning)
      .join(),
  ).not.toContain('real Linux');
});
