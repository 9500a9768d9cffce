/**
 * The options of a run: how a trace is replayed, how a workload goes, how both are sampled. Declared as those of
 * the heap are (design/option.ts), so that flags, checks, records and reports come from here.
 *
 * Not here: options of the heap (design/options.ts), of what is printed and written (cli/).
 */
import { choice, filePath, flag, number, seconds, whole } from '../../design/kinds.ts';
import type { DefaultsFit, Holds, Options } from '../../design/option.ts';

export const touchModes = ['all', 'page', 'none'] as const;
/** What is written of each object: every byte, one byte of each physical page, or nothing. */
export type TouchMode = (typeof touchModes)[number];

export const releaseKinds = ['recorded', 'own'] as const;
/** Who gives memory back while a page trace is replayed: the record says when and how much, or the heap's scavenger. */
export type Releases = (typeof releaseKinds)[number];

const ofTrace = { group: 'trace', tellsDefault: true } as const;
const ofWorkload = { group: 'workload', recorded: 'workload' } as const;

export const traceOptions = {
  /** Seconds of replay; 0: as fast as it goes. Standard input always is. Default 20. */
  seconds: {
    ...ofTrace,
    kind: seconds,
    default: 20,
    flag: 'duration',
    recorded: 'pace',
    unit: 's',
    special: (value) => (value === 0 ? 'as fast as it goes' : undefined),
    help: 'seconds of replay; 0: as fast as it goes',
  },
  /** Seconds of idleness after it. Default 20. */
  idle: {
    ...ofTrace,
    kind: seconds,
    default: 20,
    flag: 'idle',
    recorded: 'pace',
    unit: 's',
    special: (value) => (value === 0 ? 'none' : undefined),
    help: 'seconds of idleness after the replay',
  },
  /** Collections at the beginning of the idle stretch, a second apart. Default 2. */
  collections: {
    ...ofTrace,
    kind: whole(0, 1e6),
    default: 2,
    flag: 'idle-gcs',
    recorded: 'pace',
    help: 'collections at the beginning of the idleness, a second apart',
  },
  /** What is written of each object. Default: all. */
  touch: {
    ...ofTrace,
    kind: { ...choice(touchModes), placeholder: 'what' },
    default: 'all',
    flag: 'touch',
    recorded: 'options',
    help: 'what is written of each object: all, a byte a page, none',
  },
  /** Of a trace of pages: who gives memory back. Default: recorded. */
  releases: {
    group: 'trace',
    kind: { ...choice(releaseKinds), placeholder: 'whose' },
    otherwise: 'recorded',
    tellsDefault: true,
    flag: 'releases',
    recorded: 'options',
    help: "of a page trace: memory goes back when the record says so, or when the heap's own scavenger does",
  },
  /** Ps that the threads of a trace share: 1 to 64; 0: one for each. Default 0. */
  processors: {
    ...ofTrace,
    kind: whole(0, 64),
    default: 0,
    flag: 'ps',
    recorded: 'options',
    special: (value) => (value === 0 ? 'one a thread' : undefined),
    help: "Ps that the trace's threads share, each with caches of its own; 1 folds all threads; 0: one a thread",
  },
  /** What is wrong with the trace ends the run with an error. Default: it is counted, and told. */
  strict: {
    group: 'trace',
    kind: flag,
    default: false,
    flag: 'strict',
    recorded: 'options',
    help:
      'whatever is wrong with the trace is an error: its end cut off, a line that is no operation, ' +
      'a free of what is not live, an allocation at a live address',
  },
} as const satisfies Options;

export const workloadOptions = {
  /** Default: the workload's own. */
  seed: {
    ...ofWorkload,
    kind: whole(0, 2 ** 32 - 1),
    otherwise: "the workload's",
    tellsDefault: true,
    flag: 'seed',
    help: 'seed of its random numbers',
  },
  /** Multiplies its memory: 0.001 to 100. Default 1. */
  scale: {
    ...ofWorkload,
    kind: number(0.001, 100),
    default: 1,
    tellsDefault: true,
    flag: 'scale',
    help: 'multiplies its memory',
  },
  /** Multiplies its idle stretches: 0 to 100. Default 1. */
  timeScale: {
    ...ofWorkload,
    kind: number(0, 100),
    default: 1,
    tellsDefault: true,
    flag: 'time-scale',
    help: 'multiplies its idle stretches',
  },
  /** Two more collections after big drops, where the workload has such a variant. */
  moreCollections: {
    ...ofWorkload,
    kind: flag,
    default: false,
    flag: 'more-collections',
    help: 'after big drops, two more collections, a second apart (rsscurve has this variant)',
  },
  /** How deep its trees are: 6 to 24. */
  depth: {
    ...ofWorkload,
    kind: whole(6, 24),
    otherwise: "the workload's",
    flag: 'depth',
    help: 'how deep its trees are (binary-trees has some)',
  },
} as const satisfies Options;

export const samplingOptions = {
  /** Milliseconds between samples, at least 1. Default 100. */
  beatMs: {
    group: 'watching',
    kind: number(1, 60_000, 'ms'),
    default: 100,
    tellsDefault: true,
    flag: 'beat',
    recorded: 'pace',
    unit: 'ms',
    help: 'milliseconds between samples',
  },
  /** A file for heap dumps, taken at the end of each phase; the report then shows what keeps memory. None. */
  heapDump: {
    group: 'watching',
    kind: filePath,
    otherwise: 'none',
    flag: 'heap-dump',
    help: 'write what is in the heap at the end of each phase, objects and edges, as JSON lines; the report shows what keeps memory',
  },
} as const satisfies Options;

/** Does not compile where a default is not of its option's kind. */
export type RunDefaultsFit = Holds<
  DefaultsFit<typeof traceOptions & typeof workloadOptions & typeof samplingOptions>
>;
