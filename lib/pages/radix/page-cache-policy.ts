/**
 * The contract of a page cache policy: what a P keeps of free pages for itself, and which of them it hands out.
 *
 *     export default class Small {
 *       serves({ pages }) { return pages === 1; }
 *       fill() { return 16; }
 *       choose({ released }) { return released.indexOf(0); }
 *     }
 *
 * A policy is a class; the heap makes one, `new Policy(host)`, for all of its Ps. It has one method or more; for what it has no
 * method the built-in cache is as it was. It is of the radix page heap.
 *
 *   serves   whether an allocation comes from the cache at all; the built-in one serves runs of less than 16 pages
 *   fill     how many pages an empty cache is filled from: 64, 32, 16, 8, or 0 for none. The block of so many pages that holds
 *            the heap's first free page, of which what is free goes into the cache. The built-in one takes 64
 *   choose   which run of the cached pages is handed out; the built-in one hands out the lowest
 *
 * The pages themselves are the heap's: it marks them, it takes back what is left when a collection ends, and it holds each
 * answer against what there is. A choice that is none is a fault of the policy's, which is asked no more from then on; the
 * built-in cache goes on with what is cached.
 *
 * Not here: the cache (page-cache.ts), asking (custom-cache.ts), failing (base/part.ts).
 */
import type { AnswerKind, Part, PartClass } from '../../base/part.ts';

/** An allocation that may come from a cache. */
export interface PageRequest {
  /** Whose cache: 0 is the first P. */
  readonly p: number;
  /** Pages asked for, in one run: 1 to 64. */
  readonly pages: number;
  /** Free pages that the cache has: 0 to 64. */
  readonly cached: number;
}

/** What of a cache could be handed out. */
export interface PageChoice extends PageRequest {
  /** The first page of each run that fits, from the heap's origin, lowest first; runs may overlap. */
  readonly places: readonly number[];
  /** How many pages of each have no memory behind them. */
  readonly released: readonly number[];
}

export interface PageCachePolicy {
  serves?(request: PageRequest): boolean;
  fill?(request: PageRequest): number;
  /** @returns the index of a place */
  choose?(choice: PageChoice): number;
}

/** What a policy has from the heap when it is made; frozen. */
export interface PageCacheHost {
  /** Pages of the largest cache: 64. */
  readonly cachePages: number;
  /** Bytes of a page: 8192. */
  readonly pageSize: number;
}

export type PageCachePolicyClass = PartClass<PageCachePolicy, PageCacheHost>;

export const pageCachePolicyPart = {
  option: 'pageCachePolicy',
  kind: 'page cache policy',
  methods: ['serves', 'fill', 'choose'],
} as const;

const widths: readonly unknown[] = [0, 8, 16, 32, 64];

const yesOrNo: AnswerKind<boolean> = {
  expected: 'true or false',
  read: (answer) => (typeof answer === 'boolean' ? answer : undefined),
};

const width: AnswerKind<number> = {
  expected: 'one of 0, 8, 16, 32, 64',
  read: (answer) => (widths.includes(answer) ? (answer as number) : undefined),
};

/** Runs of fewer pages come from the built-in cache. */
const builtInRun = 16;
const builtInWidth = 64;

export function servedFromCache(policy: Part<PageCachePolicy>, request: PageRequest): boolean {
  return policy.ask('serves', [request], yesOrNo, request.pages < builtInRun);
}

export function widthOfFill(policy: Part<PageCachePolicy>, request: PageRequest): number {
  return policy.ask('fill', [request], width, builtInWidth);
}

/** The index of a place; the lowest where it says nothing. */
export function chosenPlace(policy: Part<PageCachePolicy>, choice: PageChoice): number {
  const { length } = choice.places;
  const kind: AnswerKind<number> = {
    expected: `the index of a place, from 0 to ${length - 1}, or nothing`,
    read: (answer) => {
      if (answer === undefined || answer === null) return 0;
      return Number.isInteger(answer) && (answer as number) >= 0 && (answer as number) < length
        ? (answer as number)
        : undefined;
    },
  };
  return policy.ask('choose', [choice], kind, 0);
}
