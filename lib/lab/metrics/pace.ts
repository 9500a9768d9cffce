/**
 * How a run went against the clock: the time asked for and the time it took, the time it waited for a CPU, the beats
 * it missed, and where it has no samples at all.
 *
 * A replay and a scavenger go by the clock. On a busy machine the run's thread is ready and has no CPU: the replay falls
 * behind, the scavenger takes the time for its own work (see docs/how-it-works.md), and the picture is partly that of
 * its neighbours. The scheduler's account tells; what a hypervisor took is seen in missed beats alone.
 *
 * Not here: how it is said (report/pace-words.ts).
 */
import type { RunSample } from '../record/lines.ts';
import type { RunData } from '../record/run-data.ts';

/** Seconds. */
export interface Stretch {
  /** Null: as fast as it goes, or not known. */
  readonly asked: number | null;
  readonly took: number;
}

export interface Pace {
  /** The replay of a trace, or the work of a workload between its idle stretches. */
  readonly work: Stretch;
  /** All idle stretches together. */
  readonly idle: Stretch;
  /** Seconds from the start to the last sample. */
  readonly elapsed: number;
  /** Seconds for which the run's thread was ready and had no CPU; null where the kernel does not tell. */
  readonly waited: number | null;
  /** Beats missed. */
  readonly missed: number;
  /** Of all beats, 0 to 1. */
  readonly missedShare: number;
}

/** A stretch of time without a sample; milliseconds since the start. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

const defaultBeatMs = 100;
/** Beats that are late by less than so many of them leave no gap. */
const gapBeats = 3;
/** Nothing shorter is a gap: the work of a run holds up its own sampler as long. */
const leastGapMs = 200;

/** Milliseconds between two beats: as asked for, else what lies between most samples. */
export function beatOf({ header, samples }: Pick<RunData, 'header' | 'samples'>): number {
  const beat = header.pace?.beatMs;
  if (typeof beat === 'number' && beat > 0) return beat;
  const steps = samples.slice(1).map(({ t }, i) => t - samples[i].t);
  return steps.sort((x, y) => x - y)[Math.floor(steps.length / 2)] || defaultBeatMs;
}

/** Where a run has no samples though there should have been some. */
export function gapsOf({ header, samples }: Pick<RunData, 'header' | 'samples'>): Gap[] {
  const least = Math.max(leastGapMs, gapBeats * beatOf({ header, samples }));
  return samples.flatMap((sample, i) => {
    const from = samples[i - 1]?.t ?? sample.t;
    return sample.t - from > least ? [{ from, to: sample.t }] : [];
  });
}

/** Seconds of a kind of phase, by the samples: until the first sample of another kind. */
function secondsIn(samples: readonly RunSample[], isOfKind: (phase: string) => boolean): number {
  let ms = 0;
  samples.forEach(({ t, phase = '' }, i) => {
    const next = samples[i + 1];
    if (next !== undefined && isOfKind(phase)) ms += next.t - t;
  });
  return ms / 1000;
}

const numberOr = (value: unknown, otherwise: number): number =>
  typeof value === 'number' ? value : otherwise;

/** Undefined when the run has no sample. */
export function paceOf(run: RunData): Pace | undefined {
  const { header, samples, end } = run;
  const last = samples.at(-1);
  if (last === undefined) return undefined;
  const { seconds, idle } = header.pace ?? {};
  const isPaced = header.trace !== undefined && header.trace.name !== 'stdin';
  const asked = isPaced ? numberOr(seconds, 0) : 0;
  const missed = last.missed ?? 0;
  return {
    work: {
      asked: asked > 0 ? asked : null,
      // A run that was killed has no end to tell.
      took: end?.seconds ?? secondsIn(samples, (phase) => phase !== 'idle'),
    },
    idle: {
      asked: end?.idleAsked ?? (header.trace !== undefined && typeof idle === 'number' ? idle : null),
      took: end?.idleSeconds ?? secondsIn(samples, (phase) => phase === 'idle'),
    },
    elapsed: last.t / 1000,
    waited: typeof last.waitNs === 'number' ? last.waitNs / 1e9 : null,
    missed,
    missedShare: missed / (missed + samples.length),
  };
}

/**
 * The share of its time for which a run waited for a CPU; undefined where that is not known. Above 1 where several threads of a
 * process waited at once.
 */
export function waitedShare({ waited, elapsed }: Pace): number | undefined {
  return waited === null || elapsed <= 0 ? undefined : waited / elapsed;
}

/** A share above this is not what an idle machine does; less than so much in all is not worth a word. */
const busyShare = 0.05;
const leastWaitSeconds = 0.25;
const leastMissed = 5;
/** A replay that takes this much longer than asked did not keep its pace. */
const lateShare = 0.1;
const lateSeconds = 0.5;

/** Whether so many seconds of waiting for a CPU, at least `least` of them, are more than an idle machine has in such a time. */
export const isHeldUp = (waited: number, seconds: number, least = leastWaitSeconds): boolean =>
  waited >= least && waited > busyShare * seconds;

/** Whether others had the CPU that a run was to have. */
export function wasHeldUp(pace: Pace): boolean {
  const { waited, elapsed, missed, missedShare } = pace;
  return isHeldUp(waited ?? 0, elapsed) || (missed >= leastMissed && missedShare > busyShare);
}

/** Whether a replay took notably longer than was asked. */
export function wasLate({ work: { asked, took } }: Pace): boolean {
  return asked !== null && took > asked * (1 + lateShare) && took > asked + lateSeconds;
}

/** How the runs of one configuration were treated, on average. */
export interface Treatment {
  readonly label: string;
  /** Seconds, and their share of the time; undefined where that is not known. */
  readonly waited: number | undefined;
  readonly waitedShare: number | undefined;
  /** Beats, and their share of all. */
  readonly missed: number;
  readonly missedShare: number;
  /** Seconds. */
  readonly elapsed: number;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Undefined without a pace. */
export function treatmentOf(label: string, paces: readonly Pace[]): Treatment | undefined {
  if (paces.length === 0) return undefined;
  const shares = paces.flatMap((pace) => waitedShare(pace) ?? []);
  return {
    label,
    waited: shares.length === 0 ? undefined : mean(paces.map(({ waited }) => waited ?? 0)),
    waitedShare: shares.length === 0 ? undefined : mean(shares),
    missed: mean(paces.map(({ missed }) => missed)),
    missedShare: mean(paces.map(({ missedShare }) => missedShare)),
    elapsed: mean(paces.map(({ elapsed }) => elapsed)),
  };
}

/** How each configuration that has samples was treated. */
export function treatmentsOf(
  configurations: readonly { readonly label: string; readonly runs: readonly RunData[] }[],
): Treatment[] {
  return configurations.flatMap(
    ({ label, runs }) =>
      treatmentOf(
        label,
        runs.flatMap((run) => paceOf(run) ?? []),
      ) ?? [],
  );
}

const apart = (values: readonly number[]): number =>
  values.length < 2 ? 0 : Math.max(...values) - Math.min(...values);

/** Those that can be compared: where some waits are known, a curve without one was not run here (a program as it ran). */
export function comparableTreatments(treatments: readonly Treatment[]): readonly Treatment[] {
  const known = treatments.filter(({ waited }) => waited !== undefined);
  return known.length > 0 ? known : treatments;
}

/** Whether some configurations were held up by others' work and some not, or not as much. */
export function wereTreatedAlike(treatments: readonly Treatment[]): boolean {
  const all = comparableTreatments(treatments);
  const waits = all.flatMap(({ waited }) => waited ?? []);
  // A beat is missed for a run's own work, too; the scheduler's account is the better witness.
  if (waits.length > 0)
    return (
      apart(waits) < leastWaitSeconds || apart(all.map(({ waitedShare: share }) => share ?? 0)) <= busyShare
    );
  return (
    apart(all.map(({ missed }) => missed)) < leastMissed ||
    apart(all.map(({ missedShare }) => missedShare)) <= busyShare
  );
}
