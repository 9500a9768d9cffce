/**
 * The design: what a heap is put together from. Each of its options can be chosen alone, so that one decision of
 * the real designs can be taken back and the difference measured.
 *
 * Not here: what each generation chose, and how a design is made (generations.ts); what does not go together
 * (refusals.ts); all other options (options.ts).
 */
import { saidNameOfClass } from '../base/describe.ts';
import { arenaBytes, growthStep } from '../base/units.ts';
import type { PageHeapClass } from '../pages/contract.ts';
import { choice, flag, powerOfTwo } from './kinds.ts';
import type { Asked, DefaultsFit, Holds, Kind, Options, Values } from './option.ts';

export const generations = ['lists', 'treap', 'radix'] as const;
export type Generation = (typeof generations)[number];
export const objectStyles = ['freelist', 'bitmap'] as const;
export type ObjectStyle = (typeof objectStyles)[number];
export const sweepStyles = ['busy', 'stacks', 'sets'] as const;
export type SweepStyle = (typeof sweepStyles)[number];
export const scavengers = ['none', 'age', 'growth', 'background'] as const;
export type ScavengerKind = (typeof scavengers)[number];
export const adviceKinds = ['dontneed', 'free'] as const;
export const triggers = ['live', 'paced'] as const;
export type TriggerKind = (typeof triggers)[number];
export const zeroingStyles = ['span', 'object'] as const;
export type ZeroingStyle = (typeof zeroingStyles)[number];
export const sizeClassTables = ['go1.4', 'go1.12', 'go1.21'] as const;
export type SizeClassTable = (typeof sizeClassTables)[number];
export const livenessKinds = ['explicit', 'tracing'] as const;
export type LivenessKind = (typeof livenessKinds)[number];
export const pointerBitStyles = ['nibbles', 'pairs', 'bits'] as const;
export type PointerBitStyle = (typeof pointerBitStyles)[number];
export const markingKinds = ['stop-the-world', 'incremental'] as const;
export type MarkingKind = (typeof markingKinds)[number];
export const markOrders = ['objects', 'spans'] as const;
export type MarkOrder = (typeof markOrders)[number];
/** Page heaps by name; a class that is brought is a custom one. */
export const pageHeapKinds = [...generations, 'custom'] as const;
export type PageHeapKind = (typeof pageHeapKinds)[number];

export const isGeneration = (value: unknown): value is Generation =>
  (generations as readonly unknown[]).includes(value);

/** A generation's page heap, or a class. */
const { choices: _notAll, ...named } = choice(generations);
const pageHeap: Kind<Generation | PageHeapClass> = {
  ...named,
  type: `${generations.map((name) => `'${name}'`).join(', ')}, or a class that implements \`PageHeap\``,
  takes: `${generations.join(', ')}, or the path of a module`,
  module: 'PageHeap',
  fault: (value) =>
    typeof value === 'function' || isGeneration(value) ? undefined : `one of ${generations.join(', ')}`,
  format: (value) => (typeof value === 'string' ? value : saidNameOfClass(value)),
};

const ofGeneration = {
  group: 'design',
  otherwise: "the generation's",
  recorded: 'options',
  kept: true,
} as const;

export const designOptions = {
  /** The preset: the design of 2014, of 2019, or of 2023. 'radix'. */
  generation: {
    kind: choice(generations),
    group: 'design',
    default: 'radix',
    flag: 'generation',
    tellsDefault: true,
    recorded: 'options',
    kept: true,
    help: 'the design: of 2014, 2019 or 2023',
    more: 'The preset of the options below',
  },
  /** Who hands out pages: one of the three designs, or the class of a custom page heap (pages/contract.ts). */
  pageHeap: {
    ...ofGeneration,
    kind: pageHeap,
    flag: 'page-heap',
    help: 'who hands out pages: lists, treap, radix, or a module (.js, .mjs; .ts where Node strips types) with a custom page heap',
  },
  /** Free objects of a span: a list threaded through them, or a bitmap beside. */
  objects: {
    ...ofGeneration,
    kind: choice(objectStyles),
    flag: 'objects',
    help: 'how free objects of a span are kept: in a list through them, or in a bitmap',
  },
  /** How spans are found for sweeping: busy lists and one array of all spans, two stacks, or sets by class. */
  sweep: {
    ...ofGeneration,
    kind: choice(sweepStyles),
    flag: 'sweep',
    help: 'how spans are found for sweeping',
  },
  /**
   * When memory is given back: by nobody, after some time unused, that and whenever the heap grows, or in
   * the background, paced, by the collector's goal and the memory limit.
   */
  scavenger: {
    ...ofGeneration,
    kind: choice(scavengers),
    flag: 'scavenger',
    help: 'when memory is given back',
    more: "By nobody; after some time unused; that and whenever the heap grows; or in the background, paced, by the collector's goal and the memory limit",
  },
  /** How it is given back: at once, or when the kernel needs it. */
  advise: {
    ...ofGeneration,
    kind: choice(adviceKinds),
    flag: 'advise',
    // How a heap advises the kernel stands in its handle.
    kept: false,
    environment: 'GODEBUG=madvdontneed=0: free, 1: dontneed',
    help: 'how memory is given back: at once, or when the kernel needs it',
  },
  /** Keep huge pages away from released memory and ask for them again where it is reused. */
  hugePageHints: {
    ...ofGeneration,
    kind: flag,
    flag: 'huge-page-hints',
    canBeOn: true,
    help: 'keep huge pages away from released memory',
    more: 'And ask for them again where it is reused',
  },
  /**
   * Bytes by which the heap grows. Up to 1 MiB it is the least, in steps of 64 KiB (and the exact need, where
   * more is refused); above, growth is in multiples of it. 64 KiB to 64 MiB, a power of two.
   */
  growthUnit: {
    ...ofGeneration,
    kind: powerOfTwo(growthStep, arenaBytes),
    flag: 'growth-unit',
    unit: 'bytes',
    help: 'how many bytes the heap grows by at a time',
    more: 'Up to 1 MiB a least amount in steps of 64 KiB, above it a multiple; with the radix page heap 4 MiB and more',
  },
  /**
   * Where released memory is allocated again, as much is released elsewhere. With the scavenger 'growth' only. The
   * source of spring 2019 does; the preset does as Go 1.12.17, which is younger and does not.
   */
  scavengeOnReuse: {
    ...ofGeneration,
    kind: flag,
    flag: 'scavenge-on-reuse',
    help: 'when released memory is allocated again, release as much elsewhere',
    more: "With the scavenger 'growth'. Go 1.12.0 to 1.12.4 did; no preset does, since 1.12.5 took it back",
  },
  /**
   * What is made zero where old contents may be: all of a span when it is allocated for objects, or each object that
   * is asked to be zero when it is handed out. The former touches memory that no object needs yet.
   */
  zeroing: {
    ...ofGeneration,
    kind: choice(zeroingStyles),
    flag: 'zeroing',
    help: 'what is made zero: a whole span when it is allocated, or each object when it is handed out',
    more: 'A span zeroed whole is in RSS whole, whatever part of it is used; free lists need it',
  },
  /** The table of size classes. */
  sizeClasses: {
    ...ofGeneration,
    kind: choice(sizeClassTables),
    flag: 'size-classes',
    help: 'the table of size classes',
  },
  /**
   * When a collection starts: by what is not freed yet, from the first byte on; or by what was marked, from 4 MiB on,
   * with roots and memory limit.
   */
  trigger: {
    ...ofGeneration,
    kind: choice(triggers),
    flag: 'trigger',
    help: 'when a collection starts: as in 2014 (live), or as in the later designs (paced)',
    more: 'Live: grown by GOGC percent of what is not freed yet, from the first byte on; paced: of what was marked, from 4 MiB on, with roots and memory limit',
  },
  /**
   * Who says what is alive: the program, which drops each object; or the heap, which follows pointers from its roots.
   * 'explicit'.
   */
  liveness: {
    kind: choice(livenessKinds),
    group: 'design',
    default: 'explicit',
    flag: 'liveness',
    tellsDefault: true,
    setByWorkload: true,
    recorded: 'options',
    kept: true,
    help: 'who says what is alive: the program, which drops objects, or the heap, which traces pointers from its roots',
  },
  /** How the heap knows which words are pointers: by 4 bits a word, by 2, or by 1. With tracing. */
  pointerBits: {
    ...ofGeneration,
    kind: choice(pointerBitStyles),
    flag: 'pointer-bits',
    help: 'how the heap knows which words are pointers: 4 bits a word, 2, or 1',
    more: "With the liveness 'tracing'; they cost a 16th, a 32nd or a 64th of the heap",
  },
  /**
   * When the heap is marked: with the program stopped, or in slices, while it runs, with a write barrier. With tracing.
   */
  marking: {
    ...ofGeneration,
    kind: choice(markingKinds),
    flag: 'marking',
    help: 'when the heap is marked: with the program stopped, or in slices while it runs',
    more: "With the liveness 'tracing'. Incremental marking has a write barrier, a trigger before the goal, and assists",
  },
  /**
   * In what order the heap is marked: object by object, the last one found first; or span by span, all objects together
   * that were found in one. With tracing. 'objects'.
   */
  markOrder: {
    kind: choice(markOrders),
    group: 'design',
    default: 'objects',
    flag: 'mark-order',
    tellsDefault: true,
    recorded: 'options',
    kept: true,
    help: 'in what order the heap is marked: object by object, as until Go 1.25, or span by span, as in Go 1.26',
    more: "With the liveness 'tracing'",
  },
} as const satisfies Options;

/** Does not compile where a default is not of its option's kind. */
export type DesignDefaultsFit = Holds<DefaultsFit<typeof designOptions>>;

/** What can be asked for; what is not given is the generation's. */
export interface DesignOptions extends Asked<typeof designOptions> {}

/** What is chosen, in full. */
export interface Design extends Omit<Values<typeof designOptions>, 'pageHeap'> {
  readonly pageHeap: PageHeapKind;
  /** The class of a custom page heap. */
  readonly pageHeapClass: PageHeapClass | undefined;
}
