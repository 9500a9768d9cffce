import { describe, expect, it } from 'vitest';
import { ArithmeticSys } from '../../../lib/lab/verify/arithmetic.ts';
import { PlainAccounts } from '../../../lib/os/accounts.ts';

// Where no heap of the same process lies, forgotten or not.
const low = 0x300000000000;
const size = 64 * 2 ** 20;

describe('arithmetic memory', () => {
  it('is reserved wherever it is asked for, and nothing is there', () => {
    const sys = new ArithmeticSys(low);
    expect(sys.reserve(low, size)).toBe(low);
    expect(sys.reserve(low, size)).toBe(low);
    expect(sys.map(low, size, 'heap')).toBe(true);
    expect(sys.used(low, size)).toBe(true);
    expect(sys.noHugePage(low, size)).toBe(true);
    expect(sys.peek(low, 8)).toBeUndefined();
    sys.zero(low, size);
    expect(sys.view(low, size).byteLength).toBe(0);
  });

  it('keeps the books of the transitions', () => {
    const sys = new ArithmeticSys(low);
    const real = new ArithmeticSys(low + 2 ** 41);
    const at = real.reserve(0, size);
    for (const [door, addr] of [
      [sys, sys.reserve(low, size)],
      [real, at],
    ] as const) {
      const said: [string, number][] = [];
      door.useAccounts({
        add: (purpose, delta) => said.push([purpose, delta]),
        mappedReady: (delta) => said.push(['ready', delta]),
      });
      said.length = 0; // what was on the former books
      expect(door.map(addr, size, 'heap')).toBe(true);
      expect(door.used(addr, size, 8192)).toBe(true);
      expect(door.unused(addr, 8192)).toBe(true);
      expect(door.free(addr, size, 'heap', 'ready')).toBe(true);
      expect(said).toEqual([
        ['heap', size],
        ['ready', 8192],
        ['ready', -8192],
        ['heap', -size],
        ['ready', -size],
      ]);
    }
  });

  it('is real outside', () => {
    const sys = new ArithmeticSys(low);
    const at = sys.reserve(0, size);
    expect(at).not.toBe(0);
    expect(sys.map(at, 8192, 'other')).toBe(true);
    expect(sys.peek(at, 8)).toEqual(new Uint8Array(8));
    expect(sys.view(at, 8192).byteLength).toBe(8192);
    expect(sys.accounts).toBeInstanceOf(PlainAccounts);
    expect(sys.free(at, size, 'other', 'prepared')).toBe(true);
  });
});
