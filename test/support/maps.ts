/**
 * What the kernel has mapped, for tests that hold a heap to giving everything back.
 */
import { readFileSync } from 'node:fs';

interface Mapping {
  readonly low: number;
  readonly high: number;
  readonly mode: string;
}

/** The mappings of this process, from /proc/self/maps. */
export function mappings(): Mapping[] {
  return readFileSync('/proc/self/maps', 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [range, mode] = line.split(' ') as [string, string];
      const [low, high] = range.split('-').map((hex) => Number.parseInt(hex, 16)) as [number, number];
      return { low, high, mode };
    });
}

/**
 * Bytes of a heap's own ranges that are mapped, accessible or not. Around them the engine maps pages of its own, at random
 * places.
 */
export const mappedIn = (ranges: readonly { readonly base: number; readonly bytes: number }[]): number =>
  ranges.reduce((sum, { base, bytes }) => sum + mappedBytes(base, base + bytes), 0);

/** Bytes of [low, high) that are mapped, accessible or not. */
export function mappedBytes(low: number, high: number): number {
  return mappings()
    .filter((m) => m.low < high && m.high > low)
    .reduce((sum, m) => sum + Math.min(m.high, high) - Math.max(m.low, low), 0);
}

/** Whether the byte at an address can be written. */
export const isWritable = (address: number): boolean =>
  mappings().some(({ low, high, mode }) => low <= address && address < high && mode.startsWith('rw'));
