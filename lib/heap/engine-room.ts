/**
 * The engine's room: memory that a heap's growth leaves to the JavaScript engine in the same process.
 *
 * The engine ends the process when it is refused memory itself. So growth that would use up the address space, the
 * memory or the mappings that the process may have, counts as refused.
 *
 * Not here: how mappings are counted (os/mapping-room.ts).
 */
import { bytes, MiB } from '../base/units.ts';
import type { Sys } from '../os/sys.ts';

/** What growing leaves of any limit on the process: bytes. */
const engineRoom = 32 * MiB;

/** Whether the process could have some more memory. */
export function leavesRoom(sys: Sys): boolean {
  if (!sys.mappings.takeNeeded()) return false;
  const at = sys.alloc(bytes(engineRoom), 'other');
  if (at === 0) return false;
  sys.free(at, bytes(engineRoom), 'other', 'ready');
  return true;
}
