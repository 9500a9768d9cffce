/** The tables that a test and its threads share. */
import { f64, i32, table } from '../../../lib/meta/column.ts';
import type { Capacities } from '../../../lib/meta/meta-memory.ts';

export const lockTable = table('lock', 'other', { word: i32('atomic') });
export const sumTable = table('sum', 'other', {
  sum: f64('heap'),
  last: i32('heap'),
  pad: f64('heap', 4096),
});

export const sharedCapacities: Capacities = () => [
  [lockTable, 1],
  [sumTable, 3],
];
