/**
 * The scavtrace line, letter by letter as Go 1.21 prints it:
 *
 *     scav 1024 KiB work (bg), 0 KiB work (eager), 41984 KiB now, 77% util
 *
 * One line when a cycle's sweep is complete: what was released since the line before, in the background
 * and by allocations; what is released now; and how much of the memory kept is in use
 * (heapInUse × 100 / (heapInUse + heapFree)). ` [controller reset]` follows when the background
 * scavenger's controller failed meanwhile. `freeOSMemory` prints a line of its own, ending in
 * ` (forced)`, with 0 for the background and what it released itself as eager; it says nothing of the
 * controller and leaves that to the next. Everything is rounded down.
 *
 * Source: the runtime of Go 1.21, mgcscavenge.go.
 */
import { KiB } from '../base/units.ts';

/** What one line tells; sizes in bytes. */
export interface ScavTrace {
  /** Released since the last line in the background, and by allocations or by force. */
  readonly releasedBackground: number;
  readonly releasedEager: number;
  readonly heapReleased: number;
  readonly heapInUse: number;
  readonly heapFree: number;
  readonly forced: boolean;
  /** The controller failed since the last line. Not shown where forced. */
  readonly controllerReset: boolean;
}

/** The line, without its newline. */
export function formatScavTrace(t: ScavTrace): string {
  const kib = (bytes: number): number => Math.floor(bytes / KiB);
  const retained = t.heapInUse + t.heapFree;
  // A heap that keeps nothing is where Go divides by zero; it never is, for its own objects are in it.
  const util = retained === 0 ? 0 : Math.floor((t.heapInUse * 100) / retained);
  return (
    `scav ${kib(t.releasedBackground)} KiB work (bg), ${kib(t.releasedEager)} KiB work (eager), ` +
    `${kib(t.heapReleased)} KiB now, ${util}% util` +
    (t.forced ? ' (forced)' : t.controllerReset ? ' [controller reset]' : '')
  );
}
