import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { MiB, pageSize } from '../../lib/base/units.ts';
import { Advice, loadAddon } from '../../lib/os/addon.ts';
import { kernelMappings, MappingRoom, roomToSplit } from '../../lib/os/mapping-room.ts';
import { Sys } from '../../lib/os/sys.ts';

/** A process whose mappings are counted as the test says. */
function room(
  limit: number | undefined,
  count: { now: number | undefined },
): MappingRoom & { asked(): number } {
  let asked = 0;
  const made = new MappingRoom({
    limit: () => limit,
    count: () => {
      asked++;
      return count.now;
    },
  });
  return Object.assign(made, { asked: () => asked });
}

/** Splits that are granted before the first that is not, each of which costs two mappings. */
function grantedOf(
  of: MappingRoom,
  take: 'takeOptional' | 'takeNeeded',
  count: { now: number | undefined },
): number {
  for (let granted = 0; ; granted++) {
    if (!of[take]()) return granted;
    if (count.now !== undefined) count.now += 2;
  }
}

describe('the room for mappings', () => {
  test('what can be left out is, while some thousands are left; what cannot, a thousand before the end', () => {
    const count = { now: 300 };
    const usual = room(65_530, count);
    grantedOf(usual, 'takeOptional', count);
    expect(65_530 - count.now).toBeGreaterThanOrEqual(4096);
    expect(65_530 - count.now).toBeLessThan(4096 + 520);
    expect(usual.takeNeeded()).toBe(true);
    grantedOf(usual, 'takeNeeded', count);
    expect(65_530 - count.now).toBeGreaterThanOrEqual(1024);
    expect(65_530 - count.now).toBeLessThan(1024 + 520);
    // The mappings are counted some dozens of times on the way, not thirty thousand times.
    expect(usual.asked()).toBeLessThan(60);
    expect(usual.shortage()).toBe(`the process has ${count.now} of 65530 mappings (vm.max_map_count)`);
  });

  test('others in the process may take as many meanwhile', () => {
    const count = { now: 300 };
    const usual = room(65_530, count);
    while (usual.takeOptional()) count.now += 4;
    expect(65_530 - count.now).toBeGreaterThan(3000);
  });

  test('it is asked again once others are gone', () => {
    const count = { now: 65_000 };
    const usual = room(65_530, count);
    expect(usual.takeOptional()).toBe(false);
    count.now = 300;
    let refused = 0;
    while (!usual.takeOptional()) refused++;
    expect(refused).toBe(4096);
    expect(usual.asked()).toBe(2);
    expect(usual.shortage()).toBeUndefined();
  });

  test('of a small limit a share', () => {
    const count = { now: 100 };
    const small = room(1000, count);
    grantedOf(small, 'takeOptional', count);
    expect(1000 - count.now).toBeGreaterThanOrEqual(250);
    expect(roomToSplit(1000, 100)).toBe(325);
    expect(roomToSplit(20, 100)).toBe(0);
    expect(roomToSplit(65_530, 300)).toBe(30_567);
  });

  test('where nothing can be read: the usual limit, and what was split here', () => {
    const count = { now: undefined };
    const blind = room(undefined, count);
    expect(blind.limit).toBe(65_530);
    expect(grantedOf(blind, 'takeOptional', count)).toBe((65_530 - 4096) / 2);
    expect(blind.shortage()).toBeUndefined();
  });

  test('the kernel’s own figures', () => {
    const { limit, count } = kernelMappings();
    expect(limit()).toBeGreaterThan(1000);
    expect(count()).toBeGreaterThan(10);
    expect(kernelMappings({ ...loadAddon(), vmaCount: () => -13 }).count()).toBeUndefined();
  });
});

/** A heap in a process of so many mappings; those that it splits count. */
function heapWith(count: { now: number }): { heap: Heap; sys: Sys; faults: () => number } {
  const real = loadAddon();
  let faults = 0;
  const addon = {
    ...real,
    fault(address: number, length: number) {
      faults++;
      count.now += 2;
      return real.fault(address, length);
    },
  };
  const mappings = { limit: () => 65_530, count: () => count.now };
  const sys = new Sys({ addon, hardDecommit: true, mappings });
  const heap = new Heap({
    environment: false,
    reach: 256 * MiB,
    gcPercent: -1,
    hardDecommit: true,
    sys,
  });
  onTestFinished(() => heap.dispose());
  return { heap, sys, faults: () => faults };
}

/** Every other one of so many pages is dropped. */
function stripes(heap: Heap, pages: number): number[] {
  const live: number[] = [];
  for (let i = 0; i < pages; i++) {
    const addr = heap.malloc(pageSize, true, false);
    heap.fill(addr, 16, i & 255);
    if (i % 2 === 0) live.push(addr);
    else heap.drop(addr);
  }
  return live;
}

describe('a heap close to the limit', () => {
  test('releases, but leaves accessible what it cannot split off, and says so', () => {
    const { heap, faults } = heapWith({ now: 60_000 });
    const live = stripes(heap, 2000);
    expect(heap.freeOSMemory()).toBeGreaterThan(990 * pageSize);
    expect(faults()).toBeGreaterThan(500);
    expect(faults()).toBeLessThan(760);
    expect(heap.fallbacks()).toContain(
      'close to the 65530 mappings of vm.max_map_count: released memory stays accessible',
    );
    heap.check(3);
    for (const [i, addr] of live.entries()) expect(heap.read(addr, 1)[0]).toBe((2 * i) & 255);
    // And takes it into use again.
    for (const addr of stripes(heap, 1000)) heap.drop(addr);
    heap.freeOSMemory();
    heap.check(3);
  });

  test('grows no more, and the error says why', () => {
    const { heap } = heapWith({ now: 65_000 });
    expect(() => heap.malloc(100 * MiB)).toThrow(
      expect.objectContaining({
        code: 'ERR_OUT_OF_MEMORY',
        message:
          'no memory for an object of 104857600 bytes: the process has 65000 of 65530 mappings (vm.max_map_count)',
      }),
    );
    heap.check(3);
  });

  test('huge-page hints are left out', () => {
    const addon = loadAddon();
    const hints: number[] = [];
    const sys = new Sys({
      addon: {
        ...addon,
        hugePageSize: () => 2 * MiB,
        advise(address, length, kind) {
          hints.push(kind);
          return addon.advise(address, length, kind);
        },
      },
      mappings: { limit: () => 65_530, count: () => 63_000 },
    });
    const at = sys.alloc(4 * MiB, 'heap');
    expect([sys.noHugePage(at, MiB), sys.hugePage(at, 4 * MiB)]).toEqual([false, false]);
    expect(hints.filter((kind) => kind === Advice.HUGEPAGE || kind === Advice.NOHUGEPAGE)).toEqual([]);
    expect(sys.fallbacks()).toEqual([
      'close to the 65530 mappings of vm.max_map_count: huge-page hints are left out',
    ]);
    sys.free(at, 4 * MiB, 'heap', 'ready');
  });

  test('a hard decommit that the kernel refuses is no failure of the release', () => {
    const real = loadAddon();
    const sys = new Sys({ addon: { ...real, fault: () => 12 }, hardDecommit: true });
    const heap = new Heap({ environment: false, reach: 256 * MiB, gcPercent: -1, hardDecommit: true, sys });
    onTestFinished(() => heap.dispose());
    stripes(heap, 100);
    expect(heap.freeOSMemory()).toBeGreaterThan(0);
    expect(sys.statsOf('unused').failures).toBe(0);
    expect(heap.fallbacks()).toContain('hard decommit refused (ENOMEM): released memory stays accessible');
    heap.check(3);
  });
});
