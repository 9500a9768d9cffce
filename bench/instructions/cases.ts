/**
 * The cases whose instructions are counted.
 *
 * The workloads are those of ../workload.ts, in counts of their own. Under callgrind an instruction takes some
 * thirty times as long, so there are few operations; but V8 must have compiled what is measured before that begins,
 * which takes it half a million of them. Heaps are small: a count knows no cache, so size tells little.
 */
import type { Case } from '../cases.ts';

type Words = Readonly<Record<string, string | number>>;

function named(name: string, list: readonly Words[]): Case[] {
  return list.map((words) => ({
    name,
    params: Object.fromEntries(Object.entries(words).map(([key, value]) => [key, `${value}`])),
    targets: [],
  }));
}

function mallocs(sizes: readonly number[], orders: readonly string[], ops: number): Words[] {
  return sizes.flatMap((size) => orders.map((order) => ({ size, live: 16384, order, ops, repeats: 5 })));
}

/** Every case, in the order of the table; `quick`: one of each kind. */
export function countedCases(quick: boolean): Case[] {
  const heaps: (readonly [pages: number, mib: number])[] = quick
    ? [[1, 64]]
    : [
        [1, 64],
        [4, 64],
        [64, 64],
        [512, 256],
      ];
  const kinds: (readonly [kind: string, holes: number])[] = quick
    ? [['heap', 35]]
    : [
        ['heap', 0],
        ['heap', 35],
        ['manual', 0],
      ];
  return [
    ...named('malloc', mallocs(quick ? [16] : [8, 16, 64, 256, 1024], ['ring', 'random'], 600_000)),
    ...named(
      'traced',
      (quick ? [16] : [8, 16, 64]).map((size) => ({
        size,
        live: 16384,
        marking: 'stop-the-world',
        ops: 300_000,
        repeats: 5,
      })),
    ),
    ...named(
      'pages',
      heaps.map(([pages, mib]) => ({ pages, mib, ops: 150_000 })),
    ),
    ...named('page-cache', [{ mib: 64, repeats: 30 }]),
    ...named(
      'span',
      kinds.map(([kind, holes]) => ({ kind, holes, batch: 4096, rounds: 30 })),
    ),
  ];
}
