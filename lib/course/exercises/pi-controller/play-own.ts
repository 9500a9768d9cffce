/**
 * A controller of the hand-in in its loop: what it answers sets how long the scavenger sleeps, and what it is told next.
 */
import { second } from '../../../base/units.ts';
import { chanceOf } from '../../model/seeds.ts';
import type { Value } from '../../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import type { Curve, Failure } from '../exercise.ts';
import { type Played, playScene, type Sample, type Scene, sharesOf, startingRatio } from './plant.ts';

export const own = 'ScavengeController';

/** What the contract allows (lib/scavenge/controller.ts). */
export const leastRatio = 1e-6;
export const mostRatio = 1e6;
const expected = `time worked to time slept, a number from ${leastRatio} to ${mostRatio}`;

const short = (n: number): string => String(Number(n.toPrecision(4)));
const callText = ({ measured, wanted, period }: Sample): string =>
  `next(${short(measured)}, ${wanted}, ${short(period)})`;

const mostSteps = 20;

/** The hand-in's answers. The first failure ends them. */
export class Loop {
  readonly #bench: Bench;
  readonly #steps: string[] = [];
  units = 0;
  calls = 0;
  failure: Failure | undefined;

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  async begin(): Promise<void> {
    await this.#bench.fresh();
    const { answers, stopped } = await this.#bench.run([['new', own, { startingRatio }]]);
    const trouble = troubleOf(answers[0], stopped);
    if (trouble !== undefined)
      this.fail(`new ${own} ${trouble.cause}`, trouble.words, 'a controller', {
        asked: `new ${own}`,
        at: trouble.at,
      });
  }

  async ask(sample: Sample): Promise<number | undefined> {
    if (this.failure !== undefined) return undefined;
    const { measured, wanted, period } = sample;
    this.#steps.push(callText(sample));
    if (this.#steps.length > mostSteps) this.#steps.shift();
    const { answers, stopped } = await this.#bench.run([[0, 'next', measured, wanted, period]]);
    const trouble = troubleOf(answers[0], stopped);
    if (trouble !== undefined) {
      this.fail(`${own}: next ${trouble.cause}`, trouble.words, expected, { at: trouble.at });
      return undefined;
    }
    const [value, used] = answers[0] as readonly [Value, number];
    this.units += used;
    this.calls++;
    if (typeof value === 'number' && value >= leastRatio && value <= mostRatio) return value;
    const what = typeof value === 'number' ? 'a ratio that may not be' : 'no number';
    this.fail(`${own}: next answers ${what}`, shown(value), expected);
    return undefined;
  }

  fail(
    cause: string,
    answered: string,
    expectedText: string,
    more: { readonly asked?: string; readonly at?: string | undefined; readonly curve?: Curve } = {},
  ): Failure {
    const { asked = `${this.#steps.at(-1)}, call ${this.calls + 1}`, at, curve } = more;
    this.failure = {
      ...{
        cause,
        asked,
        answered,
        expected: expectedText,
        steps: curve === undefined ? [...this.#steps] : [],
      },
      ...(at === undefined ? {} : { at }),
      ...(curve === undefined ? {} : { curve }),
    };
    return this.failure;
  }
}

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
  readonly loop: Loop;
  readonly played: Played;
  readonly shares: readonly number[];
}

/** Plays a scene on the hand-in. The loop has the failure, if there is one. @throws HandinOver */
export async function playOwn(bench: Bench, scene: Scene, seed: string): Promise<OwnPlayed> {
  const loop = new Loop(bench);
  await loop.begin();
  const played = await playScene(scene, chanceOf(seed), (sample) => loop.ask(sample));
  return { loop, played, shares: sharesOf(played, scene.end) };
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
