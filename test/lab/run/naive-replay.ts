/**
 * The oracle of the replay: the rules of a trace, one operation at a time with a Map, as they can be said.
 * No slots, nothing ahead, nothing fast; without touching.
 */
import { dueAt, owe, pay } from '../../../lib/lab/run/owed-frees.ts';
import {
  type OperationBatch,
  opAllocate,
  opFailedMove,
  opFree,
  opMoveFrom,
  opMoveTo,
  opResize,
  opWrite,
} from '../../../lib/lab/trace/operations.ts';
import type { BumpTarget } from '../support/bump-target.ts';

interface Living {
  address: number;
  size: number;
  owed: number;
}

export class NaiveReplay {
  readonly live = new Map<number, Living>();
  readonly used = new Set<number>();
  readonly counts = {
    allocs: 0,
    frees: 0,
    reallocs: 0,
    unknownFrees: 0,
    liveReuse: 0,
    lateFrees: 0,
    failedReallocs: 0,
    nilAllocs: 0,
    unknownWrites: 0,
  };
  readonly #target: BumpTarget;
  readonly #strict: boolean;
  #from = 0;

  constructor(target: BumpTarget, strict: boolean) {
    this.#target = target;
    this.#strict = strict;
  }

  /** One operation; throws a text in strict mode. */
  step(batch: OperationBatch, i: number): void {
    const [pointer, size, { ids }] = [batch.pointers[i], batch.sizes[i], batch];
    switch (batch.kinds[i]) {
      case opAllocate:
        if (pointer === 0) this.counts.nilAllocs++;
        else {
          this.#put(pointer, this.#target.malloc(size), size, ids);
          this.counts.allocs++;
        }
        break;
      case opFree:
        this.#free(pointer, ids);
        break;
      case opMoveFrom:
        this.#from = pointer;
        if (this.#strict && pointer !== 0 && !this.live.has(pointer)) this.#unknown(pointer, ids);
        break;
      case opMoveTo:
        this.#move(this.#from, pointer, size, ids);
        break;
      case opResize:
        if (size > 0) this.#move(pointer, pointer, size, ids);
        else this.#free(pointer, ids);
        break;
      case opWrite:
        if (this.live.has(pointer)) break;
        if (this.#strict) throw 'a write';
        this.counts.unknownWrites++;
        break;
      case opFailedMove:
        this.counts.failedReallocs++;
        break;
    }
  }

  get liveBytes(): number {
    return [...this.live.values()].reduce((sum, { size }) => sum + size, 0);
  }

  #put(pointer: number, address: number, size: number, ids: boolean): void {
    const there = this.live.get(pointer);
    if (there !== undefined && this.#strict) {
      this.#target.drop(address);
      throw 'an allocation';
    }
    const owed = there === undefined || ids ? 0 : owe(there.owed, this.counts.allocs);
    this.live.set(pointer, { address, size, owed });
    if (ids) this.used.add(pointer);
    if (there === undefined) return;
    this.counts.liveReuse++;
    this.#target.drop(there.address);
  }

  #free(pointer: number, ids: boolean): void {
    if (pointer === 0) return;
    const there = this.live.get(pointer);
    if (there === undefined) {
      this.#unknown(pointer, ids);
      return;
    }
    this.counts.frees++;
    if (this.#isLate(there)) return;
    this.live.delete(pointer);
    this.#target.drop(there.address);
  }

  #isLate(there: Living): boolean {
    if (dueAt(there.owed, this.counts.allocs) === 0) return false;
    there.owed = pay(there.owed);
    this.counts.lateFrees++;
    return true;
  }

  #move(from: number, to: number, size: number, ids: boolean): void {
    const there = this.live.get(from);
    if (there === undefined || this.#isLate(there)) {
      if (there === undefined && from !== 0) this.#unknown(from, ids);
      this.#put(to, this.#target.malloc(size), size, ids);
      if (ids) this.counts.allocs++;
      else this.counts.reallocs++;
      return;
    }
    this.counts.reallocs++;
    const round = (n: number): number => this.#target.roundUpSize(n);
    const fits =
      size === there.size || (!(size > there.size && there.size < 16) && round(size) === round(there.size));
    const address = fits ? there.address : this.#target.malloc(size);
    this.live.delete(from);
    this.#put(to, address, size, ids);
    if (!fits) this.#target.drop(there.address);
  }

  #unknown(pointer: number, ids: boolean): void {
    if (ids && !this.used.has(pointer)) return;
    if (this.#strict) throw 'a free';
    this.counts.unknownFrees++;
  }
}
