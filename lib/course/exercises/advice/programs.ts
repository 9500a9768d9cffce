/**
 * Programs of a minute or two on some sixty ranges and more, each used, given back, used again. What happens when is fixed before anybody is
 * asked; about ten times a second a range changes hands.
 *
 * - *loop*: half of the ranges come back within seconds, the others stay away for long
 * - *turns*: after a minute those that came back soon stay away, and the others come back
 * - *sizes*: none comes often enough to be known; of three kinds of size those of one, which is chance, come back soon
 */
import { type Chance, chanceOf } from '../../model/seeds.ts';
import type { Pages } from './real-memory.ts';

export const programNames = ['loop', 'turns', 'sizes'] as const;
export type ProgramName = (typeof programNames)[number];

export interface RangeEvent {
  readonly second: number;
  readonly range: number;
  readonly to: 'fresh' | 'released' | 'reused';
}

export interface Program {
  readonly ranges: readonly Pages[];
  readonly events: readonly RangeEvent[];
  /** Seconds in which the kernel needs memory: at their end. */
  readonly pressure: ReadonlySet<number>;
  readonly seconds: number;
  readonly pages: number;
}

export const programSeconds = 60;

/** Seconds that a range is away, and is used. */
type Life = (range: number, second: number) => readonly [away: number, used: number];

/** A program of ranges and their lives. */
export function programOf(
  sizes: readonly number[],
  life: Life,
  chance: Chance,
  seconds = programSeconds,
): Program {
  let page = 0;
  const ranges = sizes.map((n) => {
    page += n;
    return { page: page - n, n };
  });
  const due = new Map<number, { at: number; to: 'released' | 'reused' }>();
  const events: RangeEvent[] = [];
  for (const range of ranges.keys()) {
    events.push({ second: 0, range, to: 'fresh' });
    due.set(range, { at: chance.between(1, 6), to: 'released' });
  }
  for (let second = 1; second < seconds; second++) {
    const now = [...due].filter(([, { at }]) => at <= second);
    for (const [range, { to }] of now) {
      events.push({ second, range, to });
      const [away, used] = life(range, second);
      due.set(
        range,
        to === 'released' ? { at: second + away, to: 'reused' } : { at: second + used, to: 'released' },
      );
    }
  }
  const pressure = new Set<number>();
  for (let second = chance.between(17, 22); second < seconds; second += chance.between(17, 22))
    pressure.add(second);
  return { ranges, events, pressure, seconds, pages: page };
}

const ranges = 60;
/** Pages: so far apart that powers of two tell them apart. */
const sizeKinds: readonly (readonly number[])[] = [
  [2, 3, 4, 5, 6],
  [13, 14, 15, 16],
  [40, 45, 50, 55],
];

export function programFor(name: ProgramName, seed: string): Program {
  const chance = chanceOf(`${seed} ${name}`);
  const soon = (): readonly [number, number] => [chance.between(1, 3), chance.between(1, 4)];
  const late = (): readonly [number, number] => [chance.between(35, 60), chance.between(1, 3)];
  if (name === 'sizes') {
    const returning = chance.oneOf(sizeKinds);
    const sizes = Array.from({ length: 2 * ranges }, () => chance.oneOf(chance.oneOf(sizeKinds)));
    return programOf(
      sizes,
      (range) =>
        returning.includes(sizes[range] as number) ? [chance.between(1, 3), chance.between(5, 10)] : late(),
      chance,
    );
  }
  const sizes = Array.from({ length: ranges }, () => chance.between(8, 40));
  const seconds = name === 'turns' ? 2 * programSeconds : programSeconds;
  const half = name === 'turns' ? programSeconds : Number.POSITIVE_INFINITY;
  return programOf(
    sizes,
    (range, second) =>
      (range % 2 === 0) === second < half ? soon() : [chance.between(22, 30), chance.between(1, 3)],
    chance,
    seconds,
  );
}
