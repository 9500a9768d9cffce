import { describe, expect, test } from 'vitest';
import { KiB, MiB } from '../../lib/base/units.ts';
import { PlainAccounts } from '../../lib/os/accounts.ts';
import { Residency } from '../../lib/os/residency.ts';
import { Sys, type SysOptions } from '../../lib/os/sys.ts';

/** The kernel is the judge: each transition is held against mincore, smaps and what an access does. */
const kernel = new Residency();
const length = 4 * MiB;
/** Pages that wait in a CPU's batch (31 at most, of two kinds) are not LazyFree yet: see residency.ts. */
const kernelSlack = 2 * 31 * 4 * KiB;

function fresh(options: SysOptions = {}) {
  const accounts = new PlainAccounts();
  const sys = new Sys({ debug: true, accounts, ...options });
  const pages = (base: number, bytes: number) => kernel.residentBytes([{ base, bytes }]) / sys.physPageSize;
  return { sys, accounts, pages };
}
/** Writes every physical page. */
function touch(sys: Sys, base: number, bytes: number): void {
  sys.fill(base, bytes, 1);
}
const allPages = (sys: Sys) => length / sys.physPageSize;

describe('transitions, each against the kernel', () => {
  test('reserve: address space that costs nothing and faults', () => {
    const { sys, accounts, pages } = fresh();
    const at = sys.reserve(0, length);
    expect(at).toBeGreaterThan(0);
    expect(pages(at, length)).toBe(0);
    expect(sys.peek(at, 1)).toBeUndefined();
    expect(sys.poke(at, Uint8Array.of(1))).toBe(false);
    expect(accounts.of('heap') + accounts.of('other') + accounts.ready).toBe(0);
    expect(sys.free(at, length, 'heap', 'reserved')).toBe(true);
    expect(() => kernel.residentBytes([{ base: at, bytes: length }])).toThrow('ENOMEM');
  });

  test('reserve: a hint that is free is taken, one that is not is passed over', () => {
    const { sys } = fresh();
    const at = sys.reserve(0, length);
    sys.free(at, length, 'heap', 'reserved');
    expect(sys.reserve(at, length)).toBe(at);
    const second = sys.reserve(at, length);
    expect(second).toBeGreaterThan(0);
    expect(second).not.toBe(at);
    sys.free(at, length, 'heap', 'reserved');
    sys.free(second, length, 'heap', 'reserved');
  });

  test.each([64 * KiB, 4 * MiB, 64 * MiB, 1024 * MiB])('reserveAligned: at a multiple of %i', (align) => {
    const { sys } = fresh();
    const at = sys.reserveAligned(length, align);
    expect(at).toBeGreaterThan(0);
    expect(at % align).toBe(0);
    expect(sys.states!.list()).toEqual([{ low: at, high: at + length, state: 'reserved' }]);
    sys.free(at, length, 'heap', 'reserved');
    expect(sys.states!.list()).toEqual([]);
  });

  test('map, used, unused, used: memory comes when touched, goes at once, comes back zeroed', () => {
    const { sys, accounts, pages } = fresh();
    const at = sys.reserve(0, length);
    expect(sys.map(at, length, 'heap')).toBe(true);
    expect([accounts.of('heap'), accounts.ready]).toEqual([length, 0]);
    expect(pages(at, length)).toBe(0);

    expect(sys.used(at, length)).toBe(true);
    expect([accounts.of('heap'), accounts.ready]).toEqual([length, length]);
    touch(sys, at, length);
    expect(pages(at, length)).toBe(allPages(sys));
    expect(kernel.mappedUse([{ base: at, bytes: length }]).rss).toBe(length);

    expect(sys.unused(at, length / 2)).toBe(true);
    expect([accounts.of('heap'), accounts.ready]).toEqual([length, length / 2]);
    expect(pages(at, length / 2)).toBe(0);
    expect(pages(at + length / 2, length / 2)).toBe(allPages(sys) / 2);

    expect(sys.used(at, length / 2)).toBe(true);
    expect(sys.peek(at, 2)).toEqual(Uint8Array.of(0, 0));
    expect(sys.peek(at + length / 2, 2)).toEqual(Uint8Array.of(1, 1));
    expect(sys.free(at, length, 'heap', 'ready')).toBe(true);
    expect([accounts.of('heap'), accounts.ready]).toEqual([0, 0]);
    expect(sys.states!.list()).toEqual([]);
  });

  test('unused with FREE: resident still, and LazyFree, and given up by a write', () => {
    const { sys, accounts, pages } = fresh({ advise: 'free' });
    const at = sys.alloc(length, 'heap');
    sys.noHugePage(at, length);
    touch(sys, at, length);
    expect(sys.unused(at, length)).toBe(true);
    expect(sys.advice).toBe('free');
    expect(accounts.ready).toBe(0);
    const use = kernel.mappedUse([{ base: at, bytes: length }]);
    expect(use).toMatchObject({ rss: length, mappings: 1 });
    expect(length - use.lazyFree).toBeLessThanOrEqual(kernelSlack);
    expect(pages(at, length)).toBe(allPages(sys));
    sys.used(at, length);
    touch(sys, at, length / 4);
    const rest = kernel.mappedUse([{ base: at, bytes: length }]).lazyFree;
    expect(rest).toBeLessThanOrEqual((length * 3) / 4);
    expect((length * 3) / 4 - rest).toBeLessThanOrEqual(kernelSlack);
    sys.free(at, length, 'heap', 'ready');
  });

  test('alloc: zeroed memory, ready at once', () => {
    const { sys, accounts, pages } = fresh();
    const at = sys.alloc(length, 'gc');
    expect([accounts.of('gc'), accounts.ready]).toEqual([length, length]);
    expect(pages(at, length)).toBe(0);
    expect(sys.peek(at + length - 1, 1)).toEqual(Uint8Array.of(0));
    sys.free(at, length, 'gc', 'ready');
    expect([accounts.of('gc'), accounts.ready]).toEqual([0, 0]);
  });

  test('commit: grows inside a reservation, under one view made before', () => {
    const { sys, accounts } = fresh();
    const at = sys.reserve(0, length);
    const view = new Uint8Array(sys.view(at, length));
    expect(sys.commit(at, 64 * KiB, 'mspan')).toBe(true);
    view[0] = 7;
    expect(sys.commit(at + 64 * KiB, 64 * KiB, 'mspan')).toBe(true);
    view[64 * KiB] = 8;
    expect(view[0]).toBe(7);
    expect(sys.peek(at + 128 * KiB, 1)).toBeUndefined();
    expect([accounts.of('mspan'), accounts.ready]).toEqual([128 * KiB, 128 * KiB]);
    sys.free(at, 128 * KiB, 'mspan', 'ready');
    sys.free(at + 128 * KiB, length - 128 * KiB, 'mspan', 'reserved');
    expect([accounts.of('mspan'), accounts.ready]).toEqual([0, 0]);
  });

  test('fault: the memory goes, accesses fault, map brings it back', () => {
    const { sys, accounts, pages } = fresh();
    const at = sys.alloc(length, 'heap');
    touch(sys, at, length);
    expect(sys.fault(at, length, 'heap')).toBe(true);
    expect([accounts.of('heap'), accounts.ready]).toEqual([0, 0]);
    expect(pages(at, length)).toBe(0);
    expect(sys.peek(at, 1)).toBeUndefined();
    expect(sys.map(at, length, 'heap')).toBe(true);
    sys.used(at, length);
    expect(sys.peek(at, 1)).toEqual(Uint8Array.of(0));
    sys.free(at, length, 'heap', 'ready');
  });

  test('hard decommit: unused memory faults until used', () => {
    const { sys, accounts } = fresh({ hardDecommit: true });
    const at = sys.alloc(length, 'heap');
    touch(sys, at, length);
    expect(sys.unused(at, length / 2)).toBe(true);
    expect(sys.peek(at, 1)).toBeUndefined();
    expect(sys.peek(at + length / 2, 1)).toEqual(Uint8Array.of(1));
    expect(sys.used(at, length / 2)).toBe(true);
    expect(sys.peek(at, 1)).toEqual(Uint8Array.of(0));
    expect(accounts.ready).toBe(length);
    sys.free(at, length, 'heap', 'ready');
  });

  test('used counts only what was prepared', () => {
    const { sys, accounts } = fresh();
    const at = sys.alloc(length, 'heap');
    sys.unused(at, 64 * KiB);
    expect(sys.used(at, length, 64 * KiB)).toBe(true);
    expect(accounts.ready).toBe(length);
    expect(() => sys.used(at, length, length + 1)).toThrow('prepared');
    expect(() => sys.used(at, length, -1)).toThrow('prepared');
    sys.free(at, length, 'heap', 'ready');
  });
});

describe('huge-page hints', () => {
  const huge = new Sys().physHugePageSize;

  test.skipIf(huge === 0)('hugePage asks for whole huge pages only', () => {
    const { sys } = fresh();
    const at = sys.reserveAligned(4 * huge, huge);
    sys.map(at, 4 * huge, 'heap');
    expect(sys.hugePage(at + sys.physPageSize, huge)).toBe(false);
    expect(sys.statsOf('hugePage').calls).toBe(0);
    expect(sys.hugePage(at + sys.physPageSize, 3 * huge)).toBe(true);
    expect(sys.statsOf('hugePage')).toMatchObject({ calls: 1, bytes: 2 * huge, failures: 0 });
    sys.free(at, 4 * huge, 'heap', 'prepared');
  });

  test.skipIf(huge === 0)('noHugePage keeps pages small, collapse counts what it is refused', () => {
    const { sys } = fresh();
    const at = sys.reserveAligned(huge, huge);
    sys.map(at, huge, 'heap');
    sys.used(at, huge);
    expect(sys.noHugePage(at, huge)).toBe(true);
    touch(sys, at, huge);
    expect(kernel.mappedUse([{ base: at, bytes: huge }]).anonHugePages).toBe(0);
    expect(sys.hugePageCollapse(at, huge)).toBe(false);
    expect(sys.statsOf('collapse')).toMatchObject({ calls: 1, failures: 1 });
    expect(sys.fallbacks()).toEqual([]);
    sys.free(at, huge, 'heap', 'ready');
  });
});

describe('what is counted', () => {
  test('calls, bytes and, when asked for, time', () => {
    const { sys } = fresh({ timed: true });
    const at = sys.alloc(length, 'heap');
    touch(sys, at, length);
    for (let offset = 0; offset < length; offset += 64 * KiB) sys.unused(at + offset, 64 * KiB);
    expect(sys.statsOf('unused')).toMatchObject({ calls: 64, bytes: length, failures: 0 });
    expect(sys.statsOf('unused').ns).toBeGreaterThan(1000);
    expect(sys.stats().alloc.calls).toBe(1);
    sys.free(at, length, 'heap', 'prepared');
    const untimed = fresh().sys;
    const other = untimed.alloc(length, 'heap');
    expect(untimed.statsOf('alloc')).toEqual({ calls: 1, bytes: length, ns: 0, failures: 0 });
    untimed.free(other, length, 'heap', 'ready');
  });

  test('plain books are carried over to the next keeper', () => {
    const { sys, accounts } = fresh();
    const at = sys.alloc(length, 'buckets');
    const next = new PlainAccounts();
    sys.useAccounts(next);
    expect([accounts.of('buckets'), accounts.ready]).toEqual([0, 0]);
    sys.free(at, length / 2, 'buckets', 'ready');
    expect([next.of('buckets'), next.ready]).toEqual([length / 2, length / 2]);
    sys.free(at + length / 2, length / 2, 'buckets', 'ready');
    expect(next.ready).toBe(0);
  });
});
