/**
 * A program on real memory: each range is written when it is used, and advised as was answered; what is resident is asked of
 * the kernel at the end of each second.
 *
 * What happens does not depend on the answers, so all of them are known before it begins.
 */
import type { Program } from './programs.ts';
import { type ExerciseAdvice, RealMemory } from './real-memory.ts';

export interface AdviceRun {
  /** Resident pages at the end of each second; of them, those of ranges that were given back. */
  readonly resident: readonly number[];
  readonly idle: readonly number[];
  /** Pages that became resident when they were written, without those that never had been. */
  readonly faults: readonly number[];
  /** Of the pages of ranges given back: those that the kernel could not take when it needed memory, in that second. */
  readonly kept: readonly number[];
}

/** @param advice for each event of the program, in turn @throws PageHeapError ERR_SYSTEM, ERR_OUT_OF_MEMORY */
export function runAdvice(
  { ranges, events, pressure, seconds, pages }: Program,
  advice: readonly (readonly ExerciseAdvice[])[],
): AdviceRun {
  const memory = new RealMemory(pages);
  const away = new Set<number>();
  const [resident, idle, faults, kept]: [number[], number[], number[], number[]] = [[], [], [], []];
  const pagesThere = (): { readonly all: number; readonly idle: number } => {
    const there = memory.resident({ page: 0, n: pages });
    const count = (from: number, to: number): number => there.subarray(from, to).reduce((n, x) => n + x, 0);
    let idle = 0;
    for (const range of away) {
      const { page, n } = ranges[range] as (typeof ranges)[number];
      idle += count(page, page + n);
    }
    return { all: count(0, pages), idle };
  };
  try {
    let next = 0;
    for (let second = 0; second < seconds; second++) {
      let faulted = 0;
      for (; next < events.length && events[next]?.second === second; next++) {
        const { range, to } = events[next] as (typeof events)[number];
        const run = ranges[range] as (typeof ranges)[number];
        if (to === 'released') away.add(range);
        for (const one of advice[next] ?? []) memory.advise(one, run);
        if (to === 'released') continue;
        away.delete(range);
        const came = memory.write(run, 1 + (range % 250));
        if (to === 'reused') faulted += came;
      }
      if (pressure.has(second)) memory.pressure();
      kept.push(pressure.has(second) ? pagesThere().idle : 0);
      faults.push(faulted);
      const there = pagesThere();
      idle.push(there.idle);
      resident.push(there.all);
    }
  } finally {
    memory.dispose();
  }
  return { resident, idle, faults, kept };
}

/** What a page costs that was given back and that the kernel cannot take when it needs memory: others pay for it. */
export const keptCost = 40;

const sum = (list: readonly number[]): number => list.reduce((all, n) => all + n, 0);

/** Idle resident pages, faults by their weight, and what could not be taken: a second. */
export const costOf = ({ idle, faults, kept }: AdviceRun, weight: number): number =>
  (sum(idle) + weight * sum(faults) + keptCost * sum(kept)) / idle.length;

/** The same of the time until each second ends. */
export function costsSoFar({ idle, faults, kept }: AdviceRun, weight: number): number[] {
  let all = 0;
  return idle.map((pages, second) => {
    all += pages + weight * (faults[second] ?? 0) + keptCost * (kept[second] ?? 0);
    return all / (second + 1);
  });
}
