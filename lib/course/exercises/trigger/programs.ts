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
import { goodRoom } from './hindsight.ts';
import type { Prices } from './waste.ts';

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
async function cyclesLong(
  prices: Prices,
  { live, rate }: { live: number; rate: number },
  cycles: number,
): Promise<number> {
  return Math.round(((cycles * (await goodRoom(prices, live, rate))) / rate) * second);
}

type Made = Pick<Program, 'phases' | 'end' | 'limits'>;

const steadyCycles = 20;

async function steady(chance: Chance, prices: Prices): Promise<Made[]> {
  const kinds = lives.flatMap((live) => rates.map((rate) => ({ live, rate })));
  const made: Made[] = [];
  for (const kind of shuffled(chance, kinds)) {
    const [live, rate] = [Math.round(drawn(chance, kind.live)), drawn(chance, kind.rate)];
    const end = await cyclesLong(prices, { live, rate }, steadyCycles);
    made.push({ phases: [{ from: 0, live, rate }], end, limits: [] });
  }
  return made;
}

/** Bytes in a second while a program loads. */
const loading = 400 * MiB;
/** The rates that are farthest apart, by turns. */
const turns = [rates[0], rates[2]] as readonly Range[];
const stages = 6;

async function changing(chance: Chance, prices: Prices): Promise<Made[]> {
  const made: Made[] = [];
  for (const range of lives)
    for (const first of turns.keys()) {
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
        from += await cyclesLong(prices, { live, rate }, chance.between(6, 12));
        last = live;
      }
      made.push({ phases, end: from, limits: [] });
    }
  return made;
}

/** Of the six programs one has a limit that is near: room over what would be best. */
const nearRoom: Range = [0.4, 0.8];
/** The others': over what would be best at the highest rate. So it tells nothing of the rate. */
const farRoom: Range = [1.5, 6];
const highest = 1500 * MiB;
/** At least so many times the bytes with which collections take half of the time. */
const leastRoom = 2;

async function limited(chance: Chance, prices: Prices): Promise<Made[]> {
  const near = chance.between(0, lives.length * turns.length - 1);
  const made: Made[] = [];
  for (const [i, kind] of lives.flatMap((live) => turns.map((rate) => ({ live, rate }))).entries()) {
    const [live, rate] = [Math.round(drawn(chance, kind.live)), drawn(chance, kind.rate)];
    const room =
      i === near
        ? (drawn(chance, nearRoom) / MiB) * (await goodRoom(prices, live, rate))
        : (drawn(chance, farRoom) / MiB) * (await goodRoom(prices, live, highest));
    const between = Math.max(room, leastRoom * (live / prices.speed) * rate);
    made.push({
      phases: [{ from: 0, live, rate }],
      end: await cyclesLong(prices, { live, rate }, steadyCycles),
      limits: [{ from: 0, bytes: Math.round(live + tables + between / 0.95) }],
    });
  }
  return made;
}

const makers = { steady, changing, limited } as const;

/** The programs of a set, by its seed. */
export async function programsFor(name: SetName, seed: string, prices: Prices): Promise<Program[]> {
  const made = await makers[name](chanceOf(`${seed} ${name}`), prices);
  return made.map((one) => ({
    ...one,
    loaded: one.phases[0]?.live ?? 0,
    speed: prices.speed,
    gcPercent: 100,
  }));
}
