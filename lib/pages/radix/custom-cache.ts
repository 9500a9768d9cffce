/**
 * The radix page heap with page caches that a policy of the user's is asked about.
 *
 * A class of its own, so that the usual one asks nobody. What is cached lies in the same rows, with the same marks; so the
 * policy can be asked no more at any moment, and the built-in cache goes on with what is there.
 *
 * Not here: the contract (page-cache-policy.ts).
 */
import { popcount32 } from '../../base/bits.ts';
import type { Part } from '../../base/part.ts';
import { type PageCount, type PageIndex, type PId, pageIndex } from '../../base/units.ts';
import type { RadixMemory } from './columns.ts';
import type { HugeChunks } from './huge-chunks.ts';
import type { PhysicalPages } from './page-alloc.ts';
import { cachePages, maskOf, type PageCache } from './page-cache.ts';
import {
  chosenPlace,
  type PageCachePolicy,
  type PageRequest,
  servedFromCache,
  widthOfFill,
} from './page-cache-policy.ts';
import { RadixPageHeap, type Releasing } from './page-heap.ts';
import type { Denseness } from './scavenge-index.ts';

export class CustomCachePageHeap extends RadixPageHeap {
  readonly #policy: Part<PageCachePolicy>;

  constructor(
    memory: RadixMemory,
    physical: PhysicalPages,
    host: Releasing,
    dense: Denseness,
    policy: Part<PageCachePolicy>,
    told?: HugeChunks,
  ) {
    super(memory, physical, host, dense, told);
    this.#policy = policy;
  }

  override allocCached(p: PId, npages: PageCount): PageIndex {
    const policy = this.#policy;
    if (!policy.usable) return super.allocCached(p, npages);
    if (npages > cachePages) return pageIndex(-1);
    const cache = this.caches[p];
    const request = requestOf(p, npages, cache);
    if (!servedFromCache(policy, request)) return pageIndex(-1);
    if (cache.isEmpty()) {
      const width = widthOfFill(policy, request);
      if (width === 0 || !this.allocToCache(cache, width)) return pageIndex(-1);
    }
    return this.#handOut(p, npages, cache);
  }

  #handOut(p: PId, npages: PageCount, cache: PageCache): PageIndex {
    const places = placesIn(cache, npages);
    if (places.length === 0) return pageIndex(-1);
    if (!this.#policy.has('choose')) return this.#take(cache, places[0]!, npages);
    const released = places.map((at) => releasedIn(cache, at, npages));
    const choice = Object.freeze({
      ...requestOf(p, npages, cache),
      places: Object.freeze(places.map((at) => cache.base + at)),
      released: Object.freeze(released),
    });
    return this.#take(cache, places[chosenPlace(this.#policy, choice)]!, npages);
  }

  #take(cache: PageCache, at: number, n: number): PageIndex {
    const { base, freeLow, freeHigh, scavengedLow, scavengedHigh } = cache;
    const [low, high] = [maskOf(at, n), maskOf(at - 32, n)];
    this.lastScavenged = popcount32(scavengedLow & low) + popcount32(scavengedHigh & high);
    cache.fill(base, freeLow & ~low, freeHigh & ~high, scavengedLow & ~low, scavengedHigh & ~high);
    return pageIndex(base + at);
  }
}

const requestOf = (p: PId, pages: number, cache: PageCache): PageRequest =>
  Object.freeze({ p, pages, cached: cache.freePages() });

/** Where in a cache's block a run of n free pages starts, lowest first. */
function placesIn({ freeLow, freeHigh }: PageCache, n: number): number[] {
  const places: number[] = [];
  for (let at = 0; at + n <= cachePages; at++) {
    const [low, high] = [maskOf(at, n), maskOf(at - 32, n)];
    if ((freeLow & low) === low && (freeHigh & high) === high) places.push(at);
  }
  return places;
}

const releasedIn = ({ scavengedLow, scavengedHigh }: PageCache, at: number, n: number): number =>
  popcount32(scavengedLow & maskOf(at, n)) + popcount32(scavengedHigh & maskOf(at - 32, n));
