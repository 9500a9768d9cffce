/**
 * Sets of programs that tell triggers apart. What lives is between a few MiB and two GiB, what is allocated in a second between
 * one MiB and more than a GiB, and each goes with each: no size, and no multiple of what lives, is near the best for all.
 *
 * - *steady*: nine programs, small, middling and large ones with low, middling and high rates
 * - *changing*: the rate of a program changes, and what lives; a program loads what is to live
 * - *limited*: under a memory limit, near what lives or far from it
 *
 * A program is as long as a number of good cycles, since a heap of GiB has one in a minute and a small one fifty in a second.
 */
import { MiB, second } from '../../../base/units.ts';
import { type Chance, chanceOf, shuffled } from '../../model/seeds.ts';
import { type Phase, type Program, tables } from './collector.ts';
import { bestBetween, type Prices } from './policies.ts';

export const setNames = ['steady', 'changing', 'limited'] as const;
export type SetName = (typeof setNames)[number];

type Range = readonly [least: number, most: number];

/** MiB. */
const lives: readonly Range[] = [
  [3, 10],
  [40, 120],
  [500, 2000],
];
const rates: readonly Range[] = [
  [1, 4],
  [30, 90],
  [500, 1500],
];

/** A number of a range in bytes, as likely in each of its octaves. */
function drawn(chance: Chance, [least, most]: Range): number {
  return MiB * least * (most / least) ** (chance.between(0, 1000) / 1000);
}

/** Nanoseconds in which so many good cycles fit. */
const cyclesLong = (prices: Prices, { live, rate }: { live: number; rate: number }, cycles: number): number =>
  Math.round(((cycles * bestBetween(prices, live, rate)) / rate) * second);

type Made = Pick<Program, 'phases' | 'end' | 'limits'>;

const steadyCycles = 20;

function steady(chance: Chance, prices: Prices): Made[] {
  const kinds = lives.flatMap((live) => rates.map((rate) => ({ live, rate })));
  return shuffled(chance, kinds).map((kind) => {
    const [live, rate] = [Math.round(drawn(chance, kind.live)), drawn(chance, kind.rate)];
    const end = cyclesLong(prices, { live, rate }, steadyCycles);
    return { phases: [{ from: 0, live, rate }], end, limits: [] };
  });
}

/** Bytes in a second while a program loads. */
const loading = 400 * MiB;
/** The rates that are farthest apart, by turns. */
const turns = [rates[0], rates[2]] as readonly Range[];
const stages = 6;

function changing(chance: Chance, prices: Prices): Made[] {
  return lives.flatMap((range) =>
    turns.map((_, first) => {
      const phases: Phase[] = [];
      const usual = drawn(chance, range);
      let [from, last] = [0, 0];
      for (let stage = 0; stage < stages; stage++) {
        const live = Math.round(usual * (chance.between(75, 125) / 100));
        if (live > last && from > 0) {
          phases.push({ from, live, rate: loading });
          from += Math.round(((live - last) / loading) * second);
        }
        const rate = drawn(chance, turns[(first + stage) % turns.length] as Range);
        phases.push({ from, live, rate });
        from += cyclesLong(prices, { live, rate }, chance.between(6, 12));
        last = live;
      }
      return { phases, end: from, limits: [] };
    }),
  );
}

/** Of the six programs one has a limit that is near: room over what would be best. */
const nearRoom: Range = [0.4, 0.8];
/** The others': over what would be best at the highest rate. So it tells nothing of the rate. */
const farRoom: Range = [1.5, 6];
const highest = 1500 * MiB;
/** At least so many times the bytes with which collections take half of the time. */
const leastRoom = 2;

function limited(chance: Chance, prices: Prices): Made[] {
  const near = chance.between(0, lives.length * turns.length - 1);
  return lives
    .flatMap((live) => turns.map((rate) => ({ live, rate })))
    .map((kind, i) => {
      const [live, rate] = [Math.round(drawn(chance, kind.live)), drawn(chance, kind.rate)];
      const room =
        i === near
          ? (drawn(chance, nearRoom) / MiB) * bestBetween(prices, live, rate)
          : (drawn(chance, farRoom) / MiB) * bestBetween(prices, live, highest);
      const between = Math.max(room, leastRoom * (live / prices.speed) * rate);
      return {
        phases: [{ from: 0, live, rate }],
        end: cyclesLong(prices, { live, rate }, steadyCycles),
        limits: [{ from: 0, bytes: Math.round(live + tables + between / 0.95) }],
      };
    });
}

const makers = { steady, changing, limited } as const;

/** The programs of a set, by its seed. */
export function programsFor(name: SetName, seed: string, prices: Prices): Program[] {
  return makers[name](chanceOf(`${seed} ${name}`), prices).map((made) => ({
    ...made,
    loaded: made.phases[0]?.live ?? 0,
    speed: prices.speed,
    gcPercent: 100,
  }));
}
