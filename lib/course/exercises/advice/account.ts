/**
 * What a program costs without memory: with one advice for each range that is given back. Real memory does the same to the page, as
 * long as nothing but `dontneed` and `free` is said (test/course/advice.test.ts).
 */
import type { Program } from './programs.ts';
import type { ExerciseAdvice } from './real-memory.ts';
import type { AdviceRun } from './run.ts';

/** @param advice for each event of the program, in turn; what is not given back is not looked at */
export function accountOf(
  { ranges, events, pressure, seconds }: Program,
  advice: readonly ExerciseAdvice[],
): AdviceRun {
  const [resident, idle, faults]: [number[], number[], number[]] = [[], [], []];
  /** Given back, and there until the kernel needs memory; and gone. */
  const lazy = new Set<number>();
  const gone = new Set<number>();
  let [there, lying, next] = [0, 0, 0];
  const take = (range: number): void => {
    lazy.delete(range);
    gone.add(range);
    there -= ranges[range]?.n ?? 0;
    lying -= ranges[range]?.n ?? 0;
  };
  for (let second = 0; second < seconds; second++) {
    let faulted = 0;
    for (; events[next]?.second === second; next++) {
      const { range, to } = events[next] as (typeof events)[number];
      const n = ranges[range]?.n ?? 0;
      if (to === 'released') {
        lazy.add(range);
        lying += n;
        if (advice[next] === 'dontneed') take(range);
        continue;
      }
      if (lazy.delete(range)) lying -= n;
      else there += n;
      if (gone.delete(range)) faulted += n;
    }
    if (pressure.has(second)) for (const range of [...lazy]) take(range);
    faults.push(faulted);
    idle.push(lying);
    resident.push(there);
  }
  return { resident, idle, faults, kept: resident.map(() => 0) };
}
