/**
 * The resolver: from the pointers of a trace to slots, a batch at a time, before it is replayed.
 *
 * Which object an operation means depends on the trace alone, never on the heap. So it is found here, ahead of the
 * replay, and the replay itself looks nothing up: it reads an action and the slot of its object. A slot is a small
 * number; a dead object's is given to the next new one, the last one first. So the numbers are dense, and memory
 * is bounded by the most objects that live at once, not by the length of the trace.
 *
 * The looking-up also becomes cheaper: it is a loop of its own, in which the processor waits for several rows of the
 * table at a time. Of the replay of a program of 1.9 million operations, 0.7 million objects alive, it was a fifth.
 *
 * What the operations of a trace mean:
 *
 * - A free of an address that is not live does nothing, and is counted; so is an allocation at one that is live:
 *   which object a free kills then is told in owed-frees.ts. In strict mode both are errors.
 * - Ids are a driver's table of pointers (used-ids.ts): the realloc of one that was never used, or was freed, is an
 *   allocation; the free of one that was never used is free(NULL); a realloc to 0 is a free; and an allocation of a
 *   live id loses the old object, which is garbage then.
 * - Of an mtrace realloc nothing happens before its second line: without it, the object stays.
 * - Where the threads of a trace are in true order, a realloc takes its object away from the address with its first line, so
 *   that another thread may be given that address before the second one (moving.ts).
 *
 * Here nothing is counted or refused: the action has flags, so that counts and errors are those of the operations that
 * were carried out, however far ahead this is.
 */
import {
  type OperationBatch,
  opAllocate,
  opFailedMove,
  opFree,
  opMoveFrom,
  opMoveTo,
  opResize,
  opWrite,
} from '../trace/operations.ts';
import { Moving, movesLate, movesNone, movesUnknown } from './moving.ts';
import { dueAt, owe, pay } from './owed-frees.ts';
import { PointerTable } from './pointer-table.ts';
import { UsedIds } from './used-ids.ts';

/** Actions: what is done to the object of the slot. */
export const actNothing = 0;
export const actAllocate = 1;
export const actFree = 2;
/** A realloc: the object goes on under the same slot, in another place or in its own. */
export const actMove = 3;
export const actWrite = 4;
/** An allocation, and a realloc, that failed in the program. */
export const actNilAllocate = 5;
export const actFailedMove = 6;
/** The trace cannot be resolved further: `failure` says why. */
export const actStop = 7;
export const actionMask = 7;

/** Flags. The pointer of the operation, or of the realloc that it ends, is not live: there is no object. */
export const isUnknown = 8;
/** A free, or a realloc's free, that was owed: its object was killed before. */
export const isLate = 16;
/** An object lives at the new pointer: in the slot of an allocation, in the other slot of a move. */
export const isOverLive = 32;
/** An allocation that counts as a realloc. */
export const isRealloc = 64;

const firstSlots = 1024;
/** Rows that are looked at before they are resolved, a power of two. */
const warmRows = 256;

/** What the rows of a batch come to: an action with its flags, and slots. */
export class ResolvedBatch {
  readonly actions: Uint8Array;
  readonly slots: Int32Array;
  /** Of a move over a live object: that object's slot. */
  readonly others: Int32Array;
  /** Why a row is `actStop`. */
  failure: unknown;

  constructor(rows: number) {
    this.actions = new Uint8Array(rows);
    this.slots = new Int32Array(rows);
    this.others = new Int32Array(rows);
  }
}

export class Resolver {
  readonly #table = new PointerTable();
  readonly #usedIds = new UsedIds();
  readonly #moving = new Moving();
  /** Slots below this one were given out; those of dead objects are freeSlots[0, freeCount). */
  #slotEnd = 0;
  #freeSlots = new Int32Array(firstSlots);
  #freeCount = 0;
  /** Frees owed to each slot (owed-frees.ts); without rows until there is a debt. */
  #owed = new Float64Array(0);
  /** Allocations so far, as the replay counts them. */
  #allocs = 0;
  /** The pointer of the last `<`, for its `>`. */
  #movedFrom = 0;
  /** What `warm` answered. */
  warmed = 0;

  /** Slots, of the living and the dead: the most objects that lived at once. */
  get slotEnd(): number {
    return this.#slotEnd;
  }

  /** Rows of the pointer table. */
  get capacity(): number {
    return this.#table.capacity;
  }

  /** Visits every object that lives after the batch resolved last. */
  forEachLive(visit: (pointer: number, slot: number) => void): void {
    this.#table.forEach(visit);
  }

  /** Resolves all rows of a batch; batches must come in the order of the trace. */
  resolve(batch: OperationBatch, into: ResolvedBatch): void {
    const { kinds, pointers, sizes, threads, count, ids, ordered } = batch;
    const { actions } = into;
    let i = 0;
    try {
      for (; i < count; i++) {
        if (i % warmRows === 0) this.warmed = this.#table.warm(pointers, i, Math.min(count, i + warmRows));
        const pointer = pointers[i];
        switch (kinds[i]) {
          case opAllocate:
            if (pointer === 0) {
              actions[i] = actNilAllocate;
            } else {
              actions[i] = actAllocate | this.#put(pointer, ids, into, i);
              this.#allocs++;
            }
            break;
          case opFree:
            actions[i] = this.#kill(pointer, ids, into, i);
            break;
          case opMoveFrom:
            if (ordered) {
              actions[i] = this.#takeAway(pointer, threads[i]);
              break;
            }
            this.#movedFrom = pointer;
            // In strict mode the line with the mistake is this one.
            actions[i] = pointer !== 0 && this.#table.find(pointer) < 0 ? actNothing | isUnknown : actNothing;
            break;
          case opMoveTo:
            actions[i] = ordered
              ? this.#putBack(pointer, threads[i], into, i)
              : this.#move(this.#movedFrom, pointer, ids, into, i);
            break;
          case opResize:
            actions[i] =
              sizes[i] > 0 ? this.#move(pointer, pointer, ids, into, i) : this.#kill(pointer, ids, into, i);
            break;
          case opWrite:
            actions[i] = this.#seek(pointer, into, i);
            break;
          case opFailedMove:
            if (ordered) this.#stay(pointer, threads[i]);
            actions[i] = actFailedMove;
            break;
          default:
            actions[i] = actNothing;
        }
      }
    } catch (error) {
      actions[i] = actStop;
      into.failure = error;
    }
  }

  /** A new object under a pointer, in a slot of its own or in that of the object that lives there. @returns flags */
  #put(pointer: number, ids: boolean, into: ResolvedBatch, i: number): number {
    if (ids) this.#usedIds.add(pointer);
    const slot = this.#freeCount > 0 ? this.#freeSlots[this.#freeCount - 1] : this.#slotEnd;
    const row = this.#table.add(pointer, slot);
    if (row >= 0) {
      const live = this.#table.slotAt(row);
      // What an id stands for is in the order of the file; no free of it comes late.
      if (!ids) this.#owe(live);
      into.slots[i] = live;
      return isOverLive;
    }
    if (this.#freeCount > 0) this.#freeCount--;
    else this.#slotEnd++;
    into.slots[i] = slot;
    return 0;
  }

  #kill(pointer: number, ids: boolean, into: ResolvedBatch, i: number): number {
    if (pointer === 0) return actNothing;
    const row = this.#table.find(pointer);
    if (row < 0) return this.#isMistake(pointer, ids) ? actFree | isUnknown : actNothing;
    const slot = this.#table.slotAt(row);
    if (this.#isOwed(slot)) return actFree | isLate;
    this.#table.removeAt(row);
    this.#giveBack(slot);
    into.slots[i] = slot;
    return actFree;
  }

  /** A realloc. What is not live, or was freed by the time its address was used again, is moved from nowhere. */
  #move(from: number, to: number, ids: boolean, into: ResolvedBatch, i: number): number {
    const row = from === 0 ? -1 : this.#table.find(from);
    if (row < 0) {
      const unknown = from !== 0 && this.#isMistake(from, ids) ? isUnknown : 0;
      return this.#moveFromNowhere(to, ids, into, i) | unknown;
    }
    const slot = this.#table.slotAt(row);
    if (this.#isOwed(slot)) return this.#moveFromNowhere(to, ids, into, i) | isLate;
    this.#table.removeAt(row);
    return this.#arrive(slot, to, ids, into, i);
  }

  /** An object that has left its address has a new one. */
  #arrive(slot: number, to: number, ids: boolean, into: ResolvedBatch, i: number): number {
    if (this.#owed.length > slot) this.#owed[slot] = 0;
    into.slots[i] = slot;
    const other = this.#table.add(to, slot);
    if (ids) this.#usedIds.add(to);
    if (other < 0) return actMove;
    // The row keeps its slot: the object that moved takes that one.
    const taken = this.#table.slotAt(other);
    this.#owe(taken);
    into.others[i] = taken;
    this.#giveBack(slot);
    return actMove | isOverLive;
  }

  /** The first line of a realloc: its object leaves the address, and has none until the second. */
  #takeAway(from: number, thread: number): number {
    const row = from === 0 ? -1 : this.#table.find(from);
    const slot = row < 0 ? -1 : this.#table.slotAt(row);
    if (slot < 0) {
      this.#moving.begin(thread, from === 0 ? movesNone : movesUnknown);
      return from === 0 ? actNothing : actNothing | isUnknown;
    }
    const isLateFree = this.#isOwed(slot);
    if (!isLateFree) this.#table.removeAt(row);
    this.#moving.begin(thread, isLateFree ? movesLate : slot);
    return actNothing;
  }

  /** The second line, which counts what the first one met. */
  #putBack(to: number, thread: number, into: ResolvedBatch, i: number): number {
    const slot = this.#moving.end(thread);
    if (slot >= 0) return this.#arrive(slot, to, false, into, i);
    const met = slot === movesUnknown ? isUnknown : slot === movesLate ? isLate : 0;
    return this.#moveFromNowhere(to, false, into, i) | met;
  }

  /** A realloc that failed: the object is where it was. Nobody else can have its address. */
  #stay(pointer: number, thread: number): void {
    const slot = this.#moving.end(thread);
    if (slot >= 0 && this.#table.add(pointer, slot) >= 0) this.#giveBack(slot);
  }

  #moveFromNowhere(to: number, ids: boolean, into: ResolvedBatch, i: number): number {
    const flags = this.#put(to, ids, into, i);
    if (!ids) return actAllocate | flags | isRealloc;
    this.#allocs++;
    return actAllocate | flags;
  }

  #seek(pointer: number, into: ResolvedBatch, i: number): number {
    const row = pointer === 0 ? -1 : this.#table.find(pointer);
    if (row < 0) return actWrite | isUnknown;
    into.slots[i] = this.#table.slotAt(row);
    return actWrite;
  }

  /** Whether a free of a pointer that is not live is a mistake: of an id that never was used it is free(NULL). */
  #isMistake(pointer: number, ids: boolean): boolean {
    return !ids || this.#usedIds.has(pointer);
  }

  #giveBack(slot: number): void {
    if (this.#owed.length > slot) this.#owed[slot] = 0;
    if (this.#freeCount === this.#freeSlots.length) {
      const more = new Int32Array(2 * this.#freeCount);
      more.set(this.#freeSlots);
      this.#freeSlots = more;
    }
    this.#freeSlots[this.#freeCount++] = slot;
  }

  /** One more free is owed to an object. */
  #owe(slot: number): void {
    if (slot >= this.#owed.length) {
      const more = new Float64Array(Math.max(firstSlots, 2 * slot));
      more.set(this.#owed);
      this.#owed = more;
    }
    this.#owed[slot] = owe(this.#owed[slot], this.#allocs);
  }

  /** Whether a free of this object is one that was owed; then it is paid. */
  #isOwed(slot: number): boolean {
    if (slot >= this.#owed.length) return false;
    const owed = this.#owed[slot];
    if (owed === 0 || dueAt(owed, this.#allocs) === 0) return false;
    this.#owed[slot] = pay(owed);
    return true;
  }
}
