/**
 * A controller of the hand-in in its loop: what it answers sets how long the scavenger sleeps, and what it is told next.
 */
import { second } from '../../../base/units.ts';
import { chanceOf } from '../../model/seeds.ts';
import type { Bench } from '../bench.ts';
import type { Curve } from '../exercise.ts';
import { OwnPolicy, type Question } from '../own-policy.ts';
import { type Played, playScene, type Sample, type Scene, sharesOf, startingRatio } from './plant.ts';

export const own = 'ScavengeController';

/** What the contract allows (lib/scavenge/controller.ts). */
export const leastRatio = 1e-6;
export const mostRatio = 1e6;
const expected = `time worked to time slept, a number from ${leastRatio} to ${mostRatio}`;

const short = (n: number): string => String(Number(n.toPrecision(4)));
const callText = ({ measured, wanted, period }: Sample): string =>
  `next(${short(measured)}, ${wanted}, ${short(period)})`;

export const controllerOn = (bench: Bench): OwnPolicy =>
  new OwnPolicy(bench, { target: own, args: [{ startingRatio }], what: 'a controller', mostSteps: 20 });

/** What is answered to a sample: time worked to time slept. */
export const ratioQuestion = (sample: Sample): Question<number> => ({
  method: 'next',
  named: `${own}: next`,
  args: [sample.measured, sample.wanted, sample.period],
  text: callText(sample),
  expected,
  read: (value) =>
    typeof value === 'number' && value >= leastRatio && value <= mostRatio
      ? { answer: value }
      : { wrong: `answers ${typeof value === 'number' ? 'a ratio that may not be' : 'no number'}` },
});

/** The share of the time over a scene, in percent. */
export function shareCurve(shares: readonly number[], { wanted, end }: Scene): Curve {
  return {
    what: 'share of the time, %',
    values: shares.map((share) => 100 * share),
    end: `${Math.round(end / second)} s`,
    mark: 100 * wanted,
  };
}

export interface OwnPlayed {
  readonly controller: OwnPolicy;
  readonly played: Played;
  readonly shares: readonly number[];
}

/** Plays a scene on the hand-in. The controller has the failure, if there is one. @throws HandinOver */
export async function playOwn(bench: Bench, scene: Scene, seed: string): Promise<OwnPlayed> {
  const controller = controllerOn(bench);
  await controller.begin();
  const played = await playScene(scene, chanceOf(seed), (sample) => controller.ask(ratioQuestion(sample)));
  return { controller, played, shares: sharesOf(played, scene.end) };
}

/**
 * The judge's own: proportional and integral in the logarithm, where an error is a factor. What the share is too small by in one
 * sample counts as `e` at most, so that neither a suspension nor a lag moves it far.
 */
export function referenceController(): (sample: Sample) => number {
  const [kp, ki] = [0.05, 0.4];
  const [least, most] = [Math.log(1e-5), Math.log(30)];
  const within = (x: number, a: number, b: number): number => Math.max(a, Math.min(b, x));
  let integral = Math.log(startingRatio);
  return ({ measured, wanted }) => {
    const odds = (share: number): number => Math.log(share / (1 - share));
    const error = within(odds(wanted) - odds(Math.min(measured, 1 - 1e-9)), -5, 1);
    integral = within(integral + ki * error, least, most);
    return Math.exp(within(integral + kp * error, least, most));
  };
}

export async function playReference(scene: Scene, seed: string): Promise<readonly number[]> {
  const ask = referenceController();
  return sharesOf(await playScene(scene, chanceOf(seed), ask), scene.end);
}
