/**
 * Parts: what a heap is put together from, and which parts go together.
 *
 * A generation is a preset of parts; each can be chosen alone, so that one decision of the design can
 * be taken back and the difference measured. A combination that makes no sense is refused by name, with
 * the reason.
 *
 *                       lists (2014)    treap (2019)       radix (2023)
 *   pageHeap            lists           treap              radix
 *   objects             freelist        bitmap             bitmap
 *   sweep               busy            stacks             sets
 *   scavenger           age             growth (and age)   background
 *   advise              dontneed        free               dontneed
 *   hugePageHints       no              yes                no
 *   growthUnit          1 MiB           64 MiB             4 MiB
 *   scavengeOnReuse     no              no                 no
 *   sizeClasses         go1.4           go1.12             go1.21
 *   trigger             live            paced              paced
 *
 * Not here: the parts themselves, other options (options.ts).
 */
import { PageHeapError } from '../base/errors.ts';
import { arenaBytes, chunkBytes, KiB, MiB } from '../base/units.ts';
import type { PageHeapClass } from '../pages/contract.ts';

export const generations = ['lists', 'treap', 'radix'] as const;
export type Generation = (typeof generations)[number];
export const objectStyles = ['freelist', 'bitmap'] as const;
export type ObjectStyle = (typeof objectStyles)[number];
export const sweepStyles = ['busy', 'stacks', 'sets'] as const;
export type SweepStyle = (typeof sweepStyles)[number];
export const scavengers = ['none', 'age', 'growth', 'background'] as const;
export type ScavengerKind = (typeof scavengers)[number];
export const triggers = ['live', 'paced'] as const;
export type Trigger = (typeof triggers)[number];
export const sizeClassTables = ['go1.4', 'go1.12', 'go1.21'] as const;
export type SizeClassTable = (typeof sizeClassTables)[number];

/** What can be asked for; what is not given is the generation's. */
export interface PartOptions {
  /** The preset: the design of 2014, of 2019, or of 2023. 'radix'. */
  readonly generation?: Generation;
  /** Who hands out pages: one of the three designs, or the class of a custom page heap (pages/contract.ts). */
  readonly pageHeap?: Generation | PageHeapClass;
  /** Free objects of a span: a list threaded through them, or a bitmap beside. */
  readonly objects?: ObjectStyle;
  /** How spans are found for sweeping: busy lists and one array of all spans, two stacks, or sets by class. */
  readonly sweep?: SweepStyle;
  /**
   * When memory is given back: by nobody, after some time unused, that and whenever the heap grows, or in
   * the background, paced, by the collector's goal and the memory limit.
   */
  readonly scavenger?: ScavengerKind;
  /** How it is given back: at once, or when the kernel wants it. */
  readonly advise?: 'dontneed' | 'free';
  /** Keep huge pages away from released memory and ask for them again where it is reused. */
  readonly hugePageHints?: boolean;
  /**
   * Bytes by which the heap grows. Up to 1 MiB it is the least, in steps of 64 KiB (and the exact need, where
   * more is refused); above, growth is in multiples of it. 64 KiB to 64 MiB, a power of two.
   */
  readonly growthUnit?: number;
  /** Who allocates released memory releases as much elsewhere. With the scavenger 'growth' only. */
  readonly scavengeOnReuse?: boolean;
  /** The table of size classes. */
  readonly sizeClasses?: SizeClassTable;
  /**
   * When a collection starts: by what is not freed yet, from the first byte on; or by what was marked, from 4 MiB on,
   * with roots and memory limit.
   */
  readonly trigger?: Trigger;
}

export interface Parts {
  readonly generation: Generation;
  readonly pageHeap: Generation | 'own';
  /** The class of a custom page heap. */
  readonly pageHeapClass: PageHeapClass | undefined;
  readonly objects: ObjectStyle;
  readonly sweep: SweepStyle;
  readonly scavenger: ScavengerKind;
  readonly advise: 'dontneed' | 'free';
  readonly hugePageHints: boolean;
  readonly growthUnit: number;
  readonly scavengeOnReuse: boolean;
  readonly sizeClasses: SizeClassTable;
  readonly trigger: Trigger;
}

const presets: Readonly<Record<Generation, Omit<Parts, 'generation' | 'pageHeapClass'>>> = {
  lists: {
    pageHeap: 'lists',
    objects: 'freelist',
    sweep: 'busy',
    scavenger: 'age',
    advise: 'dontneed',
    hugePageHints: false,
    growthUnit: 1 * MiB,
    scavengeOnReuse: false,
    sizeClasses: 'go1.4',
    trigger: 'live',
  },
  treap: {
    pageHeap: 'treap',
    objects: 'bitmap',
    sweep: 'stacks',
    scavenger: 'growth',
    advise: 'free',
    hugePageHints: true,
    growthUnit: arenaBytes,
    scavengeOnReuse: false,
    sizeClasses: 'go1.12',
    trigger: 'paced',
  },
  radix: {
    pageHeap: 'radix',
    objects: 'bitmap',
    sweep: 'sets',
    scavenger: 'background',
    advise: 'dontneed',
    hugePageHints: false,
    growthUnit: chunkBytes,
    scavengeOnReuse: false,
    sizeClasses: 'go1.21',
    trigger: 'paced',
  },
};

export const partNames: ReadonlySet<string> = new Set(['generation', ...Object.keys(presets.radix)]);

/** The smallest step by which a heap grows; also of the 1 MiB that the 2014 design asks for at least. */
export const growthStep = 64 * KiB;

/** 1048576 → 1 MiB; what is no whole number of KiB stays bytes. */
function sizeInWords(value: unknown): string {
  if (typeof value !== 'number' || value % KiB !== 0) return `${String(value)} bytes`;
  return value % MiB === 0 ? `${value / MiB} MiB` : `${value / KiB} KiB`;
}

function refusePart(name: string, reason: string, value: unknown): never {
  throw new PageHeapError('ERR_INVALID_OPTION', `option ${name}: ${reason}`, { value });
}

function oneOf<T extends string>(name: string, allowed: readonly T[], value: unknown, fallback: T): T {
  if (value === undefined) return fallback;
  if (typeof value !== 'string' || !(allowed as readonly string[]).includes(value))
    refusePart(name, `must be one of ${allowed.join(', ')}, not ${String(value)}`, value);
  return value as T;
}

function flagOf(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') refusePart(name, `must be true or false, not ${String(value)}`, value);
  return value;
}

/** The preset's parts with those chosen alone. @throws ERR_INVALID_OPTION, naming the part and the reason */
export function resolveParts(options: PartOptions): Parts {
  const generation = oneOf('generation', generations, options.generation, 'radix');
  const preset = presets[generation];
  const own = typeof options.pageHeap === 'function' ? options.pageHeap : undefined;
  const pageHeap =
    own === undefined
      ? oneOf('pageHeap', generations, options.pageHeap, preset.pageHeap as Generation)
      : 'own';
  // A page heap chosen alone brings the growth it can do.
  const growthUnit =
    options.growthUnit ??
    (pageHeap === 'own' ? chunkBytes : Math.max(preset.growthUnit, pageHeap === 'radix' ? chunkBytes : 0));
  if (
    typeof growthUnit !== 'number' ||
    !Number.isInteger(Math.log2(growthUnit)) ||
    growthUnit < growthStep ||
    growthUnit > arenaBytes
  ) {
    refusePart(
      'growthUnit',
      `must be a power of two from ${growthStep / KiB} KiB to ${arenaBytes / MiB} MiB, not ${sizeInWords(growthUnit)}`,
      growthUnit,
    );
  }
  const parts: Parts = {
    generation,
    pageHeap,
    pageHeapClass: own,
    objects: oneOf('objects', objectStyles, options.objects, preset.objects),
    sweep: oneOf('sweep', sweepStyles, options.sweep, preset.sweep),
    scavenger: oneOf('scavenger', scavengers, options.scavenger, preset.scavenger),
    advise: oneOf('advise', ['dontneed', 'free'] as const, options.advise, preset.advise),
    hugePageHints: flagOf('hugePageHints', options.hugePageHints, preset.hugePageHints),
    growthUnit,
    scavengeOnReuse: flagOf('scavengeOnReuse', options.scavengeOnReuse, preset.scavengeOnReuse),
    sizeClasses: oneOf('sizeClasses', sizeClassTables, options.sizeClasses, preset.sizeClasses),
    trigger: oneOf('trigger', triggers, options.trigger, preset.trigger),
  };
  refuseNonsense(parts, options.scavenger === undefined ? `, which ${generation} brings,` : '');
  return parts;
}

/** @param brought who chose the scavenger, if nobody did by name */
function refuseNonsense(parts: Parts, brought: string): void {
  const { pageHeap, scavenger, growthUnit, scavengeOnReuse } = parts;
  if (pageHeap === 'radix' && growthUnit < chunkBytes)
    refusePart(
      'growthUnit',
      `the radix page heap grows by whole chunks of ${chunkBytes / MiB} MiB, not by ${sizeInWords(growthUnit)}`,
      growthUnit,
    );
  if (scavenger === 'age' && pageHeap === 'radix')
    refusePart(
      'scavenger',
      `'age'${brought} needs a page heap that knows since when a run is free; the radix bitmaps do not`,
      scavenger,
    );
  if (scavengeOnReuse && scavenger !== 'growth')
    refusePart(
      'scavengeOnReuse',
      `is settled with the credit of the scavenger 'growth', and this heap has '${scavenger}'`,
      true,
    );
}

/** Why a heap of these parts knows no memory limit; undefined where it does. */
export function whyNoLimit({ scavenger, trigger }: Pick<Parts, 'scavenger' | 'trigger'>): string | undefined {
  if (scavenger !== 'background')
    return `the scavenger '${scavenger}' knows no memory limit; it came with the 'background' one`;
  if (trigger === 'live') return "the trigger 'live' knows no memory limit; it came with the 'paced' one";
  return undefined;
}

/** What else the options ask for that the parts cannot give. @throws ERR_INVALID_OPTION */
export function refuseForParts(
  parts: Parts,
  asked: {
    readonly memoryLimit: boolean;
    readonly scavengeAfter: boolean;
    readonly rootBytes: boolean;
    readonly triggerRatio: boolean;
    readonly hardDecommit: boolean;
    readonly disableHugePages: boolean;
    readonly historicalScavengeGoal: boolean;
  },
): void {
  const unlimited = whyNoLimit(parts);
  if (asked.memoryLimit && unlimited !== undefined) refusePart('memoryLimit', unlimited, parts.scavenger);
  if (asked.scavengeAfter && parts.scavenger !== 'age' && parts.scavenger !== 'growth')
    refusePart(
      'scavengeAfter',
      `the scavenger '${parts.scavenger}' does not look at how long memory was unused; 'age' and 'growth' do`,
      parts.scavenger,
    );
  if (asked.rootBytes && parts.scavenger !== 'background')
    refusePart(
      'rootBytes',
      `roots count for the goal since the design of 2023, whose scavenger is 'background'; this heap has '${parts.scavenger}'`,
      parts.scavenger,
    );
  if (asked.rootBytes && parts.trigger === 'live')
    refusePart('rootBytes', "the trigger 'live' does not count roots; 'paced' does", parts.trigger);
  if (asked.triggerRatio && parts.trigger === 'live')
    refusePart(
      'triggerRatio',
      "the trigger 'live' stops the program to mark, so a collection starts at the goal; 'paced' can start before",
      parts.trigger,
    );
  if (asked.historicalScavengeGoal && parts.scavenger !== 'background')
    refusePart(
      'historicalScavengeGoal',
      `is a defect of the 'background' scavenger, and this heap has '${parts.scavenger}'`,
      true,
    );
  if (asked.hardDecommit && parts.pageHeap !== 'radix')
    refusePart(
      'hardDecommit',
      'needs a page heap that can take pages back as released when they cannot be had again: radix',
      true,
    );
  if (asked.disableHugePages && parts.hugePageHints)
    refusePart('disableHugePages', 'contradicts hugePageHints', true);
}
