/**
 * The race between a program and a collector that marks beside it, as a model: what the pacer is for, without
 * a heap. A program is given by its rates; how they change from cycle to cycle is its history.
 *
 * All CPU is busy: what does not mark, allocates. In each slice of time the collector has a quarter of the CPU, or more
 * where the charge for allocation asks for it: with the share u,
 *
 *     scanned = scan rate × u,    allocated = allocation rate × (1 − u),    scanned = charge × allocated
 *
 * have one solution for u. What is beyond the quarter was done by assists. A cycle's live bytes are those of the cycle
 * before, without what was allocated while that marked, times the growth; what is allocated meanwhile survives it.
 */
import { KiB, MiB } from '../../lib/base/units.ts';
import { ConcurrentPacer } from '../../lib/gc/concurrent-pacer.ts';
import { backgroundUtilization } from '../../lib/gc/cpu-limiter.ts';
import { GcSettings, gcSettingsTable, noMemoryLimit } from '../../lib/gc/gc-settings.ts';
import { HeapGoals } from '../../lib/gc/heap-goals.ts';
import { pacerTable } from '../../lib/gc/pacer-table.ts';
import { plainViews } from '../../lib/meta/column.ts';
import { sizesOf } from './sizes.ts';

/** A quantity in each cycle, the first of which is 0. */
export type History = (cycle: number) => number;

export interface RacingProgram {
  readonly procs: number;
  readonly gcPercent: number;
  readonly memoryLimit: number;
  /** Mapped beside the heap: bytes. */
  readonly beside: number;
  readonly globals: number;
  readonly stacks: History;
  /** Bytes for each nanosecond of CPU. */
  readonly allocates: History;
  readonly scans: number;
  /** Live bytes as a multiple of those of the cycle before. */
  readonly growth: History;
  /** The share of the heap that holds pointers. */
  readonly pointers: History;
}

export interface RacedCycle {
  /** The share of the CPU that marked. */
  readonly utilization: number;
  /** The heap's size at its end by its goal. */
  readonly goalRatio: number;
  /** The part of the way from what was live to the goal at which the cycle began. */
  readonly triggerRatio: number;
  readonly live: number;
  readonly goal: number;
  readonly peak: number;
}

/** A program that stands still, but for doubling its heap less and less in the first ten cycles. */
export const steady: RacingProgram = {
  procs: 4,
  gcPercent: 100,
  memoryLimit: noMemoryLimit,
  beside: 0,
  globals: 48 * KiB,
  stacks: () => 16 * KiB,
  allocates: () => 0.04,
  scans: 1.1,
  growth: (cycle) => 1 + Math.max(0, 10 - cycle) / 10,
  pointers: () => 1,
};

const slice = 400_000;
const firstLive = 512 * KiB;

/** Runs so many cycles of a program. */
export function race(program: RacingProgram, cycles: number): RacedCycle[] {
  const { procs, beside, scans } = program;
  const settings = new GcSettings(plainViews(gcSettingsTable));
  const scannable = { heap: 0, stacks: 0, globals: program.globals };
  const columns = plainViews(pacerTable);
  const goals = new HeapGoals(columns, settings);
  const pacer = new ConcurrentPacer(columns, goals, settings, scannable);
  settings.init(program.gcPercent, program.memoryLimit);
  pacer.init();
  const sizesAt = (live: number) => sizesOf({ heapLive: live, heapAlloc: live, mappedReady: live + beside });

  let allocatedBefore = 0;
  let now = 0;
  return Array.from({ length: cycles }, (_, cycle) => {
    const rate = program.allocates(cycle);
    const pointers = program.pointers(cycle);
    const live = pacer.heapMarked;
    const trigger = Math.max(pacer.heapTrigger(sizesAt(live)), live);
    const survives = cycle === 0 ? firstLive : Math.floor((live - allocatedBefore) * program.growth(cycle));

    scannable.stacks = program.stacks(cycle);
    scannable.heap += Math.floor((trigger - live) * pointers);
    pacer.startCycle(sizesAt(trigger));
    pacer.startMark(sizesAt(trigger), now, procs);
    const start = now;
    const parts = [Math.floor(survives * pointers), scannable.stacks, scannable.globals];
    const work = parts.reduce((sum, part) => sum + part);
    const done = parts.map(() => 0);
    let [scanned, allocated, assist] = [0, 0, 0];
    while (scanned < work) {
      const charged = pacer.assistWorkPerByte * rate;
      const share = Math.max(backgroundUtilization, charged / (charged + scans));
      const speed = scans * procs * share;
      const ns = Math.max(1, Math.min(slice, (work - scanned) / speed));
      scanned = Math.min(work, scanned + Math.ceil(speed * ns));
      const more = parts.map((part, i) => Math.floor((part * scanned) / work) - done[i]);
      more.forEach((n, i) => {
        done[i] += n;
      });
      const grown = Math.floor(rate * procs * (1 - share) * ns);
      allocated += grown;
      assist += ns * procs * (share - backgroundUtilization);
      now += ns;
      scannable.heap += Math.floor(grown * pointers);
      pacer.addWork(more[0], more[1], more[2]);
      pacer.revise(sizesAt(trigger + allocated));
    }

    const peak = trigger + allocated;
    const goal = pacer.heapGoal(sizesAt(peak));
    const marked = survives + allocated;
    pacer.endMark(sizesAt(peak), { now, assist, idle: 0 });
    pacer.endCycle(marked, sizesAt(peak));
    scannable.heap = pacer.heapScanWork;
    pacer.commit(sizesAt(marked), false);
    allocatedBefore = allocated;
    return {
      utilization: backgroundUtilization + assist / ((now - start) * procs),
      goalRatio: peak / goal,
      triggerRatio: (trigger - live) / (goal - live),
      live,
      goal,
      peak,
    };
  });
}

/** A memory limit's goal where nothing else is mapped. */
export const goalOfLimit = (limit: number): number => limit - Math.max(Math.floor(limit / 100) * 3, MiB);
