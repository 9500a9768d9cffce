/**
 * The columns of the page heap of 2019, beside those of its free runs (free-runs.ts).
 *
 *   treap nodes   one row a span    children, parent, priority
 *   treap state   one row           the roots of both treaps, and the state of the priorities' generator
 */
import { i32, table } from '../../meta/column.ts';
import type { Capacity } from '../../meta/memory-map.ts';
import type { MetaMemory } from '../../meta/meta-memory.ts';
import { type FreeRunMemory, FreeRuns } from '../free-runs.ts';

/** Rows are spans. */
export const treapNodeTable = table('treapNodes', 'mspan', {
  left: i32('heap'),
  right: i32('heap'),
  parent: i32('heap'),
  priority: i32('heap'),
});

export const treapStateTable = table('treapState', 'other', {
  /** The roots: of the runs whose memory is there, and of those that were given back; 0: none. */
  backedRoot: i32('heap'),
  releasedRoot: i32('heap'),
  /** The state of the priorities' generator. */
  random: i32('heap'),
});

/** What the page heap needs where there can be so many spans. */
export function treapCapacities(spans: number): readonly Capacity[] {
  return [
    [treapStateTable, 1],
    [treapNodeTable, spans],
  ];
}

/** False when there is no memory. */
export function commitTreapSetup(meta: MetaMemory): boolean {
  return FreeRuns.prepare(meta, treapNodeTable) && meta.commit(treapStateTable, 0, 1);
}

export type TreapMemory = FreeRunMemory;
