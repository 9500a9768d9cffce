import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  TinyStarts,
  tinyBlockStartBytes,
  tinyRowBytes,
  tinyStartsPoolTable,
  tinyStartsTable,
} from '../../lib/alloc/tiny-starts.ts';
import { times } from '../support/extent.ts';
import { metaOf } from '../support/meta.ts';

const blocks = 512;

function make(rows: number): TinyStarts {
  const meta = metaOf([
    [tinyStartsPoolTable, 1],
    [tinyStartsTable, rows],
  ]);
  expect(TinyStarts.prepare(meta)).toBe(true);
  return new TinyStarts(meta);
}

test('a row has a bit for each byte of a page, and rows end with their table', () => {
  expect([tinyRowBytes * 8, tinyBlockStartBytes * 8]).toEqual([8192, 16]);
  const starts = make(4);
  expect([starts.alloc(), starts.alloc(), starts.alloc(), starts.alloc()]).toEqual([1, 2, 3, 0]);
  starts.free(2);
  expect(starts.alloc()).toBe(2);
});

test('blocks live while one of their bytes begins an object, as counted byte by byte', () => {
  const starts = make(4);
  const rows = [starts.alloc(), starts.alloc(), starts.alloc()];
  const row = rows[1];
  // Neighbours that are full must not be looked at.
  for (const other of [rows[0], rows[2]])
    starts.bits.fill(255, other * tinyRowBytes, (other + 1) * tinyRowBytes);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(blocks * 16 - 1), { maxLength: 200, size: 'max' }), (bytes) => {
      starts.bits.fill(0, row * tinyRowBytes, (row + 1) * tinyRowBytes);
      for (const byte of bytes) starts.bits[row * tinyRowBytes + (byte >> 3)] |= 1 << (byte & 7);
      const living = new Set(bytes.map((byte) => byte >> 4));
      expect(starts.countStarts(row)).toBe(bytes.length);
      for (let block = 0; block < blocks; block++)
        expect(starts.blockLives(row, block)).toBe(living.has(block));
      for (let window = 0; window < blocks; window += 32) {
        const word = starts.livingWord(row, window) >>> 0;
        const bits = Array.from({ length: 32 }, (_, bit) => living.has(window + bit));
        expect(word.toString(2).padStart(32, '0')).toBe(bits.map(Number).reverse().join(''));
      }
    }),
    { numRuns: times(20, 50) },
  );
});
