/**
 * What does not go together, and why: the reasons that involve several options.
 *
 * Not here: what one value may be, which its declaration says.
 */
import { chunkBytes, MiB, pageSize } from '../base/units.ts';
import { marksConcurrently, needsAges } from './consequences.ts';
import type { Design } from './design.ts';
import { sizeInWords } from './kinds.ts';
import { refuseOption } from './option.ts';

/** @param brought who chose the scavenger, if nobody did by name */
export function refuseNonsense(design: Design, brought: string): void {
  const { pageHeap, scavenger, growthUnit, scavengeOnReuse, objects, zeroing, trigger } = design;
  if (pageHeap === 'radix' && growthUnit < chunkBytes)
    refuseOption(
      'growthUnit',
      `the radix page heap grows by whole chunks of ${chunkBytes / MiB} MiB, not by ${sizeInWords(growthUnit)}`,
      growthUnit,
    );
  if (scavenger === 'age' && pageHeap === 'radix')
    refuseOption('scavenger', `${needsAges(brought)}; the radix bitmaps do not`, scavenger);
  if (objects === 'freelist' && zeroing === 'object')
    refuseOption(
      'zeroing',
      "a free list tells by an object's second word whether the rest is zero, so its span is zeroed whole; 'object' needs the objects 'bitmap'",
      zeroing,
    );
  if (trigger === 'live' && marksConcurrently(design))
    refuseOption(
      'trigger',
      "'live' starts a collection at the goal, where one that marks while the program runs must be done; the marking 'incremental' needs 'paced'",
      trigger,
    );
  if (scavengeOnReuse && scavenger !== 'growth')
    refuseOption(
      'scavengeOnReuse',
      `is settled with the credit of the scavenger 'growth', and this heap has '${scavenger}'`,
      true,
    );
}

/** What is asked for of marking that this liveness does not do. @throws ERR_INVALID_OPTION */
export function refuseForLiveness(
  { liveness }: Pick<Design, 'liveness'>,
  asked: { readonly pointerBits?: unknown; readonly marking?: unknown; readonly markOrder?: unknown },
): void {
  if (liveness === 'tracing') return;
  for (const name of ['pointerBits', 'marking', 'markOrder'] as const)
    if (asked[name] !== undefined)
      refuseOption(name, "is of marking by pointers; it needs the liveness 'tracing'", asked[name]);
}

/** What is asked for of single objects where they are in no span, and are never freed. @throws ERR_INVALID_OPTION */
export function refuseBesideSbrk(
  { liveness }: Pick<Design, 'liveness'>,
  asked: {
    readonly efence: boolean;
    readonly memProfileRate: number;
    readonly allocFreeTrace?: string | undefined;
  },
): void {
  if (liveness === 'tracing')
    refuseOption(
      'sbrk',
      "hands out memory that no collection frees, so there is nothing to trace; it needs the liveness 'explicit'",
      true,
    );
  if (asked.efence)
    refuseOption('efence', 'fences the spans of objects that are freed; with sbrk there are neither', true);
  if (asked.memProfileRate > 0)
    refuseOption(
      'memProfileRate',
      'samples objects of spans; with sbrk there are none',
      asked.memProfileRate,
    );
  if (asked.allocFreeTrace !== undefined)
    refuseOption(
      'allocFreeTrace',
      'tells of objects until they are freed; with sbrk none is, and none is told of, as in Go',
      asked.allocFreeTrace,
    );
}

/** Why a heap of this design knows no memory limit; undefined where it does. */
export function whyNoLimit({
  scavenger,
  trigger,
}: Pick<Design, 'scavenger' | 'trigger'>): string | undefined {
  if (scavenger !== 'background')
    return `the scavenger '${scavenger}' knows no memory limit; it came with the 'background' one`;
  if (trigger === 'live') return "the trigger 'live' knows no memory limit; it came with the 'paced' one";
  return undefined;
}

/** What else the options ask for that the design cannot give. @throws ERR_INVALID_OPTION */
export function refuseForDesign(
  design: Design,
  asked: {
    readonly memoryLimit: boolean;
    readonly scavengeAfter: boolean;
    readonly rootBytes: boolean;
    readonly triggerRatio: boolean;
    readonly checkMark: boolean;
    readonly physPageSize: number | undefined;
    readonly hardDecommit: boolean;
    readonly disableHugePages: boolean;
    readonly hugePageAdvice: string;
    readonly historicalScavengeGoal: boolean;
    readonly scavengeClock: boolean;
  },
): void {
  const unlimited = whyNoLimit(design);
  if (asked.memoryLimit && unlimited !== undefined) refuseOption('memoryLimit', unlimited, design.scavenger);
  if (asked.scavengeAfter && design.scavenger !== 'age' && design.scavenger !== 'growth')
    refuseOption(
      'scavengeAfter',
      `the scavenger '${design.scavenger}' does not look at how long memory was unused; 'age' and 'growth' do`,
      design.scavenger,
    );
  if (asked.rootBytes && design.scavenger !== 'background')
    refuseOption(
      'rootBytes',
      `roots count for the goal since the design of 2023, whose scavenger is 'background'; this heap has '${design.scavenger}'`,
      design.scavenger,
    );
  if (asked.rootBytes && design.trigger === 'live')
    refuseOption('rootBytes', "the trigger 'live' does not count roots; 'paced' does", design.trigger);
  if (asked.rootBytes && marksConcurrently(design))
    refuseOption(
      'rootBytes',
      "stands for roots where there are none; with the marking 'incremental' the heap's own are counted",
      design.marking,
    );
  if (asked.checkMark && design.liveness === 'explicit')
    refuseOption(
      'checkMark',
      "marks again what marking by pointers has marked; it needs the liveness 'tracing'",
      true,
    );
  if (asked.triggerRatio && design.trigger === 'live')
    refuseOption(
      'triggerRatio',
      "the trigger 'live' stops the program to mark, so a collection starts at the goal; 'paced' can start before",
      design.trigger,
    );
  if (asked.triggerRatio && design.liveness === 'tracing')
    refuseOption(
      'triggerRatio',
      "stands for the runway of a collector that marks while the program runs, where nothing is marked by pointers; the liveness 'tracing' has no use for it",
      design.liveness,
    );
  if (design.pageHeap === 'lists' && (asked.physPageSize ?? 0) > pageSize)
    refuseOption(
      'physPageSize',
      `the page heap of 2014 gives memory back in pages of its own, of ${sizeInWords(pageSize)}; treap and radix know larger physical pages`,
      asked.physPageSize,
    );
  if (asked.historicalScavengeGoal && design.scavenger !== 'background')
    refuseOption(
      'historicalScavengeGoal',
      `is a defect of the 'background' scavenger, and this heap has '${design.scavenger}'`,
      true,
    );
  if (asked.scavengeClock && design.scavenger !== 'background')
    refuseOption(
      'scavengeClock',
      `is of the 'background' scavenger, which paces itself by its work; this heap has '${design.scavenger}'`,
      'cpu',
    );
  if (asked.hardDecommit && design.pageHeap !== 'radix')
    refuseOption(
      'hardDecommit',
      'needs a page heap that can take pages back as released when they cannot be had again: radix',
      true,
    );
  if (asked.disableHugePages && design.hugePageHints)
    refuseOption('disableHugePages', 'contradicts hugePageHints', true);
  if (asked.hugePageAdvice === 'none') return;
  if (design.pageHeap !== 'radix')
    refuseOption(
      'hugePageAdvice',
      "is of chunks, which the page heap 'radix' alone has; that of 2019 has hugePageHints",
      asked.hugePageAdvice,
    );
  for (const [name, isOn] of [
    ['hugePageHints', design.hugePageHints],
    ['disableHugePages', asked.disableHugePages],
  ] as const)
    if (isOn) refuseOption('hugePageAdvice', `contradicts ${name}`, asked.hugePageAdvice);
}
