/**
 * Programs of eight minutes and more on some fifty ranges and more, each used, given back, used again. What happens when is fixed before anybody
 * is asked; about twelve times a second a range changes hands.
 *
 * What a range did the last time does not tell what it does next: each comes back at once, or stays away for long, by a chance of its
 * own. It is the chance that is to be found out.
 *
 * - *habits*: a few ranges come back at once nearly always, the others every other time
 * - *turns*: half way, some of the others take the place of the first
 * - *sizes*: new ranges all the time, none of which comes often enough to be known; of three kinds of size those of one, which is chance, stay away
 */
import { type Chance, chanceOf, shuffled } from '../../model/seeds.ts';
import type { Pages } from './real-memory.ts';

export const programNames = ['habits', 'turns', 'sizes'] as const;
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

export const programSeconds = 480;

/** Seconds that a range is away, and is used. */
type Life = (range: number, second: number) => readonly [away: number, used: number];

/** When ranges begin, and how often each is given back: at once, and again and again. */
interface Turnover {
  readonly begins: (range: number) => number;
  readonly times: number;
}

/** A program of ranges and their lives. */
export function programOf(
  sizes: readonly number[],
  life: Life,
  chance: Chance,
  seconds = programSeconds,
  { begins, times }: Turnover = { begins: () => 0, times: Number.POSITIVE_INFINITY },
): Program {
  let page = 0;
  const ranges = sizes.map((n) => {
    page += n;
    return { page: page - n, n };
  });
  const events: RangeEvent[] = [];
  type Due = { readonly at: number; readonly to: RangeEvent['to']; readonly left: number };
  const due = new Map<number, Due>(sizes.map((_, i) => [i, { at: begins(i), to: 'fresh', left: times }]));
  for (let second = 0; second < seconds; second++) {
    const now = [...due].filter(([, { at }]) => at <= second);
    for (const [range, { to, left }] of now) {
      events.push({ second, range, to });
      const [away, used] = to === 'fresh' ? [0, chance.between(1, 6)] : life(range, second);
      if (to === 'released') due.set(range, { at: second + away, to: 'reused', left: left - 1 });
      else if (left > 0) due.set(range, { at: second + used, to: 'released', left });
      else due.delete(range);
    }
  }
  const pressure = new Set<number>();
  for (let second = chance.between(...calm); second < seconds; second += chance.between(...calm))
    pressure.add(second);
  return { ranges, events, pressure, seconds, pages: page };
}

/** Seconds from one shortage of memory to the next. */
const calm = [27, 33] as const;

/** How often a range comes back at once: percent. */
const nearlyAlways = [93, 97] as const;
const everyOther = [30, 55] as const;
const hardlyEver = [8, 20] as const;

/** Ranges that come back at once nearly always; and the others. */
const often = 14;
const seldom = 42;
/** Pages: so far apart that powers of two tell them apart; and how many ranges, so that each kind has as many pages. */
const sizeKinds = [
  { sizes: [7, 8, 9], ranges: 400 },
  { sizes: [15, 16, 17], ranges: 200 },
  { sizes: [30, 32, 34], ranges: 100 },
] as const;
/** How often each of these is given back. */
const times = 3;

export function programFor(name: ProgramName, seed: string): Program {
  const chance = chanceOf(`${seed} ${name}`);
  const percentOf = ([least, most]: readonly [number, number]): number => chance.between(least, most);
  const chances = (kind: readonly [number, number], count: number): number[] =>
    Array.from({ length: count }, () => percentOf(kind));
  const life = (percent: number, used: number): readonly [number, number] => [
    chance.between(1, 100) <= percent ? 1 : chance.between(25, 40),
    chance.between(1, used),
  ];
  if (name === 'sizes') {
    const leaving = chance.between(0, sizeKinds.length - 1);
    const made = sizeKinds.flatMap(({ sizes, ranges }, kind) =>
      Array.from({ length: ranges }, () => ({
        n: chance.oneOf(sizes),
        percent: percentOf(kind === leaving ? hardlyEver : nearlyAlways),
        begins: chance.between(0, programSeconds - 60),
      })),
    );
    return programOf(
      made.map(({ n }) => n),
      (range) => life(made[range]?.percent ?? 0, 3),
      chance,
      programSeconds,
      { begins: (range) => made[range]?.begins ?? 0, times },
    );
  }
  const count = often + seldom;
  const sizes = Array.from({ length: count }, () => chance.between(8, 40));
  // Which ranges are which is chance, too: an address tells nothing.
  const percents = [...chances(nearlyAlways, often), ...chances(everyOther, seldom)];
  const places = shuffled(chance, [...percents.keys()]);
  const seconds = name === 'turns' ? 1.5 * programSeconds : programSeconds;
  const half = name === 'turns' ? seconds / 2 : Number.POSITIVE_INFINITY;
  return programOf(
    sizes,
    (range, second) => {
      const place = places[range] as number;
      // Half way others take the place of the first.
      const now = second < half ? place : (place + often) % count;
      return life(percents[now] as number, 3);
    },
    chance,
    seconds,
  );
}
