/**
 * Verifies malloc against a golden trace: where the real Go runtime put each object.
 *
 * The heap is rebuilt as it was when the recording began; then each allocation is repeated and its
 * address, its span's first page, length and class, and the size it really got are compared, and at the
 * end the state of the heap. The replay works on arithmetic addresses (arithmetic.ts); with `real` the
 * heap's memory is mapped, every object is written to, and at the end the kernel is asked what is
 * resident (real-objects.ts). It stops at the first answer that differs and says what the heap looks
 * like there.
 *
 * A scavenged bit of the page cache at the end is compared only where the trace tells what it was at
 * the start: in the page cache of then, and in what was grown since.
 *
 * Not here: the trace's lines (malloc-trace.ts), rebuilding (malloc-heap.ts), the output (cli).
 */

import { typeShape } from '../../alloc/scanning-malloc.ts';
import { maxTinySize, numSpanClasses } from '../../alloc/size-classes.ts';
import { PageHeapError } from '../../base/errors.ts';
import { chunkPages, chunkPagesShift, pageSize } from '../../base/units.ts';
import { checkHeap } from '../../inspect/check.ts';
import { Sys } from '../../os/sys.ts';
import { rangesText } from '../../pages/radix/bitmap.ts';
import { noSearch, stateWord } from '../../pages/radix/columns.ts';
import { cachePages, type PageCache } from '../../pages/radix/page-cache.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { ArithmeticSys } from './arithmetic.ts';
import { type RebuiltHeap, radixPagesOf, rebuildHeap, spanAt } from './malloc-heap.ts';
import { type Allocation, type HeapRecord, type MallocTrace, openMallocTrace } from './malloc-trace.ts';
import type { FieldMismatch } from './mismatch.ts';
import { everySecond } from './past-collection.ts';
import type { VerifyOptions } from './radix.ts';
import { RealObjects } from './real-objects.ts';
import { isRecordedAllocated, isUnswept, replayP } from './recorded-spans.ts';
import {
  type Answer,
  type ReplayedLine,
  type ReplayedLines,
  replayLines,
  type TraceReplay,
} from './replay-lines.ts';
import { hexOf } from './word64.ts';

export interface MallocVerdict extends ReplayedLines {
  readonly file: string;
  readonly mode: string;
  readonly seed: number;
  readonly real: boolean;
}

/** What to show of the heap where an answer differs. */
interface Place {
  /** Pages whose spans to show. */
  readonly pages?: readonly number[];
  /** Span classes whose cached spans to show. */
  readonly spanClasses?: readonly number[];
}

/** The end of a trace is its one checkpoint. What a heap began with is an operation where a collection has led to it. */
type Operation =
  | { readonly op: 'i' }
  | (Allocation & { readonly op: 'm' })
  | (HeapRecord & { readonly op: 'h' });

/** The most chunks that a mismatch at the end lists one by one. */
const chunksShown = 8;

/** One heap under a trace. */
class MallocReplay implements TraceReplay<Operation, Place> {
  readonly #runtime: Runtime;
  readonly #allocate: (wanted: Allocation) => number;
  readonly #start: HeapRecord;
  readonly #real: RealObjects | undefined;
  /** How what the heap began with differs from the record. */
  readonly #fault: string | undefined;

  constructor({ runtime, fault }: RebuiltHeap, start: HeapRecord, isReal: boolean) {
    this.#runtime = runtime;
    const allocator = runtime.allocatorOf(runtime.mallocOf(replayP));
    const { classes } = runtime.alloc;
    this.#allocate = ({ size, noscan }) =>
      runtime.isTraced && !noscan && size > 0
        ? allocator.make(typeShape(size, everySecond(size), classes))
        : allocator.malloc(size, noscan, true);
    this.#start = start;
    this.#fault = fault;
    this.#real = isReal ? new RealObjects(runtime) : undefined;
  }

  /** What is wrong with a line is found by its reader. */
  refuse(): undefined {
    return undefined;
  }

  apply(operation: Operation): Answer<Place> | undefined {
    if (operation.op !== 'i') return operation.op === 'm' ? this.allocate(operation) : this.finish(operation);
    return this.#fault === undefined
      ? undefined
      : { expected: 'the heap that a collection left', found: this.#fault };
  }

  /** Repeats an allocation; undefined when the answer is the trace's, else both. */
  allocate(wanted: Allocation): Answer<Place> | undefined {
    const runtime = this.#runtime;
    const addr = this.#allocate(wanted);
    if (addr === 0) {
      throw new PageHeapError('ERR_OUT_OF_MEMORY', 'no memory for an allocation of a trace', {
        value: wanted.size,
        errno: runtime.memory.sys.lastErrno,
      });
    }
    // The empty object is nowhere in either heap.
    if (wanted.size === 0) return undefined;
    const offset = addr - runtime.memory.origin;
    const page = Math.floor(offset / pageSize);
    const s = spanAt(this.#runtime, page);
    const c = runtime.state.spans.columns;
    const npages = s === 0 ? 0 : c.pages[s]!;
    const found: Allocation = {
      size: wanted.size,
      noscan: wanted.noscan,
      offset,
      spanPage: s === 0 ? -1 : c.startPage[s]!,
      npages,
      spanClass: s === 0 ? -1 : c.spanClass[s]!,
      elemSize: s === 0 ? 0 : c.elemSize[s] || npages * pageSize,
    };
    if (
      found.offset !== wanted.offset ||
      found.spanPage !== wanted.spanPage ||
      found.npages !== wanted.npages ||
      found.spanClass !== wanted.spanClass ||
      found.elemSize !== wanted.elemSize
    ) {
      return {
        expected: placeText(wanted),
        found: placeText(found),
        place: {
          pages: [Math.floor(wanted.offset / pageSize), page],
          spanClasses: [wanted.spanClass, found.spanClass],
        },
      };
    }
    // The rest of a tiny block belongs to others.
    const size = wanted.noscan && wanted.size < 16 ? wanted.size : found.elemSize;
    const dirty = this.#real?.use(offset, size) ?? -1;
    if (dirty < 0) return undefined;
    return {
      expected: 'zero memory',
      found: `byte ${dirty} of the object is not zero`,
      place: { pages: [page] },
    };
  }

  /** Compares the state at the end; undefined when it is the trace's. */
  finish(wanted: HeapRecord): Answer<Place> | undefined {
    const cache = this.#cache;
    const shown = this.#shownCache(wanted);
    const fields = [
      ...this.#compareHeap(wanted),
      ...differing('page cache base', wanted.cache.base, cache.base),
      ...differing('page cache free', hexOf(...wanted.cache.free), hexOf(cache.freeLow, cache.freeHigh)),
      ...differing(
        'page cache scavenged',
        hexOf(wanted.cache.scavenged[0] & shown[0], wanted.cache.scavenged[1] & shown[1]),
        hexOf(cache.scavengedLow & shown[0], cache.scavengedHigh & shown[1]),
      ),
      ...this.#compareCachedSpans(wanted),
      ...this.#compareChunks(wanted),
    ];
    if (fields.length > 0) {
      const list = (pick: (m: FieldMismatch) => string): string =>
        fields.map((m) => `${m.field} ${pick(m)}`).join(', ');
      return { expected: list((m) => m.expected), found: list((m) => m.found), fields };
    }
    checkHeap(this.#runtime, 3);
    const fault = this.#real?.check();
    if (fault === undefined) return undefined;
    const { page, expected, found } = fault;
    return { expected: `page ${page} ${expected}`, found, place: { pages: [page] } };
  }

  /** The page cache of the P that allocates. */
  get #cache(): PageCache {
    return radixPagesOf(this.#runtime).caches[replayP]!;
  }

  /** The heap around an answer, a line each. */
  describe({ pages = [], spanClasses = [] }: Place = {}): string[] {
    const cache = this.#cache;
    const { curArena, searchPage, tiny } = this.#state();
    const lines = [
      `search page ${searchPage}, arena space [${curArena}), tiny block ${tiny}`,
      `page cache base ${cache.base}, free ${hexOf(cache.freeLow, cache.freeHigh)}, ` +
        `scavenged ${hexOf(cache.scavengedLow, cache.scavengedHigh)}`,
    ];
    for (const spanClass of new Set(spanClasses)) {
      if (spanClass < 0 || spanClass >= numSpanClasses) continue;
      const page = this.#cachedPage(spanClass);
      lines.push(`cached span of class ${spanClass}: ${page < 0 ? 'none' : `page ${page}`}`);
      if (page >= 0 && !pages.includes(page)) lines.push(...this.#describeSpan(page));
    }
    const shown = new Set<number>();
    for (const page of pages) {
      const s = spanAt(this.#runtime, page);
      if (s === 0) lines.push(`page ${page}: in no span`);
      else if (!shown.has(s)) lines.push(...this.#describeSpan(page));
      shown.add(s);
    }
    return lines;
  }

  #describeSpan(page: number): string[] {
    const { objects } = this.#runtime.spans;
    const c = this.#runtime.state.spans.columns;
    const s = spanAt(this.#runtime, page);
    const nelems = c.nelems[s]!;
    const words = new Int32Array(chunkPages / 32);
    const parts: string[] = [];
    // Objects in pieces as long as a chunk has pages, since that is what the text of ranges is made for.
    for (let from = 0; from < nelems; from += chunkPages) {
      words.fill(0);
      for (let i = from; i < Math.min(nelems, from + chunkPages); i++)
        if (objects.isAllocated(s, i)) words[(i - from) >>> 5]! |= 1 << (i & 31);
      const text = rangesText(words, 0);
      if (text !== '') parts.push(from === 0 ? text : `from ${from}: ${text}`);
    }
    return [
      `span ${s}: pages ${c.startPage[s]} to ${c.startPage[s]! + c.pages[s]! - 1}, class ${c.spanClass[s]}, ` +
        `${nelems} objects of ${c.elemSize[s] || c.pages[s]! * pageSize} bytes, ` +
        `${c.cachedAt[s] === 0 ? 'not cached' : 'cached'}${c.needZero[s] === 1 ? ', needs zeroing' : ''}`,
      `  allocated objects ${parts.join('; ') || 'none'}`,
    ];
  }

  #cachedPage(spanClass: number): number {
    const { alloc, state } = this.#runtime;
    const s = alloc.mcache.columns.spans[replayP * numSpanClasses + spanClass]!;
    return s === 0 ? -1 : state.spans.columns.startPage[s]!;
  }

  /** What is short enough to be compared as text. */
  #state(): Record<'curArena' | 'searchPage' | 'tiny' | 'inUse', string> {
    const runtime = this.#runtime;
    const { arenas } = runtime.state;
    const { mcache } = runtime.alloc;
    const pages = radixPagesOf(runtime);
    const block = mcache.columns.tinyBase[replayP]!;
    const search = pages.memory.state[stateWord.search];
    const ranges = Array.from({ length: pages.ranges.count }, (_, i): [number, number] => [
      pages.ranges.baseOf(i) * pageSize,
      pages.ranges.limitOf(i) * pageSize,
    ]);
    return {
      curArena: `${arenas.state.curBase[0]! - runtime.memory.origin},${arenas.state.curEnd[0]! - runtime.memory.origin}`,
      searchPage: `${search === noSearch ? -1 : search}`,
      tiny: tinyText(
        block === 0 ? -1 : block - runtime.memory.origin,
        maxTinySize - mcache.columns.tinyLeft[replayP]!,
      ),
      inUse: JSON.stringify(ranges),
    };
  }

  #compareHeap(wanted: HeapRecord): FieldMismatch[] {
    const found = this.#state();
    return [
      ...differing('curArena', wanted.curArena.join(','), found.curArena),
      ...differing('searchPage', `${wanted.searchPage}`, found.searchPage),
      ...differing('tiny', tinyText(...wanted.tiny), found.tiny),
      ...differing('inUse', JSON.stringify(wanted.inUse), found.inUse),
    ];
  }

  #compareCachedSpans(wanted: HeapRecord): FieldMismatch[] {
    const slots = Math.max(wanted.mcache.length, numSpanClasses);
    return Array.from({ length: slots }, (_, spanClass) =>
      differing(
        `mcache[${spanClass}]`,
        wanted.mcache[spanClass] ?? 'no such class',
        spanClass < numSpanClasses ? this.#cachedPage(spanClass) : 'no such class',
      ),
    ).flat();
  }

  #compareChunks(wanted: HeapRecord): FieldMismatch[] {
    const { memory, ranges } = radixPagesOf(this.#runtime);
    const { allocated } = memory.chunks;
    const fields: FieldMismatch[] = [];
    let more = 0;
    let at = 0;
    for (const [from, to] of wanted.inUse) {
      for (let page = from / pageSize; page < to / pageSize; page += chunkPages, at++) {
        const chunk = page >> chunkPagesShift;
        const isGrown = ranges.contains(page, page + chunkPages);
        const expected = rangesText(wanted.allocated, at);
        const found = isGrown ? rangesText(allocated, chunk) : 'not grown';
        if (expected === found) continue;
        if (fields.length < chunksShown)
          fields.push({ field: `alloc[${chunk}]`, expected: expected || 'none', found: found || 'none' });
        else more++;
      }
    }
    if (more > 0) fields.push({ field: 'alloc', expected: 'equal', found: `${more} more chunks differ` });
    return fields;
  }

  /** The pages of the recorded cache whose scavenged bits can be known. */
  #shownCache(wanted: HeapRecord): [low: number, high: number] {
    const start = this.#start;
    const shown: [number, number] = [0, 0];
    for (let bit = 0; bit < cachePages; bit++) {
      const page = wanted.cache.base + bit;
      const grownBefore = start.inUse.some(([from, to]) => page >= from / pageSize && page < to / pageSize);
      // What was free then and not cached: the trace does not tell whether it was scavenged.
      if (!grownBefore || isRecordedAllocated(start, page)) shown[bit >>> 5]! |= 1 << (bit & 31);
    }
    return shown;
  }
}

function tinyText(block: number, offset: number): string {
  return block < 0 ? 'none' : `${block}, ${offset} bytes of it used`;
}

function placeText({ offset, spanPage, npages, spanClass, elemSize }: Allocation): string {
  return (
    `address ${offset} from the arena base, span at page ${spanPage} of ${npages} pages, ` +
    `class ${spanClass}, ${elemSize} bytes`
  );
}

function differing(field: string, expected: string | number, found: string | number): FieldMismatch[] {
  return expected === found ? [] : [{ field, expected: String(expected), found: String(found) }];
}

/** The lines as the common course takes them. */
async function* operationsOf(
  { snapshot, lines }: MallocTrace,
  isCollected: boolean,
): AsyncGenerator<ReplayedLine<Operation>> {
  if (isCollected) yield { line: snapshot.line, text: 'heap0', operation: { op: 'i' } };
  for await (const { line, text, step } of lines)
    yield 'size' in step
      ? { line, text, operation: { op: 'm', ...step } }
      : { line, text: 'heap1', operation: { op: 'h', ...step } };
}

/**
 * Replays a golden trace of malloc. Throws ERR_FILE and ERR_GOLDEN for what is wrong with the file,
 * ERR_OUT_OF_MEMORY when there is no memory for the heap.
 */
export async function verifyMalloc(file: string, options: VerifyOptions = {}): Promise<MallocVerdict> {
  const isReal = options.real === true;
  const trace = await openMallocTrace(file);
  const { header, snapshot } = trace;
  const isTyped = options.typed === true;
  const isCollected = (isTyped && header.mode === 'gc') || isUnswept(snapshot);
  const rebuilt = rebuildHeap(
    file,
    snapshot,
    // Pointers lie in memory, which is really there then.
    isReal || (isCollected && isTyped)
      ? new Sys({ advise: 'dontneed' })
      : new ArithmeticSys(header.arenaBase),
    isTyped ? 'tracing' : 'explicit',
    isCollected ? (options.seed ?? header.seed) : undefined,
  );
  const { counters } = rebuilt.runtime.state;
  const { sweepWithin, pagesSwept } = header;
  if (isUnswept(snapshot)) counters.pagesSwept[0] = pagesSwept;
  // The recording runtime's trigger is as far.
  rebuilt.runtime.gc.sweeper.setPace(sweepWithin === 0 ? Infinity : counters.heapLive[0]! + sweepWithin);
  try {
    const replay = new MallocReplay(rebuilt, snapshot.heap, isReal);
    // Its reader has counted the allocations; without any there is still the state at the end.
    const outcome = await replayLines(file, operationsOf(trace, isCollected), replay, options.last ?? 20, 0);
    const { mode, seed } = header;
    return { file, mode, seed, ...outcome, real: isReal };
  } finally {
    rebuilt.runtime.dispose();
  }
}
