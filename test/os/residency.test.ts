import { describe, expect, test } from 'vitest';
import { PageHeapError } from '../../lib/base/errors.ts';
import { GiB, MiB } from '../../lib/base/units.ts';
import { EACCES } from '../../lib/os/errno.ts';
import { PagemapFlag, Residency } from '../../lib/os/residency.ts';
import { Sys } from '../../lib/os/sys.ts';

const sys = new Sys();
const page = sys.physPageSize;
const kernel = new Residency();
const bytes = 64 * page;

/** 64 pages of which every fourth was written. */
function striped(): number {
  const at = sys.alloc(bytes, 'heap');
  sys.noHugePage(at, bytes);
  for (let p = 0; p < 64; p += 4) sys.fill(at + p * page, 1, 1);
  return at;
}

describe('which pages are resident', () => {
  test('mincore: count and vector agree with what was written', () => {
    const at = striped();
    expect(kernel.residentBytes([{ base: at, bytes }])).toBe(16 * page);
    expect([...kernel.residentPages(at, bytes)]).toEqual(
      Array.from({ length: 64 }, (_, p) => (p % 4 === 0 ? 1 : 0)),
    );
    expect(
      kernel.residentBytes([
        { base: at, bytes: 8 * page },
        { base: at + 32 * page, bytes: 4 * page },
      ]),
    ).toBe(3 * page);
    sys.free(at, bytes, 'heap', 'ready');
  });

  test('a look at an untouched page leaves the zero page, or a page of its own: mincore counts it', () => {
    const at = sys.alloc(bytes, 'heap');
    sys.noHugePage(at, bytes);
    sys.peek(at, bytes);
    expect(kernel.residentBytes([{ base: at, bytes }])).toBe(bytes);
    // A kernel that has no zero page (pvm_no_zero_page=1) counts a page in smaps for every look.
    expect([0, bytes]).toContain(kernel.mappedUse([{ base: at, bytes }]).rss);
    // Either way a write makes them the process's own, once.
    sys.fill(at, bytes, 1);
    expect(kernel.mappedUse([{ base: at, bytes }]).rss).toBe(bytes);
    sys.free(at, bytes, 'heap', 'ready');
  });

  test('pagemap: present where mincore says so, or not permitted at all', () => {
    const at = striped();
    const flags = kernel.pagemap(at, bytes);
    if (flags !== undefined) {
      expect([...flags].map((f) => f & PagemapFlag.present)).toEqual([...kernel.residentPages(at, bytes)]);
      expect(flags[0]! & PagemapFlag.exclusive).not.toBe(0);
      expect(flags[0]! & (PagemapFlag.swapped | PagemapFlag.fileOrShared)).toBe(0);
    }
    const refused = new Residency({ ...sys.addon, pagemap: () => EACCES });
    expect(refused.pagemap(at, bytes)).toBeUndefined();
    sys.free(at, bytes, 'heap', 'ready');
  });

  test('more pages than one batch of the addon', () => {
    const big = 256 * MiB;
    const at = sys.alloc(big, 'heap');
    sys.noHugePage(at, big);
    const touched = [0, 16383, 16384, 40000, big / page - 1];
    for (const p of touched) sys.fill(at + p * page, 1, 1);
    expect(kernel.residentBytes([{ base: at, bytes: big }])).toBe(touched.length * page);
    const vector = kernel.residentPages(at, big);
    expect(touched.map((p) => vector[p])).toEqual([1, 1, 1, 1, 1]);
    expect(vector.reduce((sum, one) => sum + one, 0)).toBe(touched.length);
    sys.free(at, big, 'heap', 'ready');
  });

  test('a reservation has none, a hole is a typed error', () => {
    const at = sys.reserve(0, GiB);
    expect(kernel.residentBytes([{ base: at, bytes: GiB }])).toBe(0);
    sys.free(at + GiB - page, page, 'heap', 'reserved');
    expect(() => kernel.residentBytes([{ base: at, bytes: GiB }])).toThrow(
      expect.objectContaining({ code: 'ERR_FAULT', syscall: 'mincore' }),
    );
    expect(() => kernel.residentPages(at, GiB)).toThrow(expect.objectContaining({ code: 'ERR_FAULT' }));
    sys.free(at, GiB - page, 'heap', 'reserved');
  });
});

describe('what is given', () => {
  const odd = [5, null, 'x', {}, Symbol('s'), 1n, Object.create(null), Number.NaN, () => 0];
  const thrown = (call: () => unknown): unknown => {
    try {
      return call();
    } catch (error) {
      return error instanceof PageHeapError ? error.code : error;
    }
  };
  /** Calls with values that have no type which fits. */
  const loose = kernel as unknown as Record<string, (...args: unknown[]) => unknown>;

  test.each(['residentBytes', 'mappedUse'])('%s: ranges are a list of ranges of pages', (name) => {
    const call = (ranges?: unknown): unknown => thrown(() => loose[name](ranges));
    for (const value of [...odd, undefined]) expect(call(value)).toBe('ERR_INVALID_ARGUMENT');
    for (const value of [null, undefined, 5, 'x', Symbol('s'), () => 0])
      expect(call([value])).toBe('ERR_INVALID_ARGUMENT');
    expect(call(new Array(1))).toBe('ERR_INVALID_ARGUMENT');
    for (const value of [...odd, 0, -page, 1.5, page + 1, `${page}`, 2 ** 60])
      expect(call([{ base: value, bytes: page }])).toBe('ERR_INVALID_ADDRESS');
    for (const value of [...odd, 0, -page, 1.5, page + 1, `${page}`, undefined])
      expect(call([{ base: page, bytes: value }])).toBe('ERR_INVALID_SIZE');
  });

  test.each(['residentPages', 'pagemap'])('%s: a range is one of pages', (name) => {
    const call = (...args: unknown[]): unknown => thrown(() => loose[name](...args));
    for (const value of [...odd, 0, -page, page + 1]) {
      expect(call(value, page)).toBe('ERR_INVALID_ADDRESS');
      expect(call(page, value)).toBe('ERR_INVALID_SIZE');
    }
    expect(call(1n, Symbol('s'))).toBe('ERR_INVALID_SIZE');
    // More pages than an array holds bytes.
    expect(call(0x10000, 2 ** 46)).toBe('ERR_INVALID_SIZE');
  });

  test('is looked at once', () => {
    const at = striped();
    let looks = 0;
    const range = {
      bytes,
      get base(): number {
        return looks++ === 0 ? at : Number.NaN;
      },
    };
    expect(kernel.mappedUse([range]).rss).toBe(16 * page);
    sys.free(at, bytes, 'heap', 'ready');
  });

  test('an addon is one, or none', () => {
    for (const value of odd) expect(thrown(() => new Residency(value as never))).toBe('ERR_INVALID_ARGUMENT');
  });
});

describe('smaps', () => {
  test('sums the mappings inside, scales one that is inside in part', () => {
    const at = sys.reserve(0, 4 * bytes);
    sys.map(at + bytes, bytes, 'heap'); // a reservation on either side, so that nothing merges
    sys.noHugePage(at + bytes, bytes);
    sys.fill(at + bytes, bytes, 1);
    expect(kernel.mappedUse([{ base: at, bytes: 4 * bytes }])).toMatchObject({
      rss: bytes,
      lazyFree: 0,
      anonHugePages: 0,
    });
    expect(kernel.mappedUse([{ base: at + bytes, bytes }])).toMatchObject({
      rss: bytes,
      mappings: 1,
      partial: 0,
    });
    const half = kernel.mappedUse([{ base: at + bytes, bytes: bytes / 2 }]);
    expect(half).toMatchObject({ rss: bytes / 2, mappings: 1, partial: 1 });
    expect(kernel.mappedUse([])).toMatchObject({ rss: 0, mappings: 0 });
    sys.free(at, 4 * bytes, 'heap', 'prepared');
  });
});

describe('the process', () => {
  test('faults: one for each page first touched', () => {
    const at = sys.alloc(bytes, 'heap');
    sys.noHugePage(at, bytes);
    kernel.faults();
    const before = kernel.faults();
    sys.fill(at, bytes, 1);
    const after = kernel.faults();
    expect(after.minor - before.minor).toBeGreaterThanOrEqual(64);
    expect(after.minor - before.minor).toBeLessThan(64 + 200);
    expect(after.major).toBeGreaterThanOrEqual(before.major);
    sys.free(at, bytes, 'heap', 'ready');
  });

  test('statm follows what is touched', () => {
    const big = 64 * MiB;
    const at = sys.alloc(big, 'heap');
    const before = kernel.processMemory();
    sys.fill(at, big, 1);
    const after = kernel.processMemory();
    expect(after.resident - before.resident).toBeGreaterThan(big * 0.9);
    expect(after.size).toBeGreaterThan(after.resident);
    sys.free(at, big, 'heap', 'ready');
    expect(kernel.processMemory().resident).toBeLessThan(after.resident - big * 0.9);
  });

  test('mappings are counted', () => {
    const at = sys.reserve(0, 9 * page);
    const before = kernel.mappingCount();
    for (let p = 1; p < 9; p += 2) sys.map(at + p * page, page, 'heap');
    expect(kernel.mappingCount()).toBeGreaterThanOrEqual(before + 7);
    sys.free(at, 9 * page, 'heap', 'prepared');
  });
});
