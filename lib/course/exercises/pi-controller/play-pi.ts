/**
 * A controller of the hand-in, sample by sample, beside the judge's: each answer is held against what the rule gives.
 */
import type { Value } from '../../sandbox/protocol.ts';
import { type Call, numberArgument } from '../../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import type { Failure } from '../exercise.ts';
import { PiModel, type PiNumbers, type PiRule, type PiSample } from './rule.ts';

export const target = 'Pi';

/** Controllers, and samples for them in turn. */
export interface PiProgram {
  readonly controllers: readonly PiNumbers[];
  readonly samples: readonly (PiSample & { readonly of?: number })[];
}

/** Sums in another order may differ in the last digits. */
const near = (a: number, b: number): boolean =>
  a === b || Math.abs(a - b) <= 1e-9 * Math.max(1e-6, Math.abs(a), Math.abs(b));

const numbersText = ({ kp, ti, tt, min, max }: PiNumbers): string =>
  `{ kp: ${kp}, ti: ${ti}, tt: ${tt}, min: ${min}, max: ${max} }`;

const callsOf = ({ controllers, samples }: PiProgram): Call[] => [
  ...controllers.map(({ kp, ti, tt, min, max }): Call => ['new', target, { kp, ti, tt, min, max }]),
  ...samples.map(
    ({ of = 0, input, setpoint, period }): Call => [
      of,
      'next',
      ...[input, setpoint, period].map(numberArgument),
    ],
  ),
];

/** @throws HandinOver */
export async function playPi(bench: Bench, program: PiProgram, rule: PiRule): Promise<Failure | undefined> {
  await bench.again();
  const { answers, stopped } = await bench.run(callsOf(program));
  const { controllers, samples } = program;
  const name = (i: number): string => (controllers.length === 1 ? 'pi' : `pi${i + 1}`);
  const steps: string[] = [];
  for (const [i, numbers] of controllers.entries()) {
    const text = `${name(i)} = new ${target}(${numbersText(numbers)})`;
    steps.push(text);
    const trouble = troubleOf(answers[i], stopped);
    if (trouble !== undefined)
      return {
        cause: `new ${target} ${trouble.cause}`,
        asked: text,
        answered: trouble.words,
        expected: 'a controller',
        steps,
        ...(trouble.at === undefined ? {} : { at: trouble.at }),
      };
  }
  const models = controllers.map((numbers) => new PiModel(numbers, rule));
  for (const [i, sample] of samples.entries()) {
    const { of = 0, input, setpoint, period } = sample;
    const text = `${name(of)}.next(${input}, ${setpoint}, ${period})`;
    steps.push(text);
    const { output, why } = (models[of] as PiModel).next(sample);
    const answer = answers[controllers.length + i];
    const trouble = troubleOf(answer, stopped);
    const value = answer?.[0] as Value;
    if (trouble === undefined && typeof value === 'number' && near(value, output)) continue;
    return {
      cause: `next ${trouble?.cause ?? (typeof value === 'number' ? 'answers another output than the rule gives' : 'answers no number')}`,
      asked: `${text}, sample ${i + 1}`,
      answered: trouble?.words ?? shown(value),
      expected: `${output}: ${why}`,
      steps: [...steps],
      ...(trouble?.at === undefined ? {} : { at: trouble.at }),
    };
  }
  return undefined;
}
