/**
 * Samples and loads as text, played for `lab step`. A line each; what is behind # is a remark.
 *
 *     numbers 0.5 1e8 2e8 0.01 2      kp, ti, tt, min, max            for Pi
 *     sample 0.1 0.2 1e7              input, setpoint, period (ns)
 *
 *     wanted 0.02                     the share that is wanted        for ScavengeController
 *     load 0 1 0                      from this second on sleeps last so many times as long, and so many ms longer
 *     suspend 3 8                     the sleep at this second lasts so many hours longer
 *     end 10                          seconds
 */
import { PageHeapError } from '../../../base/errors.ts';
import { second } from '../../../base/units.ts';
import { chanceOf } from '../../model/seeds.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import type { Step } from '../exercise.ts';
import { failedStep } from '../own-policy.ts';
import { type Load, playScene, type Scene } from './plant.ts';
import { controllerOn, knownRatio, own, ratioQuestion } from './play-own.ts';
import { target } from './play-pi.ts';
import { PiModel, type PiNumbers, type PiRule, type PiSample } from './rule.ts';

interface Lines {
  readonly numbers: PiNumbers;
  readonly samples: readonly PiSample[];
  readonly scene: Scene;
}

const counts: Readonly<Record<string, number>> = {
  numbers: 5,
  sample: 3,
  wanted: 1,
  load: 3,
  suspend: 2,
  end: 1,
};

/** @throws PageHeapError ERR_FILE, with the line */
function parse(text: string): Lines {
  let numbers: PiNumbers = { kp: 0.5, ti: 1e8, tt: 2e8, min: 0.01, max: 2 };
  const samples: PiSample[] = [];
  const loads: Load[] = [];
  let scene: Omit<Scene, 'loads'> = { wanted: 0.01, end: 5 * second, noise: 0 };
  for (const [i, line] of text.split('\n').entries()) {
    const [word = '', ...rest] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (word === '') continue;
    const n = rest.map(Number);
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = n;
    // Only a sample may have what is no number.
    if (counts[word] !== n.length || (word !== 'sample' && !n.every(Number.isFinite)))
      throw new PageHeapError(
        'ERR_FILE',
        'is no line of numbers, sample, wanted, load, suspend or end with so many numbers',
        { file: 'the trace', line: i + 1 },
      );
    if (word === 'numbers') numbers = { kp: a, ti: b, tt: c, min: d, max: e };
    else if (word === 'sample') samples.push({ input: a, setpoint: b, period: c });
    else if (word === 'load') loads.push({ from: a * second, stretch: b, lag: c * 1e6 });
    else if (word === 'wanted') scene = { ...scene, wanted: a };
    else if (word === 'end') scene = { ...scene, end: a * second };
    else scene = { ...scene, suspended: { at: a * second, ns: b * 3600 * second } };
  }
  return {
    numbers,
    samples,
    scene: { ...scene, loads: loads.length > 0 ? loads : [{ from: 0, stretch: 1, lag: 0 }] },
  };
}

async function piSteps(bench: Bench, rule: PiRule, { numbers, samples }: Lines): Promise<Step[]> {
  await bench.fresh();
  const { kp, ti, tt, min, max } = numbers;
  const made = await bench.run([['new', target, { kp, ti, tt, min, max }]]);
  const wrong = troubleOf(made.answers[0], made.stopped);
  if (wrong !== undefined) return [{ asked: `new ${target}`, answered: wrong.words, expected: '' }];
  const model = new PiModel(numbers, rule);
  const steps: Step[] = [];
  for (const sample of samples) {
    const { input, setpoint, period } = sample;
    const { answers, stopped } = await bench.run([[0, 'next', input, setpoint, period]]);
    const trouble = troubleOf(answers[0], stopped);
    const { output, why } = model.next(sample);
    steps.push({
      asked: `next(${input}, ${setpoint}, ${period})`,
      answered: trouble?.words ?? shown(answers[0]?.[0]),
      expected: String(output),
      note: why,
    });
    if (trouble !== undefined) break;
  }
  return steps;
}

async function ownSteps(bench: Bench, { scene }: Lines): Promise<Step[]> {
  const controller = controllerOn(bench);
  await controller.begin();
  const steps: Step[] = [];
  const short = (n: number): string => String(Number(n.toPrecision(4)));
  await playScene(scene, chanceOf('step'), async (sample, time) => {
    const answer = await controller.ask(ratioQuestion(sample));
    const answered = answer === undefined ? (controller.failure?.answered ?? '') : short(answer);
    steps.push({
      asked: `next(${short(sample.measured)}, ${sample.wanted}, ${short(sample.period)})`,
      answered,
      ...{ expected: short(knownRatio(scene, time)), whose: 'with hindsight' },
      note: `at ${(time / second).toFixed(2)} s, ${(100 * sample.measured).toFixed(2)} % of the time`,
    });
    return answer;
  });
  return steps.length > 0 ? steps : failedStep(controller.failure);
}

/** @throws PageHeapError ERR_FILE for what is no trace; HandinOver */
export function stepsOf(bench: Bench, rule: PiRule, trace: string, on: string): Promise<Step[]> {
  const lines = parse(trace);
  return on === own ? ownSteps(bench, lines) : piSteps(bench, rule, lines);
}
