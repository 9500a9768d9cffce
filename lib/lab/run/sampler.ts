/**
 * The sampler: what the heap believes and what the kernel says, on a fixed beat.
 *
 * Looking must not disturb what is looked at: the scavenger's controller measures wall time. So a
 * look on the beat is cheap (statm, mincore over the heap's ranges, fault counts), and the dear one
 * (smaps, and the number of mappings) is taken at most once a second, and so seldom that it costs no
 * more than 2 % of the time, beside those that are asked for (ends of phases, the end of the run); smaps only where it can tell something, under MADV_FREE or with huge
 * pages. Beats are at fixed times from the start; one that comes too late is missed, not made up
 * for. Every sample says what looking cost and how many beats were missed.
 */
import { PageHeapError } from '../../base/errors.ts';
import type { FaultCounts, ProcessMemory, Residency } from '../../os/residency.ts';
import type { RunSample } from '../record/lines.ts';
import type { LabHeap } from '../subject/target.ts';

export const defaultBeatMs = 100;
const closeLookMs = 1000;
/** A dear look is followed by this many times its own cost without one. */
const closeLookRest = 50;

/** What the sampler asks of the kernel; lib/os's Residency. */
export type Looks = Pick<Residency, 'residentBytes' | 'mappedUse' | 'mappingCount'> & {
  processMemory(): ProcessMemory;
  faults(): FaultCounts;
};

export interface SamplerOptions {
  readonly heap: LabHeap;
  readonly looks: Looks;
  readonly beatMs?: number;
  /** Whether smaps can tell something: advice is 'free', or huge pages come unasked. */
  readonly closely: boolean;
  /** Milliseconds since the start of the run. */
  readonly elapsed: () => number;
  /** The stretch of the run, and operations so far. */
  readonly state: () => { readonly phase: string; readonly ops: number };
  readonly onSample: (sample: RunSample) => void;
  /** Called when a look on the beat fails; there are no more beats then. */
  readonly onError: (error: unknown) => void;
}

export class Sampler {
  /** Samples taken, the beats missed, and nanoseconds spent looking. */
  samples = 0;
  missed = 0;
  costNs = 0;
  private readonly options: SamplerOptions;
  private readonly beatMs: number;
  private readonly faultsAtStart: FaultCounts;
  private nextBeat = 0;
  private nextCloseLook = 0;
  private timer: NodeJS.Timeout | undefined;
  private lastLook: RunSample | undefined;

  constructor(options: SamplerOptions) {
    this.options = options;
    this.beatMs = options.beatMs ?? defaultBeatMs;
    this.faultsAtStart = options.looks.faults();
  }

  /** The sample taken last. */
  get last(): RunSample | undefined {
    return this.lastLook;
  }

  /** Takes a sample now, and from now on with every beat. */
  start(): void {
    this.nextBeat = this.options.elapsed();
    this.beat();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Takes a sample outside the beat: at the end of a stretch. `dear`: with the dear look, whenever the last was. */
  look(dear = false): RunSample {
    const { heap, looks, elapsed, state, closely, onSample } = this.options;
    const begin = process.hrtime.bigint();
    const t = elapsed();
    const { phase, ops } = state();
    const believed = heap.sample();
    const ranges = heap.ranges();
    const faults = looks.faults();
    const sample = {
      k: 's' as const,
      t: round(t),
      phase,
      ops,
      inuse: believed.heapInuse,
      free: believed.heapFree,
      released: believed.heapReleased,
      sys: believed.heapSys,
      alloc: believed.heapAlloc,
      goal: finite(believed.goal),
      limit: finite(believed.limit),
      rss: residentBytes(looks, ranges),
      prss: looks.processMemory().resident,
      minflt: faults.minor - this.faultsAtStart.minor,
      majflt: faults.major - this.faultsAtStart.major,
      madv: believed.madviseCalls,
      madvB: believed.madviseBytes,
      madvNs: believed.madviseNs,
      gcs: believed.numGC,
    };
    let close: Partial<RunSample> = {};
    if (dear || t >= this.nextCloseLook) {
      const closeBegin = process.hrtime.bigint();
      close = closeLook(looks, closely ? ranges : []);
      const ms = Number(process.hrtime.bigint() - closeBegin) / 1e6;
      this.nextCloseLook = t + Math.max(closeLookMs, closeLookRest * ms);
    }
    const cost = Number(process.hrtime.bigint() - begin);
    this.samples++;
    this.costNs += cost;
    const whole: RunSample = { ...sample, ...close, cost, missed: this.missed };
    this.lastLook = whole;
    onSample(whole);
    return whole;
  }

  private beat(): void {
    const now = this.options.elapsed();
    const late = Math.floor((now - this.nextBeat) / this.beatMs);
    if (late > 0) this.missed += late;
    this.nextBeat += (Math.max(0, late) + 1) * this.beatMs;
    try {
      this.look();
    } catch (error) {
      this.options.onError(error);
      return;
    }
    this.timer = setTimeout(() => this.beat(), Math.max(0, this.nextBeat - this.options.elapsed()));
  }
}

function residentBytes(looks: Looks, ranges: ReturnType<LabHeap['ranges']>): number {
  return ranges.length === 0 ? 0 : looks.residentBytes(ranges);
}

function closeLook(looks: Looks, ranges: ReturnType<LabHeap['ranges']>): Partial<RunSample> {
  try {
    const vmas = looks.mappingCount();
    if (ranges.length === 0) return { vmas };
    const { lazyFree, anonHugePages } = looks.mappedUse(ranges);
    return { vmas, lazy: lazyFree, huge: anonHugePages };
  } catch (error) {
    // /proc may be hidden; a run goes on without this look.
    if (error instanceof PageHeapError && error.code === 'ERR_SYSTEM') return {};
    throw error;
  }
}

function finite(n: number): number | null {
  return Number.isFinite(n) ? n : null;
}

/** To a microsecond. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
