/**
 * Accounts: how many bytes each purpose has taken from the system, in the heap's own memory.
 *
 * The memory-state machine (os/sys.ts) books every transition here. A heap's first reservation is
 * booked before its header exists, so the accounts begin in a private array and move into the header
 * once; from then on every attached thread books in the same place, under the heap's lock.
 *
 * Not here: statistics (stats.ts derives MemStats from these).
 */
import type { Accounts } from '../os/sys.ts';
import type { Purpose } from './column.ts';

const slotOf: Readonly<Record<Purpose, number>> = { heap: 0, mspan: 1, mcache: 2, gc: 3, other: 4, stacks: 5, buckets: 6 };
const slotMappedReady = 7;
export const accountSlots = 8;

export class ColumnAccounts implements Accounts {
  private slots = new Float64Array(accountSlots);

  add(purpose: Purpose, delta: number): void {
    this.slots[slotOf[purpose]]! += delta;
  }

  /** Memory that is Ready: mapped and not released, whatever its purpose. */
  mappedReady(delta: number): void {
    this.slots[slotMappedReady]! += delta;
  }

  /** Bytes taken from the system for a purpose; for `heap`: Prepared or Ready. */
  of(purpose: Purpose): number {
    return this.slots[slotOf[purpose]]!;
  }

  ready(): number {
    return this.slots[slotMappedReady]!;
  }

  /** Carries what was booked so far into a header and books there from now on. */
  moveTo(header: Float64Array, at: number): void {
    header.set(this.slots, at);
    this.adopt(header, at);
  }

  /** Books in another thread's accounts from now on. */
  adopt(header: Float64Array, at: number): void {
    this.slots = header.subarray(at, at + accountSlots);
  }
}
