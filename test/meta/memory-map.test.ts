import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GiB, MiB } from '../../lib/base/units.ts';
import { bitmap, type Column, f64, i32, line, plainViews, table, u8, u32 } from '../../lib/meta/column.ts';
import {
  type Capacity,
  diagram,
  granuleBytes,
  headerBytes,
  layOut,
  type MemoryMap,
  maxTableBytes,
} from '../../lib/meta/memory-map.ts';
import { capacities as heapCapacities } from '../../lib/runtime/tables.ts';

const widths = { u8: 1, i32: 4, u32: 4, f64: 8 };

/** Every stretch that a map gives to someone, from the base. */
function stretches(map: MemoryMap): { low: number; high: number; what: string }[] {
  const list = [
    { low: 0, high: headerBytes, what: 'header' },
    { low: map.bitmapOffset, high: map.bitmapOffset + map.bitmapBytes, what: 'bitmap' },
  ];
  for (const place of map.tables) {
    for (const column of place.columns) {
      const low = place.offset + column.offset;
      const width = widths[place.table.columns[column.name].kind];
      list.push({ low, high: low + column.elements * width, what: `${place.table.name}.${column.name}` });
    }
  }
  return list;
}

const columns: fc.Arbitrary<Column> = fc.oneof(
  fc
    .integer({ min: 1, max: 700 })
    .chain((n) => fc.constantFrom<Column>(u8('heap', n), i32('p', n), f64('heap', n))),
  fc.constantFrom<Column>(u32('setup'), bitmap('heap'), bitmap('heap', 8), i32('heap', 511)),
);
const capacities: fc.Arbitrary<Capacity[]> = fc.array(
  fc.tuple(
    fc
      .array(columns, { minLength: 1, maxLength: 5 })
      .map((list) => table('t', 'other', Object.fromEntries(list.map((column, i) => [`c${i}`, column])))),
    fc.integer({ min: 1, max: 5000 }),
  ),
  { minLength: 1, maxLength: 6 },
);

describe('the windows', () => {
  const whole = (map: MemoryMap): void => {
    let end = 0;
    for (const { offset, bytes } of map.windows) {
      expect(offset).toBe(end);
      expect(bytes).toBeGreaterThan(0);
      expect(bytes).toBeLessThanOrEqual(maxTableBytes);
      end += bytes;
    }
    expect(end).toBe(map.bytes);
    for (const place of map.tables) {
      const window = map.windows[place.window];
      expect(place.offset).toBeGreaterThanOrEqual(window.offset);
      expect(place.offset + place.bytes).toBeLessThanOrEqual(window.offset + window.bytes);
    }
  };

  test('cover the reservation, and each table lies in one', () => {
    const gibibytes = fc.array(fc.integer({ min: 1, max: maxTableBytes / granuleBytes }), {
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(gibibytes, (sizes) => {
        const map = layOut(sizes.map((n) => [table('t', 'other', { c: u8('heap', granuleBytes) }), n]));
        whole(map);
        // No two neighbours would have fitted into one.
        for (let i = 1; i < map.windows.length; i++) {
          const first = map.tables.find(({ window }) => window === i);
          expect(map.windows[i - 1].bytes + first!.bytes).toBeGreaterThan(maxTableBytes);
        }
      }),
    );
  });

  test('of a heap of the default reach are two, and no reach needs more than three', () => {
    for (const [reach, windows] of [
      [64 * GiB, 2],
      [64 * MiB, 1],
      [128 * GiB, 3],
    ]) {
      const map = layOut(heapCapacities([0, reach, 4, 0]));
      whole(map);
      expect([reach, map.windows.length]).toEqual([reach, windows]);
      // One that traces has more to keep.
      const traced = layOut(heapCapacities([0, reach, 4, 3, 1]));
      whole(traced);
      expect(traced.windows.length).toBeLessThanOrEqual(windows + 3);
    }
  });
});

describe('the layout', () => {
  test('gives every column room for all its rows, aligned, and no byte to two', () => {
    fc.assert(
      fc.property(capacities, (given) => {
        const map = layOut(given);
        const list = stretches(map);
        for (let i = 1; i < list.length; i++) expect(list[i].low).toBeGreaterThanOrEqual(list[i - 1].high);
        expect(map.bytes).toBeGreaterThanOrEqual(list.at(-1)!.high);
        expect(map.bytes % granuleBytes).toBe(0);
        for (const [t, [declared, rows]] of given.entries()) {
          const place = map.tables[t];
          expect([place.table, place.rows, place.offset % granuleBytes]).toEqual([declared, rows, 0]);
          expect(place.columns.map(({ name }) => name)).toEqual(Object.keys(declared.columns));
          for (const column of place.columns) {
            const { kind, perRow } = declared.columns[column.name];
            expect(column.offset % 64).toBe(0);
            expect(column.elements).toBeGreaterThanOrEqual(rows * perRow);
            expect(column.elements).toBeLessThan(rows * perRow + 1);
            expect(column.bytesPerRow).toBe(perRow * widths[kind]);
            const end = place.offset + column.offset + column.elements * widths[kind];
            expect(end).toBeLessThanOrEqual(place.offset + place.bytes);
          }
        }
      }),
    );
  });

  test('has a bit for each granule behind the bitmap', () => {
    fc.assert(
      fc.property(capacities, (given) => {
        const map = layOut(given);
        const granules = (map.bytes - map.tables[0].offset) / granuleBytes;
        expect(map.bitmapBytes * 8).toBeGreaterThanOrEqual(granules);
      }),
    );
    // One granule more than a page of bits can tell of takes a second page.
    const page = granuleBytes * 8;
    const of = (granules: number) => layOut([[table('t', 'gc', { a: u8('heap', granuleBytes) }), granules]]);
    expect([of(page).bitmapBytes, of(page + 1).bitmapBytes]).toEqual([granuleBytes, 2 * granuleBytes]);
  });
});

test('the diagram has a line for each table and each column, in hexadecimal offsets', () => {
  const two = table('two', 'mspan', { a: u8('heap', 100), b: bitmap('p', 8) });
  const text = diagram(
    layOut([
      [table('one', 'gc', { words: i32('atomic', 2) }), 3],
      [two, 50],
    ]),
  );
  expect(text.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' '))).toEqual([
    'offset bytes what',
    '0 4096 header',
    '1000 4096 granule bitmap',
    '2000 4096 one × 3 (gc)',
    '2000 24 .words i32, atomic',
    '3000 8192 two × 50 (mspan)',
    '3000 5000 .a u8, heap',
    '43c0 52 .b i32, p',
    '5000 0 end',
  ]);
});

test('a line column has a cache line for each row, with its words in the order of their names', () => {
  const lines = table('lines', 'other', { before: u8('heap'), line: line('p', 'first', 'second', 'third') });
  const { column, perRow, word } = { column: lines.columns.line, ...lines.columns.line };
  expect([perRow, word, column.guard]).toEqual([16, { first: 0, second: 1, third: 2 }, 'p']);
  const { tables } = layOut([[lines, 3]]);
  const place = tables[0].columns[1];
  expect([(tables[0].offset + place.offset) % 64, place.bytesPerRow, place.elements]).toEqual([0, 64, 48]);
  expect(plainViews(lines, 3).line).toHaveLength(48);
});
