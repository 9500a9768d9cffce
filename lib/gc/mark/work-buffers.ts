/**
 * Work buffers: the memory of the stack of gray objects while a cycle marks.
 *
 * A buffer is 2 KiB: a link, and 511 entries of 32 bits. They are cut from manual spans of 32 KiB, which come from the
 * page heap when they are needed and go back to it when the cycle has marked; what is empty is used again before.
 * Full ones form a stack. So the gray objects lie in the heap's own memory, and show in its statistics.
 *
 * A buffer is named by its place: page × 4 + quarter + 1; 0 is none.
 *
 * Which buffer is in hand and which are empty stands in columns, so that any thread can go on (`resume`). The spans they
 * were cut from are threaded through the column of the span queue, in which manual spans never stand.
 *
 * Exhaustion: `push` answers false when the system has no memory; who marks must be able to go on without.
 */
import { KiB, pageSize, spanId } from '../../base/units.ts';
import type { MHeap } from '../../heap/mheap.ts';
import { type ObjectMemory, pageWordsShift, windowPageMask } from '../../spans/object-memory.ts';
import type { SpanTable } from '../../spans/span-table.ts';
import { spanUse } from '../../spans/span-table.ts';
import type { MarkColumns } from './mark-state.ts';

const spanPages = (32 * KiB) / pageSize;
/** 32-bit words of a buffer. */
const bufferWords = (2 * KiB) / 4;
const perPage = pageSize / 4 / bufferWords;
/** Entries of a buffer. */
export const bufferEntries = bufferWords - 1;

export class WorkBuffers {
  /** The buffer in hand: its words, its first entry and one past its last. */
  words: Int32Array = new Int32Array(0);
  first = 0;
  end = 0;
  readonly #heap: MHeap;
  readonly #spans: SpanTable['columns'];
  readonly #memory: ObjectMemory;
  /** The buffer in hand, 0 for none; its link leads to the full ones under it. */
  readonly #current: Int32Array;
  readonly #empty: Int32Array;
  readonly #firstSpan: Int32Array;
  /** By span: the one that was taken before it. */
  readonly #takenBefore: Int32Array;

  /** @param links the column that the spans are threaded through */
  constructor(
    heap: MHeap,
    spans: SpanTable['columns'],
    memory: ObjectMemory,
    links: Int32Array,
    { buffer, emptyBuffer, bufferSpan }: MarkColumns,
  ) {
    this.#heap = heap;
    this.#spans = spans;
    this.#memory = memory;
    this.#takenBefore = links;
    this.#current = buffer;
    this.#empty = emptyBuffer;
    this.#firstSpan = bufferSpan;
  }

  /** Takes the buffer in hand that whoever marked last had, perhaps on another thread. */
  resume(): void {
    const id = this.#current[0];
    if (id === 0) {
      this.#holdNone();
      return;
    }
    const { words, at } = this.#placeOf(id);
    this.#hold(id, words, at);
  }

  /** Puts an empty buffer on the stack and takes it in hand. False when there is no memory for one. */
  push(): boolean {
    if (this.#empty[0] === 0 && !this.#cut()) return false;
    const id = this.#empty[0];
    const { words, at } = this.#placeOf(id);
    this.#empty[0] = words[at];
    words[at] = this.#current[0];
    this.#hold(id, words, at);
    return true;
  }

  /** Lets the buffer in hand go, which is empty, and takes the full one under it. False when there is none. */
  pop(): boolean {
    if (this.#current[0] === 0) return false;
    const link = this.first - 1;
    const under = this.words[link];
    if (under === 0) return false;
    this.words[link] = this.#empty[0];
    this.#empty[0] = this.#current[0];
    const { words, at } = this.#placeOf(under);
    this.#hold(under, words, at);
    return true;
  }

  /** Gives all of them back to the page heap. */
  release(): void {
    for (let s = this.#firstSpan[0]; s !== 0; ) {
      const before = this.#takenBefore[s];
      this.#takenBefore[s] = 0;
      this.#heap.freeManual(spanId(s));
      s = before;
    }
    this.#firstSpan[0] = 0;
    this.#current[0] = 0;
    this.#empty[0] = 0;
    this.#holdNone();
  }

  #holdNone(): void {
    this.first = 0;
    this.end = 0;
    this.words = none;
  }

  #hold(id: number, words: Int32Array, at: number): void {
    this.#current[0] = id;
    this.words = words;
    this.first = at + 1;
    this.end = at + bufferWords;
  }

  /** Cuts a span into empty buffers, so that the lowest is the first to be used. */
  #cut(): boolean {
    const s = this.#heap.allocManual(0, spanPages, spanUse.workBuffer);
    if (s === 0) return false;
    this.#takenBefore[s] = this.#firstSpan[0];
    this.#firstSpan[0] = s;
    const from = this.#spans.startPage[s] * perPage;
    for (let buffer = from + this.#spans.pages[s] * perPage - 1; buffer >= from; buffer--) {
      const { words, at } = this.#placeOf(buffer + 1);
      words[at] = this.#empty[0];
      this.#empty[0] = buffer + 1;
    }
    return true;
  }

  #placeOf(id: number): { readonly words: Int32Array; readonly at: number } {
    const page = Math.floor((id - 1) / perPage);
    const at = ((page & windowPageMask) << pageWordsShift) + ((id - 1) % perPage) * bufferWords;
    return { words: this.#memory.words(page), at };
  }
}

const none = new Int32Array(0);
