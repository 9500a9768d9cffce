/**
 * The columns of the page heap of 2014, beside those of its free runs (free-runs.ts).
 *
 *   list links   one row a span     neighbours in the list
 *   list heads   one row a list     its first run; list n holds runs of n pages, list 128 the larger ones
 */
import { i32, table } from '../../meta/column.ts';
import type { Capacity } from '../../meta/memory-map.ts';
import type { MetaMemory } from '../../meta/meta-memory.ts';
import { type FreeRunMemory, FreeRuns } from '../free-runs.ts';

/** Runs of at least so many pages are in one list together. */
export const largeRun = 128;

/** Rows are spans. */
export const listLinkTable = table('listLinks', 'mspan', { prev: i32('heap'), next: i32('heap') });

/** Rows are lists, by pages. */
export const listHeadTable = table('listHeads', 'other', { first: i32('heap') });

/** What the page heap needs where there can be so many spans. */
export function listsCapacities(spans: number): readonly Capacity[] {
  return [
    [listHeadTable, largeRun + 1],
    [listLinkTable, spans],
  ];
}

/** False when there is no memory. */
export function commitListsSetup(meta: MetaMemory): boolean {
  return FreeRuns.prepare(meta, listLinkTable) && meta.commit(listHeadTable, 0, meta.rows(listHeadTable));
}

export type ListsMemory = FreeRunMemory;
