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

/** The standard deviation of several values. Empty where there is none, or where it rounds to nothing. */
export function formatDeviation(unit: MetricUnit, { sd }: Spread): string {
  const words = sd === null ? '' : formatMetric(unit, sd);
  return words === '' || words === formatMetric(unit, 0) ? '' : `± ${words}`;
}

/**
 * What is known of several values beside their mean: standard deviation and range, and how many of the runs have
 * one where not all do. What rounds to nothing is left out, as on the terminal.
 * Empty where they all are the same.
 */
export function formatSpread(unit: MetricUnit, spread: Spread, runs = spread.n): string {
  const { n, sd, min, max } = spread;
  const write = (value: number): string => formatMetric(unit, value);
  const deviation = formatDeviation(unit, spread);
  const parts = deviation === '' ? [] : [deviation];
  if (sd !== null && write(min) !== write(max)) parts.push(`${write(min)} to ${write(max)}`);
  if (n < runs) parts.push(`${formatNumber(n)} of ${formatNumber(runs)} runs`);
  return parts.join(', ');
}
