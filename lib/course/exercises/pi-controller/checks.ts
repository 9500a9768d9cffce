/**
 * What is checked of exercise 8: answers of `Pi` by the rule, and what `ScavengeController` must never do in its loop.
 */
import fc from 'fast-check';
import { second } from '../../../base/units.ts';
import { chanceOf } from '../../model/seeds.ts';
import type { Bench } from '../bench.ts';
import type { Check, Failure } from '../exercise.ts';
import { shortestFailure } from '../random-check.ts';
import { figuresOf, type Load, type Scene } from './plant.ts';
import { controllerOn, own, playOwn, ratioQuestion, shareCurve } from './play-own.ts';
import { playPi, target } from './play-pi.ts';
import type { PiRule, PiSample } from './rule.ts';

const numbers = { kp: 0.5, ti: 1e8, tt: 2e8, min: 0.01, max: 2 };

const scene = ({ cap }: PiRule): PiSample[] => [
  { input: 0, setpoint: 0.2, period: 1e7 },
  { input: 0.1, setpoint: 0.2, period: 1e7 },
  { input: 0.1, setpoint: 0.2, period: 3 * cap },
  { input: Number.NaN, setpoint: 0.2, period: 1e7 },
  { input: 0.2, setpoint: 0.2, period: 1e7 },
  { input: 0.9, setpoint: 0.2, period: 2e8 },
  { input: 0.9, setpoint: 0.2, period: 2e8 },
  { input: 0.9, setpoint: 0.2, period: 0 },
  { input: 0, setpoint: 0.2, period: 1e8 },
  { input: 0, setpoint: 0.2, period: 1e8 },
  { input: 0, setpoint: 8, period: 1e8 },
  { input: 0, setpoint: 8, period: 1e8 },
  { input: 0.3, setpoint: 0.2, period: 1e8 },
  { input: 0.3, setpoint: 0.2, period: 1e8 },
];

const thousandths = (max: number) => fc.integer({ min: 0, max }).map((n) => n / 1000);
const samplesOf = ({ cap }: PiRule) =>
  fc.array(
    fc.record({
      input: fc.oneof(
        { weight: 8, arbitrary: thousandths(1000) },
        { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0) },
      ),
      setpoint: fc.oneof(
        { weight: 8, arbitrary: thousandths(500) },
        { weight: 1, arbitrary: fc.constantFrom(3, 20, Number.NEGATIVE_INFINITY) },
      ),
      period: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 1, max: 900 }).map((ms) => ms * 1e6) },
        { weight: 2, arbitrary: fc.constantFrom(cap - 1e6, cap, cap + 1e6, 8 * 3600e9) },
        { weight: 1, arbitrary: fc.constantFrom(0, -1e6, Number.NaN) },
      ),
    }),
    { minLength: 1, maxLength: 30, size: 'max' },
  );

const programsOf = (rule: PiRule) =>
  fc.record({
    numbers: fc.record({
      kp: fc.constantFrom(0.25, 0.5, 1, 3),
      ti: fc.constantFrom(5e7, 2e8, 1e9),
      tt: fc.constantFrom(3e8, 1e9),
      min: fc.constantFrom(0.001, 0.05, 0.2),
      max: fc.constantFrom(0.5, 2, 30),
    }),
    samples: samplesOf(rule),
  });

const randomRuns = 150;

export function piChecks(rule: PiRule): Check[] {
  return [
    {
      name: `${target}: a few samples`,
      points: 12,
      run: (bench) => playPi(bench, { controllers: [numbers], samples: scene(rule) }, rule),
    },
    {
      name: `${target}: random samples`,
      points: 24,
      run: async (bench, seed) => {
        await bench.fresh();
        return shortestFailure(programsOf(rule), { seed: `${seed} samples`, runs: randomRuns }, (program) =>
          playPi(bench, { controllers: [program.numbers], samples: program.samples }, rule),
        );
      },
    },
    {
      name: `${target}: two at once`,
      points: 6,
      run: async (bench, seed) => {
        const chance = chanceOf(`${seed} two`);
        const samples = Array.from({ length: 40 }, () => ({
          of: chance.between(0, 1),
          input: chance.between(0, 300) / 1000,
          setpoint: chance.between(0, 300) / 1000,
          period: 1e6 * chance.between(1, 300),
        }));
        const other = { ...numbers, kp: 1.5, min: 0.05, max: 1 };
        return playPi(bench, { controllers: [numbers, other], samples }, rule);
      },
    },
  ];
}

/** Samples that a heap can give, at the edges: the answer must be one that may be. */
async function oddSamples(bench: Bench, seed: string): Promise<Failure | undefined> {
  const chance = chanceOf(`${seed} odd`);
  const controller = controllerOn(bench);
  await controller.begin();
  await controller.askAll(
    Array.from({ length: 200 }, () =>
      ratioQuestion({
        measured: chance.oneOf([1, 1, 0, 1e-12, 0.01, chance.between(0, 1000) / 1000]),
        wanted: chance.oneOf([0.01, 0.01, 0.001, 0.5, 0.99]),
        period: chance.oneOf([1e6, 1e6, 1e8, 1e9, 1e14, chance.between(1, 1000) * 1e6]),
      }),
    ),
  );
  return controller.failure;
}

/** Seconds after which the share is to be within its band again. */
const soon = 3;
const twice = 2;

async function endingLoad(bench: Bench, seed: string): Promise<Failure | undefined> {
  const wanted = chanceOf(`${seed} wound`).oneOf([0.01, 0.02]);
  const loads: readonly Load[] = [
    { from: 0, stretch: 1, lag: 0 },
    { from: 10 * second, stretch: 1, lag: 0.4 * second },
    { from: 40 * second, stretch: 1, lag: 0 },
  ];
  const played: Scene = { wanted, loads, end: 55 * second, noise: 1 };
  const { controller, shares } = await playOwn(bench, played, `${seed} wound noise`);
  if (controller.failure !== undefined) return controller.failure;
  // A value is the second that ends there: five whole ones after the load.
  const after = [40, 41, 42, 43, 44].map((s) => shares[4 * s] ?? 0);
  const mean = after.reduce((sum, share) => sum + share, 0) / after.length;
  if (mean <= twice * wanted) return undefined;
  return controller.fail(
    `${own}: what was missed under a load is made up for when it ends`,
    `${(100 * mean).toFixed(1)} % of the time in the five seconds after it`,
    `at most ${100 * twice * wanted} %, twice the share that is wanted`,
    {
      asked: `a load from 10 to 40 s under which the share cannot be reached`,
      curve: shareCurve(shares, played),
    },
  );
}

async function suspendedLaptop(bench: Bench, seed: string): Promise<Failure | undefined> {
  const chance = chanceOf(`${seed} suspended`);
  const wanted = chance.oneOf([0.01, 0.02, 0.03]);
  const hours = chance.between(4, 12);
  const played: Scene = {
    wanted,
    loads: [{ from: 0, stretch: chance.between(1, 3), lag: 0 }],
    end: 40 * second,
    noise: 1,
    suspended: { at: 20 * second, ns: hours * 3600 * second },
  };
  const { controller, shares } = await playOwn(bench, played, `${seed} suspended noise`);
  if (controller.failure !== undefined) return controller.failure;
  const asked = `after 20 s a sleep of ${hours} hours: the lid was closed`;
  const curve = shareCurve(shares, played);
  const most = Math.max(...shares.slice(4 * 20 - 4));
  if (most > twice * wanted)
    return controller.fail(
      `${own}: what a suspended machine did not do is made up for`,
      `${(100 * most).toFixed(1)} % of the time in one of the seconds after it`,
      `at most ${100 * twice * wanted} %, twice the share that is wanted`,
      { asked, curve },
    );
  const { settling } = figuresOf(shares, played, [20 * second]);
  if (settling <= soon) return undefined;
  return controller.fail(
    `${own}: after a suspension the share is not held`,
    `within a quarter of the wanted share after ${settling} s`,
    `after ${soon} s at most`,
    { asked, curve },
  );
}

export const ownChecks: readonly Check[] = [
  { name: `${own}: answers that may be given`, points: 10, run: oddSamples },
  { name: `${own}: a load that ends`, points: 10, run: endingLoad },
  { name: `${own}: a suspended laptop`, points: 10, run: suspendedLaptop },
];
