/**
 * Huge-page hints of the 2019 design, when memory is given back.
 *
 * The kernel may make huge pages of neighbouring small ones again, and with them bring released memory
 * back. So before a run is released, the huge pages that it covers only in part, at its head and at its
 * tail, are told to stay small; where released memory is used again, whole huge pages inside it are
 * asked for (Sys.hugePage). Three advices at most, where release alone is one.
 *
 * Source: the runtime of Go 1.12, mem_linux.go.
 * Not here: the release itself.
 */
import { alignDown } from '../base/units.ts';
import type { Sys } from './sys.ts';

/** Asks for small pages at the two ends of a run of memory that is about to be released. */
export function keepEdgesSmall(sys: Sys, addr: number, length: number): void {
  const huge = sys.physHugePageSize;
  if (huge === 0) return;
  const head = alignDown(addr, huge);
  const end = addr + length;
  const tail = alignDown(end, huge);
  const hasHead = head !== addr;
  const hasTail = tail !== end;
  if (hasHead && hasTail && head + huge === tail) {
    sys.noHugePage(head, 2 * huge);
    return;
  }
  if (hasHead) sys.noHugePage(head, huge);
  if (hasTail && !(hasHead && tail === head)) sys.noHugePage(tail, huge);
}
