/**
 * The gctrace line, letter by letter as the runtime of each generation prints it. As Go 1.21 does:
 *
 *     gc 7 @0.412s 2%: 0.021+3.1+0.009 ms clock, 0.021+0/3.1/0+0.009 ms cpu, 8->9->4 MB, 8 MB goal, 0 MB stacks, 0 MB globals, 1 P (forced)
 *
 * The number; seconds since the program began; the collector's share of all CPU time since then; the
 * clock time of stopping and preparing, marking, and finishing; the CPU time of the same, where marking
 * is split into assists, dedicated and idle workers; the heap at the start, at the end, and what was
 * marked; the goal; Ps. Everything is rounded down. Times of 10 ms and more have no decimals, shorter
 * ones two digits, and at most three decimals of a millisecond.
 *
 * Go 1.12 prints the same without stacks and globals. Go 1.4:
 *
 *     gc7(1): 12+3+1100+5 us, 4 -> 8 MB, 41000 (90000-49000) objects, 1 goroutines, 512/40/3 sweeps, 0(0) handoff, 0(0) steal, 0/0/0 yields
 *
 * The number and the threads that marked; microseconds of stopping, finishing the sweep, marking, and the
 * rest; what lived after the cycle before, as its goal tells, and the heap now, garbage and all; objects now (ever
 * allocated − freed); goroutines; spans, and how many of them the last sweep took in the background and in the pause. Work
 * is never handed over or stolen here, since one thread does all of it.
 *
 * Sources: the runtimes of Go 1.21 and 1.12, mgc.go, and of Go 1.4, mgc0.c. Not here: who measures.
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
  /** What lived after the cycle before: goal × 100 / (GOGC + 100). */
  readonly livedBefore?: number;
  /** Objects ever allocated and freed; 0 where not told. */
  readonly mallocs?: number;
  readonly frees?: number;
  /** Spans, and those that the last sweep took in the background and in the pause. */
  readonly spans?: number;
  readonly sweptInBackground?: number;
  readonly sweptInPause?: number;
}

/** Whose line it is to be. */
export type GcTraceStyle = 'go1.4' | 'go1.12' | 'go1.21';

/** The line, without its newline. */
export function formatGcTrace(t: GcTrace, style: GcTraceStyle = 'go1.21'): string {
  if (style === 'go1.4') return formatGcTrace14(t);
  const ms = formatNsAsMs;
  const mb = (bytes: number): number => Math.floor(bytes / MiB);
  const { cpu } = t;
  return (
    `gc ${t.cycle} @${formatFixed(Math.floor(t.at / 1e6), 3)}s ${Math.trunc(t.cpuFraction * 100)}%: ` +
    `${t.clock.map(ms).join('+')} ms clock, ` +
    `${ms(cpu.start)}+${ms(cpu.assist)}/${ms(cpu.background)}/${ms(cpu.idle)}+${ms(cpu.end)} ms cpu, ` +
    `${mb(t.heapStart)}->${mb(t.heapEnd)}->${mb(t.heapMarked)} MB, ${mb(t.goal)} MB goal, ` +
    (style === 'go1.12' ? '' : `${mb(t.stacks ?? 0)} MB stacks, ${mb(t.globals ?? 0)} MB globals, `) +
    `${t.procs} P${t.forced ? ' (forced)' : ''}`
  );
}

function formatGcTrace14(t: GcTrace): string {
  const us = (ns: number): number => Math.floor(ns / 1000);
  const mb = (bytes: number): number => Math.floor(bytes / MiB);
  const [start, mark, end] = t.clock;
  const { mallocs = 0, frees = 0, spans = 0, sweptInBackground = 0, sweptInPause = 0 } = t;
  return (
    `gc${t.cycle}(${t.procs}): 0+${us(start)}+${us(mark)}+${us(end)} us, ` +
    `${mb(t.livedBefore ?? 0)} -> ${mb(t.heapStart)} MB, ${mallocs - frees} (${mallocs}-${frees}) objects, ` +
    `1 goroutines, ${spans}/${sweptInBackground}/${sweptInPause} sweeps, ` +
    '0(0) handoff, 0(0) steal, 0/0/0 yields'
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
