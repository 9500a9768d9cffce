import { describe, expect, it } from 'vitest';
import { pairedInterval } from '../../bench/baseline/interval.ts';
import { Mulberry32 } from '../../lib/lab/workloads/random.ts';
import { noises, printedSeed } from './noise.ts';

const logs = [-3, -2, -1, 0, 1, 2, 3].map((x) => x / 100);

describe('the interval of paired ratios', () => {
  it('is the Tukey–McLaughlin one of the logarithms', () => {
    // −0.02 … 0.02 stay. Winsorized: the variance is 18/6 × 10⁻⁴; t for 4 degrees of freedom is 2.776.
    const reach = (2.776 * Math.sqrt(3e-4 / 7)) / (5 / 7);
    const { ratio, low, high } = pairedInterval(logs.map((x) => Math.exp(x + Math.log(1.1))));
    expect(ratio).toBeCloseTo(1.1, 12);
    expect(low).toBeCloseTo(1.1 * Math.exp(-reach), 12);
    expect(high).toBeCloseTo(1.1 * Math.exp(reach), 12);
  });

  it('leaves out a fifth at either end', () => {
    // 14 values: two at either end, ten stay, t for 9 degrees of freedom is 2.262.
    const values = Array.from({ length: 14 }, (_, i) => (i - 6.5) / 100);
    const winsorized = values.map((x) => Math.min(Math.max(x, -0.045), 0.045));
    const variance = winsorized.reduce((sum, x) => sum + x * x, 0) / 13;
    const reach = (2.262 * Math.sqrt(variance / 14)) / (10 / 14);
    expect(Math.log(pairedInterval(values.map(Math.exp)).high)).toBeCloseTo(reach, 12);
  });

  it('does not depend on which side is divided by which, nor on the order', () => {
    const ratios = [1.2, 0.9, 1.01, 1.05, 0.98, 1.1, 1.3];
    const there = pairedInterval(ratios);
    const back = pairedInterval(ratios.map((x) => 1 / x).reverse());
    expect(back.ratio).toBeCloseTo(1 / there.ratio, 12);
    expect(back.low).toBeCloseTo(1 / there.high, 12);
  });

  it.each([10, 0.1])('is hardly moved by one round that is off by %d', (factor) => {
    const ratios = logs.map((x) => Math.exp(x / 3 + Math.log(1.05)));
    for (let i = 0; i < ratios.length; i++) {
      const { ratio, low, high } = pairedInterval(ratios.map((x, k) => (k === i ? x * factor : x)));
      expect(ratio).toBeGreaterThan(1.04);
      expect(ratio).toBeLessThan(1.06);
      expect(low).toBeGreaterThan(1.02);
      expect(high).toBeLessThan(1.08);
    }
  });

  it('is a point where all pairs agree', () => {
    expect(pairedInterval(Array(7).fill(1))).toEqual({ ratio: 1, low: 1, high: 1 });
  });

  it('refuses fewer than seven pairs, and what is no ratio', () => {
    expect(() => pairedInterval(Array(6).fill(1))).toThrow('needs 7 pairs');
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => pairedInterval([...Array(6).fill(1), bad])).toThrow('not all are positive');
    }
  });

  const seed = printedSeed('how often the interval misses');
  it.each(Object.keys(noises))('lies above a true ratio of 1 in at most a fortieth of cases: %s', (name) => {
    const random = new Mulberry32(seed);
    for (const [rounds, spread] of [
      [7, 0.02],
      [7, 0.1],
      [14, 0.05],
      [28, 0.1],
    ]) {
      const runs = 8000;
      let above = 0;
      for (let run = 0; run < runs; run++) {
        const ratios = Array.from(
          { length: rounds },
          () => noises[name](random, spread) / noises[name](random, spread),
        );
        if (pairedInterval(ratios).low > 1) above++;
      }
      // 2.5 %, and five standard errors of the simulation; what is approximate in the statistic adds a half.
      const error = Math.sqrt((0.025 * 0.975) / runs);
      expect(above / runs, `${rounds} rounds of ${spread}`).toBeLessThan(0.03 + 5 * error);
      // An interval that never misses is too wide to find anything.
      if (name === 'normal') expect(above / runs).toBeGreaterThan(0.02 - 5 * error);
    }
  });
});
