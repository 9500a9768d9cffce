import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { f64, table, u8 } from '../../lib/meta/column.ts';
import { Persistent, type PersistentState } from '../../lib/meta/persistent.ts';
import { FailingSys } from '../support/failing-sys.ts';
import { metaOf } from '../support/meta.ts';

const stateTable = table('state', 'other', { used: f64('heap'), committed: f64('heap') });
const byteTable = table('bytes', 'buckets', { bytes: u8('heap') });
const batch = 256 * 1024;

function setup(
  limit: number,
  sys?: FailingSys,
): { persistent: Persistent; state: PersistentState; bytes: Uint8Array } {
  const meta = metaOf(
    [
      [stateTable, 1],
      [byteTable, limit],
    ],
    sys,
  );
  meta.commit(stateTable, 0, 1);
  const state = meta.views(stateTable);
  return { persistent: new Persistent(meta, byteTable, state), state, bytes: meta.views(byteTable).bytes };
}

describe('persistent memory', () => {
  test('is aligned, zero, nobody else’s, and never at offset 0', () => {
    const ask = fc.tuple(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 0, max: 12 }));
    fc.assert(
      fc.property(fc.array(ask, { minLength: 1, maxLength: 100, size: 'max' }), (asks) => {
        const { persistent, bytes } = setup(2 ** 20);
        let end = 1;
        for (const [size, shift] of asks) {
          const at = persistent.alloc(size, 2 ** shift);
          expect(at).toBeGreaterThanOrEqual(end);
          expect(at % 2 ** shift).toBe(0);
          // No further than alignment makes it, from 8 on.
          expect(at).toBeLessThan(Math.max(end, 8) + 2 ** shift);
          end = at + size;
          expect(bytes.subarray(at, end).some((byte) => byte !== 0)).toBe(false);
          bytes.fill(0xff, at, end);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('comes 256 KiB at a time and ends with its table', () => {
    const limit = batch + 100;
    const { persistent, state } = setup(limit);
    expect(persistent.alloc(8)).toBe(8);
    expect(state.committed[0]).toBe(batch);
    expect(persistent.alloc(batch - 16)).toBe(16);
    expect(state.committed[0]).toBe(batch);
    expect(persistent.alloc(1, 1)).toBe(batch);
    expect(state.committed[0]).toBe(limit);
    expect(persistent.alloc(100, 1)).toBe(-1);
    expect(persistent.alloc(99, 1)).toBe(batch + 1);
    expect([persistent.alloc(1, 1), state.used[0]]).toEqual([-1, limit]);
  });

  test('refused by the system changes nothing, and is asked for again', () => {
    const sys = new FailingSys(['commit']);
    const { persistent, state } = setup(4 * batch, sys);
    persistent.alloc(100);
    sys.refuse(0, 1);
    expect(persistent.alloc(batch)).toBe(-1);
    expect([state.used[0], state.committed[0]]).toEqual([108, batch]);
    expect(persistent.alloc(batch)).toBe(112);
  });

  test.each([0, 3, -8, 2 ** 14, 0.5, Number.NaN])('is aligned to no %d bytes', (align) => {
    const { persistent, state } = setup(batch);
    expect(() => persistent.alloc(8, align)).toThrow('aligned to a power of two of at most a page');
    expect(state.used[0]).toBe(0);
  });
});
