/**
 * What the chunks cost at least, for who knows the second in which each page is used again. Chunks do not touch each other, so each has
 * a least cost of its own: of all ways to keep it or give it back, second by second, that lead to the same backing, the cheapest alone goes
 * on (dynamic programming; backings of a chunk in a second are few). No rule costs less.
 */
import { chunkPages } from './chunk.ts';
import {
  type Backing,
  costOf,
  givenBack,
  type HeapRun,
  type Life,
  type Prices,
  runHeap,
  used,
} from './heap.ts';

/** A way up to a second: its cost, and the last of its decisions. */
interface Way {
  readonly backing: Backing;
  readonly cost: number;
  readonly last: Decision | undefined;
}

interface Decision {
  readonly kept: boolean;
  readonly before: Decision | undefined;
}

/** Second by second: whether the chunk is kept, on the cheapest way. */
function leastOf(life: Life, { huge, fault }: Prices): boolean[] {
  let ways: readonly Way[] = [{ backing: { resident: 0, broken: false, full: 0 }, cost: 0, last: undefined }];
  for (const inUse of life) {
    const cheapest = new Map<number, Way>();
    for (const { backing, cost: before, last } of ways) {
      const now = used(backing, inUse);
      const goOn = (to: Backing, kept: boolean): void => {
        const small = to.broken ? (huge * inUse) / chunkPages : 0;
        const cost = before + fault * now.faults + (to.resident - inUse) + small;
        const key = 2 * to.resident + Number(to.broken);
        if (cost < (cheapest.get(key)?.cost ?? Number.POSITIVE_INFINITY))
          cheapest.set(key, { backing: to, cost, last: { kept, before: last } });
      };
      goOn(now, true);
      if (now.resident > inUse) goOn(givenBack(now, inUse), false);
    }
    ways = [...cheapest.values()];
  }
  const decisions: boolean[] = [];
  const best = ways.reduce((least, way) => (way.cost < least.cost ? way : least));
  for (let at = best.last; at !== undefined; at = at.before) decisions.push(at.kept);
  return decisions.reverse();
}

export async function withHindsight(
  lives: readonly Life[],
  prices: Prices,
): Promise<{
  readonly run: HeapRun;
  readonly cost: number;
  /** Second by second, of each chunk that something can be given back of, whether it is kept. */
  readonly decisions: readonly ReadonlyMap<number, boolean>[];
}> {
  const kept = lives.map((life) => leastOf(life, prices));
  const decisions: ReadonlyMap<number, boolean>[] = [];
  const run = await runHeap(lives, (chunks) => {
    const now = decisions.length;
    const decided = new Map(chunks.map(({ chunk }) => [chunk, kept[chunk]?.[now] === true]));
    decisions.push(decided);
    return [...decided.values()];
  });
  return { run, cost: costOf(run, prices), decisions };
}
