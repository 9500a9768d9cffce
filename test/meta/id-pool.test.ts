import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { i32, table } from '../../lib/meta/column.ts';
import { type IdOrder, IdPool } from '../../lib/meta/id-pool.ts';
import type { MetaMemory } from '../../lib/meta/meta-memory.ts';
import { FailingSys } from '../support/failing-sys.ts';
import { metaOf } from '../support/meta.ts';

const records = table('records', 'mspan', { next: i32('heap'), load: i32('heap', 1000) });
const besides = table('besides', 'mspan', { note: i32('heap', 1000) });
const poolTable = table('pool', 'other', {
  free: i32('heap'),
  used: i32('heap'),
  committed: i32('heap'),
  live: i32('heap'),
});

/** One more than a batch's end: the last batch has one row. */
const rows = 97;
const batch = 8;

function setup(
  sys?: FailingSys,
  order?: IdOrder,
): {
  pool: IdPool;
  state: { readonly [N in 'free' | 'used' | 'committed' | 'live']: Int32Array };
  load: Int32Array;
  meta: MetaMemory;
} {
  const meta = metaOf(
    [
      [poolTable, 1],
      [records, rows],
      [besides, rows],
    ],
    sys,
  );
  meta.commit(poolTable, 0, 1);
  const { next, load } = meta.views(records);
  const state = meta.views(poolTable);
  return { pool: new IdPool(meta, records, next, state, batch, order), state, load, meta };
}

describe('ids', () => {
  test('start at 1, follow one another, and end with the table', () => {
    const { pool, state, load } = setup();
    for (let id = 1; id < rows; id++) {
      expect(pool.alloc()).toBe(id);
      load[id * 1000 + 999] = id; // faults where the row has no memory
    }
    expect([pool.alloc(), pool.alloc(), state.live[0], state.used[0]]).toEqual([0, 0, rows - 1, rows - 1]);
    pool.free(17);
    expect([pool.alloc(), pool.alloc()]).toEqual([17, 0]);
  });

  test('are given again last in, first out, with what their rows held', () => {
    const { pool, load } = setup();
    for (let id = 1; id <= 5; id++) pool.alloc();
    load[2000] = 77;
    for (const id of [4, 1, 2]) pool.free(id);
    expect([pool.alloc(), pool.alloc(), pool.alloc(), pool.alloc()]).toEqual([2, 1, 4, 6]);
    expect(load[2000]).toBe(77);
  });

  test('or neighbours together: block by block, the one freed into last first', () => {
    const { pool, load } = setup(undefined, 'neighbours');
    for (let id = 1; id <= 50; id++) pool.alloc();
    load[2000] = 77;
    for (const id of [4, 17, 1, 2, 32, 33, 16]) pool.free(id);
    expect(Array.from({ length: 8 }, () => pool.alloc())).toEqual([33, 17, 32, 1, 2, 4, 16, 51]);
    expect(load[2000]).toBe(77);
  });

  test.each([
    ['recent', 1],
    ['neighbours', 16],
  ] as const)('agree with a stack of sets and a counter: %s', (order, size) => {
    const { pool, state } = setup(undefined, order);
    const free: Set<number>[] = []; // the freed ids of a block
    const blockOf = (id: number): number => Math.floor((id - 1) / size);
    const used: number[] = [];
    let highest = 0;
    const step = fc.oneof(fc.constant(-1), fc.constant(-1), fc.nat(rows));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        for (const nth of steps) {
          if (nth < 0) {
            const block = free.at(-1);
            const should = block ? Math.min(...block) : highest < rows - 1 ? ++highest : 0;
            block?.delete(should);
            if (block?.size === 0) free.pop();
            expect(pool.alloc()).toBe(should);
            if (should !== 0) used.push(should);
          } else if (used.length > 0) {
            const [id] = used.splice(nth % used.length, 1);
            pool.free(id);
            const block = free.find((ids) => [...ids].some((other) => blockOf(other) === blockOf(id!)));
            if (block) block.add(id!);
            else free.push(new Set([id!]));
          }
          expect([state.live[0], state.used[0]]).toEqual([used.length, highest]);
        }
      }),
    );
  });
});

describe('memory', () => {
  test('is put behind the rows a batch at a time', () => {
    const { pool, state } = setup();
    const seen: number[] = [];
    for (let i = 0; i < 16; i++) {
      pool.alloc();
      seen.push(state.committed[0]);
    }
    // Row 0 belongs to the first batch.
    expect(seen).toEqual([...Array(7).fill(8), ...Array(8).fill(16), 24]);
  });

  test('ensure takes it beforehand, for so many ids and no more than there are', () => {
    const { pool, state } = setup(new FailingSys(['commit']));
    expect(pool.ensure(20)).toBe(true);
    expect(state.committed[0]).toBe(24);
    expect(pool.ensure(23)).toBe(true);
    expect(state.committed[0]).toBe(24);
    expect(pool.ensure(24)).toBe(true);
    expect(state.committed[0]).toBe(32);
    expect([pool.ensure(rows - 1), pool.ensure(rows)]).toEqual([true, false]);
    expect([state.used[0], state.live[0]]).toEqual([0, 0]);
  });

  test('that was ensured is not asked for again', () => {
    const sys = new FailingSys(['commit']);
    const { pool } = setup(sys);
    expect(pool.ensure(50)).toBe(true);
    sys.refuse(0, Infinity);
    for (let id = 1; id <= 50; id++) expect(pool.alloc()).toBe(id);
  });

  test('that is refused costs nothing, and is asked for again', () => {
    const sys = new FailingSys(['commit']);
    const { pool, state } = setup(sys);
    for (let i = 0; i < 7; i++) pool.alloc();
    const before = [state.used[0], state.live[0], state.committed[0]];
    sys.refuse(0, 2);
    expect([pool.alloc(), pool.ensure(8)]).toEqual([0, false]);
    expect([state.used[0], state.live[0], state.committed[0]]).toEqual(before);
    expect(pool.alloc()).toBe(8);
  });

  test('tables beside get theirs with it: all of a batch or, as far as ids go, none', () => {
    const sys = new FailingSys(['commit']);
    const { pool, state, meta } = setup(sys);
    const { note } = meta.views(besides);
    meta.commit(besides, 0, batch);
    pool.beside(besides);
    for (let i = 0; i < 7; i++) note[pool.alloc() * 1000] = 1; // faults where the row has no memory
    const { requests } = sys;
    sys.refuse(0, 1);
    expect([pool.alloc(), state.committed[0], sys.requests - requests]).toEqual([0, 8, 1]);
    for (let id = pool.alloc(); id !== 0; id = pool.alloc()) note[id * 1000 + 999] = id;
    expect(note[(rows - 1) * 1000 + 999]).toBe(rows - 1);
  });

  test('two pools over the same columns hand out from one', () => {
    const { pool, meta } = setup();
    const other = new IdPool(meta, records, meta.views(records).next, meta.views(poolTable), batch);
    expect([pool.alloc(), other.alloc(), pool.alloc()]).toEqual([1, 2, 3]);
    pool.free(1);
    expect([other.alloc(), other.alloc()]).toEqual([1, 4]);
  });
});
