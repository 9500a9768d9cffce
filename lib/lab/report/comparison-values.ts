/**
 * A comparison's numbers as words.
 */
import type { MetricUnit, Spread } from '../metrics/spread.ts';
import { formatBytes, formatDuration, formatNumber } from './client/format.ts';

/** One value in its unit. */
export function formatMetric(unit: MetricUnit, value: number): string {
  switch (unit) {
    case 'bytes':
      return formatBytes(value);
    case 'seconds':
      return `${value.toFixed(2)} s`;
    case 'ns':
      return formatDuration(value / 1e6);
    case 'share':
      return `${(value * 100).toFixed(1)} %`;
    case 'count':
    case 'rate':
      return formatNumber(Math.round(value));
  }
}

/** What one value is more or less than another, with its sign; of shares in points, so that no per cent of per cents is read. */
export function formatDifference(unit: MetricUnit, difference: number): string {
  const sign = difference > 0 ? '+' : difference < 0 ? '−' : '';
  const size = Math.abs(difference);
  return `${sign}${unit === 'share' ? `${(size * 100).toFixed(1)} points` : formatMetric(unit, size)}`;
}

/** `[10.0, 12.5] MiB` of 10.0 MiB and 12.5 MiB; the units where they differ. */
function between(unit: MetricUnit, low: number, high: number): string {
  const [a, b] = [formatMetric(unit, low), formatMetric(unit, high)];
  const [, number = a, name = ''] = /^(\S+)( .+)?$/.exec(a) ?? [];
  return b.endsWith(name) && name !== '' ? `[${number}, ${b.slice(0, -name.length)}]${name}` : `[${a}, ${b}]`;
}

/** The 95 % interval of the median of several values. Empty where there is none, or where its ends read the same. */
export function formatInterval(unit: MetricUnit, { n, low, high }: Spread): string {
  return n < 2 || formatMetric(unit, low) === formatMetric(unit, high) ? '' : between(unit, low, high);
}

/**
 * What is known of several values beside their median: its 95 % interval, the range where that is wider, and how many of the
 * runs have one where not all do. What rounds to nothing is left out, as on the terminal.
 * Empty where they all are the same.
 */
export function formatSpread(unit: MetricUnit, spread: Spread, runs = spread.n): string {
  const { n, sd, low, high, min, max } = spread;
  const write = (value: number): string => formatMetric(unit, value);
  const interval = formatInterval(unit, spread);
  const parts = interval === '' ? [] : [interval];
  const isWider = write(min) !== write(low) || write(max) !== write(high);
  if (sd !== null && isWider && write(min) !== write(max)) parts.push(`${write(min)} to ${write(max)}`);
  if (n < runs) parts.push(`${formatNumber(n)} of ${formatNumber(runs)} runs`);
  return parts.join(', ');
}
