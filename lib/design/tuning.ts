/**
 * Tuning: the numbers of the real designs, each of which can be set. What is not set is Go's.
 *
 * A number belongs to one part of a design; where the design has no such part it is refused by name
 * (tuning-refusals.ts). A run file tells which were set to something else than Go's.
 */
import { GiB, KiB, MiB } from '../base/units.ts';
import { byteCount, nanoseconds, number, oneOf, whole, wholeOrOff } from './kinds.ts';
import type { Options } from './option.ts';

const tuned = { group: 'tuning', recorded: 'options', kept: true, tellsDefault: true } as const;
const percent = { ...tuned, unit: 'percent' } as const;
const ofBackground = "With the scavenger 'background'";

/** More pages than a chunk has: no chunk is dense. */
export const neverDense = 513;

export const tuningOptions = {
  /**
   * What the scavenger leaves with the heap over its goal, in percent of the goal: 0 to 1000. More costs RSS and saves
   * page faults. 10.
   */
  retainExtra: {
    ...percent,
    kind: number(0, 1000, 'percent'),
    default: 10,
    flag: 'retain-extra',
    help: 'what the scavenger leaves over the goal, in percent of it',
    more: `${ofBackground}. How much RSS does less headroom save, and what do the page faults cost?`,
  },
  /** The share of a CPU's time that background scavenging is paced to, in percent: 0.01 to 50. 1. */
  scavengePercent: {
    ...percent,
    kind: number(0.01, 50, 'percent'),
    default: 1,
    flag: 'scavenge-percent',
    help: 'the share of a CPU that background scavenging may take, in percent',
    more: `${ofBackground}. How much sooner does RSS fall for more of a CPU?`,
  },
  /** Bytes that background scavenging gives back at a time, 4 KiB to 64 MiB: between two it looks at goal and clock. 64 KiB. */
  scavengeQuantum: {
    ...tuned,
    kind: byteCount(4 * KiB, 64 * MiB),
    default: 64 * KiB,
    unit: 'bytes',
    flag: 'scavenge-quantum',
    help: 'how many bytes background scavenging gives back at a time',
    more: `${ofBackground}. What does a system call for more bytes save, and how far does it pass its goal?`,
  },
  /** The background scavenger's controller: its proportional factor. 0 to 1000. 0.3375. */
  controllerKp: {
    ...tuned,
    kind: number(0, 1000),
    default: 0.3375,
    flag: 'controller-kp',
    help: "the proportional factor of the background scavenger's controller",
    more: `${ofBackground}. Does a stronger one find its pace sooner, or swing?`,
  },
  /** Its integral time constant in nanoseconds; Infinity: no integral. 3.2 ms. */
  controllerTi: {
    ...tuned,
    kind: nanoseconds(Number.POSITIVE_INFINITY),
    default: 3.2e6,
    unit: 'ns',
    flag: 'controller-ti',
    help: 'its integral time constant; 0: no integral',
    more: `${ofBackground}. What remains of an error without an integral?`,
  },
  /** Its reset time constant in nanoseconds, by which the integral is pulled back at a bound; Infinity: never. 1 s. */
  controllerTt: {
    ...tuned,
    kind: nanoseconds(Number.POSITIVE_INFINITY),
    default: 1e9,
    unit: 'ns',
    flag: 'controller-tt',
    help: 'its reset time constant; 0: the integral winds up',
    more: `${ofBackground}. How long does a stretch without time for it echo?`,
  },
  /** The least ratio of time worked to time slept: 0.000001 to 1. 0.001. */
  controllerMin: {
    ...tuned,
    kind: number(1e-6, 1),
    default: 0.001,
    flag: 'controller-min',
    help: 'the least ratio of time worked to time slept',
    more: `${ofBackground}. It begins with this one, too: how long is the first pause?`,
  },
  /** The largest ratio of time worked to time slept: 1 to 1000000. 1000. */
  controllerMax: {
    ...tuned,
    kind: number(1, 1e6),
    default: 1000,
    flag: 'controller-max',
    help: 'the largest ratio of time worked to time slept',
    more: `${ofBackground}. How hard may it catch up?`,
  },
  /** How far below the memory limit the scavenger aims, in percent of the limit: 0 to 50. 5. */
  limitMargin: {
    ...percent,
    kind: number(0, 50, 'percent'),
    default: 5,
    flag: 'limit-margin',
    help: 'how far below the memory limit the scavenger aims, in percent of it',
    more: `${ofBackground}. How often does an allocation have to scavenge for the limit itself?`,
  },
  /** What of the room under the memory limit a collection's goal leaves free, in percent: 0 to 50, at least 1 MiB. 3. */
  limitHeadroom: {
    ...percent,
    kind: number(0, 50, 'percent'),
    default: 3,
    flag: 'limit-headroom',
    help: 'what of the room under the memory limit the goal of a collection leaves free, in percent',
    more: "At least 1 MiB. With the trigger 'paced'. Does the heap pass its limit with less, and what do collections cost with more?",
  },
  /** The share of CPU time beyond which no collection starts for the memory limit's sake, in percent: 1 to 100 (no bound). 50. */
  gcCpuLimit: {
    ...percent,
    kind: number(1, 100, 'percent'),
    default: 50,
    flag: 'gc-cpu-limit',
    help: 'the share of CPU time that collections for the memory limit may take, in percent; 100: all of it',
    more: "With the scavenger 'background' and the trigger 'paced'. When is a limit held at the price of a program that stands still?",
  },
  /** The least goal at GOGC=100, in bytes, scaled with GOGC: 64 KiB to 16 GiB. 4 MiB. */
  heapMinimum: {
    ...tuned,
    kind: byteCount(64 * KiB, 16 * GiB),
    default: 4 * MiB,
    unit: 'bytes',
    flag: 'heap-minimum',
    help: 'the least goal of a collection at GOGC=100; other percentages scale it',
    more: "With the trigger 'paced'. How many collections of a small heap are for nothing?",
  },
  /** Pages in use of the 512 of a chunk from which it is dense, and left alone; 513: no chunk is dense. 496. */
  densePages: {
    ...tuned,
    kind: wholeOrOff(1, 512, neverDense),
    default: 496,
    flag: 'dense-pages',
    special: (value) => (value === neverDense ? 'off' : undefined),
    help: 'how many pages of a chunk of 512 are in use where the scavenger leaves it alone; off: it never does',
    more: "With the page heap 'radix'. What do dense chunks keep, and what do their huge pages bring?",
  },
  /** For how many collections a chunk is left alone after it was dense: 0 or 1. 1. */
  denseGenerations: {
    ...tuned,
    kind: whole(0, 1),
    default: 1,
    flag: 'dense-generations',
    help: 'for how many collections a chunk is left alone after it was dense: 0 or 1',
    more: "With the page heap 'radix', which keeps one collection of a chunk's past. Why does memory go back only after the second collection?",
  },
  /** Pages of a P's page cache: 0 (none), 8, 16, 32 or 64; it hands out runs of less than a quarter of them. 64. */
  pageCachePages: {
    ...tuned,
    kind: oneOf([0, 8, 16, 32, 64]),
    default: 64,
    flag: 'page-cache-pages',
    help: "how many pages a P's page cache holds: 0, 8, 16, 32 or 64",
    more: "With the page heap 'radix', whose caches lie in a word of 64 bits. What do pages cost that nobody may give back, and what does the search for one?",
  },
} as const satisfies Options;

export type TuningName = keyof typeof tuningOptions;

/** Which of the numbers are not Go's. */
export function tunedNames(values: { readonly [K in TuningName]?: unknown }): TuningName[] {
  return (Object.keys(tuningOptions) as TuningName[]).filter(
    (name) => values[name] !== undefined && values[name] !== tuningOptions[name].default,
  );
}
