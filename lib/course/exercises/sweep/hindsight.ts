/**
 * Sweeping by who knows beforehand what the program takes: the heap does not grow where it need not, and pauses are short.
 *
 * Each empty span has a call before which it must be swept, so that its pages are there when they are taken; all others have until the end. From
 * the last call back to the first, each call takes spans that may wait so long, as many as a pause of some pages has room for. Where one finds
 * no place, a longer pause is tried; so it is the shortest, but for what does not fit into the rest of a pause. So everything is as late as it can be: it is laid out from the end of the program, and nobody who comes from
 * its beginning can do it.
 *
 * What a way is held against is a bound below all of them, by division: the layout is a page longer at times.
 */
import { Account, type Program, type Run } from './own.ts';

/** For each call, and the rest, the spans that must be swept in it or before. */
function dueIn({ heap, takes }: Program): number[][] {
  const due: number[][] = Array.from({ length: takes.length + 1 }, () => []);
  let [call, taken, freed] = [0, takes[0] ?? 0, 0];
  for (const [span, n] of heap.pages.entries()) {
    if (heap.living[span] !== 0) {
      due[takes.length]?.push(span);
      continue;
    }
    while (call < takes.length && taken <= freed) taken += takes[++call] ?? 0;
    due[call]?.push(span);
    freed += n;
  }
  return due;
}

/** Spans by calls, with pauses of `most` pages; undefined where that is too short. */
function laidOut({ heap }: Program, due: readonly number[][], most: number): number[][] | undefined {
  const calls: number[][] = due.map(() => []);
  let waiting: number[] = [];
  for (let call = due.length - 1; call >= 0; call--) {
    waiting.push(...(due[call] as number[]));
    waiting.sort((a, b) => (heap.pages[b] as number) - (heap.pages[a] as number) || a - b);
    let room = most;
    waiting = waiting.filter((span) => {
      const n = heap.pages[span] as number;
      if (n > room) return true;
      room -= n;
      calls[call]?.push(span);
      return false;
    });
  }
  return waiting.length === 0 ? calls : undefined;
}

/** No way has a shorter longest pause: a span is swept as a whole, and so many calls there are. */
export function leastPause({ heap, takes }: Program): number {
  const all = heap.pages.reduce((sum, n) => sum + n, 0);
  return Math.max(Math.ceil(all / (takes.length + 1)), ...heap.pages);
}

export function withHindsight(program: Program): Run {
  const { takes } = program;
  const due = dueIn(program);
  for (let most = leastPause(program); ; most++) {
    const calls = laidOut(program, due, most);
    if (calls === undefined) continue;
    const account = new Account(program);
    for (const [i, n] of takes.entries()) {
      account.sweep(calls[i] as number[]);
      account.take(n);
    }
    account.sweep(calls[takes.length] as number[]);
    return account.run;
  }
}
