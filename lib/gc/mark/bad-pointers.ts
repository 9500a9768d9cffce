/**
 * Pointers that cannot be: what a collection says when it finds one, in the words of the Go runtime. The program has kept
 * a reference to something that was freed, or stored what is no pointer where a type says that there is one.
 *
 * Not here: pointers to free objects (heap/zombie.ts).
 */
import { fatal } from '../../base/errors.ts';
import type { HeapState } from '../../heap/heap-state.ts';
import { objectSize, spanStateNames } from '../../spans/span-table.ts';

const hex = (address: number): string => `0x${address.toString(16)}`;

/** A pointer leads to a place of a span where no object is, or to free pages. */
export function throwBadPointer({ spans, arenas }: HeapState, address: number, s: number): never {
  const c = spans.columns;
  return fatal('found bad pointer in the heap', {
    pointer: hex(address),
    span: hex(arenas.addressOf(c.startPage[s])),
    pages: c.pages[s],
    state: spanStateNames[c.state[s]],
    elemsize: objectSize(c, s),
  });
}
