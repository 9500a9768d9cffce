/**
 * What a random free and allocation cost by the number of free runs, in each of the three designs.
 *
 *   npm run build:ts && node dist/bench/free-spans.js [--json]
 *
 * A heap is filled with runs of random size, every other one is freed, which makes so many holes that no two
 * border; then, over and over, a held run is freed at random and one of random size allocated. `small` runs are
 * of 1 to 16 pages; `large` ones of 128 to 255, which in the design of 2014 stand in one list that is walked.
 * Beside each figure: what real Go measured on the machine that the golden traces are from. Where Go is found
 * here, its page allocator does the same among as many holes, and the recorded figures are scaled by what that
 * comes to beside what Go 1.21 did there: only so are they held against this machine's.
 *
 * No memory is mapped: this is the cost of the page state alone. Each design runs in this one process, interleaved,
 * the median of several rounds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bytes } from '../lib/base/units.ts';
import { type Kind, makers, measure, prepare } from '../lib/lab/questions/measure/among-holes.ts';
import { measure as measureRival } from './participant.ts';
import { buildGo, findGo } from './rivals/go.ts';
import { median } from './workload.ts';

const holesOf: Readonly<Record<Kind, readonly number[]>> = {
  small: [1_000, 10_000, 50_000],
  large: [1_000, 10_000],
};

/** Real Go: nanoseconds a pair, by holes. */
const go: Readonly<Record<string, Readonly<Record<Kind, readonly (number | undefined)[]>>>> = {
  lists: { small: [120, 159, 253], large: [undefined, 18_422] },
  treap: { small: [305, 456, 1101], large: [] },
  radix: { small: [431, 569, 846], large: [] },
};

/** The recorded figures of Go 1.21, by holes: what the machine is measured by. */
const recorded = new Map<number, number>([
  [1_000, 431],
  [10_000, 569],
  [50_000, 846],
]);

/** Go's page allocator on this machine, among small holes: nanoseconds a pair, by holes; none without Go. */
function goHere(): { title: string; ns: ReadonlyMap<number, number> } | undefined {
  const found = findGo();
  // Earlier page allocators are freed into with one argument more.
  if (found === undefined || !/^go1\.2[1-9]/.test(found.version)) return undefined;
  const into = mkdtempSync(join(tmpdir(), 'pageheap-bench-'));
  try {
    const sources = fileURLToPath(new URL('../../bench/go', import.meta.url));
    const rival = buildGo(found, sources, into, (text) => process.stderr.write(`${text}\n`));
    const ns = new Map<number, number>();
    for (const holes of recorded.keys()) {
      const params = { holes, least: 1, most: 16, pairs: 100_000, rounds: 7 };
      const outcome = measureRival(rival, { name: 'holes', params } as never);
      if (outcome === undefined || 'error' in outcome) continue;
      ns.set(holes, outcome.measurements[0]?.ns ?? 0);
    }
    return ns.size === 0 ? undefined : { title: rival.title, ns };
  } finally {
    rmSync(into, { recursive: true, force: true });
  }
}

const rounds = 7;
const here = goHere();
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

/** What a recorded figure would be on this machine. */
function scaled(real: number, holes: number): number {
  const ns = here?.ns.get(holes);
  return ns === undefined ? real : (real * ns) / (recorded.get(holes) as number);
}

if (process.argv.includes('--json')) {
  const rows = results.map((row) => ({ ...row, scaled: row.go === null ? null : scaled(row.go, row.holes) }));
  console.log(
    JSON.stringify({ here: here && { ...here, ns: Object.fromEntries(here.ns) }, rows }, undefined, 2),
  );
} else {
  console.log('a random free and allocation, by free runs: nanoseconds, and what real Go measured');
  if (here !== undefined) {
    const figures = [...here.ns].map(
      ([holes, ns]) => `${ns.toFixed(0)} ns (${recorded.get(holes)} recorded)`,
    );
    console.log(`${here.title} here: ${figures.join(', ')}; recorded figures are scaled by that`);
  }
  for (const { design, kind, holes, ns, go: real } of results) {
    const at = real === null ? 0 : scaled(real, holes);
    const ratio = real === null ? '' : `  real Go ${at.toFixed(0)} ns, ratio ${(ns / at).toFixed(2)}`;
    console.log(
      `${design.padEnd(6)} ${kind.padEnd(6)} ${String(holes).padStart(6)}  ${ns.toFixed(0).padStart(7)} ns${ratio}`,
    );
  }
}
