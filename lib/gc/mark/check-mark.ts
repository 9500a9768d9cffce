/**
 * Marking again, to see what marking has missed: GODEBUG=gccheckmark=1, as Go has it.
 *
 * When a cycle has marked and the world stands, everything is followed once more from the roots, by the plainest way there
 * is, with bits of its own, in memory of the engine's. What is reached that way and was not marked is an error of marking,
 * or of who stores pointers past the write barrier: `fatal`, in Go's words, with the object, and the one where a pointer to it
 * was found. Takes several times as long as marking.
 *
 * It looks addresses up and reads words by itself, though the shader (shader.ts) can do both: what a fault there makes
 * marking miss, a check by the same code would miss as well.
 */

import { fatal } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import type { HeapState } from '../../heap/heap-state.ts';
import { objectLines } from '../../heap/object-dump.ts';
import type { PointerBits } from '../../heap/pointer-bits.ts';
import { wordsPerPage } from '../../heap/pointer-bits.ts';
import type { SpanObjects } from '../../heap/span-objects.ts';
import { type ObjectMemory, pageWordsShift, windowPageMask } from '../../spans/object-memory.ts';
import { objectSize, spanState } from '../../spans/span-table.ts';
import type { MarkClasses } from './mark-classes.ts';
import { type RootSource, type RootVisitor, visitAll } from './marker.ts';

export interface CheckMarkDeps {
  readonly state: HeapState;
  readonly objects: SpanObjects;
  readonly memory: ObjectMemory;
  readonly pointerBits: PointerBits;
  readonly classes: MarkClasses;
}

/** An object, as a span and a number. */
type Found = readonly [s: number, index: number];

/** Where a pointer was found: a word of an object; undefined: a root. */
type Place = { readonly object: Found; readonly word: number } | undefined;

export class CheckMark {
  readonly #deps: CheckMarkDeps;
  readonly #roots: readonly RootSource[];

  constructor(deps: CheckMarkDeps, roots: readonly RootSource[]) {
    this.#deps = deps;
    this.#roots = roots;
  }

  /** @throws FatalError where an object that can be reached is not marked */
  run(): void {
    const seen = new Set<number>();
    const gray: Found[] = [];
    const reach = (address: number, from: Place): void => {
      const found = this.#find(address);
      if (found === undefined) return;
      const [s, index] = found;
      // Marks have places of their own for each object.
      const place = this.#deps.state.spans.columns.markBits[s] * 32 + index;
      if (seen.has(place)) return;
      seen.add(place);
      if (!this.#deps.objects.isMarked(s, index)) this.#report(found, from);
      gray.push(found);
    };
    const visitor: RootVisitor = {
      root: (address) => reach(address, undefined),
      rootsIn: (address) => {
        const found = this.#find(address);
        if (found !== undefined) this.#follow(found, reach);
      },
    };
    for (const source of this.#roots) visitAll(source, visitor);
    for (let found = gray.pop(); found !== undefined; found = gray.pop()) this.#follow(found, reach);
  }

  /** Reaches what the pointers of an object lead to. */
  #follow(object: Found, reach: (address: number, from: Place) => void): void {
    const [s, index] = object;
    const { state, memory, pointerBits, classes } = this.#deps;
    const c = state.spans.columns;
    if (classes.noscan[c.spanClass[s]] !== 0) return;
    const words = objectSize(c, s) / 8;
    for (let w = 0; w < words; w += 32) {
      const at = index * words + w;
      const page = c.startPage[s] + Math.floor(at / wordsPerPage);
      const n = Math.min(32, words - w);
      const pointers = pointerBits.mask(page, at % wordsPerPage, n);
      for (let i = 0; i < n; i++) {
        if (((pointers >>> i) & 1) === 0) continue;
        const there = c.startPage[s] + Math.floor((at + i) / wordsPerPage);
        const view = memory.words(there);
        const k = ((there & windowPageMask) << pageWordsShift) + ((at + i) % wordsPerPage) * 2;
        const address = (view[k + 1] >>> 0) * 2 ** 32 + (view[k] >>> 0);
        if (address !== 0) reach(address, { object, word: w + i });
      }
      if (w + 32 < words && pointerBits.endsAfter(page, at % wordsPerPage)) break;
    }
  }

  /** The allocated object that an address leads to. */
  #find(address: number): Found | undefined {
    const { state, objects } = this.#deps;
    const { arenas, pageColumns, spans } = state;
    const c = spans.columns;
    const page = arenas.pageOf(address);
    if (!(page >= 0 && page < arenas.reachPages) || !arenas.isKnown(page)) return undefined;
    const s = pageColumns.spanOf[page];
    const first = c.startPage[s];
    if (c.state[s] !== spanState.inUse || page < first || page >= first + c.pages[s]) return undefined;
    const size = objectSize(c, s);
    const offset = address - arenas.addressOf(first);
    const index = Math.floor(offset / size);
    if (index >= c.nelems[s] || offset >= size * c.nelems[s] - c.unasked[s]) return undefined;
    return objects.isAllocated(s, index) ? [s, index] : undefined;
  }

  #addressOf([s, index]: Found): number {
    const { arenas, spans } = this.#deps.state;
    return arenas.addressOf(spans.columns.startPage[s]) + index * objectSize(spans.columns, s);
  }

  #report(found: Found, from: Place): never {
    const [s, index] = found;
    const lines: string[] = [];
    let place = 'a root';
    if (from !== undefined) {
      const { object, word } = from;
      place = `*(${hex(this.#addressOf(object))}+${hex(word * 8)})`;
      lines.push(`found obj at ${place}`);
      lines.push(...objectLines(this.#deps, 'base', { s: object[0], index: object[1], at: word }));
    }
    lines.push(...objectLines(this.#deps, 'obj', { s, index, at: -1 }));
    return fatal(
      'checkmark found unmarked object',
      { obj: hex(this.#addressOf(found)), found: place },
      lines,
    );
  }
}
