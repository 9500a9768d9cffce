/**
 * The sampler: what the heap believes and what the kernel says, on a fixed beat.
 *
 * Sampling must not disturb what is sampled: the scavenger's controller measures wall time. So a sample on the
 * beat is cheap: statm, mincore over the heap's ranges, fault counts. A *detailed sample* also has the number of
 * mappings, and what smaps tells, where that can be something: under MADV_FREE or with huge pages. It is taken at
 * most once a second, and so seldom that it takes no more than 2 % of the time; beside those, at ends of phases
 * and at the end of the run. Beats are at fixed times from the start; one that comes too late is missed, not made
 * up for. Every sample says what it cost, how many beats were missed, and how long the run waited for a CPU. What
 * the kernel does not show is null (looks.ts).
 */
import { pageSize } from '../../base/units.ts';
import type { FaultCounts, ProcessMemory, Residency } from '../../os/residency.ts';
import type { CpuAccount } from '../../os/sched-stat.ts';
import type { RunSample } from '../record/lines.ts';
import type { LabHeap, LabSample } from '../subject/target.ts';
import type { RanMemory } from './as-it-ran.ts';
import { Looks } from './looks.ts';

const leastDetailGapMs = 1000;
/** After the details of a sample there are none for this many times their own cost. */
const restAfterDetails = 50;

/** A timer may come so much before its time. */
const earlyMs = 2;

/** What the sampler asks of the kernel; lib/os's Residency answers it. */
export type KernelCounts = Pick<Residency, 'residentBytes' | 'mappedUse' | 'mappingCount'> & {
  processMemory(): ProcessMemory;
  faults(): FaultCounts;
  /** The scheduler's account of this thread; undefined where there is none. */
  cpu(): CpuAccount | undefined;
};

export interface SamplerOptions {
  readonly heap: LabHeap;
  readonly kernel: KernelCounts;
  /** Milliseconds between samples. */
  readonly beatMs: number;
  /** Whether smaps can tell something: advice is 'free', or huge pages come unasked. */
  readonly withSmaps: () => boolean;
  /** Milliseconds since the start of the run, by its own clock. */
  readonly elapsed: () => number;
  /** The stretch of the run, and operations so far. */
  readonly state: () => {
    readonly phase: string;
    readonly ops: number;
    /** Bytes asked for and not freed; null where nobody counts them. */
    readonly live?: number | null;
    /** What the recorded program had by then. */
    readonly ran?: RanMemory | undefined;
    /** How many milliseconds of its time may pass in one by the wall; default: one. */
    readonly speed?: number;
    /** Bytes that the heap counts as stacks, and that are the program's memory. */
    readonly stacks?: number | undefined;
  };
  readonly onSample: (sample: RunSample) => void;
  /** Called when a sample on the beat fails; there are no more beats then. */
  readonly onError: (error: unknown) => void;
}

export class Sampler {
  /** Samples taken, the beats missed, and nanoseconds spent on samples. */
  samples = 0;
  missed = 0;
  costNs = 0;
  readonly #options: SamplerOptions;
  readonly #beatMs: number;
  /** Whether larger physical pages can keep free memory from being given back. */
  readonly #canTrap: boolean;
  readonly #looks = new Looks();
  readonly #faultsAtStart: FaultCounts | null;
  readonly #cpuAtStart: CpuAccount | undefined;
  #nextBeat = 0;
  #nextDetails = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastSample: RunSample | undefined;

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#beatMs = options.beatMs;
    const { kernel } = options;
    this.#canTrap = Number(options.heap.settings?.physPageSize ?? 0) > pageSize;
    this.#faultsAtStart = this.#looks.at('getrusage', () => kernel.faults());
    this.#cpuAtStart = kernel.cpu();
    if (this.#cpuAtStart === undefined) this.#looks.refuse('schedstat', 'not kept or not shown');
  }

  /** What the kernel does not show, a sentence each. */
  get leftOut(): string[] {
    return this.#looks.leftOut();
  }

  /** The sample taken last. */
  get last(): RunSample | undefined {
    return this.#lastSample;
  }

  /** Takes a sample now, and from now on with every beat. */
  start(): void {
    this.#nextBeat = this.#options.elapsed();
    this.#beat();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The run's time goes slower or faster from now on: so does what is left until the next beat. */
  follow(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#await();
  }

  /** Takes a sample outside the beat: at the end of a stretch. `detailed`: with details, whenever the last were. */
  sample(detailed = false): RunSample {
    const { heap, kernel, elapsed, state, withSmaps, onSample } = this.#options;
    const begin = process.hrtime.bigint();
    const t = elapsed();
    const { phase, ops, live, ran, stacks = 0 } = state();
    const believed = heap.sample();
    const ranges = heap.ranges();
    const looks = this.#looks;
    const faults = looks.at('getrusage', () => kernel.faults());
    const sample = {
      k: 's' as const,
      t: round(t),
      phase,
      ops,
      inuse: believed.heapInuse === undefined ? undefined : believed.heapInuse + stacks,
      free: believed.heapFree,
      released: believed.heapReleased,
      ...(this.#canTrap ? { trapped: believed.heapTrapped ?? 0 } : {}),
      sys: believed.heapSys === undefined ? undefined : believed.heapSys + stacks,
      alloc: believed.heapAlloc,
      goal: finite(believed.goal),
      limit: finite(believed.limit),
      own: believed.own,
      live: live ?? undefined,
      busyNs: believed.busyNs,
      notHeap: believed.notHeap,
      rss: ranges.length === 0 ? 0 : looks.at('mincore', () => kernel.residentBytes(ranges)),
      prss: looks.at('statm', () => kernel.processMemory().resident),
      ...(ran === undefined ? {} : { ranRss: ran.rss, ranAnon: ran.anon }),
      ...sinceStart(faults, this.#faultsAtStart),
      ...this.#cpu(),
      madv: believed.madviseCalls,
      madvB: believed.madviseBytes,
      madvNs: believed.madviseNs,
      gcs: believed.numGC,
      ...finalizersOf(believed),
    };
    let details: Partial<RunSample> = {};
    if (detailed || t >= this.#nextDetails) {
      const detailsBegin = process.hrtime.bigint();
      details = detailsOf(looks, kernel, withSmaps() ? ranges : []);
      const ms = Number(process.hrtime.bigint() - detailsBegin) / 1e6;
      this.#nextDetails = t + Math.max(leastDetailGapMs, restAfterDetails * ms);
    }
    const cost = Number(process.hrtime.bigint() - begin);
    this.samples++;
    this.costNs += cost;
    const whole = known({ ...sample, ...details, cost, missed: this.missed });
    this.#lastSample = whole;
    onSample(whole);
    return whole;
  }

  #cpu(): Pick<RunSample, 'cpuNs' | 'waitNs'> {
    const now = this.#options.kernel.cpu();
    const start = this.#cpuAtStart;
    if (now === undefined || start === undefined) return { cpuNs: null, waitNs: null };
    return { cpuNs: now.ran - start.ran, waitNs: now.waited - start.waited };
  }

  #beat(): void {
    const now = this.#options.elapsed();
    // The run stood still meanwhile, or went slower than its clock could.
    if (this.#nextBeat - now > earlyMs) {
      this.#await();
      return;
    }
    const late = Math.floor((now - this.#nextBeat) / this.#beatMs);
    if (late > 0) this.missed += late;
    this.#nextBeat += (Math.max(0, late) + 1) * this.#beatMs;
    try {
      this.sample();
    } catch (error) {
      this.#options.onError(error);
      return;
    }
    this.#await();
  }

  #await(): void {
    const { elapsed, state } = this.#options;
    const wait = Math.max(0, this.#nextBeat - elapsed()) / Math.max(1, state().speed ?? 1);
    this.#timer = setTimeout(() => this.#beat(), wait);
  }
}

function sinceStart(
  now: FaultCounts | null,
  start: FaultCounts | null,
): Pick<RunSample, 'minflt' | 'majflt'> {
  if (now === null || start === null) return {};
  return { minflt: now.minor - start.minor, majflt: now.major - start.major };
}

/** Nothing as long as no finalizer was ever due. */
function finalizersOf({
  finalizersQueued: fin = 0,
  finalizersRun: finRun = 0,
}: LabSample): Pick<RunSample, 'fin' | 'finRun'> {
  return fin === 0 ? {} : { fin, finRun };
}

function detailsOf(
  looks: Looks,
  kernel: KernelCounts,
  ranges: ReturnType<LabHeap['ranges']>,
): Partial<RunSample> {
  const vmas = looks.at('maps', () => kernel.mappingCount());
  const use = ranges.length === 0 ? null : looks.at('smaps', () => kernel.mappedUse(ranges));
  return {
    ...(vmas === null ? {} : { vmas }),
    ...(use === null ? {} : { lazy: use.lazyFree, huge: use.anonHugePages }),
  };
}

function finite(n: number | undefined): number | null | undefined {
  return n === undefined || Number.isFinite(n) ? n : null;
}

/** A sample without the members that the allocator does not tell. */
function known(sample: { readonly [key in keyof RunSample]: RunSample[key] | undefined }): RunSample {
  for (const name of Object.keys(sample) as (keyof RunSample)[])
    if (sample[name] === undefined) delete (sample as Partial<Record<keyof RunSample, unknown>>)[name];
  return sample as RunSample;
}

/** To a microsecond. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
