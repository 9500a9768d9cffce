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

/** Standard deviation and range of several values. */
export function formatSpread(unit: MetricUnit, { sd, min, max }: Spread): string {
  if (sd === null || min === max) return 'all equal';
  return `± ${formatMetric(unit, sd)}, ${formatMetric(unit, min)} to ${formatMetric(unit, max)}`;
}
