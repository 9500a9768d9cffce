import { describe, expect, it } from 'vitest';
import { Params } from '../../bench/ours/entry.ts';
import { checkText, figures, fold, median, mixedSize, pick, Random, seed } from '../../bench/workload.ts';

/** xorshift32 in arbitrary precision: what the Go and C programs compute in 32-bit words. */
class SlowRandom {
  state = BigInt(seed);

  below(n: number): number {
    const mask = 0xffffffffn;
    let x = this.state;
    x = (x ^ (x << 13n)) & mask;
    x = (x ^ (x >> 17n)) & mask;
    x = (x ^ (x << 5n)) & mask;
    this.state = x;
    return Number((x * BigInt(n)) >> 32n);
  }
}

describe('the shared sequence', () => {
  it('equals its twin in arbitrary precision', () => {
    const fast = new Random();
    const slow = new SlowRandom();
    for (const n of [1, 2, 63, 100, 1000, 65536, 1_000_003, 2 ** 21]) {
      for (let i = 0; i < 500; i++) expect(fast.below(n)).toBe(slow.below(n));
    }
  });

  it('draws sizes from every band, each within its bounds', () => {
    const random = new Random();
    const bands = [0, 0, 0, 0];
    for (let i = 0; i < 20_000; i++) {
      const size = mixedSize(random);
      expect(size).toBeGreaterThanOrEqual(16);
      expect(size).toBeLessThanOrEqual(32768 + 32768);
      bands[size < 1024 ? 0 : size < 8192 ? 1 : size < 32768 ? 2 : 3]++;
    }
    expect(bands[0] / 20_000).toBeCloseTo(0.95, 1);
    expect(Math.min(...bands)).toBeGreaterThan(0);
  });

  it('picks without losing or repeating', () => {
    const all = Int32Array.from({ length: 100 }, (_, i) => i);
    pick(new Random(), all, 100, 40);
    expect([...all]).not.toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
});

describe('small parts', () => {
  it('takes the median', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(() => median([])).toThrow(RangeError);
  });

  it('takes the median and the lower quartile of repeats', () => {
    expect(figures([5, 1, 4, 2, 3])).toEqual({ ns: 3, quartile: 2 });
    expect(figures([7])).toEqual({ ns: 7, quartile: 7 });
  });

  it('folds as 32-bit arithmetic does and prints without a sign', () => {
    expect(checkText(fold(0, 1))).toBe('1000193');
    expect(checkText(fold(0xffffffff, 0))).toBe('fefffe6d');
    expect(checkText(fold(0, -1))).toBe('fefffe6d');
  });

  it('reads the words of a case', () => {
    const params = new Params(['size=16', 'order=ring', 'file=/a=b']);
    expect(params.number('size')).toBe(16);
    expect(params.text('file')).toBe('/a=b');
    expect(() => params.number('order')).toThrow('order must be an integer');
    expect(() => params.text('live')).toThrow('the case needs live');
    expect(() => new Params(['size'])).toThrow('not key=value');
  });
});
