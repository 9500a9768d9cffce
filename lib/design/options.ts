/**
 * Options: what a heap can be asked for, and what is refused by name.
 *
 * Where an option is not given, the environment counts (GOGC, GOMEMLIMIT, GODEBUG, if `environment`
 * is left on), and then Go's own default.
 */
import { PageHeapError } from '../base/errors.ts';
import { arenaBytes, GiB, MiB } from '../base/units.ts';
import type { HeapEvent } from '../gc/events.ts';
import { noMemoryLimit } from '../gc/gc-settings.ts';
import type { Clock } from '../os/clock.ts';
import { Sys } from '../os/sys.ts';
import {
  type PartOptions,
  type Parts,
  partNames,
  refuseForParts,
  resolveParts,
  whyNoLimit,
} from './design.ts';
import { readEnvironment } from './environment.ts';

export interface HeapOptions extends PartOptions {
  /** Collect when the heap has grown by this share of what lived, in percent; negative: never. 100. */
  readonly gcPercent?: number;
  /** Bytes the process's heap memory should stay under; Infinity: no limit. A soft limit, as Go's. */
  readonly memoryLimit?: number;
  /** Make released memory inaccessible until it is used again. false. */
  readonly hardDecommit?: boolean;
  /** Ask the kernel for no huge pages in the heap. false. */
  readonly disableHugePages?: boolean;
  /** Name the heap's mappings in /proc/self/maps, where the kernel can. true. */
  readonly nameMappings?: boolean;
  /**
   * Bytes of address space the heap can ever reach, 64 MiB to 128 GiB, whole arenas. Reserved
   * metadata is about a tenth of it. 64 GiB, or less where the address space is limited.
   */
  readonly reach?: number;
  /** Threads that can work on a shared heap at a time: 1 to 64. 8. */
  readonly ps?: number;
  /** Nanoseconds after which a collection runs even if nothing asks for one; Infinity: never. Two minutes. */
  readonly forcedGCPeriod?: number;
  /** Nanoseconds after which the scavengers 'age' and 'growth' release an unused run. Five minutes. */
  readonly scavengeAfter?: number;
  /**
   * Bytes of roots outside the heap that a collection would scan (globals, stacks): since Go 1.18 they count
   * for the goal as live bytes do. With the scavenger 'background', the design that has them. 0.
   */
  readonly rootBytes?: number;
  /**
   * The share of the way from the bytes marked last to the goal at which a collection starts, 0.5 to 1. Here
   * marking takes no time, so 1; the real runtime marks while the program runs and starts at 0.7 to 0.95. 1.
   */
  readonly triggerRatio?: number;
  /** Collect by goals and period at all. true. Off: only `gc()` collects. */
  readonly collect?: boolean;
  /** Scavenge in the background, when the heap grows, and for the limit. true. */
  readonly scavenge?: boolean;
  /** Use a timer of the event loop for background work when the program is idle. false: call `step()`. */
  readonly background?: boolean;
  /** Reproduce the defect of Go 1.19 to 1.21 by which the background scavenger ignores the limit. false. */
  readonly historicalScavengeGoal?: boolean;
  /** Overwrite objects when they are swept. false. */
  readonly clobberFree?: boolean;
  /** Check lock ranks and, until the heap is shared, transitions of memory states. Slow. false. */
  readonly debug?: boolean;
  /** Measure the time of every madvise: two clock readings each. true. */
  readonly timed?: boolean;
  /** Read GOGC, GOMEMLIMIT and GODEBUG. true. */
  readonly environment?: boolean;
  /** Where time comes from. The system's monotonic clock. */
  readonly clock?: Clock;
  /**
   * Called with every collection and every round of scavenging, when the operation it happened in is over.
   * May use the heap. What it throws becomes an uncaught exception.
   */
  readonly onEvent?: (event: HeapEvent) => void;
  /** Called with each warning about the environment. Writes to standard error. */
  readonly warn?: (text: string) => void;
  /** The boundary to the system, for tests that inject failures. Made from the options. */
  readonly sys?: Sys;
}

/** Options in full. */
export interface ResolvedOptions {
  readonly parts: Parts;
  readonly gcPercent: number;
  readonly memoryLimit: number;
  readonly hardDecommit: boolean;
  readonly disableHugePages: boolean;
  readonly nameMappings: boolean;
  /** undefined: as much as can be had. */
  readonly reach: number | undefined;
  readonly ps: number;
  readonly forcedGCPeriod: number;
  readonly scavengeAfter: number;
  readonly rootBytes: number;
  readonly triggerRatio: number;
  readonly collect: boolean;
  readonly scavenge: boolean;
  readonly background: boolean;
  readonly historicalScavengeGoal: boolean;
  readonly clobberFree: boolean;
  readonly debug: boolean;
  readonly timed: boolean;
  readonly gctrace: boolean;
  readonly scavtrace: boolean;
}

export const minReach = arenaBytes;
export const maxReach = 128 * GiB;
/** Reaches tried in turn when none is asked for. */
export const defaultReaches = [64 * GiB, 16 * GiB, 4 * GiB, 1 * GiB, 256 * MiB] as const;
export const maxPs = 64;
export const twoMinutes = 120e9;
export const fiveMinutes = 300e9;
/** GODEBUG scavenge=1, as the runtimes of 2014 and 2019 take it: nanoseconds until memory goes, and between collections. */
const debugScavenge = { after: 20e6, gcPeriod: 10e6 } as const;

const known = new Set<string>([
  ...partNames,
  'scavengeAfter',
  'rootBytes',
  'triggerRatio',
  'gcPercent',
  'memoryLimit',
  'hardDecommit',
  'disableHugePages',
  'nameMappings',
  'reach',
  'ps',
  'forcedGCPeriod',
  'collect',
  'scavenge',
  'background',
  'historicalScavengeGoal',
  'clobberFree',
  'debug',
  'timed',
  'environment',
  'clock',
  'onEvent',
  'warn',
  'sys',
]);

function refuse(name: string, expected: string, value: unknown): never {
  throw new PageHeapError('ERR_INVALID_OPTION', `option ${name} must be ${expected}, not ${String(value)}`, {
    value,
  });
}

function flag(options: HeapOptions, name: keyof HeapOptions, fallback: boolean): boolean {
  const value = options[name];
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') refuse(name, 'true or false', value);
  return value;
}

function whole(
  options: HeapOptions,
  name: keyof HeapOptions,
  low: number,
  high: number,
  fallback: number,
): number {
  const value = options[name];
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) {
    refuse(name, `a whole number from ${low} to ${high}`, value);
  }
  return value;
}

/** Checks what a heap is watched with: `clock` and `onEvent`. Throws ERR_INVALID_OPTION. */
export function checkWatcher(options: Pick<HeapOptions, 'clock' | 'onEvent'>): void {
  const { clock, onEvent } = options;
  if (onEvent !== undefined && typeof onEvent !== 'function') refuse('onEvent', 'a function', onEvent);
  if (clock !== undefined && typeof clock?.now !== 'function') refuse('clock', 'an object with now()', clock);
}

/** Checks options and fills in what is missing. Throws ERR_INVALID_OPTION, naming the option. */
export function resolveOptions(options: HeapOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) refuse('object', 'an object', options);
  for (const name of Object.keys(options)) {
    if (!known.has(name))
      throw new PageHeapError('ERR_INVALID_OPTION', `there is no option ${name}`, { value: name });
  }
  const environment = flag(options, 'environment', true) ? readEnvironment(process.env) : undefined;
  checkWatcher(options);
  if (options.warn !== undefined && typeof options.warn !== 'function')
    refuse('warn', 'a function', options.warn);
  if (options.sys !== undefined && !(options.sys instanceof Sys)) refuse('sys', 'a Sys', options.sys);
  const warn = options.warn ?? ((text: string): void => void process.stderr.write(`pageheap: ${text}\n`));
  for (const text of environment?.warnings ?? []) warn(text);
  const debug = environment?.debug ?? {};

  const advise =
    options.advise ??
    (debug.madvdontneed === undefined ? undefined : debug.madvdontneed === 0 ? 'free' : 'dontneed');
  const parts = resolveParts(advise === undefined ? options : { ...options, advise });
  if (debug.scavenge !== undefined && parts.scavenger !== 'age' && parts.scavenger !== 'growth')
    warn(`GODEBUG: scavenge has no effect with the scavenger '${parts.scavenger}'`);
  const unlimited = whyNoLimit(parts);
  const fromEnvironment = unlimited === undefined ? environment?.memoryLimit : undefined;
  if (
    environment?.memoryLimit !== undefined &&
    environment.memoryLimit < noMemoryLimit &&
    fromEnvironment === undefined
  )
    warn(`GOMEMLIMIT is not held: ${unlimited}`);
  const { memoryLimit = fromEnvironment ?? noMemoryLimit } = options;
  if (
    typeof memoryLimit !== 'number' ||
    Number.isNaN(memoryLimit) ||
    memoryLimit < 0 ||
    (memoryLimit < 2 ** 53 && !Number.isInteger(memoryLimit))
  ) {
    refuse('memoryLimit', 'a whole number of bytes, or Infinity', memoryLimit);
  }
  const scavengeALot =
    (debug.scavenge ?? 0) > 0 && (parts.scavenger === 'age' || parts.scavenger === 'growth');
  const { forcedGCPeriod = scavengeALot ? debugScavenge.gcPeriod : twoMinutes } = options;
  if (typeof forcedGCPeriod !== 'number' || !(forcedGCPeriod > 0))
    refuse('forcedGCPeriod', 'nanoseconds above 0, or Infinity', forcedGCPeriod);
  const { scavengeAfter = scavengeALot ? debugScavenge.after : fiveMinutes } = options;
  if (typeof scavengeAfter !== 'number' || !(scavengeAfter > 0))
    refuse('scavengeAfter', 'nanoseconds above 0, or Infinity', scavengeAfter);
  const { triggerRatio = 1 } = options;
  if (!(typeof triggerRatio === 'number' && triggerRatio >= 0.5 && triggerRatio <= 1))
    refuse('triggerRatio', 'from 0.5 to 1', triggerRatio);
  const reach = options.reach === undefined ? undefined : whole(options, 'reach', minReach, maxReach, 0);
  if (reach !== undefined && reach % arenaBytes !== 0) refuse('reach', `a multiple of ${arenaBytes}`, reach);
  const percent = options.gcPercent;
  if (percent !== undefined && (!Number.isInteger(percent) || percent > 2 ** 31 - 1))
    refuse('gcPercent', 'a whole number below 2^31', percent);
  const hardDecommit = flag(
    options,
    'hardDecommit',
    debug.harddecommit !== undefined && debug.harddecommit !== 0 && parts.pageHeap === 'radix',
  );
  const disableHugePages = flag(
    options,
    'disableHugePages',
    debug.disablethp !== undefined && debug.disablethp !== 0 && !parts.hugePageHints,
  );
  const historicalScavengeGoal = flag(options, 'historicalScavengeGoal', false);
  refuseForParts(parts, {
    memoryLimit: memoryLimit < noMemoryLimit,
    scavengeAfter: options.scavengeAfter !== undefined,
    rootBytes: (options.rootBytes ?? 0) > 0,
    triggerRatio: triggerRatio < 1,
    hardDecommit,
    disableHugePages,
    historicalScavengeGoal,
  });
  return {
    parts,
    gcPercent: percent ?? environment?.gcPercent ?? 100,
    memoryLimit,
    hardDecommit,
    disableHugePages,
    nameMappings: flag(options, 'nameMappings', debug.decoratemappings !== 0),
    reach,
    ps: whole(options, 'ps', 1, maxPs, 8),
    forcedGCPeriod,
    scavengeAfter,
    triggerRatio,
    rootBytes: whole(options, 'rootBytes', 0, 2 ** 40, 0),
    collect: flag(options, 'collect', true),
    scavenge: flag(options, 'scavenge', true),
    background: flag(options, 'background', false),
    historicalScavengeGoal,
    clobberFree: flag(options, 'clobberFree', debug.clobberfree !== undefined && debug.clobberfree !== 0),
    debug: flag(options, 'debug', false),
    timed: flag(options, 'timed', true),
    gctrace: (debug.gctrace ?? 0) > 0,
    scavtrace: (debug.scavtrace ?? 0) > 0,
  };
}
