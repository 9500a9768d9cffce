/**
 * Owed frees: what an allocation at a live address means, and which object a free then kills.
 *
 * Two threads write into one trace, each under the trace's lock, but after the allocator did the work. So a thread
 * frees, another one gets the same address and writes its allocation, and only then the free is written:
 *
 *     + 0x5000 0x1000      one thread
 *     + 0x5000 0x2000      another one: the first object must be dead
 *     - 0x5000             the free of the first object, late
 *
 * Hence the rule. An allocation at a live address kills the object there, and one free of the address is owed. The
 * next free of it pays the debt and kills nothing. As many frees as allocations then leave nothing alive, in whatever
 * order they were written.
 *
 * A free may also never come, because a line was lost or was not traced. Then the debt would take the free of a later
 * object for its own, for ever one too late. So a debt is forgiven after `patience` allocations: a thread that waits
 * for the lock is not passed by more than so many. Until then the object in question lives too long, at most until
 * its address is allocated again.
 *
 * A debt is one number, so that it fits into the row of the pointer: how many frees are owed, and the allocation
 * after which they are forgiven.
 */

/** Allocations of the whole trace. */
export const patience = 65_536;
/** More frees are not owed at one address: there would have to be as many threads between free and lock. */
const most = 15;
const unit = most + 1;

/** One more free is owed. @param owed as it was. @param allocs allocations so far */
export function owe(owed: number, allocs: number): number {
  return (allocs + patience) * unit + Math.min(most, dueAt(owed, allocs) + 1);
}

/** Frees that are still owed. */
export function dueAt(owed: number, allocs: number): number {
  return owed === 0 || allocs > Math.floor(owed / unit) ? 0 : owed % unit;
}

/** One of the frees that are due has come. */
export function pay(owed: number): number {
  return owed % unit === 1 ? 0 : owed - 1;
}
