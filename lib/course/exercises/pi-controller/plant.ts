/**
 * What is controlled: a background scavenger on a machine that has other work. It works a burst, sleeps for the time worked
 * over the ratio, and is told what share of the time that was. Time is simulated.
 *
 * The machine stretches its sleeps by a factor, and by a lag: the load, which changes in steps. Bursts last a millisecond and
 * something. A suspension is one sleep that lasts for hours by the clock that the controller is told of; the time of the
 * picture leaves it out.
 */
import { second } from '../../../base/units.ts';
import type { Chance } from '../../model/seeds.ts';

/** From this time on. */
export interface Load {
  /** Nanoseconds. */
  readonly from: number;
  /** Time slept over the time that was asked for. */
  readonly stretch: number;
  /** Nanoseconds that a sleep takes longer, beside that. */
  readonly lag: number;
}

export interface Scene {
  readonly wanted: number;
  readonly loads: readonly Load[];
  readonly end: number;
  /** How much bursts and sleeps vary: 0 not at all. */
  readonly noise: number;
  /** A sleep that begins then lasts for so long. */
  readonly suspended?: { readonly at: number; readonly ns: number };
}

/** The ratio until the controller was asked first. */
export const startingRatio = 0.001;
const burst = 1e6;
/** A controller that lets the scavenger work all the time is not asked for ever. */
const mostBursts = 6000;

export interface Sample {
  readonly measured: number;
  readonly wanted: number;
  readonly period: number;
}

export interface Played {
  /** Time worked up to the end of each period, both in nanoseconds; suspensions are left out. */
  readonly times: readonly number[];
  readonly worked: readonly number[];
  readonly samples: readonly Sample[];
}

/** Plays a scene. @param ask the ratio after a sample; undefined ends it */
export async function playScene(
  { wanted, loads, end, noise, suspended }: Scene,
  chance: Chance,
  ask: (sample: Sample, time: number) => Promise<number | undefined> | number | undefined,
): Promise<Played> {
  const times = [0];
  const worked = [0];
  const samples: Sample[] = [];
  const varying = (least: number, most: number): number =>
    1 + noise * (least + ((most - least) * chance.between(0, 1000)) / 1000);
  let [time, work, ratio] = [0, 0, startingRatio];
  let asleep = suspended;
  while (time < end && samples.length < mostBursts) {
    const load = loads.findLast(({ from }) => from <= time) ?? (loads[0] as Load);
    const took = burst * varying(0, 0.3);
    let slept = (took / ratio) * load.stretch * varying(-0.1, 0.2) + load.lag;
    let period = took + slept;
    time += period;
    work += took;
    times.push(time);
    worked.push(work);
    if (asleep !== undefined && time >= asleep.at) {
      slept += asleep.ns;
      period += asleep.ns;
      asleep = undefined;
    }
    const sample = { measured: took / period, wanted, period };
    samples.push(sample);
    const next = await ask(sample, time);
    if (next === undefined) break;
    ratio = next;
  }
  return { times, worked, samples };
}

const step = second / 4;

/** The share of each second, every quarter of one, from `from` on: that of its last quarter is the last. */
export function sharesOf({ times, worked }: Played, end: number): number[] {
  const shares: number[] = [];
  const at: number[] = [];
  let i = 0;
  for (let time = 0; time <= end; time += step) {
    while (i < times.length - 2 && (times[i + 1] as number) < time) i++;
    const [t0, t1] = [times[i] as number, times[i + 1] ?? (times[i] as number)];
    const [w0, w1] = [worked[i] as number, worked[i + 1] ?? (worked[i] as number)];
    at.push(t1 > t0 ? w0 + ((w1 - w0) * (time - t0)) / (t1 - t0) : w0);
    if (at.length > 4) shares.push(((at.at(-1) as number) - (at.at(-5) as number)) / second);
  }
  return shares;
}

/** What a scene showed; shares are over the wanted one. */
export interface Figures {
  /** How far the share of a second was above the wanted one at most: 0 not at all. */
  readonly overshoot: number;
  /** Seconds after a step until the share stays within a quarter of the wanted one, on average. */
  readonly settling: number;
  /** How far the share of a second was from the wanted one, on average. */
  readonly off: number;
}

const band = 0.25;

/** @param steps times at which something changed @param shares of `sharesOf` */
export function figuresOf(
  shares: readonly number[],
  { wanted, end }: Scene,
  steps: readonly number[],
): Figures {
  const indexOf = (time: number): number => Math.max(0, Math.round((time - second) / step));
  const over = shares.map((share) => share / wanted - 1);
  const settled = steps.map((from, k) => {
    const to = Math.min(over.length, indexOf(steps[k + 1] ?? end));
    let i = to;
    while (i > indexOf(from) && Math.abs(over[i - 1] as number) <= band) i--;
    return Math.max(0, (i - indexOf(from)) * (step / second));
  });
  const mean = (list: readonly number[]): number =>
    list.reduce((sum, n) => sum + n, 0) / Math.max(1, list.length);
  return {
    overshoot: Math.max(0, ...over),
    settling: mean(settled),
    off: mean(over.map(Math.abs)),
  };
}
