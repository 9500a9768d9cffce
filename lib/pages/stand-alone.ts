/**
 * Page heaps by themselves, without a heap around them: for replaying traces, for the conformance suite, and
 * for whoever wants to look at one alone.
 *
 * Each lives in real columns over a reservation of its own, or, the radix one, in ordinary arrays. Nothing is
 * mapped behind the pages themselves: page numbers are all there is.
 */
import { PageHeapError } from '../base/errors.ts';
import { arenaBytes, maxPs, pageSize, pagesPerArena } from '../base/units.ts';
import { MetaMemory } from '../meta/meta-memory.ts';
import { Sys } from '../os/sys.ts';
import { pageTable } from '../spans/page-table.ts';
import { SpanTable, spanPoolTable, spanTable } from '../spans/span-table.ts';
import type { PageHeapHost } from './contract.ts';
import { type FreeRunMemory, freeRunCapacities } from './free-runs.ts';
import { commitListsSetup, listsCapacities } from './lists/columns.ts';
import { ListsPageHeap } from './lists/page-heap.ts';
import { plainRadixMemory } from './radix/columns.ts';
import type { PhysicalPages } from './radix/page-alloc.ts';
import { RadixPageHeap } from './radix/page-heap.ts';
import { commitTreapSetup, treapCapacities } from './treap/columns.ts';
import { TreapPageHeap } from './treap/page-heap.ts';

/** A page heap and the way to give its memory back. */
export interface StandAlone<T> {
  readonly pages: T;
  dispose(): void;
}

function capacities([pages]: readonly number[]) {
  // Every run has a page at least; ids start at one and rows are committed by the batch.
  const spans = pages! + 512;
  return [
    [spanPoolTable, 1],
    ...freeRunCapacities(spans),
    ...listsCapacities(spans),
    ...treapCapacities(spans),
    [spanTable, spans],
    [pageTable, pages!],
  ] as const;
}

function freeRunMemory(reachPages: number): { memory: FreeRunMemory; dispose: () => void } {
  const sys = new Sys();
  const pages = Math.ceil(reachPages / pagesPerArena) * pagesPerArena;
  const meta = MetaMemory.create(sys, capacities, [pages]);
  if (
    meta === undefined ||
    !SpanTable.prepare(meta) ||
    !meta.commit(pageTable, 0, pages) ||
    !commitListsSetup(meta) ||
    !commitTreapSetup(meta)
  ) {
    meta?.release();
    throw new PageHeapError('ERR_OUT_OF_MEMORY', `no memory for the page state of ${reachPages} pages`, {
      errno: sys.lastErrno,
    });
  }
  const known = new Uint8Array(pages / (arenaBytes / pageSize)).fill(1);
  return {
    memory: { meta, spans: new SpanTable(meta), spanOf: meta.views(pageTable).spanOf, known },
    dispose: () => meta.release(),
  };
}

/** The page heap of 2014. @throws ERR_OUT_OF_MEMORY */
export function standAloneLists(host: PageHeapHost): StandAlone<ListsPageHeap> {
  const { memory, dispose } = freeRunMemory(host.reachPages);
  return { pages: new ListsPageHeap(memory, host), dispose };
}

/** The page heap of 2019. @throws ERR_OUT_OF_MEMORY */
export function standAloneTreap(host: PageHeapHost): StandAlone<TreapPageHeap> {
  const { memory, dispose } = freeRunMemory(host.reachPages);
  return { pages: new TreapPageHeap(memory, host), dispose };
}

/** The page heap of 2023. */
export function standAloneRadix(host: PageHeapHost, physical: PhysicalPages): StandAlone<RadixPageHeap> {
  return {
    pages: new RadixPageHeap(plainRadixMemory(host.reachPages, maxPs), physical, host),
    dispose: () => undefined,
  };
}
