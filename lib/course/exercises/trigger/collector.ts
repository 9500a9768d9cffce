/**
 * A program and a collector that stops it, in simulated time: a program allocates at some rate and has some bytes alive; a
 * collection marks what is alive, at a speed that is known. The policy says at which size it starts.
 *
 * What the heap once had stays with it until the next collection: then what is above the goal goes back. Memory is what the heap has
 * in each cycle at most, weighed by the cycle's time.
 */
import { MiB, second } from '../../../base/units.ts';
import type { HeapView } from '../../../gc/heap-view.ts';

/** What a program does from a time on, by its own time: nanoseconds in which it runs. */
export interface Phase {
  readonly from: number;
  /** Bytes alive, and bytes allocated in a second. */
  readonly live: number;
  readonly rate: number;
}

export interface Program {
  readonly phases: readonly Phase[];
  readonly end: number;
  /** Bytes that live, and were marked, when it begins: nothing, unless it has run before. */
  readonly loaded?: number;
  /** Bytes that a collection marks in a second. */
  readonly speed: number;
  /** Memory limits from a time on; none before the first. */
  readonly limits: readonly { readonly from: number; readonly bytes: number }[];
  readonly gcPercent: number;
}

/** What the policy sees: the numbers of a heap. */
export type View = Omit<HeapView, 'forEachFree'>;

export interface Pace {
  readonly goal: number;
  readonly start: number;
  readonly again: number;
}

/** As the heap takes an answer: nothing starts nearer than that (lib/gc/trigger-policy.ts). */
const leastDistance = 64 * 1024;
/** Tables of the heap. */
export const tables = 4 * MiB;
const pause = 0.2e6;

/** Nanoseconds that a collection takes. */
export const collectionTime = (marked: number, speed: number): number => pause + (marked / speed) * second;

/** A policy that is asked again and again is not asked for ever: the program does not come to its end. */
const mostAsked = 4000;

/** A stretch of time between two events. */
export interface Stretch {
  /** By the clock, collections included. */
  readonly from: number;
  readonly to: number;
  /** Memory that it has from the system. */
  readonly memory: number;
  /** What of it objects and garbage have, and the tables: at its beginning and at its end. */
  readonly used: readonly [begin: number, end: number];
  readonly collecting: boolean;
}

export interface CollectorRun {
  readonly stretches: readonly Stretch[];
  readonly cycles: number;
  /** Whether the program came to its end. */
  readonly done: boolean;
}

type Ask = (view: View) => Promise<Pace | undefined> | Pace | undefined;

/** The rest of an account that is not of the moment. */
interface State {
  now: number;
  programTime: number;
  live: number;
  marked: number;
  memory: number;
  mostMemory: number;
  goal: number;
  lastGoal: number;
  lastInUse: number;
  cycles: number;
  limit: number;
}

function viewOf(s: State, gcPercent: number): View {
  return {
    now: s.now,
    heapInUse: s.live,
    heapFree: s.memory - s.live,
    heapReleased: s.mostMemory - s.memory,
    heapAlloc: s.live,
    heapLive: s.live,
    heapMarked: s.marked,
    heapGoal: s.goal,
    lastHeapGoal: s.lastGoal,
    lastHeapInUse: s.lastInUse,
    mappedReady: s.memory + tables,
    memoryLimit: s.limit,
    gcPercent,
    cycles: s.cycles,
    sweepDone: true,
    pageSize: 8192,
    physPageSize: 4096,
  };
}

/** Runs a program. @param ask what the policy answers; undefined ends the run */
export async function collect(program: Program, ask: Ask): Promise<CollectorRun> {
  const { phases, end, speed, limits, gcPercent, loaded = 0 } = program;
  const none = Number.POSITIVE_INFINITY;
  const s: State = {
    ...{ now: second, programTime: 0, live: loaded, marked: loaded, memory: loaded, mostMemory: loaded },
    goal: none,
    ...{ lastGoal: 0, lastInUse: 0, cycles: 0, limit: limits[0]?.from === 0 ? limits[0].bytes : none },
  };
  const stretches: Stretch[] = [];
  let [start, again] = [none, none];
  let asked = 0;
  const pace = async (): Promise<boolean> => {
    const answer = asked++ < mostAsked ? await ask(viewOf(s, gcPercent)) : undefined;
    if (answer === undefined) return false;
    start = Math.max(Math.min(answer.start, answer.goal), s.live + leastDistance);
    s.goal = Math.max(answer.goal, start);
    again = answer.again === none ? none : Math.max(answer.again, s.live + leastDistance);
    return true;
  };
  const pass = (ns: number, collecting: boolean, liveBefore = s.live): void => {
    const used = [liveBefore + tables, s.live + tables] as const;
    if (ns > 0) stretches.push({ from: s.now, to: s.now + ns, memory: s.memory + tables, used, collecting });
    s.now += ns;
  };
  /** What is alive at this time of the program: not more than was allocated. */
  const alive = (): number =>
    Math.min(s.live, phases.findLast(({ from }) => from <= s.programTime)?.live ?? 0);
  if (!(await pace())) return { stretches, cycles: 0, done: false };
  while (s.programTime < end) {
    const { rate } = phases.findLast(({ from }) => from <= s.programTime) as Phase;
    const change = [...phases, ...limits].reduce(
      (next, { from }) => (from > s.programTime ? Math.min(next, from) : next),
      end,
    );
    const size = Math.max(s.live, Math.min(start, again));
    const left = change - s.programTime;
    const needed = ((size - s.live) / rate) * second;
    const ns = Math.min(left, needed);
    s.programTime = needed < left ? s.programTime + ns : change;
    const before = s.live;
    s.live = needed <= left ? size : s.live + (rate * ns) / second;
    s.memory = Math.max(s.memory, s.live);
    s.mostMemory = Math.max(s.mostMemory, s.memory);
    pass(ns, false, before);
    const limit = limits.findLast(({ from }) => from <= s.programTime)?.bytes ?? none;
    if (limit !== s.limit) {
      s.limit = limit;
      if (!(await pace())) break;
    }
    if (s.live >= start) {
      const marked = alive();
      s.lastInUse = s.live;
      s.lastGoal = s.goal;
      pass(collectionTime(marked, speed), true);
      s.live = s.marked = marked;
      s.cycles++;
      if (!(await pace())) break;
      // What it does not want goes back.
      s.memory = Math.max(s.live, Math.min(s.memory, s.goal));
    } else if (s.live >= again && !(await pace())) break;
  }
  return { stretches, cycles: s.cycles, done: s.programTime >= end };
}

/** What a run came to. */
export interface Figures {
  /** Nanoseconds. */
  readonly time: number;
  /** Bytes, the mean over time, and the most. */
  readonly memory: number;
  readonly peak: number;
  /** Of the time, 0 to 1, that collections took. */
  readonly share: number;
}

/**
 * A cycle's memory is the most of it, however often the policy was asked on the way.
 *
 * @param from leaves out what was before, by the clock
 */
export function figuresOf({ stretches }: CollectorRun, from = 0): Figures {
  let [time, collecting, area, peak] = [0, 0, 0, 0];
  const cycle = { time: 0, most: 0 };
  const end = (): void => {
    area += cycle.time * cycle.most;
    peak = Math.max(peak, cycle.most);
    cycle.time = cycle.most = 0;
  };
  for (const stretch of stretches) {
    const ns = stretch.to - Math.max(from, stretch.from);
    if (ns <= 0) continue;
    time += ns;
    cycle.time += ns;
    cycle.most = Math.max(cycle.most, stretch.memory);
    if (!stretch.collecting) continue;
    collecting += ns;
    end();
  }
  end();
  return { time, memory: area / Math.max(1, time), peak, share: collecting / Math.max(1, time) };
}

const drawn = 240;

/**
 * What is in use over time in MiB, so many values: it grows from collection to collection, and the top of each is what the cycle has at
 * most. Memory itself is no picture of a policy: what goes back after a collection, and is had again, depends on how often one was asked.
 * A value is the most of its time, so that cycles that are shorter than that are not drawn by chance.
 */
export function usedOver({ stretches }: CollectorRun): number[] {
  const begin = stretches[0]?.from ?? 0;
  const width = ((stretches.at(-1)?.to ?? 1) - begin) / drawn;
  const values = new Array<number>(drawn).fill(0);
  for (const { from, to, used } of stretches) {
    const at = (time: number): number => used[0] + ((used[1] - used[0]) * (time - from)) / (to - from);
    const last = Math.min(drawn - 1, Math.ceil((to - begin) / width) - 1);
    for (let k = Math.max(0, Math.floor((from - begin) / width)); k <= last; k++) {
      // Nothing of it becomes less within a stretch.
      const most = at(Math.min(to, begin + (k + 1) * width)) / MiB;
      values[k] = Math.max(values[k] as number, most);
    }
  }
  return values;
}
