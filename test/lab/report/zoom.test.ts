/** Stretches of time under fingers and buttons, and a chart's numbers as CSV. */
import { describe, expect, it } from 'vitest';
import { chartCsv, unitOf } from '../../../lib/lab/report/client/chart-csv.ts';
import { formatBytes, formatNumber } from '../../../lib/lab/report/client/format.ts';
import {
  pannedRange,
  pinchedRange,
  scaledRange,
  shiftedRange,
} from '../../../lib/lab/report/client/zoom-range.ts';

describe('a stretch of time', () => {
  it('is scaled around a time that keeps its place', () => {
    expect(scaledRange([0, 100], 0.5, 50)).toEqual([25, 75]);
    expect(scaledRange([0, 100], 0.5, 0)).toEqual([0, 50]);
    expect(scaledRange([25, 75], 2, 50)).toEqual([0, 100]);
  });

  it('is shifted, and follows a finger', () => {
    expect(shiftedRange([10, 30], 0.5)).toEqual([20, 40]);
    expect(pannedRange([0, 100], 200, 150, 50)).toEqual([50, 150]);
  });

  it('keeps under two fingers the times that were under them', () => {
    const [width, before, after] = [400, [100, 200], [50, 350]] as const;
    const [from, to] = pinchedRange([0, 4000], width, before, after);
    const timeAt = (pixel: number): number => from + (pixel * (to - from)) / width;
    expect(timeAt(after[0])).toBeCloseTo(1000, 6);
    expect(timeAt(after[1])).toBeCloseTo(2000, 6);
  });

  it('stays sensible where the fingers meet', () => {
    const [from, to] = pinchedRange([0, 4000], 400, [100, 200], [150, 150]);
    expect(to - from).toBeCloseTo((4000 * 100) / 12, 6);
  });
});

describe('CSV', () => {
  const columns = [
    { title: 'in use (B)', values: [1, null, 3.5] },
    { title: '=cmd("x"),y', values: [4, 5, 6] },
  ];

  it('has a row for each time of the stretch, empty cells for what is not known, and no formulas', () => {
    expect(chartCsv('time (ms)', [0, 10, 20], columns, [5, 20])).toBe(
      'time (ms),in use (B),"\'=cmd(""x""),y"\r\n10,,5\r\n20,3.5,6\r\n',
    );
  });

  it('has units in its heads', () => {
    expect(unitOf(formatBytes)).toBe('B');
    expect(unitOf(formatNumber)).toBe('');
    expect(unitOf((n) => `${formatNumber(n)}/s`)).toBe('/s');
    expect(unitOf((n) => `${formatBytes(n)}/s`)).toBe('B/s');
  });
});
