/**
 * Generations: what the designs of 2014, 2019 and 2023 chose, and how a design is made from one of them and what
 * is chosen beside it.
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
 *   zeroing             span            span               object
 *   sizeClasses         go1.4           go1.12             go1.21
 *   trigger             live            paced              paced
 *   pointerBits         nibbles         pairs              bits
 *   marking             stop-the-world  incremental        incremental
 *
 * The design of 2019 is that of the source of spring 2019, between Go 1.12 and 1.13, in all but one thing: there, as in
 * Go 1.12.0 to 1.12.4, whoever takes released memory into use releases as much elsewhere. Go 1.12.5 took that back, and
 * the preset does as 1.12.17, which is younger than that source. `scavengeOnReuse: true` does as the source.
 */
import { arenaBytes, chunkBytes, MiB } from '../base/units.ts';
import { marksConcurrently } from './consequences.ts';
import { type Design, type DesignOptions, designOptions, type Generation } from './design.ts';
import { checkGiven, valuesGiven } from './option.ts';
import { refuseForLiveness, refuseNonsense } from './refusals.ts';

/** What no generation decides has a default instead. */
type Undecided = 'generation' | 'liveness' | 'markOrder';
type Preset = Omit<Design, Undecided | 'pageHeap' | 'pageHeapClass'> & { readonly pageHeap: Generation };

export const presets: Readonly<Record<Generation, Preset>> = {
  lists: {
    pageHeap: 'lists',
    objects: 'freelist',
    sweep: 'busy',
    scavenger: 'age',
    advise: 'dontneed',
    hugePageHints: false,
    growthUnit: 1 * MiB,
    scavengeOnReuse: false,
    zeroing: 'span',
    sizeClasses: 'go1.4',
    trigger: 'live',
    pointerBits: 'nibbles',
    marking: 'stop-the-world',
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
    zeroing: 'span',
    sizeClasses: 'go1.12',
    trigger: 'paced',
    pointerBits: 'pairs',
    marking: 'incremental',
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
    zeroing: 'object',
    sizeClasses: 'go1.21',
    trigger: 'paced',
    pointerBits: 'bits',
    marking: 'incremental',
  },
};

/** The generation's design with what is chosen beside it. @throws ERR_INVALID_OPTION, naming option and reason */
export function resolveDesign(given: DesignOptions): Design {
  const options = valuesGiven(designOptions, given);
  checkGiven(designOptions, { ...options });
  const { generation = designOptions.generation.default } = options;
  const preset = presets[generation];
  const { pageHeap: asked = preset.pageHeap } = options;
  const isCustom = typeof asked === 'function';
  const pageHeap = isCustom ? 'custom' : asked;
  // A page heap chosen alone brings the growth it can do.
  const growth = isCustom ? chunkBytes : Math.max(preset.growthUnit, pageHeap === 'radix' ? chunkBytes : 0);
  const objects = options.objects ?? preset.objects;
  const { liveness = designOptions.liveness.default, marking = preset.marking } = options;
  // Marking while the program runs, chosen alone, brings the trigger that starts before the goal.
  const trigger = marksConcurrently({ liveness, marking }) ? 'paced' : preset.trigger;
  const design: Design = {
    generation,
    pageHeap,
    pageHeapClass: isCustom ? asked : undefined,
    objects,
    sweep: options.sweep ?? preset.sweep,
    scavenger: options.scavenger ?? preset.scavenger,
    advise: options.advise ?? preset.advise,
    hugePageHints: options.hugePageHints ?? preset.hugePageHints,
    growthUnit: options.growthUnit ?? growth,
    scavengeOnReuse: options.scavengeOnReuse ?? preset.scavengeOnReuse,
    // Free lists chosen alone bring the zeroing they rest on.
    zeroing: options.zeroing ?? (objects === 'freelist' ? 'span' : preset.zeroing),
    sizeClasses: options.sizeClasses ?? preset.sizeClasses,
    trigger: options.trigger ?? trigger,
    liveness,
    pointerBits: options.pointerBits ?? preset.pointerBits,
    marking,
    markOrder: options.markOrder ?? designOptions.markOrder.default,
  };
  refuseForLiveness(design, options);
  refuseNonsense(design, options.scavenger === undefined ? `, which ${generation} brings,` : '');
  return design;
}
