/**
 * Page tables: what the heap knows of each page by its index alone.
 *
 * `spanOf` leads from a page to its span; every page of an allocated span maps to it. In the page heaps
 * of 2014 and 2019 the first and the last page of a free run map to its span, by which neighbours find
 * each other; any other free page keeps whatever it last had, so a lookup checks the span's state and
 * bounds. The bitmaps use only the bit of a span's first page: `inUse` finds spans for
 * the page reclaimer, `marks` says that a span has a marked object, `specials` that it has records
 * attached (none yet have a use).
 *
 * Rows are committed an arena at a time, when the arena is added; those of tables beside (arenas.ts) with them.
 */
import { bitmap, i32, table } from '../meta/column.ts';

export const pageTable = table('pages', 'gc', {
  spanOf: i32('heap'),
  inUse: bitmap('heap'),
  marks: bitmap('heap'),
  specials: bitmap('heap'),
});
