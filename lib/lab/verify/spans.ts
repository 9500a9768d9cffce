/**
 * Verifies the page heaps of 2014 and 2019 against golden traces: whole page heaps of real Go runtimes,
 * operation by operation.
 *
 * The replay grows the heap as those runtimes do: by at least 1 MiB, right behind the last page (2014); by
 * arenas of 64 MiB, before which as much is scavenged, with credit (2019). Time is a counter that goes on by
 * one with each operation. With `real` the pages are mapped, each allocation touches its pages, each release
 * calls madvise, and at every checkpoint the kernel is asked which free pages are resident.
 *
 * Not here: the trace's lines (spans-trace.ts), the output (cli).
 */
import { bytes, chunkPages, MiB, pageCount, pageIndex, pageSize, pagesPerArena } from '../../base/units.ts';
import { plainViews } from '../../meta/column.ts';
import type { PageHeapHost } from '../../pages/contract.ts';
import type { ListsPageHeap } from '../../pages/lists/page-heap.ts';
import { type StandAlone, standAloneLists, standAloneTreap } from '../../pages/stand-alone.ts';
import type { TreapPageHeap } from '../../pages/treap/page-heap.ts';
import { GrowthCredit, growthCreditTable } from '../../scavenge/growth-credit.ts';
import { fnv, fnvStart } from './fnv.ts';
import type { VerifyOptions } from './radix.ts';
import { RealPages } from './real-pages.ts';
import { type Answer, type ReplayedLines, replayLines, type TraceReplay } from './replay-lines.ts';
import {
  openSpansTrace,
  type SpansDesign,
  type SpansHeader,
  type SpansOperation,
  spansCheckpointFields,
} from './spans-trace.ts';

export interface SpansVerdict extends ReplayedLines {
  readonly file: string;
  readonly design: SpansDesign;
  readonly real: boolean;
}

/** Pages a replay can reach: 16 GiB. */
const reachPages = 2 ** 21;
/** What the design of 2014 grows by at least, and in steps of. */
const listsLeast = MiB / pageSize;
const listsStep = 8;
const shownRuns = 4;

type Initial = SpansOperation & { readonly op: 'i' };

/** One page heap under a trace. */
class SpansReplay implements TraceReplay<SpansOperation> {
  readonly #design: SpansDesign;
  readonly #standing: StandAlone<ListsPageHeap | TreapPageHeap>;
  readonly #credit = new GrowthCredit(plainViews(growthCreditTable));
  readonly #real: RealPages | undefined;
  readonly #order: ReadonlyMap<number, number>;
  readonly #initial: Initial[] = [];
  readonly #allocated = new Uint8Array(reachPages);
  #clock: number;
  #top = 0;
  #mapped = 0;
  #heapSys: number;
  #heapIdle: number;
  #heapInuse: number;
  #released: number;

  constructor(header: SpansHeader, real: RealPages | undefined) {
    const { design, stats0, clock0, freeListOrder } = header;
    const host: PageHeapHost = {
      reachPages: pageCount(reachPages),
      physPages: 1,
      now: () => this.#clock,
      release: (page, n, newly) => {
        this.#released += newly * pageSize;
        this.#real?.release(page, n);
      },
    };
    this.#design = design;
    this.#standing = design === 'lists' ? standAloneLists(host) : standAloneTreap(host);
    this.#real = real;
    this.#order = new Map(freeListOrder.map((page, i) => [page, i]));
    this.#clock = clock0;
    this.#heapSys = stats0.heapSys;
    this.#heapIdle = stats0.heapIdle;
    this.#heapInuse = stats0.heapInuse;
    this.#released = stats0.heapReleased;
  }

  dispose(): void {
    this.#standing.dispose();
  }

  /** What is wrong with the operation itself, whatever the page heap answers. */
  refuse(operation: SpansOperation): string | undefined {
    switch (operation.op) {
      case 'i':
        if (this.#mapped > 0) return 'a span that exists at the start, after the first operation';
        if (operation.n < 1 || operation.page + operation.n > reachPages) return 'not pages of a heap';
        return this.#initial.some(
          ({ page, n }) => page < operation.page + operation.n && operation.page < page + n,
        )
          ? 'pages of another span'
          : undefined;
      case 'a':
        return operation.n >= 1 ? undefined : 'not a number of pages';
      case 'f': {
        const { page, n } = operation;
        if (n < 1 || page + n > this.#top) return 'not pages of the heap';
        return this.#allocated.subarray(page, page + n).includes(0)
          ? 'pages that are not allocated'
          : undefined;
      }
      case 'L':
        return this.#design === 'treap' ? undefined : 'an operation of the other design';
      default:
        return undefined;
    }
  }

  /** Performs an operation; undefined when the answer is the trace's, else both. */
  apply(operation: SpansOperation): Answer | undefined {
    if (operation.op === 'i') {
      this.#initial.push(operation);
      return undefined;
    }
    this.#begin();
    if (operation.op === 'h') return this.#checkpoint(operation.fields);
    this.#clock++;
    const { pages } = this.#standing;
    switch (operation.op) {
      case 'a':
        return this.#alloc(operation.n, operation.page);
      case 'f':
        pages.free(pageIndex(operation.page), pageCount(operation.n));
        this.#count(operation.page, operation.n, -1);
        return undefined;
      case 'L': {
        const found = this.#releaseWithCredit(operation.bytes);
        return found === operation.released
          ? undefined
          : { expected: `${operation.released} bytes`, found: `${found} bytes` };
      }
      case 'S': {
        this.#clock = operation.now;
        const found = pages.releaseUnused(operation.limit);
        return found === operation.released
          ? undefined
          : { expected: `${operation.released} bytes`, found: `${found} bytes` };
      }
    }
  }

  /** The free runs around a page, a line each. */
  describe(page: number | undefined): string[] {
    const runs: string[] = [];
    const near: { readonly at: number; readonly text: string }[] = [];
    this.#standing.pages.forEachFree((start, n, scavenged, since) => {
      near.push({
        at: start,
        text: `free run at ${start}: ${n} pages, ${scavenged} released, unused since ${since}`,
      });
    });
    const around = page ?? 0;
    near.sort((a, b) => Math.abs(a.at - around) - Math.abs(b.at - around));
    for (const { text } of near.slice(0, shownRuns)) runs.push(text);
    return [
      `clock ${this.#clock}, end of the heap ${this.#top}, ${near.length} free runs, credit ${this.#credit.credit}`,
      ...runs,
    ];
  }

  /** Builds what exists at the start, when all of it is known. */
  #begin(): void {
    if (this.#mapped > 0) return;
    const { pages } = this.#standing;
    const last = (page: number): number => this.#order.get(page) ?? Number.POSITIVE_INFINITY;
    for (const { page, n, free } of this.#initial) {
      this.#top = Math.max(this.#top, page + n);
      if (free) continue;
      pages.restore(page, n, false, 0, 0);
      this.#allocated.fill(1, page, page + n);
    }
    // What is put into a list first comes out last.
    const runs = this.#initial.filter(({ free }) => free).sort((a, b) => last(b.page) - last(a.page));
    for (const { page, n, scavenged, released, unusedSince } of runs)
      pages.restore(page, n, true, this.#design === 'lists' ? released : scavenged ? n : 0, unusedSince);
    if (this.#design === 'treap') this.#top = Math.ceil(this.#top / pagesPerArena) * pagesPerArena;
    this.#map(Math.max(this.#top, 1));
  }

  #alloc(n: number, wanted: number): Answer | undefined {
    const { pages } = this.#standing;
    let found = n > reachPages ? -1 : pages.alloc(pageCount(n));
    if (found < 0) {
      // No address space for it: the heap does not grow and is as it was.
      const isBeyond = this.#top + this.#growth(n) > reachPages;
      if (isBeyond && wanted === -1) return undefined;
      if (isBeyond) {
        const found = `no pages: the replay reaches ${reachPages * pageSize} bytes`;
        return { expected: `page ${wanted}`, found, place: wanted };
      }
      this.#grow(n);
      found = pages.alloc(pageCount(n));
    }
    this.#released -= pages.lastScavenged * pageSize;
    this.#count(found, n, 1);
    this.#real?.touch(found, n);
    return found === wanted
      ? undefined
      : { expected: `page ${wanted}`, found: `page ${found}`, place: wanted };
  }

  /** Pages that the heap grows by where it needs so many. */
  #growth(need: number): number {
    return this.#design === 'lists'
      ? Math.max(listsLeast, Math.ceil(need / listsStep) * listsStep)
      : Math.ceil(need / pagesPerArena) * pagesPerArena;
  }

  #grow(need: number): void {
    const { pages } = this.#standing;
    const n = this.#growth(need);
    if (this.#design === 'treap') this.#releaseWithCredit(n * pageSize);
    this.#map(this.#top + n);
    pages.grow(pageIndex(this.#top), pageCount(n));
    this.#top += n;
    this.#heapSys += n * pageSize;
    this.#heapIdle += n * pageSize;
  }

  /** Maps real pages up to `limit`, in whole chunks. */
  #map(limit: number): void {
    for (; this.#mapped < limit; this.#mapped += chunkPages) this.#real?.map(this.#mapped / chunkPages);
  }

  #releaseWithCredit(nbytes: number): number {
    const owed = this.#credit.ask(nbytes);
    if (owed === 0) return 0;
    const got = this.#standing.pages.release(bytes(owed), true);
    this.#credit.released(owed, got);
    return got;
  }

  /** A trace's spans are manual: in 2019 they leave heapSys, in 2014 they count as in use. */
  #count(page: number, n: number, sign: 1 | -1): void {
    this.#allocated.fill(sign > 0 ? 1 : 0, page, page + n);
    this.#heapIdle -= sign * n * pageSize;
    if (this.#design === 'lists') this.#heapInuse += sign * n * pageSize;
    else this.#heapSys -= sign * n * pageSize;
  }

  #checkpoint(expected: readonly number[]): Answer | undefined {
    let hash = fnvStart;
    let runs = 0;
    let free = 0;
    this.#standing.pages.forEachFree((page, n, scavenged, since) => {
      const state = this.#design === 'lists' ? scavenged : scavenged === 0 ? 0 : 1;
      hash = fnv(fnv(fnv(fnv(hash, page), n), state), since);
      runs++;
      free += n;
    });
    const found = [
      hash >>> 0,
      runs,
      free,
      this.#heapSys,
      this.#heapIdle,
      this.#released,
      this.#credit.credit,
      this.#heapInuse,
    ];
    const fields = spansCheckpointFields.flatMap((field, i) =>
      found[i] === expected[i] ? [] : [{ field, expected: String(expected[i]), found: String(found[i]) }],
    );
    if (fields.length > 0)
      return { expected: 'the checkpoint of the trace', found: `${fields.length} fields differ`, fields };
    this.#standing.pages.check(3);
    return this.#residency();
  }

  /** Pages that were given back and not allocated since hold no memory. */
  #residency(): Answer | undefined {
    if (this.#real === undefined) return undefined;
    for (let chunk = 0; chunk * chunkPages < this.#mapped; chunk++) {
      const fault = this.#real.check(chunk, () => false);
      if (fault !== undefined) {
        return {
          expected: `page ${fault.page} ${fault.expected}`,
          found: `${fault.residentBytes} bytes of it resident`,
          place: fault.page,
        };
      }
    }
    return undefined;
  }
}

/**
 * Replays a golden trace of a page heap of 2014 or 2019. Throws ERR_FILE and ERR_GOLDEN for what is wrong with
 * the file, ERR_OUT_OF_MEMORY when there is no memory for it.
 */
export async function verifySpans(file: string, options: VerifyOptions = {}): Promise<SpansVerdict> {
  const { header, lines } = await openSpansTrace(file);
  const real = options.real === true ? new RealPages(reachPages) : undefined;
  const replay = new SpansReplay(header, real);
  try {
    const replayed = await replayLines(file, lines, replay, options.last ?? 20, header.announced);
    return { file, design: header.design, real: real !== undefined, ...replayed };
  } finally {
    replay.dispose();
    real?.dispose();
  }
}
