/**
 * A program on a real heap, second by second: its pages are mapped, written, freed and given back for real, and what is
 * resident is asked of the kernel. Only the clock is simulated.
 *
 * Who says how many pages go back is asked between two seconds, and may take its time. Huge pages are kept away, so that what
 * is resident depends on the heap alone; and the heap does not know of any: else it would give back a whole one, 256 pages, where
 * it was asked for a few.
 */
import { pageSize, second } from '../../../base/units.ts';
import { HeapTarget, type LabHeapOptions } from '../../../lab/subject/heap-target.ts';
import { ManualClock } from '../../../os/clock.ts';
import { Residency } from '../../../os/residency.ts';
import { Sys } from '../../../os/sys.ts';

/** What a program does in a second: pages of allocations by number, and numbers that are freed. */
export interface SecondOfWork {
  readonly alloc: readonly (readonly [id: number, pages: number])[];
  readonly free: readonly number[];
}

/** What is known when a second has passed; pages. */
export interface SecondView {
  readonly second: number;
  readonly inUse: number;
  /** Free, with memory behind them: what can be given back. */
  readonly free: number;
  readonly released: number;
  /** Pages that the kernel had to find memory for in this second, fresh ones included. */
  readonly faulted: number;
}

export interface RealRun {
  /** Resident pages at the end of each second, by the kernel. */
  readonly resident: readonly number[];
  readonly inUse: readonly number[];
  readonly faults: number;
  readonly released: number;
}

const sum = (list: readonly number[]): number => list.reduce((all, n) => all + n, 0);

/** Resident pages without use, and missed pages by their weight, a second. */
export function costOf({ resident, inUse, faults }: RealRun, weight: number): number {
  return (sum(resident) - sum(inUse) + weight * faults) / resident.length;
}

class NoHugePages {
  advise(_range: unknown, state: string): string {
    return state === 'released' ? 'dontneed' : state === 'fresh' ? 'nohugepage' : 'none';
  }
}

/** Runs a program. @param decide how many pages go back after a second; undefined ends the run */
export async function runReal(
  work: readonly SecondOfWork[],
  decide: (view: SecondView) => Promise<number | undefined> | number | undefined,
): Promise<RealRun> {
  const clock = new ManualClock(second);
  const sys = new Sys({ hugePageSize: 0 });
  const options = {
    ...{
      environment: false,
      generation: 'radix',
      scavenger: 'none',
      gcPercent: -1,
      reach: 2 ** 28,
      clock,
      sys,
    },
    ...{ advicePolicy: NoHugePages as never, background: false },
  };
  const target = new HeapTarget(options as unknown as LabHeapOptions, 4096, true);
  const residency = new Residency();
  const live = new Map<number, { readonly address: number; readonly pages: number }>();
  const resident: number[] = [];
  const inUse: number[] = [];
  let [faults, released, used] = [0, 0, 0];
  const pagesOf = (bytes: number): number => Math.round(bytes / pageSize);
  const residentPages = (): number => {
    const ranges = target.ranges();
    return ranges.length === 0 ? 0 : pagesOf(residency.residentBytes(ranges));
  };
  try {
    for (const [now, { alloc, free }] of work.entries()) {
      const before = residentPages();
      for (const id of free) {
        const run = live.get(id);
        if (run === undefined) continue;
        live.delete(id);
        used -= run.pages;
        target.freePages(run.address);
      }
      for (const [id, pages] of alloc) {
        const address = target.allocPages(pages);
        target.touchPages(address, 0, pages * pageSize);
        live.set(id, { address, pages });
        used += pages;
      }
      const faulted = Math.max(0, residentPages() - before);
      faults += faulted;
      const { heapFree, heapReleased } = target.sample();
      const view = {
        second: now,
        inUse: used,
        free: pagesOf(heapFree),
        released: pagesOf(heapReleased),
        faulted,
      };
      const wanted = await decide(view);
      if (wanted === undefined) break;
      if (wanted > 0) released += target.releasePages(wanted);
      resident.push(residentPages());
      inUse.push(used);
      clock.advance(second);
    }
  } finally {
    target.dispose();
  }
  return { resident, inUse, faults, released };
}
