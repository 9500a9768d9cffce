/**
 * Cycles that mark beside the program, as a shadow graph sees them. They are begun and go on at random moments, and views are
 * written through: those that were handed out in the same cycle, or since the last one.
 *
 * When a cycle ends, all that could be reached when it began must be there (unless something was overwritten through a
 * view), and all that can be reached, in any case.
 */
import { type Heap, runtimeOf } from '../../lib/api/heap.ts';
import type { Random } from './random.ts';
import {
  isFollowed,
  isThere,
  note,
  type Pair,
  putWord,
  type Thing,
  type Things,
  writeWord,
} from './shadow-things.ts';

/** What a run is made of. */
export interface ShadowOptions {
  readonly steps: number;
  /** Large objects are drawn as well. */
  readonly large: boolean;
  /** Cycles mark beside the program, some words at a time; views are handed out and written through, or not. */
  readonly slices?: 'with views' | 'without views';
}

/** What of a graph is asked here. */
export interface CyclesHost {
  readonly things: Things;
  readonly pair: Pair;
  /** What can be reached, by the heap's rules. */
  reachable(): Set<Thing>;
  /** Something that can be reached; something that a root holds. */
  anyone(): Thing | undefined;
  anyHeld(): Thing | undefined;
  /** Words that are followed; some word where there are none. */
  followed(thing: Thing): readonly number[];
  /** A cycle has ended: what it freed is to be found out. */
  ended(): void;
}

export class ShadowCycles {
  /** Steps while a cycle marked, and cycles that ended. */
  steps = 0;
  ended = 0;
  readonly #heap: Heap;
  readonly #random: Random;
  readonly #host: CyclesHost;
  /** What could be reached when the running cycle began; undefined: none runs, or views were written through since. */
  #snapshot: Set<Thing> | undefined;
  #wasMarking = false;
  /** By which of the heap's calls pointers move in this cycle: another one would shade what a broken one loses. */
  #way = 0;
  #views: [thing: Thing, view: DataView][] = [];

  constructor(heap: Heap, random: Random, host: CyclesHost) {
    this.#heap = heap;
    this.#random = random;
    this.#host = host;
  }

  get isMarking(): boolean {
    return runtimeOf(this.#heap).gc.collector.isMarking;
  }

  /** Begins a cycle, or goes on with the one that is under way; while it marks, pointers move. */
  step(): void {
    const { collector, log } = runtimeOf(this.#heap).gc;
    const random = this.#random;
    if (this.isMarking && random.below(2) === 0) this.#move();
    const before = log.columns.count[0];
    this.#notice();
    if (this.isMarking) {
      this.steps++;
      if (random.below(4) === 0) collector.mark();
    } else if (random.below(30) === 0) collector.start();
    this.#notice();
    if (log.columns.count[0] !== before) this.settle();
  }

  /** A cycle has ended. */
  settle(): void {
    this.ended++;
    if (this.#random.below(2) === 0) runtimeOf(this.#heap).gc.sweeper.sweepAll();
    for (const thing of this.#host.reachable()) isThere(this.#heap, thing);
    for (const thing of this.#snapshot ?? []) isThere(this.#heap, thing);
    this.forget();
    this.#host.ended();
  }

  /** All cycles are over. */
  forget(): void {
    this.#snapshot = undefined;
    this.#wasMarking = false;
    this.#views = [];
    this.#notice();
  }

  #notice(): void {
    const { isMarking } = this;
    if (isMarking === this.#wasMarking) return;
    this.#wasMarking = isMarking;
    if (isMarking) this.#way = this.#random.below(3);
    this.#views = [];
    this.#snapshot = isMarking ? this.#host.reachable() : undefined;
  }

  /** Hands out views, and moves pointers through some that were. */
  view(): void {
    const random = this.#random;
    const host = this.#host;
    this.#notice();
    // One that a root holds is marked early, others late.
    for (const thing of [host.anyHeld(), host.anyone()]) {
      if (thing === undefined || thing.words === 0) continue;
      const view = this.#heap.view(thing.addr, thing.words * 8);
      this.#views.push([thing, new DataView(view.buffer, view.byteOffset, view.byteLength)]);
    }
    const there = this.#views.filter(([thing]) => host.things.at(thing.addr) === thing);
    for (let n = 0; n < 4 && there.length > 0; n++) {
      // A pointer moves: from here on it is nowhere else.
      const [from, source] = random.of(there);
      const [to, target] = random.of(there);
      const word = random.of(host.followed(from));
      const value = from.content.get(word) ?? 0;
      // The words of objects without types may hold what leads nowhere any more.
      if (host.things.at(value) === undefined || from === to) continue;
      this.#store(to, target, random.of(host.followed(to)), value);
      this.#store(from, source, word, 0);
    }
  }

  /**
   * A pointer moves, in each cycle by another of the heap's calls: from here on it is nowhere else. Where it goes to a root holds, which is
   * marked early: so a call that passes the barrier by loses what the pointer leads to.
   */
  #move(): void {
    const heap = this.#heap;
    const host = this.#host;
    const from = host.anyone();
    const to = host.anyHeld();
    if (from === undefined || to === undefined || from === to || from.words * to.words === 0) return;
    const moved = [...from.content]
      .slice(0, 20)
      .find(([word, value]) => isFollowed(from.pointers, word) && host.things.at(value) !== undefined);
    if (moved === undefined) return;
    const [source, value] = moved;
    const target = this.#random.of(host.followed(to));
    let empty = 0;
    while (from.content.has(empty)) empty++;
    if (empty >= from.words) return;
    const [here, there] = [from.addr + source * 8, to.addr + target * 8];
    switch (this.#way) {
      case 0:
        putWord(heap, host.pair, to, target, value);
        putWord(heap, host.pair, from, source, 0);
        break;
      case 1:
        writeWord(heap, there, value);
        writeWord(heap, here, 0);
        break;
      default:
        heap.copy(there, here, 8);
        heap.copy(here, from.addr + empty * 8, 8);
    }
    note(to, target, value);
    note(from, source, 0);
  }

  #store(thing: Thing, view: DataView, word: number, value: number): void {
    view.setBigUint64(word * 8, BigInt(value), true);
    note(thing, word, value);
    this.#snapshot = undefined;
  }
}
