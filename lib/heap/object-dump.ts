/**
 * What a report of a pointer that cannot be shows of an object: its span, and its words, in the lines of the Go runtime. Of a
 * long object the beginning, which tells what it is, and what lies around the word in question.
 */
import { hex } from '../base/hex.ts';
import { type ObjectMemory, pageWordsShift, windowPageMask } from '../spans/object-memory.ts';
import { objectSize, spanStateNames, spanUse } from '../spans/span-table.ts';
import type { HeapState } from './heap-state.ts';
import { wordsPerPage } from './pointer-bits.ts';

/** Where objects lie, and what they hold. */
export interface ObjectSource {
  readonly state: HeapState;
  readonly memory: ObjectMemory;
}

/** Words that are shown from an object's beginning, and on either side of the one in question. */
const shownWords = 128;
const shownAround = 16;

/** A word of a span, counted from the beginning of a page. */
function hexWord(memory: ObjectMemory, startPage: number, word: number): string {
  const page = startPage + Math.floor(word / wordsPerPage);
  const words = memory.words(page);
  const at = ((page & windowPageMask) << pageWordsShift) + (word % wordsPerPage) * 2;
  return `0x${((BigInt(words[at + 1] >>> 0) << 32n) | BigInt(words[at] >>> 0)).toString(16)}`;
}

/**
 * An object by a line for its span, and one for each word.
 * @param label what the object is called @param at the word in question; −1: none is
 */
export function objectLines(
  { state, memory }: ObjectSource,
  label: string,
  { s, index, at }: { s: number; index: number; at: number },
): string[] {
  const { arenas, spans } = state;
  const c = spans.columns;
  const base = arenas.addressOf(c.startPage[s]);
  const size = objectSize(c, s);
  const first = (index * size) / 8;
  const words = size / 8;
  const lines = [
    `${label}=${hex(base + index * size)} s.base()=${hex(base)} s.limit=${hex(base + c.nelems[s] * size)} ` +
      `s.spanclass=${c.spanClass[s]} s.elemsize=${size} s.state=${spanStateNames[c.state[s]]}`,
  ];
  // Of a chunk whose arena was freed there is no memory any more.
  if (c.use[s] === spanUse.freedArena) return lines;
  const nearFrom = Math.max(shownWords, at - shownAround);
  const nearEnd = at + shownAround;
  for (let i = 0; i < words; i++) {
    if (i < shownWords || (i >= nearFrom && i < nearEnd)) {
      const word = hexWord(memory, c.startPage[s], first + i);
      lines.push(` *(${label}+${i * 8}) = ${word}${i === at ? ' <==' : ''}`);
      continue;
    }
    lines.push(' ...');
    if (i >= nearEnd) break;
    i = nearFrom - 1;
  }
  return lines;
}

/** The first words of an object, two a line. */
export function wordLines(state: HeapState, memory: ObjectMemory, s: number, index: number): string[] {
  const { arenas, spans } = state;
  const { startPage } = spans.columns;
  const size = objectSize(spans.columns, s);
  const words = Math.min(shownWords, size / 8);
  const first = (index * size) / 8;
  const lines: string[] = [];
  for (let i = 0; i < words; i += 2) {
    const here = [i, i + 1].filter((word) => word < words);
    const shown = here.map((word) => hexWord(memory, startPage[s], first + word));
    lines.push(`${hex(arenas.addressOf(startPage[s]) + (first + i) * 8)}: ${shown.join(' ')}`);
  }
  return lines;
}
