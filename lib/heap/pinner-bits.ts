/**
 * Pinner bits: which objects of a span are pinned, a bit an object.
 *
 * A span has such bits from its first pin on until a sweep finds that none is set. How often an object is pinned
 * beyond the first time stands in a special, the pin counter. (The runtime has a second bit that says whether there is
 * one; here looking for it costs no more.)
 *
 * The bits lie where the bitmaps of marks do (gc-bits.ts), whose memory lives for two cycles; so each sweep of a span
 * moves them to fresh memory. The words are counted among those that a cycle's sweep will need.
 *
 * Pinned objects are roots (gc/special-roots.ts), so none of them is ever found dead.
 */
import { type SpanId, spanId } from '../base/units.ts';
import { bitmapWords } from './gc-bits.ts';
import type { HeapState } from './heap-state.ts';
import { type Specials, spanNote, specialKind } from './specials.ts';

/** 32-bit words of a span's pinner bits. */
export const pinnerWords = (nelems: number): number => bitmapWords(nelems);

export class PinnerBits {
  readonly #state: HeapState;
  readonly #specials: Specials;

  constructor(state: HeapState, specials: Specials) {
    this.#state = state;
    this.#specials = specials;
  }

  /** Pins an object of a swept span once more. False when there is no memory to say so. */
  pin(s: SpanId, index: number, address: number): boolean {
    const { pinnerBits } = this.#specials.spans;
    const { bits } = this.#state.gcBits;
    if (pinnerBits[s] === 0 && !this.#begin(s)) return false;
    const word = pinnerBits[s] - 1 + (index >>> 5);
    const pinned = 1 << (index & 31);
    if ((bits[word] & pinned) === 0) {
      bits[word] |= pinned;
      return true;
    }
    const counter = this.#specials.find(s, address, specialKind.pinCounter);
    if (counter === 0) return this.#specials.add(s, address, specialKind.pinCounter, 1) > 0;
    this.#specials.rows().value[counter]++;
    return true;
  }

  /** Takes one pin from an object of a swept span. False where it has none. */
  unpin(s: SpanId, index: number, address: number): boolean {
    if (!this.isPinned(s, index)) return false;
    const counter = this.#specials.find(s, address, specialKind.pinCounter);
    if (counter === 0) {
      const at = this.#specials.spans.pinnerBits[s] - 1;
      this.#state.gcBits.bits[at + (index >>> 5)] &= ~(1 << (index & 31));
      return true;
    }
    if (--this.#specials.rows().value[counter] > 0) return true;
    this.#specials.unlink(s, counter);
    this.#specials.free(counter);
    return true;
  }

  isPinned(s: number, index: number): boolean {
    const at = this.#specials.spans.pinnerBits[s];
    return at !== 0 && ((this.#state.gcBits.bits[at - 1 + (index >>> 5)] >>> (index & 31)) & 1) === 1;
  }

  /** Pins of an object. */
  count(s: number, index: number, address: number): number {
    if (!this.isPinned(s, index)) return 0;
    const counter = this.#specials.find(s, address, specialKind.pinCounter);
    return 1 + (counter === 0 ? 0 : this.#specials.rows().value[counter]);
  }

  /** Calls with the number of each pinned object of a span. */
  eachPinned(s: number, visit: (index: number) => void): void {
    const at = this.#specials.spans.pinnerBits[s];
    if (at === 0) return;
    const { bits } = this.#state.gcBits;
    for (let k = 0, words = pinnerWords(this.#state.spans.columns.nelems[s]); k < words; k++)
      for (let left = bits[at - 1 + k]; left !== 0; left &= left - 1)
        visit(k * 32 + 31 - Math.clz32(left & -left));
  }

  /** A sweep: moves a span's bits to memory that lives on, or forgets them where none is set. */
  refresh(s: number): void {
    const { gcBits, sweepState, spans } = this.#state;
    const { pinnerBits } = this.#specials.spans;
    const { bits } = gcBits;
    const old = pinnerBits[s] - 1;
    const words = pinnerWords(spans.columns.nelems[s]);
    let any = 0;
    for (let k = 0; k < words; k++) any |= bits[old + k];
    if (any === 0) {
      pinnerBits[s] = 0;
      sweepState.markWords -= words;
      this.#specials.note(s, spanNote.pins, false);
      return;
    }
    const fresh = gcBits.allocForSweep(spans.columns.nelems[s]);
    bits.copyWithin(fresh, old, old + words);
    pinnerBits[s] = fresh + 1;
  }

  #begin(s: SpanId): boolean {
    const { gcBits, sweepState, spans } = this.#state;
    const nelems = spans.columns.nelems[s];
    const at = gcBits.allocForSpan(nelems);
    if (at < 0) return false;
    this.#specials.spans.pinnerBits[spanId(s)] = at + 1;
    sweepState.markWords += pinnerWords(nelems);
    this.#specials.note(s, spanNote.pins, true);
    return true;
  }
}
