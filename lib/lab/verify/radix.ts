/**
 * Verifies the radix page allocator against a golden trace: what the real Go runtime answered, operation
 * by operation.
 *
 * The replay works on page numbers, so that no memory is needed; with `real` the same pages are mapped,
 * each allocation touches its pages, each scavenge calls madvise, and at every checkpoint the scavenged
 * bits are held against mincore. It stops at the first answer that differs and says what the heap
 * looks like there.
 *
 * Not here: the trace's lines (radix-trace.ts), the output (cli).
 */

import { bytes, chunkPages, chunkPagesShift, pageCount, pageIndex, pageSize, pId } from '../../base/units.ts';
import { rangesText, setRange } from '../../pages/radix/bitmap.ts';
import { noSearch, plainRadixMemory, stateWord } from '../../pages/radix/columns.ts';
import { flagsOf, unpackDensity } from '../../pages/radix/density.ts';
import { chunkWords, levelShift, levelStart, levels, rootPages } from '../../pages/radix/levels.ts';
import { RadixPageAlloc } from '../../pages/radix/page-alloc.ts';
import { cachePages, PageCache } from '../../pages/radix/page-cache.ts';
import { fnv, fnvStart } from './fnv.ts';
import type { FieldMismatch } from './mismatch.ts';
import { checkpointFields, openRadixTrace, type RadixHeader, type RadixOperation } from './radix-trace.ts';
import { RealPages } from './real-pages.ts';
import { type Answer, type ReplayedLines, replayLines, type TraceReplay } from './replay-lines.ts';
import { hexOf } from './word64.ts';

export interface VerifyOptions {
  /** Replay on mapped pages and ask the kernel at each checkpoint. */
  readonly real?: boolean;
  /**
   * Of malloc: allocate objects with types, on a heap that traces, where others are allocated without. Where the recorded heap
   * had been collected, our own marking and sweep lead to it.
   */
  readonly typed?: boolean;
  /** What lives there hangs on what, before that collection: the trace's seed unless told. */
  readonly seed?: number;
  /** How many operations before a mismatch to show; 20 unless told. */
  readonly last?: number;
}

export interface RadixVerdict extends ReplayedLines {
  readonly file: string;
  readonly name: string;
  readonly chunks: number;
  readonly real: boolean;
}

/** The most memory the replay touches at the start, so that a large trace fits a small machine. */
const touchAtStartBytes = 1024 * 1024 * 1024;

function hashWords(words: Int32Array, chunks: readonly number[], perChunk: number): number {
  let hash = fnvStart;
  for (const chunk of chunks) {
    for (let w = chunk * perChunk; w < (chunk + 1) * perChunk; w++) hash = fnv(hash, words[w]!);
  }
  return hash;
}

/** One allocator under a trace. */
export class RadixReplay implements TraceReplay<RadixOperation> {
  readonly pages: RadixPageAlloc;
  readonly #chunks: readonly number[];
  readonly #exists: ReadonlySet<number>;
  readonly #limit: number;
  readonly #caches = new Map<number, PageCache>();
  readonly #real: RealPages | undefined;
  readonly #touchesAtStart: boolean;

  constructor(header: RadixHeader, real: RealPages | undefined) {
    this.#chunks = [...header.chunks].sort((a, b) => a - b);
    this.#exists = new Set(this.#chunks);
    this.#limit = RadixReplay.reachOf(header);
    this.pages = new RadixPageAlloc(plainRadixMemory(this.#limit, 1), header);
    this.#real = real;
    this.#touchesAtStart = this.#chunks.length * chunkPages * pageSize <= touchAtStartBytes;
  }

  static reachOf(header: RadixHeader): number {
    return (header.chunks.reduce((highest, chunk) => Math.max(highest, chunk), 0) + 1) * chunkPages;
  }

  /** Performs an operation; undefined when the answer is the trace's, else both. */
  apply(operation: RadixOperation): Answer | undefined {
    const { pages } = this;
    switch (operation.op) {
      case 'i':
        return this.#addChunk(operation);
      case 'a': {
        // One more page than there can be is as good as any number of them.
        const page = pages.alloc(pageCount(Math.min(operation.n, this.#limit + 1)));
        const found = page < 0 ? 0 : pages.lastScavenged * pageSize;
        if (page >= 0) this.#real?.touch(page, operation.n);
        return this.#compare(operation.page, operation.scavenged, page, found);
      }
      case 'f':
        pages.free(pageIndex(operation.page), pageCount(operation.n));
        return undefined;
      case 'c':
        return this.#fillCache(operation);
      case 'k': {
        const cache = this.#caches.get(operation.slot)!;
        const page = operation.n > cachePages ? pageIndex(-1) : cache.alloc(pageCount(operation.n));
        if (page >= 0) this.#real?.touch(page, operation.n);
        const found = page < 0 ? 0 : cache.lastScavenged * pageSize;
        return this.#compare(operation.page, operation.scavenged, page, found);
      }
      case 'u':
        pages.flushCache(this.#caches.get(operation.slot)!);
        this.#caches.delete(operation.slot);
        return undefined;
      case 's':
      case 'b': {
        const released = pages.scavenge(bytes(operation.bytes), operation.op === 's', (page, n) => {
          this.#real?.release(page, n);
        });
        if (released === operation.released) return undefined;
        return { expected: `${operation.released} bytes`, found: `${released} bytes` };
      }
      case 'g':
        pages.nextGeneration();
        return undefined;
      case 'n':
        return undefined;
      case 'h':
        return this.#checkpoint(operation.fields);
    }
  }

  /** What is wrong with the operation itself, whatever the allocator answers. */
  refuse(operation: RadixOperation): string | undefined {
    const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 1;
    switch (operation.op) {
      case 'i':
        if (!this.#exists.has(operation.chunk)) return 'a chunk that the header does not name';
        return this.pages.ranges.overlaps(
          operation.chunk << chunkPagesShift,
          (operation.chunk + 1) << chunkPagesShift,
        )
          ? 'a chunk that is there already'
          : undefined;
      case 'a':
        // However many: where there are not so many, the answer is that there is no such run.
        return isCount(operation.n) ? undefined : 'not a number of pages';
      case 'f': {
        const { page, n } = operation;
        if (!isCount(n) || page < 0 || !this.pages.ranges.contains(page, page + n))
          return 'not pages of the heap';
        return this.pages.countFree(pageIndex(page), pageCount(n)) > 0
          ? 'pages that are not allocated'
          : undefined;
      }
      case 'c':
        return this.#caches.get(operation.slot)?.isEmpty() === false
          ? 'a page cache that has pages left'
          : undefined;
      case 'k':
        if (!isCount(operation.n)) return 'not a number of pages';
        return this.#caches.has(operation.slot) ? undefined : 'a page cache that was not filled';
      case 'u':
        return this.#caches.has(operation.slot) ? undefined : 'a page cache that was not filled';
      case 's':
      case 'b':
        return operation.bytes >= 0 ? undefined : 'not a number of bytes';
      default:
        return undefined;
    }
  }

  /** The heap around an answer, a line each. */
  describe(chunk: number | undefined): string[] {
    const { memory, sums, index } = this.pages;
    const { state } = memory;
    const lines = [
      `search page ${this.#searchPage()}, end of the heap ${state[stateWord.end] << chunkPagesShift}, generation ${state[stateWord.generation]}`,
      `background cursor ${state[stateWord.backgroundCursor]}${state[stateWord.backgroundMarked] ? ' marked' : ''}, ` +
        `forced cursor ${state[stateWord.forceCursor]}${state[stateWord.forceMarked] ? ' marked' : ''}, highest freed ${state[stateWord.freeHwm]}`,
    ];
    if (chunk === undefined || !this.#exists.has(chunk)) return lines;
    const leaf = sums.leaves + chunk;
    const word = index.density[chunk]!;
    const { inUse, lastInUse } = unpackDensity(word);
    lines.push(
      `chunk ${chunk}: pages ${chunk << chunkPagesShift} to ${((chunk + 1) << chunkPagesShift) - 1}`,
      `  allocated ${rangesText(memory.chunks.allocated, chunk) || 'none'}`,
      `  scavenged ${rangesText(memory.chunks.scavenged, chunk) || 'none'}`,
      `  summary start ${sums.start[leaf]}, max ${sums.max[leaf]}, end ${sums.end[leaf]}`,
      `  in use ${inUse}, last in use ${lastInUse}, flags ${flagsOf(word)}, ` +
        `generation ${index.generation[chunk]}`,
    );
    return lines;
  }

  #searchPage(): number {
    const page = this.pages.memory.state[stateWord.search];
    return page === noSearch ? -1 : page;
  }

  #compare(page: number, scavenged: number, foundPage: number, foundScavenged: number): Answer | undefined {
    if (page === foundPage && scavenged === foundScavenged) return undefined;
    return {
      expected: `page ${page}, ${scavenged} bytes scavenged`,
      found: `page ${foundPage}, ${foundScavenged} bytes scavenged`,
      place: Math.max(page, foundPage) >> chunkPagesShift,
    };
  }

  #addChunk({ chunk, allocated, scavenged }: RadixOperation & { op: 'i' }): undefined {
    const { pages } = this;
    const first = chunk << chunkPagesShift;
    const whole = pageCount(chunkPages);
    pages.grow(pageIndex(first), whole);
    // As a chunk that was once full and has been freed: in no part scavenged.
    pages.allocRange(pageIndex(first), whole);
    pages.free(pageIndex(first), whole);
    for (const [from, n] of scavenged) {
      if (n > 0) setRange(pages.memory.chunks.scavenged, chunk * chunkWords, from, n);
    }
    for (const [from, n] of allocated) {
      if (n > 0) pages.allocRange(pageIndex(first + from), pageCount(n));
    }
    if (this.#real === undefined) return;
    this.#real.map(chunk);
    for (let page = first; this.#touchesAtStart && page < first + chunkPages; page++) {
      if (!pages.isScavenged(pageIndex(page))) this.#real.touch(page, 1);
    }
  }

  #fillCache(operation: RadixOperation & { op: 'c' }): Answer | undefined {
    const cache = new PageCache(plainRadixMemory(chunkPages, 1), pId(0));
    const filled = this.pages.allocToCache(cache);
    // One that got no page is empty: it can be asked, flushed and filled again.
    this.#caches.set(operation.slot, cache);
    const say = (base: number, free: string, scavenged: string): string =>
      base < 0 ? 'no page' : `base ${base}, free ${free}, scavenged ${scavenged}`;
    const expected = say(operation.base, hexOf(...operation.free), hexOf(...operation.scavenged));
    const found = say(
      filled ? cache.base : -1,
      hexOf(cache.freeLow, cache.freeHigh),
      hexOf(cache.scavengedLow, cache.scavengedHigh),
    );
    if (expected === found) return undefined;
    return { expected, found, place: Math.max(operation.base, cache.base) >> chunkPagesShift };
  }

  #checkpoint(expected: readonly unknown[]): Answer | undefined {
    const found = this.#fields();
    const fields: FieldMismatch[] = [];
    checkpointFields.forEach((field, i) => {
      if (expected[i] === null || expected[i] === found[i]) return;
      fields.push({ field, expected: String(expected[i]), found: String(found[i]) });
    });
    if (fields.length > 0) {
      const list = (pick: (m: FieldMismatch) => string): string =>
        fields.map((m) => `${m.field} ${pick(m)}`).join(', ');
      return { expected: list((m) => m.expected), found: list((m) => m.found), fields };
    }
    this.pages.check(3);
    return this.#askKernel();
  }

  #askKernel(): Answer | undefined {
    if (this.#real === undefined) return undefined;
    for (const chunk of this.#chunks) {
      if (!this.pages.ranges.contains(chunk << chunkPagesShift, (chunk + 1) << chunkPagesShift)) continue;
      const fault = this.#real.check(chunk, (page) => this.pages.isScavenged(pageIndex(page)));
      if (fault === undefined) continue;
      return {
        expected: `page ${fault.page} ${fault.expected}`,
        found: `${fault.residentBytes} bytes of it resident, by mincore`,
        place: chunk,
      };
    }
    return undefined;
  }

  /** The checkpoint's fields as the heap has them, in the order of `checkpointFields`. */
  #fields(): (number | boolean)[] {
    const { pages } = this;
    const { memory, index } = pages;
    const { state } = memory;
    const { freePages, scavengedPages } = pages.stats();
    let indexHash = fnvStart;
    for (const chunk of this.#chunks) {
      indexHash = fnv(fnv(indexHash, index.density[chunk]!), index.generation[chunk]!);
    }
    return [
      hashWords(memory.chunks.allocated, this.#chunks, chunkWords),
      hashWords(memory.chunks.scavenged, this.#chunks, chunkWords),
      freePages,
      scavengedPages,
      this.#searchPage(),
      ...Array.from({ length: levels }, (_, level) => this.#levelHash(level)),
      state[stateWord.backgroundCursor],
      state[stateWord.backgroundMarked] === 1,
      state[stateWord.forceCursor],
      state[stateWord.forceMarked] === 1,
      state[stateWord.freeHwm],
      state[stateWord.generation],
      indexHash,
    ];
  }

  /** Each entry of a level that covers a chunk, once, as Go packs it: three fields of 21 bits. */
  #levelHash(level: number): number {
    const { start, max, end, roots } = this.pages.sums;
    const shift = levelShift(level) - chunkPagesShift;
    let hash = fnvStart;
    let previous = -1;
    for (const chunk of this.#chunks) {
      const entry = chunk >> shift;
      if (entry === previous) continue;
      previous = entry;
      const node = levelStart(level, roots) + entry;
      const isWhole = max[node] === rootPages;
      hash = fnv(hash, isWhole ? 0 : start[node]! | (max[node]! << 21));
      hash = fnv(hash, isWhole ? 1 << 31 : (max[node]! >>> 11) | (end[node]! << 10));
    }
    return hash;
  }
}

/**
 * Replays a golden trace of the radix page allocator. Throws ERR_FILE and ERR_GOLDEN for what is wrong
 * with the file, ERR_OUT_OF_MEMORY when `real` finds no memory.
 */
export async function verifyRadix(file: string, options: VerifyOptions = {}): Promise<RadixVerdict> {
  const { header, lines } = await openRadixTrace(file);
  const real = options.real === true ? new RealPages(RadixReplay.reachOf(header)) : undefined;
  const replay = new RadixReplay(header, real);
  try {
    const replayed = await replayLines(file, lines, replay, options.last ?? 20, header.announced);
    const { name, chunks } = header;
    return { file, name, chunks: chunks.length, real: real !== undefined, ...replayed };
  } finally {
    real?.dispose();
  }
}
