/**
 * Exercise 8: the controller that keeps background scavenging to its share of a processor.
 *
 * `Pi` is a proportional-integral controller by a rule, held against the judge's sample by sample. From student to student
 * differ what a long period counts and how the integral is kept from winding up: the package's own, which is Go's, answers
 * otherwise. `ScavengeController` is the student's own, in the contract of the laboratory's part, and is measured in its loop.
 */
import { chanceOf } from '../../model/seeds.ts';
import { requireNumber } from '../bench.ts';
import type { Exercise, Variant } from '../exercise.ts';
import { ownChecks, piChecks } from './checks.ts';
import { ownMeasures } from './measures.ts';
import { own } from './play-own.ts';
import { target } from './play-pi.ts';
import { type PiRule, type Windup, windups } from './rule.ts';
import { stepsOf } from './steps.ts';

const id = 'pi-controller';

const ruleOf = (variant: Variant): PiRule => ({
  cap: 1e6 * requireNumber(variant.cap, 'cap'),
  windup: variant.windup as Windup,
});

/** In the handout's words. */
const windupTexts: Readonly<Record<Windup, string>> = {
  pull: '`integral += kp × PERIOD / ti × error + PERIOD / tt × (output − raw)`: while the output is clamped, the last term pulls the integral back',
  hold: '`integral += kp × PERIOD / ti × error`, but not where raw is above max and the error above 0, nor where raw is below min and the error below 0 (`tt` is not used)',
  limit:
    '`integral += kp × PERIOD / ti × error`, and the new integral is clamped to min and max, too (`tt` is not used)',
};

export const piController: Exercise = {
  id,
  number: 8,
  title: 'The PI controller',
  teaches: 'how background work is kept to its share: overshoot, settling, what winds up, a suspended laptop',
  hours: '3 to 5',
  handin: 'mine.mjs',
  exports: [target, own],
  modules: [],
  variant: (seed) => {
    const chance = chanceOf(`${seed} ${id}`);
    const windup = chance.oneOf(windups);
    return { cap: 10 * chance.between(20, 60), windup, windupText: windupTexts[windup] };
  },
  checks: (variant) => [...piChecks(ruleOf(variant)), ...ownChecks],
  measures: () => ownMeasures,
  hints: {
    [`${target}: a few samples`]: [
      'Work out the first two samples by hand. What is the integral after each? The expected answer tells the terms.',
      'The order: the output comes of the integral before this sample; only then does the integral change.',
      'A period longer than your CAP counts as CAP; and a sample that is none (NaN, a period of 0) answers what was answered last, min at first, and changes nothing.',
    ],
    [`${target}: random samples`]: [
      'Which line of the rule does the last sample meet first: the cap, the clamp, the integral?',
      'Is the output clamped at the wrong end, or did an earlier sample leave the integral wrong? The expected answer tells what the integral was.',
      'Your line for the integral has a condition or a second term: it looks at raw, not at the output, where it says raw.',
    ],
    [`${target}: two at once`]: [
      'Two controllers are used in turn. What do they share?',
      'A variable at the top of the file is one for all of them.',
      'Keep integral and last output in fields of the object: this.integral.',
    ],
    [`${own}: answers that may be given`]: [
      'What is measured may be 0, or 1. What do your formulas make of that?',
      'A logarithm of 0, a division by 1 − 1, a ratio that grows without an end: each is no number that may be answered.',
      'Clamp what you answer: Math.max(1e-6, Math.min(1e6, ratio)), and what you keep as well.',
    ],
    [`${own}: a load that ends`]: [
      'For thirty seconds the share cannot be reached, whatever the ratio is. What does your controller do meanwhile?',
      'The integral grows while nothing comes of it, and must come down again afterwards.',
      'Clamp the integral where a larger ratio brings nothing: a ratio of 30 already is 97 % of the time.',
    ],
    [`${own}: a suspended laptop`]: [
      'One sample has a period of hours, and next to nothing measured. How far does it move your ratio?',
      'The period is a factor of the integral: eight hours are three hundred thousand usual periods.',
      'Count a period as some usual ones at most, or the error as some limit at most.',
    ],
  },
  step: (bench, variant, trace, on) => stepsOf(bench, ruleOf(variant), trace, on),
  targets: [own, target],
};
