/** What a person changed in a run, in words: in the report, on its charts, on the live page and on the terminal. */
import { formatBytes, formatNumber } from './client/format.ts';

const percent = (value: unknown): string => (typeof value === 'number' ? `${value} %` : String(value));
const bytes = (value: unknown): string => (typeof value === 'number' ? formatBytes(value) : String(value));
/** `1/4×` of a quarter. */
export const speedWords = (speed: number): string => (speed < 1 ? `1/${1 / speed}×` : `${speed}×`);
const times = (value: unknown): string =>
  typeof value === 'number' && value > 0 ? speedWords(value) : `${String(value)}×`;

/** `GOGC 100 % → 25 %`. What is not known is told as it is. */
export function steerWords({
  what,
  value,
  was,
}: {
  readonly what: string;
  readonly value?: string | number | null;
  readonly was?: string | number | null;
}): string {
  const change = (write: (value: unknown) => string): string =>
    was === undefined || was === null ? write(value) : `${write(was)} → ${write(value)}`;
  switch (what) {
    case 'pause':
      return 'paused';
    case 'resume':
      return 'went on';
    case 'step':
      return value === 1 ? 'one operation' : `${formatNumber(Number(value))} operations`;
    case 'speed':
      return `speed ${change(times)}`;
    case 'gc':
      return 'collected';
    case 'freeOSMemory':
      return 'gave everything back';
    case 'gcPercent':
      return `GOGC ${change(percent)}`;
    case 'memoryLimit':
      return `limit ${change(bytes)}`;
    case 'advise':
      return `advice ${change(String)}`;
    default:
      return value === undefined || value === null ? what : `${what} ${String(value)}`;
  }
}
