/**
 * The table of a heap's pacer: its goals, and the columns of whichever pacer works with them. A heap has one
 * pacer, and a table of its own for each part would cost every heap a page more.
 *
 * Not here: what the columns mean (each part declares its own).
 */
import { table } from '../meta/column.ts';
import { concurrentPacerColumns } from './concurrent-pacer.ts';
import { heapGoalColumns } from './heap-goals.ts';
import { pacerColumns } from './pacer.ts';

export const pacerTable = table('pacer', 'other', {
  ...heapGoalColumns,
  ...pacerColumns,
  ...concurrentPacerColumns,
});
