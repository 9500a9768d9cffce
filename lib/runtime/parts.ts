/**
 * Parts of the user's own: makes what the design is to ask out of the classes that were brought.
 *
 * Their state is in JavaScript, so a heap that has one serves one thread alone, as with a custom page heap.
 */

import { faultOfTable, type SizeClass, sizeClassTablePart, tableAnswer } from '../alloc/size-class-part.ts';
import { customSizeClasses, maxSmallSize, type SizeClasses } from '../alloc/size-classes.ts';
import { makePart, type Part, type PartSurroundings } from '../base/part.ts';
import { chunkPages, pageSize } from '../base/units.ts';
import { refuseOption } from '../design/option.ts';
import type { Parts } from '../design/parts.ts';
import { type SweepOrder, sweepOrderPart } from '../gc/sweep-order.ts';
import { type TriggerPolicy, triggerPolicyPart } from '../gc/trigger-policy.ts';
import { type AdvicePolicy, advicePolicyPart } from '../os/advice-policy.ts';
import type { Sys } from '../os/sys.ts';
import type { PageHeap, PageHeapClass } from '../pages/contract.ts';
import { type DenseRule, denseRulePart } from '../pages/radix/dense-rule.ts';
import { cachePages } from '../pages/radix/page-cache.ts';
import { type PageCachePolicy, pageCachePolicyPart } from '../pages/radix/page-cache-policy.ts';
import { startingSleepRatio } from '../scavenge/bursts.ts';
import { type BurstController, CustomController, scavengeControllerPart } from '../scavenge/controller.ts';
import { type ScavengePolicy, scavengePolicyPart } from '../scavenge/policy.ts';

/** What the maker of a heap brings to it. */
export interface BroughtClasses {
  readonly pageHeap: PageHeapClass | undefined;
  readonly parts: Parts;
}

export const nothingBrought: BroughtClasses = { pageHeap: undefined, parts: {} };

export class CustomParts {
  readonly #parts: Parts;
  readonly #surroundings: PartSurroundings;

  constructor(parts: Parts, surroundings: PartSurroundings) {
    this.#parts = parts;
    this.#surroundings = surroundings;
  }

  /** The options whose classes were brought. */
  get names(): readonly string[] {
    return Object.keys(this.#parts);
  }

  /** @throws ERR_INVALID_OPTION · ERR_POLICY, as all of these */
  denseRule(): Part<DenseRule> | undefined {
    const { denseRule } = this.#parts;
    return denseRule && makePart(denseRulePart, denseRule, { chunkPages }, this.#surroundings);
  }

  pageCachePolicy(): Part<PageCachePolicy> | undefined {
    const { pageCachePolicy } = this.#parts;
    const host = { cachePages, pageSize };
    return pageCachePolicy && makePart(pageCachePolicyPart, pageCachePolicy, host, this.#surroundings);
  }

  triggerPolicy(): Part<TriggerPolicy> | undefined {
    const { triggerPolicy } = this.#parts;
    return triggerPolicy && makePart(triggerPolicyPart, triggerPolicy, { pageSize }, this.#surroundings);
  }

  scavengePolicy(physPageSize: number, pages: PageHeap): Part<ScavengePolicy> | undefined {
    const { scavengePolicy } = this.#parts;
    const host = { physPageSize, pageSize, knowsAges: pages.releaseUnused !== undefined };
    return scavengePolicy && makePart(scavengePolicyPart, scavengePolicy, host, this.#surroundings);
  }

  /** What puts a controller of the user's before the built-in one. */
  controller(startingRatio = startingSleepRatio): ((own: BurstController) => BurstController) | undefined {
    const { scavengeController } = this.#parts;
    if (scavengeController === undefined) return undefined;
    const part = makePart(scavengeControllerPart, scavengeController, { startingRatio }, this.#surroundings);
    return (own) => new CustomController(part, own);
  }

  sweepOrder(): Part<SweepOrder> | undefined {
    const { sweepOrder } = this.#parts;
    return sweepOrder && makePart(sweepOrderPart, sweepOrder, { pageSize }, this.#surroundings);
  }

  /** The table of size classes. @throws ERR_INVALID_OPTION for one that cannot be · ERR_POLICY */
  sizeClasses(shared: boolean): SizeClasses | undefined {
    const { sizeClassTable } = this.#parts;
    if (sizeClassTable === undefined) return undefined;
    const part = makePart(sizeClassTablePart, sizeClassTable, { pageSize, maxSmallSize }, this.#surroundings);
    const table = part.ask('classes', [], tableAnswer, null);
    // Nothing has happened yet: what it did wrong is thrown at once.
    this.#surroundings.faults.tell();
    const fault = faultOfTable(table);
    if (fault !== undefined) refuseOption('sizeClassTable', fault, table);
    return customSizeClasses(table as readonly SizeClass[], shared);
  }

  advicePolicy(physPageSize: number, sys: Sys): Part<AdvicePolicy> | undefined {
    const { advicePolicy } = this.#parts;
    const advise = sys.advice === 'free' ? 'free' : 'dontneed';
    const host = { physPageSize, hugePageSize: sys.physHugePageSize, advise } as const;
    return advicePolicy && makePart(advicePolicyPart, advicePolicy, host, this.#surroundings);
  }
}
