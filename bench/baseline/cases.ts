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

/** Objects of a size, by how they are dropped. Fewer of the larger ones take as long. */
function mallocs(sizes: readonly number[], orders: readonly string[]): Words[] {
  return sizes.flatMap((size) =>
    orders.map((order) => ({
      size,
      live: 65536,
      order,
      ops: size <= 16 ? 500_000 : size <= 64 ? 200_000 : size <= 256 ? 100_000 : 50_000,
      repeats: size <= 16 || size > 256 ? 15 : 25,
    })),
  );
}

function pageHeaps(sizes: readonly (readonly [pages: number, mib: number])[], ops: number): Words[] {
  return sizes.map(([pages, mib]) => ({ pages, mib, ops }));
}

function spans(kinds: readonly (readonly [kind: string, holes: number])[], rounds: number): Words[] {
  return kinds.map(([kind, holes]) => ({ kind, holes, batch: 4096, rounds }));
}

/** Objects of a size on a heap that traces. */
function traceds(sizes: readonly number[]): Words[] {
  return sizes.map((size) => ({
    size,
    live: 65536,
    marking: 'stop-the-world',
    ops: size <= 64 ? 200_000 : 50_000,
    repeats: 15,
  }));
}

/** Whole collections of a graph; each order where it is the better one. */
function marks(kinds: readonly (readonly [graph: string, order: string])[]): Words[] {
  return kinds.map(([graph, order]) => ({ graph, objects: 100_000, order, repeats: 15 }));
}

/** Whole commands. Each is a second or less: few of them in a process make it no longer than the others. */
function commands(list: readonly string[]): Words[] {
  return list.map((of) => ({ of, processes: 3 }));
}

/** Every case, in the order of the table. */
export function changeCases(options: ChangeCaseOptions): Case[] {
  const trace = options.trace === undefined ? [] : [{ trace: 'pa-64', file: options.trace }];
  const program = options.program === undefined ? [] : [{ file: options.program }];
  if (options.quick) {
    return [
      ...named(
        'pages',
        pageHeaps(
          [
            [1, 64],
            [64, 1024],
          ],
          100_000,
        ),
      ),
      ...named('page-cache', [{ mib: 256, repeats: 60 }]),
      ...named(
        'radix-trace',
        trace.map((words) => ({ ...words, repeats: 15 })),
      ),
      ...named(
        'span',
        spans(
          [
            ['heap', 35],
            ['manual', 35],
          ],
          90,
        ),
      ),
      ...named('malloc', mallocs([16, 64], ['ring'])),
      ...named('traced', traceds([64])),
      ...named('mark', marks([['tree', 'objects']])),
      ...named('drops', [{ size: 64, live: 65536, order: 'random', how: 'batch', repeats: 15 }]),
      ...named('scavenge', [{ quantum: 65536, mib: 32, repeats: 15 }]),
      ...named('metadata', [{ objects: 30_000 }]),
      ...named('trace-replay', [{ lines: 200_000 }]),
      ...named('start', [{ repeats: 40, processes: 3 }]),
      ...named('command', commands(['version'])),
    ];
  }
  return [
    ...named(
      'pages',
      pageHeaps(
        [
          [1, 64],
          [1, 4096],
          [1, 16384],
          [4, 1024],
          [64, 1024],
          [512, 4096],
        ],
        200_000,
      ),
    ),
    ...named('page-cache', [{ mib: 256, repeats: 200 }]),
    ...named(
      'radix-trace',
      trace.map((words) => ({ ...words, repeats: 40 })),
    ),
    ...named(
      'span',
      spans(
        [
          ['heap', 0],
          ['heap', 35],
          ['manual', 0],
          ['manual', 35],
        ],
        120,
      ),
    ),
    ...named('malloc', mallocs([8, 16, 64, 256, 1024], ['ring', 'random'])),
    ...named('traced', traceds([8, 16, 64, 1024])),
    ...named(
      'mark',
      marks([
        ['tree', 'objects'],
        ['random', 'spans'],
      ]),
    ),
    ...named(
      'drops',
      ['address', 'random'].flatMap((order) =>
        ['each', 'batch'].map((how) => ({ size: 64, live: 131072, order, how, repeats: 25 })),
      ),
    ),
    ...named('scavenge', [{ quantum: 65536, mib: 64, repeats: 15 }]),
    ...named('metadata', [{ objects: 100_000 }]),
    ...named('trace-replay', [{ lines: 300_000 }, ...program]),
    ...named('start', [{ repeats: 60, processes: 5 }]),
    ...named('command', commands(['version', 'run'])),
  ];
}
