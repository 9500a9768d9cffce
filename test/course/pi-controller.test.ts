/** Exercise 8: the rule, the loop, and figures that hold for the reference, and with hindsight, whatever the seed. */
import { describe, expect, it } from 'vitest';
import { second } from '../../lib/base/units.ts';
import { piController } from '../../lib/course/exercises/pi-controller/index.ts';
import {
  figuresOf,
  playScene,
  type Sample,
  type Scene,
  sharesOf,
  startingRatio,
} from '../../lib/course/exercises/pi-controller/plant.ts';
import { knownRatio, playKnown } from '../../lib/course/exercises/pi-controller/play-own.ts';
import { PiModel, type Windup } from '../../lib/course/exercises/pi-controller/rule.ts';
import { scenesFor } from '../../lib/course/exercises/pi-controller/scenes.ts';
import { ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { variantFor } from '../../lib/course/handout/start.ts';
import { chanceOf } from '../../lib/course/model/seeds.ts';
import { drawCurve } from '../../lib/course/report/curve.ts';
import { plainViews } from '../../lib/meta/column.ts';
import { PiController, piTable } from '../../lib/scavenge/pi-controller.ts';

const numbers = { kp: 1, ti: 1e8, tt: 1e8, min: 0.1, max: 2 };
const sample = (input: number, setpoint: number, period = 1e8) => ({ input, setpoint, period });
const answers = (windup: Windup, samples: readonly ReturnType<typeof sample>[]): number[] => {
  const pi = new PiModel(numbers, { cap: 2e8, windup });
  return samples.map((one) => Number(pi.next(one).output.toFixed(6)));
};

describe('the rule', () => {
  const clamped = [sample(0, 5), sample(0, 5), sample(0.5, 0.5), sample(0.5, 0.5)];
  it.each([
    // raw 5 → 2, integral 5 − 3; raw 7 → 2, integral 2 + 5 − 5; then 2, and 2.
    ['pull', [2, 2, 2, 2]],
    // Nothing is added while the error pushes it out.
    ['hold', [2, 2, 0.1, 0.1]],
    ['limit', [2, 2, 2, 2]],
  ] as const)('%s keeps the integral from winding up', (windup, right) => {
    expect(answers(windup, clamped)).toEqual(right);
  });

  it('counts a long period as the cap, and a bad sample not at all', () => {
    const samples = [sample(0, 0.5, 8e9), sample(Number.NaN, 1), sample(0, 1, 0), sample(0, 0)];
    expect(answers('hold', samples)).toEqual([0.5, 0.5, 0.5, 1]);
    expect(answers('hold', [sample(0, 1, -1)])).toEqual([0.1]);
  });

  it('is the package’s own where no period is long and the rule is to pull', () => {
    const own = new PiController(plainViews(piTable), numbers);
    const model = new PiModel(numbers, { cap: 1e9, windup: 'pull' });
    const chance = chanceOf('both');
    for (let i = 0; i < 300; i++) {
      const one = sample(
        chance.between(0, 3000) / 1000,
        chance.between(0, 3000) / 1000,
        chance.between(1, 900) * 1e6,
      );
      own.next(one.input, one.setpoint, one.period);
      expect(model.next(one).output).toBeCloseTo(own.output, 9);
    }
  });
});

/** The reference's own controller: it is in the pack alone. */
async function referenceController(): Promise<(sample: Sample) => number> {
  const text = referenceFiles(ownPack, piController, 'ada', 't').get(piController.handin) ?? '';
  const { ScavengeController } = (await import(
    /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`
  )) as {
    ScavengeController: new (host: object) => { next(measured: number, wanted: number): number };
  };
  const controller = new ScavengeController({ startingRatio });
  return ({ measured, wanted }) => controller.next(measured, wanted);
}

const playReference = async (scene: Scene, seed: string): Promise<readonly number[]> =>
  sharesOf(await playScene(scene, chanceOf(seed), await referenceController()), scene.end);

describe('the loop', () => {
  it('tells overshoot, settling and distance of a share that is known', async () => {
    const scene = { wanted: 0.02, loads: [{ from: 0, stretch: 1, lag: 0 }], end: 30 * second, noise: 0 };
    const twice = await playScene(scene, chanceOf('x'), () => 0.04 / 0.96);
    const figures = figuresOf(sharesOf(twice, scene.end).slice(8), scene, [0]);
    expect(figures.overshoot).toBeCloseTo(1, 1);
    expect(figures.off).toBeCloseTo(1, 1);
    // It never is within the band.
    expect(figures.settling).toBeGreaterThan(20);
  });

  it('leaves a suspension out of its time, and tells the controller of it', async () => {
    const suspended = { at: 5 * second, ns: 3600 * second };
    const scene = {
      wanted: 0.01,
      loads: [{ from: 0, stretch: 1, lag: 0 }],
      end: 10 * second,
      noise: 0,
      suspended,
    };
    const played = await playScene(scene, chanceOf('x'), await referenceController());
    expect(Math.max(...played.samples.map(({ period }) => period))).toBeGreaterThan(3600 * second);
    expect(played.times.at(-1)).toBeLessThan(12 * second);
  });

  it('of the reference, and with hindsight, has full points with any seed', async () => {
    const most = { overshoot: 0.5, settling: 2.5, off: 0.14 };
    for (let k = 0; k < 40; k++) {
      for (const play of [playReference, playKnown]) {
        const sum = { overshoot: 0, settling: 0, off: 0 };
        for (const [i, { scene, steps }] of scenesFor(`seed ${k}`).entries()) {
          const figures = figuresOf(await play(scene, `${k} ${i}`), scene, steps);
          for (const name of ['overshoot', 'settling', 'off'] as const) sum[name] += figures[name] / 3;
        }
        for (const name of ['overshoot', 'settling', 'off'] as const)
          expect([k, name, sum[name] <= most[name]]).toEqual([k, name, true]);
      }
    }
  });
});

it('hindsight has the wanted share under any load that can be borne', () => {
  const loads = [
    { from: 0, stretch: 1, lag: 0 },
    { from: 10, stretch: 4, lag: 5e6 },
    { from: 20, stretch: 1, lag: 1e9 },
  ];
  const scene = { wanted: 0.02, loads, end: 4 * second, noise: 0 };
  const burst = 1.15e6;
  for (const [time, { stretch, lag }] of [0, 15].map(
    (at, i) => [at, loads[i] ?? { stretch: 1, lag: 0 }] as const,
  )) {
    const slept = (burst / knownRatio(scene, time)) * stretch + lag;
    expect(burst / (burst + slept)).toBeCloseTo(0.02, 9);
  }
  expect(knownRatio(scene, 25)).toBe(1e6);
});

describe('a figure over time in characters', () => {
  it('shows a short peak, and its scale', () => {
    const values = [...new Array(90).fill(1), 8, ...new Array(9).fill(0)];
    const lines = drawCurve({ what: 'x', values, end: '10 s', mark: 2 }, 20);
    expect(lines.map(({ title }) => title)).toEqual(['8', '', '', '0', '']);
    expect(lines[0]?.cells).toBe(`${' '.repeat(18)}█`);
    expect(lines[3]?.cells).toBe(`${'▄'.repeat(18)}█`);
    expect(lines[4]?.cells).toBe('x, from 0 to 10 s, and 2 is wanted');
  });
});

it('the rule of the handout is the student’s', () => {
  const texts = new Set(
    Array.from({ length: 30 }, (_, i) => variantFor(piController, `s${i}`, 't').windupText),
  );
  expect(texts.size).toBe(3);
});
