import { describe, expect, it } from 'vitest';
import { Mulberry32 } from '../../../lib/lab/workloads/random.ts';

describe('mulberry32', () => {
  it('gives the numbers that the seed names', () => {
    const random = new Mulberry32(12345);
    const first = Array.from({ length: 3 }, () => random.next() / 2 ** 32);
    expect(first).toEqual([0.9797282677609473, 0.3067522644996643, 0.484205421525985]);
  });

  it.each([1, 2, 10, 113, 1000, 7 * 2 ** 20, 2 ** 31 - 1, 2 ** 32 - 1, 2 ** 32])(
    'below %i is next · k / 2^32, rounded down',
    (k) => {
      const [one, other] = [new Mulberry32(7), new Mulberry32(7)];
      for (let i = 0; i < 2000; i++)
        expect(one.below(k)).toBe(Number((BigInt(other.next()) * BigInt(k)) >> 32n));
    },
  );

  it('takes every seed of 32 bits for another one', () => {
    const seen = new Set([0, 1, 2 ** 31, 2 ** 32 - 1].map((seed) => new Mulberry32(seed).next()));
    expect(seen.size).toBe(4);
  });
});
