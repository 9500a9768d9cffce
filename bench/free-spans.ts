/**
 * What a random free and allocation cost by the number of free runs, in each of the three designs.
 *
 *   npm run build:ts && node dist/bench/free-spans.js [--json]
 *
 * A heap is filled with runs of random size, every other one is freed, which makes so many holes that no two
 * border; then, over and over, a held run is freed at random and one of random size allocated. `small` runs are
 * of 1 to 16 pages; `large` ones of 128 to 255, which in the design of 2014 stand in one list that is walked.
 * Beside each figure: what real Go measured on the machine that the golden traces are from.
 *
 * No memory is mapped: this is the cost of the books alone. Each design runs in this one process, interleaved,
 * the median of several rounds.
 */
import { bytes, pageCount, pageIndex } from '../lib/base/units.ts';
import { Mulberry32 } from '../lib/lab/workloads/random.ts';
import type { PageHeap, PageHeapHost } from '../lib/pages/contract.ts';
import { standAloneLists, standAloneRadix, standAloneTreap } from '../lib/pages/stand-alone.ts';
import { median } from './workload.ts';

const holesOf = { small: [1_000, 10_000, 50_000], large: [1_000, 10_000] } as const;
type Kind = keyof typeof holesOf;

/** Real Go: nanoseconds a pair, by holes. */
const go: Readonly<Record<string, Readonly<Record<Kind, readonly (number | undefined)[]>>>> = {
  lists: { small: [120, 159, 253], large: [undefined, 18_422] },
  treap: { small: [305, 456, 1101], large: [] },
  radix: { small: [431, 569, 846], large: [] },
};

const makers: Readonly<Record<string, (host: PageHeapHost) => { pages: PageHeap; dispose(): void }>> = {
  lists: standAloneLists,
  treap: standAloneTreap,
  radix: (host) => standAloneRadix(host, { physPageSize: 4096, physHugePageSize: 2 ** 21 }),
};

const sizeOf: Readonly<Record<Kind, (random: Mulberry32) => number>> = {
  small: (random) => 1 + random.below(16),
  large: (random) => 128 + random.below(128),
};

interface Prepared {
  readonly pages: PageHeap;
  readonly held: Int32Array;
  readonly sizes: Int32Array;
  readonly random: Mulberry32;
  dispose(): void;
}

function prepare(design: string, kind: Kind, holes: number): Prepared {
  const random = new Mulberry32(17);
  const most = kind === 'small' ? 16 : 255;
  const reach = Math.ceil((holes * 2 * most) / 8192) * 8192;
  let clock = 0;
  const host: PageHeapHost = {
    reachPages: pageCount(reach),
    physPages: 1,
    now: () => ++clock,
    release: () => undefined,
  };
  const { pages, dispose } = (makers[design] as (typeof makers)[string])(host);
  pages.grow(pageIndex(0), pageCount(reach));
  const held = new Int32Array(holes);
  const sizes = new Int32Array(holes);
  const freed: [number, number][] = [];
  for (let i = 0; i < holes; i++) {
    const n = sizeOf[kind](random);
    held[i] = pages.alloc(pageCount(n));
    sizes[i] = n;
    const m = sizeOf[kind](random);
    freed.push([pages.alloc(pageCount(m)), m]);
  }
  for (const [page, n] of freed) pages.free(pageIndex(page), pageCount(n));
  return { pages, held, sizes, random, dispose };
}

/** Nanoseconds a pair. */
function measure({ pages, held, sizes, random }: Prepared, kind: Kind, pairs: number): number {
  const picks = Int32Array.from({ length: pairs }, () => random.below(held.length));
  const wanted = Int32Array.from({ length: pairs }, () => sizeOf[kind](random));
  const start = process.hrtime.bigint();
  for (let k = 0; k < pairs; k++) {
    const i = picks[k] as number;
    const n = wanted[k] as number;
    pages.free(pageIndex(held[i] as number), pageCount(sizes[i] as number));
    held[i] = pages.alloc(pageCount(n));
    sizes[i] = n;
  }
  return Number(process.hrtime.bigint() - start) / pairs;
}

const rounds = 7;
const results: { design: string; kind: Kind; holes: number; ns: number; go: number | null }[] = [];
for (const kind of ['small', 'large'] as const) {
  holesOf[kind].forEach((holes, at) => {
    const prepared = Object.keys(makers).map((design) => [design, prepare(design, kind, holes)] as const);
    const times = new Map(prepared.map(([design]) => [design, [] as number[]]));
    for (let round = 0; round < rounds; round++) {
      for (const [design, heap] of prepared) {
        const pairs = kind === 'large' && design === 'lists' ? 4_000 : 100_000;
        times.get(design)?.push(measure(heap, kind, pairs));
      }
    }
    for (const [design, heap] of prepared) {
      heap.pages.release(bytes(8192), true);
      heap.dispose();
      const ns = median(times.get(design) ?? []);
      results.push({ design, kind, holes, ns, go: go[design]?.[kind][at] ?? null });
    }
  });
}

if (process.argv.includes('--json')) {
  console.log(JSON.stringify(results, undefined, 2));
} else {
  console.log('a random free and allocation, by free runs: nanoseconds, and what real Go measured');
  for (const { design, kind, holes, ns, go: real } of results) {
    const ratio = real === null ? '' : `  real Go ${real} ns, ratio ${(ns / real).toFixed(2)}`;
    console.log(
      `${design.padEnd(6)} ${kind.padEnd(6)} ${String(holes).padStart(6)}  ${ns.toFixed(0).padStart(7)} ns${ratio}`,
    );
  }
}
