/**
 * A comparison's numbers as words.
 */
import type { MetricUnit, Spread } from '../compare-metrics.ts';
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

/**
 * What is known of several values beside their mean: standard deviation and range, and how many of the runs have
 * one where not all do. A spread that rounds to nothing is left out, as on the terminal; so is a range that does.
 * Empty where they all are the same.
 */
export function formatSpread(unit: MetricUnit, { n, sd, min, max }: Spread, runs = n): string {
  const write = (value: number): string => formatMetric(unit, value);
  const parts: string[] = [];
  if (sd !== null) {
    if (write(sd) !== write(0)) parts.push(`± ${write(sd)}`);
    if (write(min) !== write(max)) parts.push(`${write(min)} to ${write(max)}`);
  }
  if (n < runs) parts.push(`${formatNumber(n)} of ${formatNumber(runs)} runs`);
  return parts.join(', ');
}
