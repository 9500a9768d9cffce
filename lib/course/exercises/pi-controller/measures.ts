/**
 * What is measured of exercise 8: the share of the time under loads that change in steps.
 */
import type { Bench } from '../bench.ts';
import { type Bucket, bucketsText, shareOf } from '../buckets.ts';
import type { Failure, Measure, Measured, Pictures } from '../exercise.ts';
import { type Figures, figuresOf } from './plant.ts';
import { playKnown, playOwn, shareCurve } from './play-own.ts';
import { scenesFor } from './scenes.ts';

const figures: readonly {
  readonly name: string;
  readonly points: number;
  readonly unit: string;
  readonly of: keyof Figures;
  readonly buckets: readonly Bucket[];
}[] = [
  {
    name: 'overshoot',
    points: 9,
    unit: 'the most that a second’s share is over the wanted one, in wanted shares',
    of: 'overshoot',
    buckets: [
      [0.5, 1],
      [1, 0.75],
      [2, 0.5],
      [4, 0.25],
    ],
  },
  {
    name: 'settling',
    points: 9,
    unit: 'seconds after a step until the share stays within a quarter of the wanted one',
    of: 'settling',
    buckets: [
      [2.5, 1],
      [3.5, 0.75],
      [4.75, 0.5],
      [6, 0.25],
    ],
  },
  {
    name: 'the share held',
    points: 10,
    unit: 'how far a second’s share is off on average, in wanted shares',
    of: 'off',
    buckets: [
      [0.14, 1],
      [0.2, 0.75],
      [0.28, 0.5],
      [0.37, 0.25],
    ],
  },
];

/** Who is farther off holds no share, and gets nothing for not being above it. */
const mostOff = 0.37;

const mean = (list: readonly number[]): number => list.reduce((sum, n) => sum + n, 0) / list.length;

interface Runs extends Pictures {
  readonly failure?: Failure;
  readonly got: readonly Figures[];
  readonly known: readonly Figures[];
  /** Units a call. */
  readonly work: number;
}

/** The runs of a seed, on the hand-in and with hindsight. */
async function play(bench: Bench, seed: string): Promise<Runs> {
  const got: Figures[] = [];
  const known: Figures[] = [];
  const work: number[] = [];
  let drawn: Pictures = {};
  for (const [i, { scene, steps }] of scenesFor(seed).entries()) {
    const { controller, shares } = await playOwn(bench, scene, `${seed} noise ${i}`);
    const { failure } = controller;
    if (failure !== undefined) return { failure, got, known, work: 0 };
    const hindsight = await playKnown(scene, `${seed} noise ${i}`);
    got.push(figuresOf(shares, scene, steps));
    known.push(figuresOf(hindsight, scene, steps));
    work.push(controller.work);
    if (i === 0) drawn = { curve: shareCurve(shares, scene), hindsightCurve: shareCurve(hindsight, scene) };
  }
  return { got, known, work: Math.round(10 * mean(work)) / 10, ...drawn };
}

/** Three figures are of the same runs. */
const played = new WeakMap<Bench, { readonly seed: string; readonly runs: Promise<Runs> }>();

function runsFor(bench: Bench, seed: string): Promise<Runs> {
  const known = played.get(bench);
  if (known?.seed === seed) return known.runs;
  const runs = play(bench, seed);
  played.set(bench, { seed, runs });
  return runs;
}

function measureOf({ name, points, unit, of, buckets }: (typeof figures)[number]): Measure {
  const isOvershoot = of === 'overshoot';
  return {
    name: `step loads: ${name}`,
    points,
    buckets: `${unit}, the mean of three runs: ${bucketsText(buckets, points)}${isOvershoot ? `; none where the share is off by more than ${mostOff}` : ''}`,
    run: async (bench, seed): Promise<Measured> => {
      const { failure, got, known, work, curve, hindsightCurve } = await runsFor(bench, seed);
      if (failure !== undefined) return { failure, share: 0 };
      const figure = (list: readonly Figures[]): number => mean(list.map((one) => one[of]));
      const off = mean(got.map((one) => one.off));
      const held = !isOvershoot || off <= mostOff;
      const note = held
        ? undefined
        : `no points: the share held is off by ${off.toFixed(2)}, more than ${mostOff}`;
      const told = (n: number): string => `${name} ${n.toFixed(2)}`;
      return {
        share: held ? shareOf(buckets, figure(got)) : 0,
        work,
        other: told(figure(got)),
        ...(note === undefined ? {} : { note }),
        hindsight: { other: figure(known).toFixed(2) },
        // One picture for the three.
        ...(isOvershoot && curve !== undefined && hindsightCurve !== undefined
          ? { curve, hindsightCurve }
          : {}),
      };
    },
  };
}

export const ownMeasures: readonly Measure[] = figures.map(measureOf);
