import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as units from '../../lib/base/units.ts';
import {
  type Address,
  alignDown,
  alignUp,
  type Bytes,
  divRoundUp,
  GiB,
  KiB,
  MiB,
  type PageCount,
  type PageIndex,
  TiB,
} from '../../lib/base/units.ts';

describe('the quantities hang together', () => {
  test.each<[string, number, number]>([
    ['a page', units.pageSize, 8 * KiB],
    ['a chunk is what 512 bits tell of', units.chunkPages, 512],
    ['a chunk', units.chunkBytes, 4 * MiB],
    ['an arena', units.arenaBytes, 64 * MiB],
    ['pages of an arena', units.pagesPerArena, 8192],
    [
      'an origin is a multiple of what a root entry of the radix summaries covers',
      units.originAlign,
      16 * GiB,
    ],
    ['the end of user addresses: 47 bits', units.userAddressEnd, 128 * TiB],
  ])('%s', (_what, is, should) => expect(is).toBe(should));

  test('shifts are the logarithms of what they stand for', () => {
    expect(2 ** units.pageShift).toBe(units.pageSize);
    expect(2 ** units.chunkPagesShift).toBe(units.chunkPages);
  });

  test('arenas are whole chunks, and the reach of the root entry whole arenas', () => {
    expect(units.arenaBytes % units.chunkBytes).toBe(0);
    expect(units.originAlign % units.arenaBytes).toBe(0);
  });
});

describe('rounding', () => {
  /** By trying every multiple. */
  const naiveUp = (n: number, align: number): number => {
    let at = 0;
    while (at < n) at += align;
    return at;
  };

  test('small numbers, whatever the divisor', () => {
    for (let align = 1; align <= 40; align++) {
      for (let n = 0; n <= 200; n++) {
        const up = naiveUp(n, align);
        const down = up === n ? n : up - align;
        expect([n, align, alignUp(n, align), alignDown(n, align), divRoundUp(n, align)]).toEqual([
          n,
          align,
          up,
          down,
          up / align,
        ]);
      }
    }
  });

  test('addresses up to the last, which are beyond 32 bits', () => {
    const address = fc.integer({ min: 0, max: units.userAddressEnd });
    const align = fc.integer({ min: 0, max: 40 }).map((shift) => 2 ** shift);
    fc.assert(
      fc.property(address, align, (n, a) => {
        const exact = BigInt(n);
        const step = BigInt(a);
        expect(BigInt(alignDown(n, a))).toBe((exact / step) * step);
        expect(BigInt(alignUp(n, a))).toBe(((exact + step - 1n) / step) * step);
        expect(BigInt(divRoundUp(n, a))).toBe((exact + step - 1n) / step);
      }),
    );
  });
});

test('constructors change no number, and one unit is not taken for another', () => {
  const takesPage = (page: PageIndex): number => page;
  const takesPages = (pages: PageCount): number => pages;
  const takesAddress = (at: Address): number => at;
  const takesBytes = (size: Bytes): number => size;
  const n = 2 ** 46 + 3;
  expect(takesPage(units.pageIndex(n))).toBe(n);
  expect(takesPages(units.pageCount(n))).toBe(n);
  expect(takesAddress(units.address(n))).toBe(n);
  expect(takesBytes(units.bytes(n))).toBe(n);
  expect([units.spanId(n), units.pId(n), units.nanotime(n)]).toEqual([n, n, n]);
  // The type check of the tests fails where one of these compiles.
  // @ts-expect-error a number of pages is no page
  takesPage(units.pageCount(1));
  // @ts-expect-error a page is no number of pages
  takesPages(units.pageIndex(1));
  // @ts-expect-error bytes are no address
  takesAddress(units.bytes(1));
  // @ts-expect-error an address is no size
  takesBytes(units.address(1));
  // @ts-expect-error arithmetic yields a plain number
  takesPage(units.pageIndex(1) + 1);
});
