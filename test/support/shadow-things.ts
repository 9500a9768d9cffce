/** The objects that a shadow of a graph knows, by where they lie. */
import { expect } from 'vitest';
import type { Heap } from '../../lib/api/heap.ts';
import type { HeapType } from '../../lib/api/heap-type.ts';
import type { Weak } from '../../lib/api/weak.ts';
import { isAll } from './is-all.ts';

/** Types of objects. */
export const kinds = {
  pair: { left: 'pointer', right: 'pointer', key: 'f64' },
  odd: { a: 'u8', p: 'pointer', b: 'u32', c: 'u32', q: ['pointer', 3], tail: ['f64', 5] },
  leaf: { x: 'f64', y: 'f64' },
  mixed: { head: ['f64', 6], items: [{ n: 'i32', to: 'pointer' }, 20], end: 'pointer' },
  big: { first: 'pointer', gap: ['f64', 300], rest: ['pointer', 400] },
} as const;

export type Pair = HeapType<(typeof kinds)['pair']>;

/** An object as the shadow knows it. */
export interface Thing {
  readonly addr: number;
  /** Bytes that were asked for, as whole words. */
  readonly words: number;
  /** Bytes of its slot: an address up to there leads to it. */
  readonly slot: number;
  /** Which words are pointers, ascending; undefined: each may be one. */
  readonly pointers: readonly number[] | undefined;
  /** Its words, where they are not 0. */
  readonly content: Map<number, number>;
  /** Where in it finalizers are set, that were not queued yet. */
  readonly finalized: Set<number>;
  weak: Weak | undefined;
  pins: number;
}

/** Something new. */
export function newThing(
  addr: number,
  words: number,
  slot: number,
  pointers: readonly number[] | undefined,
): Thing {
  return { addr, words, slot, pointers, content: new Map(), finalized: new Set(), weak: undefined, pins: 0 };
}

export class Things {
  /** By address of their first byte; tiny objects by that of their block. */
  readonly #byAddress = new Map<number, Thing>();
  readonly #sorted: number[] = [];

  get all(): Thing[] {
    return [...this.#byAddress.values()];
  }

  /** Their addresses, ascending. */
  get addresses(): readonly number[] {
    return this.#sorted;
  }

  add(thing: Thing): void {
    this.#byAddress.set(thing.addr, thing);
    this.#sorted.splice(this.#place(thing.addr), 0, thing.addr);
  }

  remove(thing: Thing): void {
    this.#byAddress.delete(thing.addr);
    this.#sorted.splice(this.#place(thing.addr), 1);
  }

  /** Something that lies where this is to be. */
  overlapping({ addr, slot }: Thing): Thing | undefined {
    const at = this.#place(addr + 1) - 1;
    const below = this.#byAddress.get(this.#sorted[at] ?? -1);
    if (below !== undefined && below.addr + below.slot > addr) return below;
    const above = this.#byAddress.get(this.#sorted[at + 1] ?? -1);
    return above !== undefined && above.addr < addr + slot ? above : undefined;
  }

  /** What an address leads to. */
  at(addr: number): Thing | undefined {
    const exact = this.#byAddress.get(addr);
    if (exact !== undefined) return exact;
    const below = this.#byAddress.get(this.#sorted[this.#place(addr + 1) - 1] ?? -1);
    return below !== undefined && addr < below.addr + below.slot ? below : undefined;
  }

  /** What can be reached from addresses that are held, by the heap's rules. */
  reachable(held: Iterable<number>): Set<Thing> {
    const found = new Set<Thing>();
    const gray: Thing[] = [];
    const visit = (address: number): void => {
      const thing = this.at(address);
      if (thing === undefined || found.has(thing)) return;
      found.add(thing);
      gray.push(thing);
    };
    const follow = ({ pointers, content }: Thing): void => {
      // Large arrays have pointers by the hundred thousand, nearly all of them nothing.
      for (const [word, value] of content) if (isFollowed(pointers, word)) visit(value);
    };
    for (const address of held) visit(address);
    for (const thing of this.#byAddress.values()) {
      if (thing.pins > 0) visit(thing.addr);
      if (thing.finalized.size > 0) follow(thing);
    }
    for (let thing = gray.pop(); thing !== undefined; thing = gray.pop()) follow(thing);
    return found;
  }

  /** How many begin below an address. */
  #place(addr: number): number {
    return countBelow(this.#sorted, addr);
  }
}

/** How many of what ascends are below a number. */
function countBelow(sorted: readonly number[], n: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (sorted[mid]! < n) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** Whether a word of an object with these pointers is followed. */
export const isFollowed = (pointers: Thing['pointers'], word: number): boolean =>
  pointers === undefined || pointers[countBelow(pointers, word)] === word;

export const show = (n: number): string => `0x${n.toString(16)}`;

/** Fails unless something is there. */
export function isThere(heap: Heap, { addr, slot }: Thing): void {
  const found = heap.findObject(addr);
  if (found === undefined || found.base !== addr || found.size < slot)
    expect.fail(`what can be reached at ${show(addr)} is not there`);
}

const wordBytes = new Uint8Array(8);
const wordView = new DataView(wordBytes.buffer);

export function writeWord(heap: Heap, at: number, value: number): void {
  wordView.setUint32(0, value % 2 ** 32, true);
  wordView.setUint32(4, value / 2 ** 32, true);
  heap.write(at, wordBytes);
}

/** A word was stored. */
export function note({ content }: Thing, word: number, value: number): void {
  if (value === 0) content.delete(word);
  else content.set(word, value);
}

/** Stores a word: of a pair by its field. */
export function putWord(heap: Heap, pair: Pair, thing: Thing, word: number, value: number): void {
  const isPair = thing.pointers?.length === 2 && thing.words === 3;
  if (isPair) pair[word === 0 ? 'left' : 'right'].set(thing.addr, value);
  else writeWord(heap, thing.addr + word * 8, value);
  note(thing, word, value);
}

/** Fails unless something holds what it should. */
export function compare(heap: Heap, thing: Thing): void {
  const bytes = heap.read(thing.addr, thing.words * 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const hold = (word: number, should: number): void => {
    const is = view.getUint32(word * 8, true) + 2 ** 32 * view.getUint32(word * 8 + 4, true);
    if (is !== should) expect.fail(`word ${word} of ${show(thing.addr)} is ${show(is)}, not ${show(should)}`);
  };
  for (const [word, should] of thing.content) {
    hold(word, should);
    view.setBigUint64(word * 8, 0n);
  }
  // All others are nothing.
  if (isAll(bytes, 0)) return;
  for (let word = 0; word < thing.words; word++) hold(word, 0);
}
