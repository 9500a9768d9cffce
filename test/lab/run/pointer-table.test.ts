import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PointerTable } from '../../../lib/lab/run/pointer-table.ts';

type Model = Map<number, number>;

function expectSame(table: PointerTable, model: Model): void {
  const found: Model = new Map();
  table.forEach((pointer, slot) => {
    found.set(pointer, slot);
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
    const step = fc.record({ pointer: pointers, remove: fc.boolean(), slot: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const table = new PointerTable(4);
        const model: Model = new Map();
        for (const { pointer, remove, slot } of steps) {
          const row = table.find(pointer);
          expect(row >= 0).toBe(model.has(pointer));
          if (row >= 0) expect(table.slotAt(row)).toBe(model.get(pointer));
          if (remove) {
            if (row >= 0) table.removeAt(row);
            model.delete(pointer);
          } else {
            expect(table.add(pointer, slot)).toBe(row);
            if (row < 0) model.set(pointer, slot);
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
      table.add(i * 16, i);
      model.set(i * 16, i);
    }
    expectSame(table, model);
    expect(table.capacity).toBe(32_768);
  });

  it('does not rot: any number of frees and allocations leave it as large as it was', () => {
    const table = new PointerTable(10);
    const live: number[] = [];
    for (let i = 1; i <= 200_000; i++) {
      table.add(i * 32, i);
      live.push(i * 32);
      if (live.length > 600) table.removeAt(table.find(live.shift() ?? 0));
    }
    expect(table.capacity).toBe(1024);
    expect(table.size).toBe(600);
    for (const pointer of live) expect(table.slotAt(table.find(pointer))).toBe(pointer / 32);
    for (const pointer of live) table.removeAt(table.find(pointer));
    expectSame(table, new Map());
  });
});
