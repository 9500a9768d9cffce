/**
 * Parts of the user's own: classes that take the place of one of the heap's decisions, each by a small contract.
 *
 * A part is chosen beside a design, whose own decision stands behind it and counts again if the part fails. Whether a
 * part fits the design is said in refusals.ts and tuning-refusals.ts. The page heap, which is a part of the design
 * itself, is in design.ts.
 *
 * Not here: the contracts (scavenge/policy.ts and others); how a class is made and called (base/part.ts).
 */
import type { SizeClassTableClass } from '../alloc/size-class-part.ts';
import { saidNameOfClass } from '../base/describe.ts';
import type { SweepOrderClass } from '../gc/sweep-order.ts';
import type { TriggerPolicyClass } from '../gc/trigger-policy.ts';
import type { AdvicePolicyClass } from '../os/advice-policy.ts';
import type { DenseRuleClass } from '../pages/radix/dense-rule.ts';
import type { PageCachePolicyClass } from '../pages/radix/page-cache-policy.ts';
import type { ScavengeControllerClass } from '../scavenge/controller.ts';
import type { ScavengePolicyClass } from '../scavenge/policy.ts';
import { brought } from './kinds.ts';
import type { AskedValues, Options } from './option.ts';

const part = { group: 'parts', otherwise: "the design's own" } as const;

export const partOptions = {
  /** When memory goes back, and how much: a class that implements `ScavengePolicy`. The design's scavenger. */
  scavengePolicy: {
    ...part,
    kind: brought<ScavengePolicyClass>('ScavengePolicy', 'ScavengePolicy'),
    flag: 'scavenge-policy',
    help: 'a module that says when memory goes back, and how much',
  },
  /** How the kernel is told of memory that goes or comes: a class that implements `AdvicePolicy`. As `advise` says. */
  advicePolicy: {
    ...part,
    kind: brought<AdvicePolicyClass>('AdvicePolicy', 'AdvicePolicy'),
    flag: 'advice-policy',
    help: 'a module that says how the kernel is advised of each range',
  },
  /** At what size a collection starts: a class that implements `TriggerPolicy`. The design's trigger. */
  triggerPolicy: {
    ...part,
    kind: brought<TriggerPolicyClass>('TriggerPolicy', 'TriggerPolicy'),
    flag: 'trigger-policy',
    help: 'a module that sets the goal and the start of each collection',
  },
  /** How long the background scavenger sleeps: a class that implements `ScavengeController`. Go's PI controller. */
  scavengeController: {
    ...part,
    kind: brought<ScavengeControllerClass>('ScavengeController', 'ScavengeController'),
    flag: 'scavenge-controller',
    help: 'a module that paces the background scavenger',
  },
  /** Which chunks the scavenger leaves to their huge pages: a class that implements `DenseRule`. `densePages`. */
  denseRule: {
    ...part,
    kind: brought<DenseRuleClass>('DenseRule', 'DenseRule'),
    flag: 'dense-rule',
    help: 'a module that says which chunks the scavenger leaves alone',
  },
  /** What a P keeps of free pages, and which it hands out: a class that implements `PageCachePolicy`. Go's page cache. */
  pageCachePolicy: {
    ...part,
    kind: brought<PageCachePolicyClass>('PageCachePolicy', 'PageCachePolicy'),
    flag: 'page-cache-policy',
    help: 'a module that says what page caches hold, and which page they hand out',
  },
  /** Which span is swept next: a class that implements `SweepOrder`. The registry's order. */
  sweepOrder: {
    ...part,
    kind: brought<SweepOrderClass>('SweepOrder', 'SweepOrder'),
    flag: 'sweep-order',
    help: 'a module that says in which order spans are swept',
  },
  /** The size classes: a class that implements `SizeClassTable`. As `sizeClasses` says. */
  sizeClassTable: {
    ...part,
    kind: brought<SizeClassTableClass>('SizeClassTable', 'SizeClassTable'),
    flag: 'size-class-table',
    help: 'a module with a table of size classes',
  },
} as const satisfies Options;

/** The classes that were brought. */
export type Parts = AskedValues<typeof partOptions>;

/** Of options the classes that were brought. */
export function partsIn(given: Parts): Parts {
  return Object.fromEntries(
    Object.keys(partOptions).flatMap((name) => {
      const value = given[name as keyof Parts];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The names of the classes, as a record tells them. */
export function partNames(parts: Parts): Record<string, string> {
  return Object.fromEntries(Object.entries(parts).map(([name, brought]) => [name, saidNameOfClass(brought)]));
}
