/**
 * A simulated heap of chunks, a collection each second, and a scavenger after each that gives back all free pages of every chunk
 * that is not kept.
 *
 * A chunk is backed by huge pages until a part of it is given back; it has them again when it was nearly full at the end of two
 * collections in a row, as the kernel puts them together in the background. What a program does is how many pages of each
 * chunk are in use, second by second.
 */
import type { ChunkDensity } from '../../../pages/radix/dense-rule.ts';
import { chunkPages, goDense } from './chunk.ts';

/** Pages in use of a chunk, second by second. */
export type Life = readonly number[];

export interface Prices {
  /** What a chunk without huge pages costs in a second, when all of it is used: in resident pages. */
  readonly huge: number;
  /** What a fault costs, in resident pages for a second. */
  readonly fault: number;
}

export interface HeapRun {
  /** Each second: resident pages, of them without use, faults, chunks with their huge pages. */
  readonly resident: readonly number[];
  readonly idle: readonly number[];
  readonly faults: readonly number[];
  readonly hugeChunks: readonly number[];
  /** Pages in use of chunks without huge pages, over 512. */
  readonly small: readonly number[];
}

/** What a chunk has from the system. */
export interface Backing {
  readonly resident: number;
  readonly broken: boolean;
  /** Collections in a row at which it was nearly full. */
  readonly full: number;
}

/** A second in which so many pages of it are in use, before anything is given back. */
export function used(
  { resident: had, broken: wasBroken, full: before }: Backing,
  inUse: number,
): Backing & { readonly faults: number } {
  // Of a chunk that was never broken the first touch brings all of it, in huge pages.
  const there = !wasBroken && had === 0 && inUse > 0 ? chunkPages : had;
  const full = inUse >= goDense ? before + 1 : 0;
  const isWhole = full >= 2 && wasBroken;
  return {
    resident: isWhole ? chunkPages : Math.max(there, inUse),
    broken: wasBroken && !isWhole,
    full,
    faults: Math.max(0, inUse - there),
  };
}

/** All of its free pages go. */
export const givenBack = ({ full }: Backing, inUse: number): Backing => ({
  resident: inUse,
  broken: inUse > 0,
  full,
});

interface State {
  inUse: number;
  lastInUse: number;
  age: number;
  backing: Backing;
}

type Keeps = (
  chunks: readonly ChunkDensity[],
) => Promise<readonly boolean[] | undefined> | readonly boolean[];

/** @param keeps answers for the chunks that something can be given back of; undefined ends the run */
export async function runHeap(lives: readonly Life[], keeps: Keeps): Promise<HeapRun> {
  const chunks: State[] = lives.map(() => ({
    ...{ inUse: 0, lastInUse: 0, age: 0, backing: { resident: 0, broken: false, full: 0 } },
  }));
  const run = { resident: [], idle: [], faults: [], hugeChunks: [], small: [] } as {
    [name in keyof HeapRun]: number[];
  };
  const seconds = lives[0]?.length ?? 0;
  for (let second = 0; second < seconds; second++) {
    let faults = 0;
    for (const [c, state] of chunks.entries()) {
      const now = lives[c]?.[second] ?? 0;
      state.age = now === state.inUse ? state.age + 1 : 0;
      state.lastInUse = state.age === 0 ? state.inUse : now;
      state.inUse = now;
      const { faults: faulted, ...backing } = used(state.backing, now);
      faults += faulted;
      state.backing = backing;
    }
    const asked = [...chunks.entries()].filter(([, { backing, inUse }]) => backing.resident > inUse);
    const kept = await keeps(
      asked.map(([chunk, { inUse, lastInUse, age, backing }]) => ({
        ...{ chunk, inUse, lastInUse, changed: age === 0, age, broken: backing.broken },
      })),
    );
    if (kept === undefined) break;
    for (const [i, [, state]] of asked.entries()) {
      if (kept[i] !== true) state.backing = givenBack(state.backing, state.inUse);
    }
    const sum = (of: (backing: Backing, inUse: number) => number): number =>
      chunks.reduce((all, { backing, inUse }) => all + of(backing, inUse), 0);
    run.resident.push(sum(({ resident }) => resident));
    run.idle.push(sum(({ resident }, inUse) => resident - inUse));
    run.faults.push(faults);
    run.hugeChunks.push(sum(({ broken, resident }) => (broken || resident === 0 ? 0 : 1)));
    run.small.push(sum(({ broken }, inUse) => (broken ? inUse / chunkPages : 0)));
  }
  return run;
}

const total = (list: readonly number[]): number => list.reduce((all, n) => all + n, 0);

/** A second, on average. */
export const costOf = ({ idle, faults, small }: HeapRun, { huge, fault }: Prices): number =>
  (total(idle) + fault * total(faults) + huge * total(small)) / Math.max(1, idle.length);

/** The same of the time until each second ends. */
export function costsSoFar({ idle, faults, small }: HeapRun, { huge, fault }: Prices): number[] {
  let all = 0;
  return idle.map((pages, second) => {
    all += pages + fault * (faults[second] ?? 0) + huge * (small[second] ?? 0);
    return all / (second + 1);
  });
}
