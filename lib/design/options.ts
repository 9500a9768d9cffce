/**
 * Options: what a heap can be asked for beside its design, and all of it in full.
 *
 * Where an option is not given, the environment counts (GOGC, GOMEMLIMIT, GODEBUG, if `environment`
 * is left on), and then Go's own default.
 *
 * To add an option, declare it here, or in design.ts; then use it. Nothing else has to know its name.
 */
import { arenaBytes, GiB, KiB, MiB, maxPs } from '../base/units.ts';
import { noMemoryLimit } from '../gc/gc-settings.ts';
import { canCollectTwice } from './consequences.ts';
import { debugOptions, debugWarnings, isOn, settleSbrk } from './debug-options.ts';
import { type Design, type DesignOptions, designOptions } from './design.ts';
import { readEnvironment } from './environment.ts';
import { resolveDesign } from './generations.ts';
import {
  arenas,
  byteCount,
  choice,
  flag,
  gcPercent,
  memoryLimit,
  nanoseconds,
  number,
  physicalPage,
  whole,
} from './kinds.ts';
import {
  type Asked,
  type AskedValues,
  checkGiven,
  checkNames,
  type DefaultsFit,
  type Holds,
  type Options,
  type Values,
  valuesGiven,
  withDefaults,
} from './option.ts';
import { type Parts, partOptions, partsIn } from './parts.ts';
import { refuseBesideSbrk, refuseForDesign, whyNoLimit } from './refusals.ts';
import { surroundings } from './surroundings.ts';
import { type TraceFiles, traceFilesOf } from './trace-files.ts';
import { tuningOptions } from './tuning.ts';
import { refuseTuning } from './tuning-refusals.ts';

export { surroundings } from './surroundings.ts';
export const minReach = arenaBytes;
export const maxReach = 128 * GiB;
/** The largest physical page that the page heap of 2023 knows. */
export const maxPhysPage = 512 * KiB;
/** Reaches tried in turn when none is asked for. */
export const defaultReaches = [64 * GiB, 16 * GiB, 4 * GiB, 1 * GiB, 256 * MiB] as const;
export const twoMinutes = 120e9;
export const fiveMinutes = 300e9;
const ofHeap = { group: 'heap', recorded: 'options' } as const;

export const heapOptions = {
  /** Collect when the heap has grown by this share of what lived, in percent; negative: never. 100. */
  gcPercent: {
    ...ofHeap,
    kind: gcPercent,
    default: 100,
    flag: 'gogc',
    unit: 'percent',
    special: (value) => (typeof value === 'number' && value < 0 ? 'off' : undefined),
    environment: 'GOGC',
    help: 'as GOGC: an integer, or off',
  },
  /** Bytes the process's heap memory should stay under; Infinity: no limit. A soft limit, as Go's. */
  memoryLimit: {
    ...ofHeap,
    kind: memoryLimit,
    default: noMemoryLimit,
    flag: 'memory-limit',
    unit: 'bytes',
    special: (value) => (typeof value === 'number' && value < 2 ** 53 ? undefined : 'none'),
    environment: 'GOMEMLIMIT',
    help: 'as GOMEMLIMIT: 200MiB, 1GiB, or off',
    more: "With the scavenger 'background' and the trigger 'paced' only",
  },
  /** Make released memory inaccessible until it is used again. false. */
  hardDecommit: {
    ...ofHeap,
    kind: flag,
    default: false,
    flag: 'hard-decommit',
    canBeOn: true,
    environment: 'GODEBUG=harddecommit',
    help: 'make memory that was given back inaccessible',
  },
  /** Ask the kernel for no huge pages in the heap. false. */
  disableHugePages: {
    ...ofHeap,
    kind: flag,
    default: false,
    kept: true,
    environment: 'GODEBUG=disablethp',
    help: "keep the heap's memory from huge pages",
  },
  /**
   * What the kernel is asked for where a chunk of 4 MiB is to be huge pages: nothing, as in Go since 1.21.4; that fresh and dense
   * chunks may be and broken ones may not, as in 1.21.0; to make dense ones huge at once, as in 1.21.1 to 1.21.3. With the
   * page heap 'radix'. 'none'.
   */
  hugePageAdvice: {
    ...ofHeap,
    kind: choice(['none', 'hugepage', 'collapse']),
    default: 'none',
    kept: true,
    flag: 'huge-page-advice',
    help: 'what the kernel is asked for where memory is dense enough for huge pages',
    more: "With the page heap 'radix'. none: nothing, as in Go since 1.21.4; hugepage: MADV_HUGEPAGE for fresh and dense chunks and MADV_NOHUGEPAGE for those that the scavenger breaks, as in Go 1.21.0; collapse: MADV_COLLAPSE where a broken chunk is dense again, as in Go 1.21.1 to 1.21.3",
  },
  /** Name the heap's mappings in /proc/self/maps, where the kernel can. true. */
  nameMappings: {
    ...ofHeap,
    kind: flag,
    default: true,
    kept: true,
    environment: 'GODEBUG=decoratemappings=0: false',
    help: 'name the mappings in /proc/self/maps, where the kernel can',
  },
  /**
   * Bytes of address space the heap can ever reach, 64 MiB to 128 GiB, whole arenas. Reserved
   * metadata is about a tenth of it. 64 GiB, or less where the address space is limited.
   */
  reach: {
    ...ofHeap,
    kind: arenas(minReach, maxReach),
    otherwise: '64 GiB, or the most of 16, 4, 1 GiB and 256 MiB for which there is room',
    unit: 'bytes',
    help: 'address space that the heap can ever use',
    more: 'About a tenth of it is reserved for metadata as well',
  },
  /**
   * Bytes of a physical page, as the heap is told: a power of two from the machine's own to 512 KiB. Memory is given
   * back in whole ones, so that it can be seen here what larger ones would keep. The machine's.
   */
  physPageSize: {
    ...ofHeap,
    kind: physicalPage(4 * KiB, maxPhysPage),
    otherwise: "the machine's",
    flag: 'phys-page-size',
    tellsDefault: true,
    kept: true,
    unit: 'bytes',
    help: 'give memory back in whole physical pages of this size',
    more: "From the machine's own up; with the page heap 'lists' at most 8 KiB",
  },
  /** Threads that can work on a shared heap at a time: 1 to 64. 8. */
  ps: {
    ...ofHeap,
    kind: whole(1, maxPs),
    default: 8,
    help: 'threads that can work on a shared heap at a time',
  },
  /** Nanoseconds after which a collection runs even if nothing asks for one; Infinity: never. Two minutes. */
  forcedGCPeriod: {
    ...ofHeap,
    kind: nanoseconds(Number.POSITIVE_INFINITY),
    default: twoMinutes,
    flag: 'gc-period',
    tellsDefault: true,
    kept: true,
    unit: 'ns',
    // JSON has no Infinity.
    special: (value) => (value === null || value === Number.POSITIVE_INFINITY ? 'never' : undefined),
    environment: "GODEBUG=scavenge=1, with the scavengers 'age' and 'growth': 10e6",
    help: 'collect when this time has passed without a collection; 0: never',
  },
  /** Nanoseconds after which the scavengers 'age' and 'growth' release an unused run. Five minutes. */
  scavengeAfter: {
    ...ofHeap,
    kind: nanoseconds(1),
    default: fiveMinutes,
    flag: 'scavenge-after',
    tellsDefault: true,
    kept: true,
    unit: 'ns',
    environment: 'GODEBUG=scavenge=1: 20e6',
    help: 'give memory back that was unused for this time; 0: all that is unused',
    more: "With the scavengers 'age' and 'growth'",
  },
  /**
   * Bytes of roots outside the heap that a collection would scan (globals, stacks): since Go 1.18 they count
   * for the goal as live bytes do. With the scavenger 'background' and the trigger 'paced', the design that has them. 0.
   */
  rootBytes: {
    ...ofHeap,
    kind: byteCount(0, 2 ** 40),
    default: 0,
    setByWorkload: true,
    help: 'bytes of roots outside the heap that count for the goal',
    more: "As globals and stacks do since Go 1.18. With the scavenger 'background' and the trigger 'paced'",
  },
  /**
   * The share of the way from the bytes marked last to the goal at which a collection starts, 0.5 to 1. Here
   * marking takes no time, so 1; the real runtime marks while the program runs and starts at 0.7 to 0.95. 1.
   */
  triggerRatio: {
    ...ofHeap,
    kind: number(0.5, 1),
    default: 1,
    setByWorkload: true,
    help: 'the share of the way from the bytes marked last to the goal at which a collection starts',
    more: "The real runtime, which marks while the program runs, starts at 0.7 to 0.95. With the trigger 'paced'",
  },
  /** Collect by goals and period at all. true. Off: only `gc()` collects. */
  collect: { ...ofHeap, kind: flag, default: true, kept: true, help: 'goals and period start collections' },
  /** Scavenge in the background, when the heap grows, and for the limit. true. */
  scavenge: {
    ...ofHeap,
    kind: flag,
    default: true,
    kept: true,
    help: 'memory is given back without being asked for',
  },
  /**
   * By what the scavenger 'background' measures its own work: 'wall' is the heap's clock, as in the real runtime;
   * 'cpu' is the CPU time of the thread, which stands still while others have its CPU. 'wall'.
   */
  scavengeClock: {
    ...ofHeap,
    kind: { ...choice(['wall', 'cpu']), placeholder: 'which' },
    default: 'wall',
    flag: 'scavenge-clock',
    tellsDefault: true,
    kept: true,
    help: 'what the background scavenger measures its work by: wall time, as Go does, or the CPU time it had',
    more: 'On a busy machine, wall time makes it sleep longer than its work deserves: see [how it works](how-it-works.md#a-busy-machine)',
  },
  /** Use a timer of the event loop for background work when the program is idle. false: call `step()`. */
  background: {
    ...ofHeap,
    kind: flag,
    default: false,
    help: 'a timer of the event loop makes the steps; it keeps no process alive',
  },
  /** Reproduce the defect of Go 1.19 to 1.21 by which the background scavenger ignores the limit. false. */
  historicalScavengeGoal: {
    ...ofHeap,
    kind: flag,
    default: false,
    flag: 'historical-scavenge-goal',
    kept: true,
    help: "Go 1.19's and 1.21's defect: the background scavenger ignores the memory limit",
  },
  /** Overwrite objects with words of 0xdeadbeef when they are swept. false. */
  clobberFree: {
    ...ofHeap,
    kind: flag,
    default: false,
    kept: true,
    environment: 'GODEBUG=clobberfree',
    help: 'objects are overwritten with words of 0xdeadbeef when swept',
  },
  /**
   * Bytes between the samples of the memory profile, on average, as Go's MemProfileRate; 1: every object; 0: there is no
   * profile. 0.
   */
  memProfileRate: {
    ...ofHeap,
    kind: whole(0, 2 ** 31 - 1),
    default: 0,
    flag: 'mem-profile-rate',
    kept: true,
    unit: 'bytes',
    special: (value) => (value === 0 ? 'off' : undefined),
    environment: 'GODEBUG=memprofilerate',
    help: 'sample the memory profile once in so many bytes; 1: every object; 0: no profile',
  },
  /**
   * Electric fence: each object has pages of its own, which fault once it was freed and are never used again. To find uses
   * after the end; takes 8 KiB an object and more, for good. false.
   */
  efence: {
    ...ofHeap,
    kind: flag,
    default: false,
    flag: 'efence',
    kept: true,
    environment: 'GODEBUG=efence',
    help: 'each object has pages of its own, which fault for good once it was freed',
    more: 'As far as the system has mappings for it (vm.max_map_count)',
  },
  /**
   * Never free: objects come from memory apart, by moving a pointer on, and only OtherSys counts them; a drop, a finalizer
   * or a pin has no effect. To see what allocating and collecting cost. Newer than the design of 2014. With explicit liveness. false.
   */
  sbrk: {
    ...ofHeap,
    kind: flag,
    default: false,
    flag: 'sbrk',
    kept: true,
    environment: 'GODEBUG=sbrk',
    help: 'objects come from memory apart, by moving a pointer on, and nothing is ever freed',
    more: "With the liveness 'explicit'; not beside `efence`, `memProfileRate` and `allocFreeTrace`",
  },
  /** Mark again when a cycle has marked, with the program stopped, and report what it has missed. Slow. With tracing. false. */
  checkMark: {
    ...ofHeap,
    kind: flag,
    default: false,
    kept: true,
    environment: 'GODEBUG=gccheckmark',
    help: 'each cycle marks again, with the program stopped, to find what marking has missed; slow',
    more: "With the liveness 'tracing'",
  },
  /**
   * Sweep everything in the pause that a collection ends with, and nothing later. What GODEBUG=gcstoptheworld=2 does besides
   * stopping the program while it marks; newer than the design of 2014. false.
   */
  sweepsInPause: {
    ...ofHeap,
    kind: flag,
    default: false,
    kept: true,
    environment: 'GODEBUG=gcstoptheworld=2',
    help: 'each collection sweeps everything in its last pause',
  },
  /** Check lock ranks and, until the heap is shared, transitions of memory states. Slow. false. */
  debug: { ...ofHeap, kind: flag, default: false, help: 'memory states and lock ranks are checked; slow' },
  /** Measure the time of every madvise: two clock readings each. true. */
  timed: { ...ofHeap, kind: flag, default: true, help: 'the calls to the system are timed' },
} as const satisfies Options;

/** Does not compile where a default is not of its option's kind. */
export type HeapDefaultsFit = Holds<
  DefaultsFit<typeof heapOptions & typeof surroundings & typeof tuningOptions>
>;

const all: Options = { ...designOptions, ...tuningOptions, ...partOptions, ...heapOptions, ...surroundings };

export interface HeapOptions
  extends DesignOptions,
    Asked<typeof tuningOptions>,
    Asked<typeof partOptions>,
    Asked<typeof heapOptions>,
    Asked<typeof surroundings> {}

/** Options in full. */
export interface ResolvedOptions
  extends Omit<Values<typeof heapOptions>, 'reach' | 'physPageSize'>,
    Values<typeof tuningOptions>,
    TraceFiles {
  readonly design: Design;
  /** Classes that were brought. */
  readonly parts: Parts;
  /** undefined: as much as can be had. */
  readonly reach: number | undefined;
  /** undefined: the machine's. */
  readonly physPageSize: number | undefined;
  readonly gctrace: boolean;
  /** GODEBUG=gctrace=2 in a design that knows it: every collection runs twice. */
  readonly collectTwice: boolean;
  readonly scavtrace: boolean;
}

/** What an attached thread can choose for itself; the rest is the heap's. */
const ofThread = {
  clock: surroundings.clock,
  onEvent: surroundings.onEvent,
  debug: heapOptions.debug,
  timed: heapOptions.timed,
} as const satisfies Options;

export type AttachOptions = Asked<typeof ofThread>;

/** Checks what a thread attaches with. Throws ERR_INVALID_OPTION, naming the option. */
export function checkAttach(options: AttachOptions): void {
  checkNames(options, ofThread);
  checkGiven(ofThread, options as Readonly<Record<string, unknown>>);
}

/** Options whose texts are read. */
interface HeapOptionValues
  extends AskedValues<typeof designOptions>,
    AskedValues<typeof tuningOptions>,
    AskedValues<typeof partOptions>,
    AskedValues<typeof heapOptions>,
    AskedValues<typeof surroundings> {}

/** Of options those that are given, texts read. */
function givenOf(options: HeapOptions): HeapOptionValues {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return valuesGiven(all, Object.fromEntries(given)) as HeapOptionValues;
}

/** Who is told what is wrong with the environment. */
export const warnerOf = ({ warn }: Pick<HeapOptions, 'warn'>): ((text: string) => void) =>
  warn ?? ((text) => void process.stderr.write(`pageheap: ${text}\n`));

/** Checks options and fills in what is missing. Throws ERR_INVALID_OPTION, naming the option. */
export function resolveOptions(options: HeapOptions): ResolvedOptions {
  checkNames(options, all);
  const asked = givenOf(options);
  checkGiven(all, { ...asked });
  const read = (asked.environment ?? true) ? readEnvironment(process.env) : undefined;
  const warn = warnerOf(asked);
  for (const text of read?.warnings ?? []) warn(text);
  const debug = settleSbrk(read?.debug ?? {}, asked, warn);
  const environment = read && { ...read, debug };

  const madvise = isOn(debug.madvdontneed);
  const design = resolveDesign({
    ...(madvise === undefined ? {} : { advise: madvise ? 'dontneed' : 'free' }),
    ...(isOn(debug.gcstoptheworld) === true && asked.liveness === 'tracing'
      ? { marking: 'stop-the-world' }
      : {}),
    ...asked,
  });
  for (const text of debugWarnings(debug, design)) warn(text);
  const unlimited = whyNoLimit(design);
  const { memoryLimit: limit = noMemoryLimit, gcPercent: percent } = environment ?? {};
  if (limit < noMemoryLimit && unlimited !== undefined) warn(`GOMEMLIMIT is not held: ${unlimited}`);
  const values = withDefaults(heapOptions, {
    ...(percent === undefined ? {} : { gcPercent: percent }),
    ...(unlimited === undefined ? { memoryLimit: limit } : {}),
    ...debugOptions(debug, design),
    ...asked,
  });
  refuseForDesign(design, {
    memoryLimit: values.memoryLimit < noMemoryLimit,
    scavengeAfter: asked.scavengeAfter !== undefined,
    rootBytes: values.rootBytes > 0,
    triggerRatio: values.triggerRatio < 1,
    checkMark: values.checkMark,
    physPageSize: values.physPageSize,
    hardDecommit: values.hardDecommit,
    disableHugePages: values.disableHugePages,
    hugePageAdvice: values.hugePageAdvice,
    historicalScavengeGoal: values.historicalScavengeGoal,
    scavengeClock: values.scavengeClock !== 'wall',
  });
  if (values.sbrk) refuseBesideSbrk(design, { ...values, allocFreeTrace: asked.allocFreeTrace });
  const parts = partsIn(asked);
  refuseTuning(design, { ...asked }, parts);
  return {
    design,
    parts,
    ...values,
    ...withDefaults(tuningOptions, asked),
    gctrace: (debug.gctrace ?? 0) > 0,
    collectTwice: (debug.gctrace ?? 0) > 1 && canCollectTwice(design),
    scavtrace: (debug.scavtrace ?? 0) > 0,
    ...traceFilesOf(asked, environment, design, warn),
  };
}
