/**
 * Operations on fresh page heaps, and what the three designs really answer: the built-in page heaps are asked.
 *
 * Operations are chosen so that the designs differ: no scene is taken in which two of them answer the same everywhere.
 */
import { bytes, pageCount, pageIndex, pageSize } from '../../../base/units.ts';
import { type Generation, generations } from '../../../design/design.ts';
import type { PageHeap, PageHeapHost } from '../../../pages/contract.ts';
import { standAloneLists, standAloneRadix, standAloneTreap } from '../../../pages/stand-alone.ts';
import type { Run } from '../../model/fits.ts';
import { chanceOf } from '../../model/seeds.ts';

export const scenePages = 512;

export type Move =
  | { readonly k: 'alloc'; readonly n: number }
  /** The allocation that operation `of` (from 0) made. */
  | { readonly k: 'free'; readonly of: number }
  /** Everything that is free goes back to the system. */
  | { readonly k: 'scavenge' };

export interface Scene {
  readonly seed: string;
  readonly moves: readonly Move[];
  readonly operations: readonly string[];
  readonly designs: readonly Generation[];
  /** By design, a text an operation: the page of an allocation, nothing of another. */
  readonly answers: Readonly<Record<string, readonly string[]>>;
  /** By design, the free runs before each operation. */
  readonly before: Readonly<Record<string, readonly (readonly Run[])[]>>;
}

const makers: Readonly<
  Record<Generation, (host: PageHeapHost) => { readonly pages: PageHeap; dispose(): void }>
> = {
  lists: standAloneLists,
  treap: standAloneTreap,
  radix: (host) => standAloneRadix(host, { physPageSize: 4096, physHugePageSize: 2 ** 21 }),
};

/** What a design's own page heap really answers. */
export function playReal(
  design: Generation,
  moves: readonly Move[],
): { readonly answers: string[]; readonly before: Run[][] } {
  let clock = 1;
  const { pages: heap, dispose } = makers[design](
    Object.freeze({
      reachPages: pageCount(2 ** 13),
      physPages: 1,
      now: () => clock++,
      release: () => undefined,
    }),
  );
  try {
    heap.prepareGrow?.(pageIndex(0), pageCount(scenePages));
    heap.grow(pageIndex(0), pageCount(scenePages));
    const answers: string[] = [];
    const before: Run[][] = [];
    const made = new Map<number, Run>();
    moves.forEach((move, i) => {
      const free: Run[] = [];
      heap.forEachFree((page, n) => free.push({ page, n }));
      before.push(free);
      if (move.k === 'alloc') {
        const page = heap.alloc(pageCount(move.n));
        made.set(i, { page, n: move.n });
        answers.push(String(page));
      } else {
        if (move.k === 'free') {
          const { page, n } = made.get(move.of) as Run;
          heap.free(pageIndex(page), pageCount(n));
        } else heap.release(bytes(scenePages * pageSize), true);
        answers.push('');
      }
    });
    return { answers, before };
  } finally {
    dispose();
  }
}

function movesOf(seed: string): Move[] {
  const chance = chanceOf(seed);
  const moves: Move[] = [];
  const live: number[] = [];
  const alloc = (n: number): void => {
    live.push(moves.length);
    moves.push({ k: 'alloc', n });
  };
  for (let i = 0; i < 6; i++) alloc(chance.between(2, 24));
  const free = (): void => {
    const [of] = live.splice(chance.between(0, live.length - 1), 1);
    moves.push({ k: 'free', of: of as number });
  };
  free();
  free();
  if (chance.between(0, 1) === 1) moves.push({ k: 'scavenge' });
  free();
  for (let i = 0; i < 5; i++) {
    alloc(chance.between(1, 20));
    if (i % 2 === 0 && live.length > 2) free();
  }
  return moves;
}

const mostTries = 1000;

/** The scene of a seed. */
export function predictionsFor(seed: string): Scene {
  for (let i = 0; ; i++) {
    const moves = movesOf(`predict ${seed} ${i}`);
    const played = generations.map((design) => playReal(design, moves));
    const texts = played.map(({ answers }) => answers.join(' '));
    if (new Set(texts).size < generations.length && i < mostTries) continue;
    const by = <T>(of: (one: (typeof played)[number]) => T): Readonly<Record<string, T>> =>
      Object.fromEntries(generations.map((design, d) => [design, of(played[d] as (typeof played)[number])]));
    return {
      seed,
      moves,
      operations: moves.map((move) => {
        if (move.k === 'alloc') return `alloc(${move.n})`;
        return move.k === 'free' ? `free what ${move.of + 1} gave` : 'everything free is scavenged';
      }),
      designs: generations,
      answers: by(({ answers }) => answers),
      before: by(({ before }) => before),
    };
  }
}
