/**
 * What a change of speed is judged by.
 *
 * The workloads are those of ../workload.ts, in counts of their own: a process takes about half a second, so
 * that the two of a pair meet the same machine, and warms up first, since V8 compiles meanwhile. A pair
 * compares this tree with another commit, so what Go and C are held against need not be here.
 */

import type { Case } from '../cases.ts';

export interface ChangeCaseOptions {
  /** A third of the cases, shorter: more noise, but the whole in two minutes. */
  readonly quick: boolean;
  /** The recorded trace of the page allocator; left out if undefined. */
  readonly trace: string | undefined;
  /** The allocation trace of a real program; left out if undefined. */
  readonly program: string | undefined;
}

type Words = Readonly<Record<string, string | number>>;

function named(name: string, list: readonly Words[]): Case[] {
  return list.map((words) => ({
    name,
    params: Object.fromEntries(Object.entries(words).map(([key, value]) => [key, `${value}`])),
    targets: [],
  }));
}

/** Objects of a size, by how they are dropped. Larger ones live in more memory, so fewer take as long. */
function mallocs(sizes: readonly number[], orders: readonly string[]): Words[] {
  return sizes.flatMap((size) =>
    orders.map((order) => ({
      size,
      live: 65536,
      order,
      ops: size <= 64 ? 500_000 : size <= 256 ? 300_000 : 100_000,
      repeats: 5,
    })),
  );
}

/** Every case, in the order of the table. */
export function changeCases({ quick, trace, program }: ChangeCaseOptions): Case[] {
  const ops = quick ? 100_000 : 200_000;
  const pages = quick
    ? [
        [1, 64],
        [64, 1024],
      ]
    : [
        [1, 64],
        [1, 4096],
        [1, 16384],
        [4, 1024],
        [64, 1024],
        [512, 4096],
      ];
  const spans = quick
    ? [['heap', 35]]
    : [
        ['heap', 0],
        ['heap', 35],
        ['manual', 0],
      ];
  return [
    ...named(
      'pages',
      pages.map(([n, mib]) => ({ pages: n, mib, ops })),
    ),
    ...named('page-cache', [{ mib: 256, repeats: quick ? 9 : 19 }]),
    ...(trace === undefined
      ? []
      : named('radix-trace', [{ trace: 'pa-64', file: trace, repeats: quick ? 5 : 9 }])),
    ...named(
      'span',
      spans.map(([kind, holes]) => ({ kind, holes, batch: 4096, rounds: quick ? 40 : 60 })),
    ),
    ...named(
      'malloc',
      mallocs(quick ? [16, 64] : [8, 16, 64, 256, 1024], quick ? ['ring'] : ['ring', 'random']),
    ),
    ...named('scavenge', [{ quantum: 65536, mib: 64, repeats: 7 }]),
    ...named('metadata', [{ objects: quick ? 30_000 : 100_000 }]),
    ...named('trace-replay', [{ lines: quick ? 200_000 : 500_000 }]),
    ...(program === undefined || quick ? [] : named('trace-replay', [{ file: program }])),
    ...named('start', [{ repeats: quick ? 30 : 60, processes: 5 }]),
  ];
}
