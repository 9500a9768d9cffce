/**
 * Names and values of a run file in words.
 *
 * A run file may hold more than this report knows: any member can be shown, by what its name says of
 * it. Go's names, which begin with a capital, stay as they are; others are spelled out.
 */

import type { RunValue } from '../record/lines.ts';
import { formatBytes, formatDuration, formatNumber, formatTick } from './client/format.ts';

const names: Readonly<Record<string, string>> = {
  kernel: 'Kernel',
  node: 'Node',
  cpu: 'Processor',
  cpus: 'Processors',
  thp: 'Transparent huge pages',
  thpDefrag: 'THP defrag',
  pageSize: 'Physical page',
  hugePageSize: 'Huge page',
  overcommit: 'Overcommit',
  pageheap: 'pageheap',
  gcPercent: 'GC percent',
  memoryLimit: 'memory limit',
  beatMs: 'beat',
  seconds: 'replay',
  peakRss: 'RSS peak',
  endRss: 'RSS at the end',
  lookNs: 'sampling took',
};

/** A member's name: `freeSlots` → `free slots`. */
export function heading(name: string): string {
  if (Object.hasOwn(names, name)) {
    return names[name];
  }
  if (/^[A-Z]/.test(name)) {
    return name;
  }
  return name.replace(
    /([a-z])([A-Z])/g,
    (_all, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  );
}

/** MemStats' fields in bytes, and names that say so. */
const inBytes = /^(Total|Heap)?Alloc$|(Sys|Inuse|Idle|Released|Rss|Bytes|Waste)$|^(NextGC|bytes)$/;
const inRoundBytes = /^(huge)?PageSize$|Limit$|^spanBytes$/i;
const inNanoseconds = /Ns$/;

/** Milliseconds since 1970 as `2024-05-01 12:30:05`; as a number where that is no date. */
function dateInWords(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? formatNumber(ms) : date.toISOString().replace('T', ' ').slice(0, 19);
}

function numberInWords(name: string, value: number): string {
  if (/Limit$/.test(name) && value >= 2 ** 53) {
    return 'none';
  }
  if (inRoundBytes.test(name)) {
    return value === 0 ? 'none' : formatTick(value);
  }
  if (inBytes.test(name)) {
    return formatBytes(value);
  }
  if (name === 'LastGC') {
    return value === 0 ? 'never' : dateInWords(value / 1e6);
  }
  if (inNanoseconds.test(name)) {
    return formatDuration(value / 1e6);
  }
  if (/Ms$/.test(name)) {
    return formatDuration(value);
  }
  if (name === 'seconds' || name === 'idle') {
    return formatDuration(value * 1000);
  }
  return value !== 0 && Math.abs(value) < 0.01 ? value.toPrecision(2) : formatNumber(value);
}

/** A value, by its member's name. */
export function valueInWords(name: string, value: RunValue | undefined): string {
  if (value === undefined || value === null) {
    return 'none';
  }
  if (typeof value === 'number') {
    return numberInWords(name, value);
  }
  if (typeof value === 'boolean') {
    return value ? 'yes' : 'no';
  }
  if (Array.isArray(value) && value.length === 0) {
    return 'none';
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
