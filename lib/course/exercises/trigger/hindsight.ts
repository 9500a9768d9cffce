/**
 * What a program costs who knows it: for each of its phases the size between two collections that is best, found by trying. Each try is a run
 * of the collector's model, and what is changed is one size by a factor: by large ones first, then by smaller ones, as long as that makes the
 * whole run cheaper.
 *
 * It knows when a phase begins, and what is allocated in it; so it is no policy, since a policy sees sizes and times that are over. No
 * formula is here either: sizes are tried.
 *
 * A limit counts for the whole run, also before it falls (waste.ts): who knows that it falls keeps it from the beginning. Where nobody can
 * keep it, there is nothing to compare sizes by, and no hindsight.
 */
import { MiB, second } from '../../../base/units.ts';
import {
  type CollectorRun,
  collect,
  collectionTime,
  type Pace,
  type Program,
  tables,
  type View,
} from './collector.ts';
import { leastLimit, type Prices, passesLimit, wasteOf } from './waste.ts';

/** Of a phase: bytes until its first collection, beside what was marked; and from each to the next. */
export interface PhaseSizes {
  readonly first: number;
  readonly later: number;
}

/** Nanoseconds within which two times are one: sums are not exact. */
const same = 1000;

/** Starts collections by known sizes, phase by phase. */
export function bySizes(program: Program, sizes: readonly PhaseSizes[]): (view: View) => Pace {
  const { phases, end, speed } = program;
  const most = leastLimit(program) - tables;
  let [cycles, collecting, phase, isFirst] = [0, 0, -1, true];
  return ({ now, heapMarked, heapLive, cycles: collected }) => {
    if (collected > cycles) {
      collecting += collectionTime(heapMarked, speed);
      isFirst = false;
    }
    cycles = collected;
    const time = now - second - collecting;
    const at = phases.findLastIndex(({ from }) => from <= time + same);
    if (at !== phase) isFirst = true;
    phase = at;
    const { first, later } = sizes[at] as PhaseSizes;
    const goal = Math.min(heapMarked + (isFirst ? first : later), most);
    const next = phases[at + 1]?.from ?? end;
    const again = heapLive + ((phases[at]?.rate ?? 0) * (next - time)) / second;
    return { goal, start: goal, again };
  };
}

/** Factors that are tried, in turn. */
const factors = [8, 2, 1.4, 1.15, 1.05, 1.02, 1.02];

export interface Known {
  readonly sizes: readonly PhaseSizes[];
  readonly run: CollectorRun;
  /** Infinity where no way keeps to the limit: then the sizes tell nothing. */
  readonly waste: number;
}

/** How far a run came, in the program's own time. */
const ownTime = ({ stretches }: CollectorRun): number =>
  stretches.reduce((sum, { from, to, collecting }) => sum + (collecting ? 0 : to - from), 0);

export async function withHindsight(program: Program, prices: Prices): Promise<Known> {
  const play = async (sizes: readonly PhaseSizes[]): Promise<Known> => {
    const run = await collect(program, bySizes(program, sizes));
    const spoilt = !run.done || passesLimit(run, program);
    return { sizes, run, waste: spoilt ? Number.POSITIVE_INFINITY : wasteOf(run, program, prices) };
  };
  const begun = program.phases.map(({ live }) => ({ first: live + MiB, later: live + MiB }));
  let best = await play(begun);
  const tried = async (phase: number, change: (sizes: PhaseSizes) => PhaseSizes): Promise<boolean> => {
    const one = await play(best.sizes.map((sizes, i) => (i === phase ? change(sizes) : sizes)));
    const isBetter =
      one.waste < best.waste ||
      // Neither is a way: then what comes farther.
      (one.waste === Number.POSITIVE_INFINITY && ownTime(one.run) > ownTime(best.run) + same);
    if (!isBetter) return false;
    best = one;
    return true;
  };
  for (const factor of factors)
    for (const phase of begun.keys())
      for (const by of [factor, 1 / factor]) {
        const changes: readonly ((sizes: PhaseSizes) => PhaseSizes)[] = [
          ({ first, later }) => ({ first: first * by, later: later * by }),
          ({ first, later }) => ({ first, later: later * by }),
          ({ first, later }) => ({ first: first * by, later }),
        ];
        for (const change of changes) while (await tried(phase, change));
      }
  return best;
}

/** Whole cycles of a run by which a size is judged. */
const judgedCycles = 4;

/** Bytes between two collections that waste least in a second of a program that goes on and on as it does. */
export async function goodRoom(prices: Prices, live: number, rate: number): Promise<number> {
  const wasted = async (room: number): Promise<number> => {
    const end = Math.ceil(((judgedCycles * room) / rate) * second) + same;
    const phases = [{ from: 0, live, rate }];
    const program = { phases, end, loaded: live, speed: prices.speed, limits: [], gcPercent: 100 };
    const run = await collect(program, bySizes(program, [{ first: room, later: room }]));
    return wasteOf(run, program, prices) / end;
  };
  let room = live + MiB;
  let least = await wasted(room);
  for (const factor of factors)
    for (const by of [factor, 1 / factor])
      for (let one = await wasted(room * by); one < least; one = await wasted(room * by))
        [room, least] = [room * by, one];
  return room;
}
