/**
 * Pointers that cannot be: what a collection says when it finds one, in the words of the Go runtime. The program has kept
 * a reference to something that was freed, or stored what is no pointer where a type says that there is one. Told are the
 * span that it leads to, and the object and word that hold it: there the program is wrong.
 *
 * Not here: pointers to free objects (heap/zombie.ts).
 */

import { fatal } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import type { HeapState } from '../../heap/heap-state.ts';
import { objectLines } from '../../heap/object-dump.ts';
import { wordsPerPage } from '../../heap/pointer-bits.ts';
import type { ObjectMemory } from '../../spans/object-memory.ts';
import { objectSize, spanState, spanStateNames } from '../../spans/span-table.ts';

/**
 * A pointer leads to a place of a span where no object is, or to free pages.
 * @param page where it was found: a page @param word and a word, counted from that
 */
export function throwBadPointer(
  state: HeapState,
  memory: ObjectMemory,
  { pointer, s, page, word }: { pointer: number; s: number; page: number; word: number },
): never {
  const { spans, arenas, pageColumns } = state;
  const c = spans.columns;
  const base = arenas.addressOf(c.startPage[s]);
  const holder = pageColumns.spanOf[page + Math.floor(word / wordsPerPage)];
  const size = objectSize(c, holder);
  const offset = ((page - c.startPage[holder]) * wordsPerPage + word) * 8;
  const index = Math.floor(offset / size);
  const object = arenas.addressOf(c.startPage[holder]) + index * size;
  const found = `*(${hex(object)}+${hex(offset % size)})`;
  const where = c.state[s] === spanState.inUse ? 'to unused region of span' : 'to unallocated span';
  const stateName = spanStateNames[c.state[s]];
  const limit = base + (c.state[s] === spanState.inUse ? c.nelems[s] * objectSize(c, s) : 0);
  return fatal(
    'found bad pointer in the heap',
    {
      pointer: hex(pointer),
      span: hex(base),
      pages: c.pages[s],
      state: stateName,
      elemsize: objectSize(c, s),
      found,
    },
    [
      `pointer ${hex(pointer)} ${where} span.base()=${hex(base)} span.limit=${hex(limit)} span.state=${stateName}`,
      `found in object at ${found}`,
      ...objectLines({ state, memory }, 'object', { s: holder, index, at: (offset % size) / 8 }),
    ],
  );
}
