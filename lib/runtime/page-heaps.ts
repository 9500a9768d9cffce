/**
 * Page heaps by name: makes the one that the parts ask for, over the heap's own memory.
 *
 * The built-in ones keep all of their state in the heap's tables, so that a thread that attaches makes
 * its own object over the same state. A class of one's own keeps its state where it likes, and so serves
 * one thread alone.
 */
import { PageHeapError } from '../base/errors.ts';
import type { Design, ScavengerKind } from '../design/design.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { Sys } from '../os/sys.ts';
import type { PageHeap, PageHeapClass, PageHeapHost } from '../pages/contract.ts';
import { makeOwnPageHeap } from '../pages/guard.ts';
import { commitListsSetup } from '../pages/lists/columns.ts';
import { ListsPageHeap } from '../pages/lists/page-heap.ts';
import { commitRadixSetup, radixMemory } from '../pages/radix/columns.ts';
import { RadixPageHeap } from '../pages/radix/page-heap.ts';
import { commitTreapSetup } from '../pages/treap/columns.ts';
import { TreapPageHeap } from '../pages/treap/page-heap.ts';
import type { Arenas } from '../spans/arenas.ts';
import { pageTable } from '../spans/page-table.ts';
import type { SpanTable } from '../spans/span-table.ts';

/** What a page heap is made from. */
export interface PageHeapParts {
  readonly meta: MetaMemory;
  readonly sys: Sys;
  readonly spans: SpanTable;
  readonly arenas: Arenas;
  readonly host: PageHeapHost;
}

export interface MadePageHeap {
  readonly pages: PageHeap;
  /** The same, if it is the radix one. */
  readonly radix: RadixPageHeap | undefined;
}

/** Puts memory behind what a page heap needs from the start. False when there is none. */
export function commitPageHeapSetup(kind: Design['pageHeap'], meta: MetaMemory): boolean {
  switch (kind) {
    case 'radix':
      return commitRadixSetup(meta);
    case 'lists':
      return commitListsSetup(meta);
    case 'treap':
      return commitTreapSetup(meta);
    case 'custom':
      return true;
  }
}

/** Makes a page heap. @throws ERR_INVALID_OPTION, ERR_PAGE_HEAP of a class of one's own */
export function makePageHeap(
  kind: Design['pageHeap'],
  own: PageHeapClass | undefined,
  scavenger: ScavengerKind,
  { meta, sys, spans, arenas, host }: PageHeapParts,
): MadePageHeap {
  const freeRuns = { meta, spans, spanOf: meta.views(pageTable).spanOf, known: arenas.columns.known };
  switch (kind) {
    case 'radix': {
      const radix = new RadixPageHeap(radixMemory(meta, host.reachPages), sys, host);
      return { pages: radix, radix };
    }
    case 'lists':
      return { pages: new ListsPageHeap(freeRuns, host), radix: undefined };
    case 'treap':
      return { pages: new TreapPageHeap(freeRuns, host), radix: undefined };
    case 'custom':
      return { pages: makeOwn(own, scavenger, host), radix: undefined };
  }
}

function makeOwn(own: PageHeapClass | undefined, scavenger: ScavengerKind, host: PageHeapHost): PageHeap {
  if (own === undefined) {
    throw new PageHeapError(
      'ERR_NOT_SHARED',
      'the page heap of this heap is a class of its maker, whose state other threads cannot reach',
    );
  }
  const pages = makeOwnPageHeap(own, host);
  // Beside 'growth' age is one of two reasons; by itself it would be none.
  if (scavenger === 'age' && pages.releaseUnused === undefined) {
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      `option scavenger: 'age' needs a page heap that knows since when a run is free; ${own.name || 'this one'} has no releaseUnused`,
      { value: scavenger },
    );
  }
  return pages;
}
