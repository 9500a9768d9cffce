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
  new OwnPolicy(bench, { target: own, args: [{ startingRatio }], what: 'a controller' });

/** What is answered to a sample: time worked to time slept. */
export const ratioQuestion = (sample: Sample): Question<number> => ({
  method: 'next',
  named: `${own}: next`,
  args: [sample.measured, sample.wanted, sample.period],
  text: callText(sample),
  answerText: short,
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

/** A burst as it is on average. */
const usualBurst = 1.15e6;

/**
 * With hindsight: the ratio that gives the wanted share under the load of this moment, which no controller is told. So it needs no
 * feedback, and what is left of it is a sleep that began under another load.
 */
export function knownRatio({ wanted, loads }: Scene, time: number): number {
  const { stretch, lag } = loads.findLast(({ from }) => from <= time) ?? { stretch: 1, lag: 0 };
  const sleep = (usualBurst * (1 - wanted)) / wanted - lag;
  return sleep <= 0 ? mostRatio : Math.min(mostRatio, (usualBurst * stretch) / sleep);
}

export async function playKnown(scene: Scene, seed: string): Promise<readonly number[]> {
  const played = await playScene(scene, chanceOf(seed), (_, time) => knownRatio(scene, time));
  return sharesOf(played, scene.end);
}
