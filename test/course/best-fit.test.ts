/** Exercise 2: what the instructor's page says that rules get as a rule of one's own. */
import { describe, expect, it } from 'vitest';
import { ownSeeds, shareOf, total } from '../../lib/course/exercises/best-fit/index.ts';
import { playModel } from '../../lib/course/exercises/best-fit/play-free.ts';
import { chooserOf, type FitName, type FitRules } from '../../lib/course/model/fits.ts';
import { type PatternName, patterns } from '../../lib/course/model/patterns.ts';
import { chanceOf } from '../../lib/course/model/seeds.ts';

const points: Readonly<Record<PatternName, number>> = { checkerboard: 8, ramp: 6, churn: 8, robson: 4 };
/** Of the checks; and of work, of which there are none without a quarter of the points of churn. */
const ofChecks = 64;
const ofWork = 10;

function pointsOf(name: FitName, { tail, tie }: FitRules, seed: string): number {
  let sum = ofChecks;
  for (const [pattern, of] of Object.entries(points) as [PatternName, number][]) {
    const traces = Array.from({ length: ownSeeds }, (_, i) =>
      patterns[pattern](chanceOf(`${seed} ${pattern} own ${i}`)),
    );
    const played = traces.map((trace) => playModel(chooserOf(name, { tail, tie }), trace, tail));
    const { share } = shareOf(pattern, traces, total(played));
    sum += of * share + (pattern === 'churn' && share > 0 ? ofWork : 0);
  }
  return sum;
}

const front = Number.POSITIVE_INFINITY;
const seeds = Array.from({ length: 8 }, (_, i) => i);
const range = (of: (seed: number) => number): [number, number] => {
  const all = seeds.map(of);
  return [Math.min(...all), Math.max(...all)];
};

describe('a rule of one’s own that is', () => {
  const rules = (i: number): FitRules => ({ tail: 7 + (i % 5), tie: i % 2 === 0 ? 'lowest' : 'highest' });

  it('the reference’s best fit has all points', () => {
    expect(range((i) => pointsOf('BestFit', { tail: front, tie: 'lowest' }, `s${i}`))).toEqual([100, 100]);
  });

  it.each([
    ['BestFit', 94, 100],
    ['FirstFit', 90, 98],
    ['NextFit', 68, 87],
  ] as const)('the %s of the handout has %i to %i', (name, least, most) => {
    const [low, high] = range((i) => pointsOf(name, rules(i), `s${i}`));
    expect(low).toBeGreaterThanOrEqual(least);
    expect(high).toBeLessThanOrEqual(most);
  });

  it('a next fit from the front has nothing of utilisation but Robson’s', () => {
    expect(range((i) => pointsOf('NextFit', { tail: front, tie: 'lowest' }, `s${i}`))).toEqual([68, 68]);
  });
});
