/**
 * How numbers are written, the same in the page's text and in its charts.
 *
 * Bytes are binary (KiB, MiB, GiB) with three significant digits, times are in the unit that a person
 * would say. No DOM here: the renderer uses these functions too.
 */
import { grouped } from '../../../base/grouped.ts';

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Three significant digits, without an exponent below a million million. */
export function formatNumber(n: number): string {
  const size = Math.abs(n);
  if (size >= 100 || Number.isInteger(n)) {
    if (!Number.isFinite(n)) return n.toLocaleString('en-US');
    // Not for all: the first call of toLocaleString was a tenth of what `pageheap run` did itself.
    return grouped(Math.round(n));
  }
  return n.toFixed(size >= 10 ? 1 : 2);
}

/** At most three digits and a unit of thousands: `160 k`, `1.92 M`. */
export function formatCompact(n: number): string {
  if (n >= 999_500) {
    return `${formatNumber(n / 1e6)} M`;
  }
  return n >= 9995 ? `${formatNumber(n / 1e3)} k` : formatNumber(n);
}

/** A number of bytes, such as `307 MiB`. Negative numbers keep their sign. */
export function formatBytes(n: number): string {
  if (!Number.isFinite(n)) {
    return 'none';
  }
  let size = Math.abs(n);
  let unit = 0;
  while (size >= 999.5 && unit < byteUnits.length - 1) {
    size /= 1024;
    unit++;
  }
  const digits = unit === 0 || size >= 100 ? size.toFixed(0) : size.toFixed(size >= 10 ? 1 : 2);
  return `${n < 0 && Number(digits) !== 0 ? '−' : ''}${digits} ${byteUnits[unit]}`;
}

/** The same without zeros after the point: `64 MiB`, `2.5 MiB`. For the ticks of scales. */
export function formatTick(n: number): string {
  return formatBytes(n).replace(/(\.\d*?)0+ /, (_all, digits: string) => `${digits === '.' ? '' : digits} `);
}

/** A duration in milliseconds as words: `850 ms`, `12.4 s`, `3 min 20 s`, `2 h 05 min`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) {
    return '–';
  }
  if (ms < 1) {
    return `${(ms * 1000).toFixed(0)} µs`;
  }
  if (ms < 999.5) {
    return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
  }
  const seconds = ms / 1000;
  if (seconds < 119.95) {
    return `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 7200) {
    return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  }
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** A point in time, in milliseconds since the start: `8.40 s`, `3:20`, `2:05:11`. */
export function formatTime(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 119.95) {
    return `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  const clock = (n: number): string => String(n).padStart(2, '0');
  return whole < 3600
    ? `${Math.floor(whole / 60)}:${clock(whole % 60)}`
    : `${Math.floor(whole / 3600)}:${clock(Math.floor(whole / 60) % 60)}:${clock(whole % 60)}`;
}

/** A share of a whole, as a percentage with the digits it deserves. */
export function formatShare(part: number, whole: number): string {
  if (!(whole > 0)) {
    return '–';
  }
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.05) {
    return '< 0.1 %';
  }
  return `${percent >= 9.95 || percent === 0 ? percent.toFixed(0) : percent.toFixed(1)} %`;
}
