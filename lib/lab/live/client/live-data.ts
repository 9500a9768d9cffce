/**
 * A run as a page knows it so far: its lines, as a RunData that grows, from which the report's own curves are worked out.
 *
 * Memory is bounded: of more samples than so many the older ones are thinned, as the report thins what it draws, so that
 * peaks and dips stay.
 */
import type { RunCollection, RunHeader, RunSample, RunScavenge, RunSteer } from '../../record/lines.ts';
import type { RunData } from '../../record/run-data.ts';
import { type Curves, curvesOf } from '../../report/curves.ts';
import { thin } from '../../report/downsample.ts';

const mostSamples = 30_000;
/** Slices of time of which some samples each are kept. */
const keptSlices = 2500;
const mostEvents = 20_000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };
type GrowingRun = Mutable<Required<Omit<RunData, 'end' | 'dominators'>>> & { end: RunData['end'] };

const empty = (): GrowingRun => ({
  header: { k: 'run', format: '' },
  samples: [],
  collections: [],
  scavenges: [],
  phases: [],
  maps: [],
  classes: [],
  steers: [],
  end: undefined,
  remarks: [],
});

export class LiveData {
  #run = empty();
  #isThinned = false;

  /** Everything from before is gone. */
  clear(): void {
    this.#run = empty();
    this.#isThinned = false;
  }

  /** Takes a line of a run file; page maps and size classes are not kept here. */
  add(line: Readonly<Record<string, unknown>>): void {
    const run = this.#run;
    switch (line.k) {
      case 'run':
        run.header = line as unknown as RunHeader;
        break;
      case 's':
        run.samples.push(line as unknown as RunSample);
        if (run.samples.length > mostSamples) this.#thin();
        break;
      case 'gc':
        push(run.collections, line as unknown as RunCollection);
        break;
      case 'scav':
        push(run.scavenges, line as unknown as RunScavenge);
        break;
      case 'phase':
        run.phases.push(line as unknown as RunData['phases'][number]);
        break;
      case 'steer':
        run.steers.push(line as unknown as RunSteer);
        break;
      case 'end':
        run.end = line as unknown as NonNullable<RunData['end']>;
    }
  }

  get run(): RunData {
    return this.#run;
  }

  get curves(): Curves {
    return curvesOf(this.#run);
  }

  /** Milliseconds of the run's time so far. */
  get length(): number {
    return this.#run.samples.at(-1)?.t ?? 0;
  }

  /** The sample that counts at a time: the last one until then. */
  sampleAt(t: number): RunSample | undefined {
    const { samples } = this.#run;
    let [low, high] = [0, samples.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (samples[middle].t <= t) low = middle + 1;
      else high = middle;
    }
    return samples[Math.max(0, low - 1)];
  }

  #thin(): void {
    const { samples, header } = this.#run;
    const times = samples.map(({ t }) => t);
    const watched = (['rss', 'inuse', 'released'] as const).map(
      (name) => (i: number) => samples[i][name] ?? 0,
    );
    this.#run.samples = thin(times, watched, keptSlices).map((i) => samples[i]);
    // What lies between two samples that were kept is no gap.
    const beatMs = (4 * (times[times.length - 1] - times[0])) / this.#run.samples.length;
    this.#run.header = { ...header, pace: { ...header.pace, beatMs } };
    this.#isThinned = true;
  }

  /** Whether older samples are left out. */
  get isThinned(): boolean {
    return this.#isThinned;
  }
}

/** Adds an event; of too many the older half goes. */
function push<T>(events: T[], event: T): void {
  events.push(event);
  if (events.length > mostEvents) events.splice(0, mostEvents / 2);
}
