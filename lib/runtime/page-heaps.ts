/**
 * Page heaps by name: makes the one that the design asks for, over the heap's own memory.
 *
 * The built-in ones keep all of their state in the heap's tables, so that a thread that attaches makes
 * its own object over the same state. A custom one keeps its state where it likes, and so serves one thread alone.
 */
import { PageHeapError } from '../base/errors.ts';
import type { ForeignCode } from '../base/foreign-code.ts';
import type { Part } from '../base/part.ts';
import { checkCustom } from '../design/consequences.ts';
import type { Design } from '../design/design.ts';
import type { KeptOptions } from '../design/option-table.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { PageHeap, PageHeapClass, PageHeapHost } from '../pages/contract.ts';
import { makeCustomPageHeap } from '../pages/guard.ts';
import { commitListsSetup } from '../pages/lists/columns.ts';
import { ListsPageHeap } from '../pages/lists/page-heap.ts';
import { commitRadixSetup, radixMemory } from '../pages/radix/columns.ts';
import { CustomCachePageHeap } from '../pages/radix/custom-cache.ts';
import type { DenseRule } from '../pages/radix/dense-rule.ts';
import type { HugeChunks } from '../pages/radix/huge-chunks.ts';
import { NarrowCachePageHeap } from '../pages/radix/narrow-cache.ts';
import type { PhysicalPages } from '../pages/radix/page-alloc.ts';
import { cachePages } from '../pages/radix/page-cache.ts';
import type { PageCachePolicy } from '../pages/radix/page-cache-policy.ts';
import { RadixPageHeap, type Releasing } from '../pages/radix/page-heap.ts';
import { commitTreapSetup } from '../pages/treap/columns.ts';
import { TreapPageHeap } from '../pages/treap/page-heap.ts';

/** What a page heap is made from. */
export interface PageHeapDeps {
  readonly meta: MetaMemory;
  readonly state: HeapState;
  readonly physical: PhysicalPages;
  readonly host: PageHeapHost;
  /** How the radix heap releases, which says when it is done. */
  readonly releasing: Releasing;
  /** What a custom one is called through. */
  readonly foreign: ForeignCode;
  /** A rule for dense chunks of the user's, for a page heap that has chunks. */
  readonly denseRule: Part<DenseRule> | undefined;
  /** What is asked about page caches, for the page heap that has them. */
  readonly pageCachePolicy: Part<PageCachePolicy> | undefined;
  /** Told of chunks as huge pages, where the heap asks the kernel for them. */
  readonly hugeChunks: HugeChunks | undefined;
}

interface BuiltIn {
  /** Puts memory behind what it needs from the start. False when there is none. */
  readonly prepare: (meta: MetaMemory) => boolean;
  readonly make: (deps: PageHeapDeps, options: PageHeapOptions) => PageHeap;
  /** A page that was released is not released again until it was used. */
  readonly releasesOnce: boolean;
}

const freeRunsOf = ({ meta, state: { spans, pageColumns, arenas } }: PageHeapDeps) => ({
  meta,
  spans,
  spanOf: pageColumns.spanOf,
  known: arenas.columns.known,
});

function makeRadix(
  {
    meta,
    physical,
    host: { reachPages },
    releasing,
    denseRule: rule,
    pageCachePolicy,
    hugeChunks,
  }: PageHeapDeps,
  { densePages: pages, denseGenerations, pageCachePages: width }: PageHeapOptions,
): PageHeap {
  const memory = radixMemory(meta, reachPages);
  const dense = { pages, rule, remembers: denseGenerations > 0 };
  if (pageCachePolicy !== undefined)
    return new CustomCachePageHeap(memory, physical, releasing, dense, pageCachePolicy, hugeChunks);
  return width === cachePages
    ? new RadixPageHeap(memory, physical, releasing, dense, hugeChunks)
    : new NarrowCachePageHeap(memory, physical, releasing, dense, width, hugeChunks);
}

const builtIn: Readonly<Record<Exclude<Design['pageHeap'], 'custom'>, BuiltIn>> = {
  lists: {
    prepare: commitListsSetup,
    make: (deps) => new ListsPageHeap(freeRunsOf(deps), deps.host),
    releasesOnce: false,
  },
  treap: {
    prepare: commitTreapSetup,
    make: (deps) => new TreapPageHeap(freeRunsOf(deps), deps.host),
    releasesOnce: false,
  },
  radix: {
    prepare: commitRadixSetup,
    make: makeRadix,
    releasesOnce: true,
  },
};

/** Puts memory behind what a page heap needs from the start. False when there is none. */
export function preparePageHeap(kind: Design['pageHeap'], meta: MetaMemory): boolean {
  return kind === 'custom' || builtIn[kind].prepare(meta);
}

/** Whether a page that was released is not released again until it was used; of a custom one nothing is known. */
export function releasesOnce(kind: Design['pageHeap']): boolean {
  return kind !== 'custom' && builtIn[kind].releasesOnce;
}

type Chosen = Pick<Design, 'pageHeap' | 'scavenger'>;

/** What was chosen of a page heap. */
export interface PageHeapOptions
  extends Pick<KeptOptions, 'densePages' | 'denseGenerations' | 'pageCachePages'> {
  readonly design: Chosen;
}

/** Makes a page heap. @throws ERR_INVALID_OPTION, ERR_PAGE_HEAP of a custom one */
export function makePageHeap(
  options: PageHeapOptions,
  custom: PageHeapClass | undefined,
  deps: PageHeapDeps,
): PageHeap {
  const { design } = options;
  const { pageHeap: kind } = design;
  return kind === 'custom' ? makeCustom(design, custom, deps) : builtIn[kind].make(deps, options);
}

function makeCustom(
  design: Chosen,
  custom: PageHeapClass | undefined,
  { host, foreign }: PageHeapDeps,
): PageHeap {
  if (custom === undefined) {
    throw new PageHeapError(
      'ERR_NOT_SHARED',
      'the page heap of this heap is a class of its maker, whose state other threads cannot reach',
    );
  }
  const pages = makeCustomPageHeap(custom, host, foreign);
  checkCustom(design, pages, custom);
  return pages;
}
