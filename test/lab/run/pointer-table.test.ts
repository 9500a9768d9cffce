import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PointerTable } from '../../../lib/lab/run/pointer-table.ts';

type Model = Map<number, readonly [number, number]>;

function expectSame(table: PointerTable, model: Model): void {
  const found: Model = new Map();
  table.forEach((pointer, address, size) => {
    found.set(pointer, [address, size]);
  });
  expect(found).toEqual(model);
  expect(table.size).toBe(model.size);
}

/** Pointers that crowd: few distinct ones, ids, multiples of 16, both halves. */
const pointers = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 40 }).map((n) => n * 16),
  fc.integer({ min: 1, max: 40 }).map((n) => n * 2 ** 32),
  fc.integer({ min: 1, max: 40 }).map((n) => 2 ** 57 - 16 * n),
);

describe('the pointer table', () => {
  it('is a Map, operation by operation', () => {
    const step = fc.record({ pointer: pointers, remove: fc.boolean(), address: fc.nat(), size: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const table = new PointerTable(4);
        const model: Model = new Map();
        for (const { pointer, remove, address, size } of steps) {
          const row = table.find(pointer);
          expect(row >= 0).toBe(model.has(pointer));
          if (row >= 0) expect([table.addressAt(row), table.sizeAt(row)]).toEqual(model.get(pointer));
          if (remove) {
            if (row >= 0) table.removeAt(row);
            model.delete(pointer);
          } else {
            expect(table.add(pointer, address, size)).toBe(row);
            if (row >= 0) table.setAt(row, address, size);
            model.set(pointer, [address, size]);
          }
        }
        expectSame(table, model);
        for (const pointer of model.keys()) expect(table.find(pointer)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });

  it('grows, and keeps everything', () => {
    const table = new PointerTable(4);
    const model: Model = new Map();
    for (let i = 1; i <= 20_000; i++) {
      table.add(i * 16, i, i % 100);
      model.set(i * 16, [i, i % 100]);
    }
    expectSame(table, model);
    expect(table.capacity).toBe(32_768);
  });

  it('does not rot: any number of frees and allocations leave it as large as it was', () => {
    const table = new PointerTable(10);
    const live: number[] = [];
    for (let i = 1; i <= 200_000; i++) {
      table.add(i * 32, i, 1);
      live.push(i * 32);
      if (live.length > 600) table.removeAt(table.find(live.shift() ?? 0));
    }
    expect(table.capacity).toBe(1024);
    expect(table.size).toBe(600);
    for (const pointer of live) expect(table.addressAt(table.find(pointer))).toBe(pointer / 32);
    for (const pointer of live) table.removeAt(table.find(pointer));
    expectSame(table, new Map());
  });

  it('keeps what a row owes as long as the row is there', () => {
    const table = new PointerTable(4);
    for (let i = 1; i <= 500; i++) {
      table.add(i * 16, i, 1);
      if (i % 3 === 0) table.setOwedAt(table.find(i * 16), i);
    }
    for (let i = 1; i <= 500; i += 2) table.removeAt(table.find(i * 16));
    for (let i = 2; i <= 500; i += 2) expect(table.owedAt(table.find(i * 16))).toBe(i % 3 === 0 ? i : 0);
    table.removeAt(table.find(96));
    table.add(96, 1, 1);
    expect(table.owedAt(table.find(96))).toBe(0);
  });

  it('changes an entry in place', () => {
    const table = new PointerTable();
    table.add(16, 1, 2);
    table.setAt(table.find(16), 3, 4);
    expectSame(table, new Map([[16, [3, 4] as const]]));
    expect(table.add(16, 5, 6)).toBe(table.find(16));
    expectSame(table, new Map([[16, [3, 4] as const]]));
  });
});
