import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PageHeapError } from '../../lib/base/errors.ts';
import { GiB, MiB } from '../../lib/base/units.ts';
import { Residency } from '../../lib/os/residency.ts';
import { Sys } from '../../lib/os/sys.ts';

/** No argument reaches the kernel unchecked: a mistake throws, and nothing has happened. */
const sys = new Sys();
const page = sys.physPageSize;
let at = 0;
beforeAll(() => {
  at = sys.alloc(MiB, 'heap');
});
afterAll(() => {
  sys.free(at, MiB, 'heap', 'ready');
});

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof PageHeapError) return error.code;
    throw error;
  }
  return 'none';
}

const badLengths = [0, -page, 1, page + 1, 0.5, page + 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 48];
const badAddresses = [
  0,
  -page,
  1,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 47,
  2 ** 47 - page / 2,
  2 ** 53,
];

const calls: Record<string, (addr: number, length: number) => unknown> = {
  map: (addr, length) => sys.map(addr, length, 'heap'),
  commit: (addr, length) => sys.commit(addr, length, 'heap'),
  used: (addr, length) => sys.used(addr, length, 0),
  unused: (addr, length) => sys.unused(addr, length),
  fault: (addr, length) => sys.fault(addr, length, 'heap'),
  free: (addr, length) => sys.free(addr, length, 'heap', 'ready'),
  hugePage: (addr, length) => sys.hugePage(addr, length),
  noHugePage: (addr, length) => sys.noHugePage(addr, length),
  hugePageCollapse: (addr, length) => sys.hugePageCollapse(addr, length),
  name: (addr, length) => sys.name(addr, length, 'x'),
};

describe.each(Object.keys(calls))('%s', (name) => {
  test.each(badLengths)('refuses the length %d', (length) => {
    const before = sys.stats();
    expect(codeOf(() => calls[name]!(at, length))).toBe('ERR_INVALID_SIZE');
    expect(sys.stats()).toEqual(before);
  });
  test.each(badAddresses)('refuses the address %d', (addr) => {
    const before = sys.stats();
    expect(codeOf(() => calls[name]!(addr, page))).toBe('ERR_INVALID_ADDRESS');
    expect(sys.stats()).toEqual(before);
  });
});

describe('the rest', () => {
  test.each(badLengths)('reserve, reserveAligned and alloc refuse the length %d', (length) => {
    expect(codeOf(() => sys.reserve(0, length))).toBe('ERR_INVALID_SIZE');
    expect(codeOf(() => sys.reserveAligned(length, page))).toBe('ERR_INVALID_SIZE');
    expect(codeOf(() => sys.alloc(length, 'heap'))).toBe('ERR_INVALID_SIZE');
  });

  test.each([0, 1, page / 2, page * 3, -page, Number.NaN])(
    'reserveAligned refuses the alignment %d',
    (align) => {
      expect(codeOf(() => sys.reserveAligned(page, align))).toBe('ERR_INVALID_ARGUMENT');
    },
  );

  test('a view is at most 4 GiB and of a real range', () => {
    expect(codeOf(() => sys.view(at, 4 * GiB + 1))).toBe('ERR_INVALID_SIZE');
    expect(codeOf(() => sys.view(at, 0))).toBe('ERR_INVALID_SIZE');
    expect(codeOf(() => sys.view(0, 1))).toBe('ERR_INVALID_ADDRESS');
    expect(codeOf(() => sys.view(at + 0.5, 1))).toBe('ERR_INVALID_ADDRESS');
  });

  test('memory operations refuse what is no range; length 0 is nothing', () => {
    for (const addr of [0, -1, 0.5, Number.NaN, 2 ** 47]) {
      expect(codeOf(() => sys.zero(addr, 1))).toBe('ERR_INVALID_ADDRESS');
      expect(codeOf(() => sys.copy(addr, at, 1))).toBe('ERR_INVALID_ADDRESS');
      expect(codeOf(() => sys.copy(at, addr, 1))).toBe('ERR_INVALID_ADDRESS');
      expect(codeOf(() => sys.peek(addr, 1))).toBe('ERR_INVALID_ADDRESS');
      expect(codeOf(() => sys.poke(addr, Uint8Array.of(1)))).toBe('ERR_INVALID_ADDRESS');
    }
    expect(codeOf(() => sys.fill(at, -1, 0))).toBe('ERR_INVALID_SIZE');
    expect(codeOf(() => sys.peek(at, 1.5))).toBe('ERR_INVALID_SIZE');
    sys.zero(0, 0);
    sys.copy(0, 0, 0);
    expect(sys.poke(0, new Uint8Array(0))).toBe(true);
  });

  test('residency refuses ranges that are no pages or overlap', () => {
    const kernel = new Residency();
    expect(codeOf(() => kernel.residentBytes([{ base: at, bytes: 1 }]))).toBe('ERR_INVALID_SIZE');
    expect(codeOf(() => kernel.residentPages(at + 1, page))).toBe('ERR_INVALID_ADDRESS');
    expect(codeOf(() => kernel.pagemap(0, page))).toBe('ERR_INVALID_ADDRESS');
    const range = { base: at, bytes: page };
    expect(codeOf(() => kernel.mappedUse([range, range]))).toBe('ERR_INVALID_ARGUMENT');
  });

  test('the addon itself answers an errno for what is no mapping', () => {
    // Nothing above calls it so; it must not be undefined behaviour nevertheless.
    for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY, -1, 2 ** 60]) {
      expect(sys.addon.reserve(0, bad)).toBeLessThan(0);
      expect(sys.addon.map(page * 16 + 1, bad)).toBeGreaterThan(0);
    }
  });
});
