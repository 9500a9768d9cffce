/**
 * Sweeping a span's specials: what becomes of them before anything of the span is freed.
 *
 * An object that is not marked is dead, unless it has a finalizer: then it is marked, so that the sweep keeps it for
 * this cycle, and its finalizers are queued, all of those of a block of tiny objects. The finalizers are gone with that,
 * and the next cycle frees the object, if nothing has made it reachable again. What else is known of the object waits
 * until it really dies; but its weak handles are cleared now.
 *
 * A pinned object is a root and so is marked: what is pinned is never seen dead here.
 *
 * Nothing here takes memory, so a sweep cannot fail for a special: the row of a special that is queued is its place in
 * the queue.
 *
 * Not here: the queue (gc/callback-queue.ts) and who calls back (api/).
 */
import type { Views } from '../meta/column.ts';
import { objectSize } from '../spans/span-table.ts';
import type { HeapState } from './heap-state.ts';
import type { PinnerBits } from './pinner-bits.ts';
import type { SpanObjects } from './span-objects.ts';
import { type SpecialKind, type Specials, spanNote, specialKind, type specialTable } from './specials.ts';
import type { WeakHandles } from './weak-handles.ts';

/** What is told of specials when they end. */
export interface SpecialHooks {
  /** A finalizer or cleanup is due; its special is the queue's from now on. False: nobody is there to call back. */
  due(id: number): boolean;
  /** Whether anybody is there to call a finalizer. */
  isAwaited(id: number): boolean;
  /** A probe is answered. */
  probed(probe: number, lives: boolean): void;
  /** An object of a profile's bucket was freed. */
  profiled(bucket: number): void;
}

export class SpecialSweeper {
  hooks: SpecialHooks = { due: () => false, isAwaited: () => false, probed: () => {}, profiled: () => {} };
  readonly #state: HeapState;
  readonly #objects: SpanObjects;
  readonly #specials: Specials;
  readonly #pins: PinnerBits;
  readonly #weak: WeakHandles;
  readonly #columns: Views<typeof specialTable>;
  readonly #notes: Uint8Array;

  constructor(
    state: HeapState,
    objects: SpanObjects,
    specials: Specials,
    pins: PinnerBits,
    weak: WeakHandles,
  ) {
    this.#state = state;
    this.#objects = objects;
    this.#specials = specials;
    this.#pins = pins;
    this.#weak = weak;
    this.#columns = specials.rows();
    this.#notes = specials.spans.notes;
  }

  /** What is known of a span's objects is put in order: the first step of its sweep. Nearly nothing where there is none. */
  sweep(s: number): void {
    const notes = this.#notes[s];
    if (notes === 0) return;
    if ((notes & spanNote.pins) !== 0) this.#pins.refresh(s);
    if ((notes & spanNote.specials) !== 0) this.#sweepList(s);
  }

  #sweepList(s: number): void {
    const c = this.#state.spans.columns;
    const { address, next, kind } = this.#columns;
    const start = this.#state.arenas.addressOf(c.startPage[s]);
    const size = objectSize(c, s);
    let before = 0;
    for (let id = this.#specials.spans.first[s]; id !== 0; ) {
      const index = Math.floor((address[id] - start) / size);
      const end = start + (index + 1) * size;
      const lives = this.#objects.isMarked(s, index);
      const isKept = lives || this.#keepForFinalizer(s, index, id, end);
      while (id !== 0 && address[id] < end) {
        if (this.#staysWith(lives, isKept, kind[id] as SpecialKind)) {
          before = id;
          id = next[id];
          continue;
        }
        const following = this.#specials.unlinkAfter(s, before, id);
        this.#end(id, lives);
        id = following;
      }
    }
  }

  /** Whether an object that nothing keeps has a finalizer among its specials, from `id` on. Then it is marked. */
  #keepForFinalizer(s: number, index: number, id: number, end: number): boolean {
    const { address, next, kind } = this.#columns;
    for (let at = id; at !== 0 && address[at] < end; at = next[at]) {
      if (kind[at] !== specialKind.finalizer || !this.hooks.isAwaited(at)) continue;
      this.#state.gcBits.bits[this.#state.spans.columns.markBits[s] + (index >>> 5)] |= 1 << (index & 31);
      return true;
    }
    return false;
  }

  #staysWith(lives: boolean, isKept: boolean, kind: SpecialKind): boolean {
    if (kind === specialKind.probe) return false;
    if (lives) return true;
    return isKept && kind !== specialKind.finalizer && kind !== specialKind.weak;
  }

  /** A special was taken out of its span's list. */
  #end(id: number, lives: boolean): void {
    const { kind, value } = this.#columns;
    switch (kind[id]) {
      case specialKind.finalizer:
      case specialKind.cleanup:
        if (this.hooks.due(id)) return;
        break;
      case specialKind.weak:
        this.#weak.clear(value[id]);
        break;
      case specialKind.profile:
        this.hooks.profiled(value[id]);
        break;
      case specialKind.probe:
        this.hooks.probed(value[id], lives);
        break;
    }
    this.#specials.free(id);
  }
}
