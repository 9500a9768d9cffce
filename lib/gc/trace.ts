/**
 * The gctrace line, letter by letter as Go 1.21 prints it:
 *
 *     gc 7 @0.412s 2%: 0.021+3.1+0.009 ms clock, 0.021+0/3.1/0+0.009 ms cpu, 8->9->4 MB, 8 MB goal, 0 MB stacks, 0 MB globals, 1 P (forced)
 *
 * The number; seconds since the program began; the collector's share of all CPU time since then; the
 * clock time of stopping and preparing, marking, and finishing; the CPU time of the same, where marking
 * is split into assists, dedicated and idle workers; the heap at the start, at the end, and what was
 * marked; the goal; Ps. Everything is rounded down. Times of 10 ms and more have no decimals, shorter
 * ones two digits, and at most three decimals of a millisecond.
 *
 * Source: the runtime of Go 1.21, mgc.go. Not here: who measures.
 */
import { MiB } from '../base/units.ts';

/** What one line tells. Times in nanoseconds, sizes in bytes. */
export interface GcTrace {
  /** The cycle's number, from 1. */
  readonly cycle: number;
  /** From the program's beginning to the cycle's. */
  readonly at: number;
  /** The collector's share of all CPU time so far, 0 to 1. */
  readonly cpuFraction: number;
  /** Wall time: until marking, marking, finishing. */
  readonly clock: readonly [start: number, mark: number, end: number];
  /** CPU time of start and end (wall time × Ps) and of marking by kind. */
  readonly cpu: {
    readonly start: number;
    readonly assist: number;
    readonly background: number;
    readonly idle: number;
    readonly end: number;
  };
  /** The heap's size when the cycle began, when marking ended, and the bytes marked. */
  readonly heapStart: number;
  readonly heapEnd: number;
  readonly heapMarked: number;
  /** The goal the cycle ran under. */
  readonly goal: number;
  readonly stacks?: number;
  readonly globals?: number;
  readonly procs: number;
  /** The program asked for this cycle. */
  readonly forced: boolean;
}

/** The line, without its newline. */
export function formatGcTrace(t: GcTrace): string {
  const ms = formatNsAsMs;
  const mb = (bytes: number): number => Math.floor(bytes / MiB);
  const { cpu } = t;
  return (
    `gc ${t.cycle} @${formatFixed(Math.floor(t.at / 1e6), 3)}s ${Math.trunc(t.cpuFraction * 100)}%: ` +
    `${t.clock.map(ms).join('+')} ms clock, ` +
    `${ms(cpu.start)}+${ms(cpu.assist)}/${ms(cpu.background)}/${ms(cpu.idle)}+${ms(cpu.end)} ms cpu, ` +
    `${mb(t.heapStart)}->${mb(t.heapEnd)}->${mb(t.heapMarked)} MB, ${mb(t.goal)} MB goal, ` +
    `${mb(t.stacks ?? 0)} MB stacks, ${mb(t.globals ?? 0)} MB globals, ${t.procs} P${t.forced ? ' (forced)' : ''}`
  );
}

/**
 * value / 10^decimals with that many decimals: formatFixed(7, 3) is "0.007".
 *
 * @param value a whole number, not negative. @param decimals 0 and more.
 */
export function formatFixed(value: number, decimals: number): string {
  const digits = String(value).padStart(decimals + 1, '0');
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** Nanoseconds as milliseconds with two digits: "0", "0.007", "0.12", "1.2", "12", "1234". Rounds down. */
export function formatNsAsMs(ns: number): string {
  if (ns >= 10e6) {
    return formatFixed(Math.floor(ns / 1e6), 0);
  }
  let value = Math.floor(ns / 1e3);
  if (value <= 0) {
    return '0';
  }
  let decimals = 3;
  while (value >= 100) {
    value = Math.floor(value / 10);
    decimals--;
  }
  return formatFixed(value, decimals);
}
