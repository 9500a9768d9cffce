/**
 * Every system call of the addon fails once, at each of the first 2,000 positions of a workload and at 200 random
 * later ones, in every design, with errnos of all kinds; and from some positions on for a while, and for good.
 *
 * A position is a call of a life in which none is refused. A life takes several that are far apart, of one errno; a
 * position that it does not come to, since what was refused before led elsewhere, has another life, in the end its own.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  failingDesigns,
  liveThrough,
  liveThroughEach,
  longWorkloads,
  placesOf,
} from '../../support/failing-calls.ts';
import { Random, seedOf } from '../../support/random.ts';
import { errnos } from '../../support/refusing-addon.ts';

const first = 2000;
const later = 200;
/** Positions that a life takes. */
const together = 10;
/** Positions from which on more than one call is refused. */
const whiles = 60;
const hour = 3_600_000;

type Steps = (typeof longWorkloads)[string];
type Options = (typeof failingDesigns)[string];

/** What is deterministic but for the seed fails the same again: an error tells how. */
function telling(how: string, seed: number, live: () => void): void {
  try {
    live();
  } catch (error) {
    throw new Error(`${how}, seed ${seed}`, { cause: error });
  }
}

/** Refuses each call of an errno at the positions that fall to it. @returns how many there were */
async function refuseEach(steps: Steps, options: Options, errno: number, seed: number): Promise<number> {
  const places = placesOf(steps, options, errno);
  const random = new Random(seed + errno);
  const fallsTo = (position: number): boolean => errnos[(position + seed) % errnos.length] === errno;
  let left = places
    .map((_, position) => position)
    .filter((position) => position < first && fallsTo(position));
  if (places.length > first)
    for (let i = 0; i < later; i++) {
      const position = first + random.below(places.length - first);
      if (i % errnos.length === errnos.indexOf(errno)) left.push(position);
    }
  left = [...new Set(left)].sort((a, b) => a - b);
  const all = left.length;
  for (let size = together; left.length > 0; size = Math.ceil(size / 2)) {
    const lives = Math.ceil(left.length / size);
    const again: number[] = [];
    for (let start = 0; start < lives; start++) {
      // The engine gives the memory of views back in a turn of the event loop: 1.2 GiB after two thousand heaps.
      await turn();
      // As far apart as can be.
      const positions = left.filter((_, i) => i % lives === start);
      telling(`errno ${errno} at ${positions.join(', ')}`, seed, () => {
        const wanted = positions.map((position) => places[position]!);
        const missed = new Set(liveThroughEach(steps, options, wanted, errno));
        if (positions.length === 1) expect(missed.size, 'a position that is not come to').toBe(0);
        again.push(...positions.filter((_, i) => missed.has(wanted[i]!)));
      });
    }
    left = again.sort((a, b) => a - b);
  }
  return all;
}

/** The tests of one workload, a design each: of those whose name begins so. The seed is printed. */
export function testPositions(workload: keyof typeof longWorkloads, ...designs: readonly string[]): void {
  const seed = seedOf('PAGEHEAP_SEED');
  console.log(`PAGEHEAP_SEED=${seed}`);
  const steps = longWorkloads[workload]!;
  describe(`system calls that fail: ${workload}`, () => {
    const asked = Object.entries(failingDesigns).filter(
      ([name]) => designs.length === 0 || designs.some((start) => name.startsWith(start)),
    );
    test.each(asked)(
      '%s',
      async (_name, options) => {
        const calls = placesOf(steps, options, 0).length;
        let refused = 0;
        for (const errno of errnos) refused += await refuseEach(steps, options, errno, seed);
        // Of ENOMEM there are fewer: some calls are not asked to answer it.
        expect(refused).toBeGreaterThan(0.95 * Math.min(first, calls));
      },
      hour,
    );
    test.each(asked)(
      '%s, for a while and for good',
      async (_name, options) => {
        const random = new Random(seed);
        const { calls } = liveThrough(steps, options, { pass: Infinity, count: 0, errno: 0 });
        for (let i = 0; i < whiles; i++) {
          await turn();
          const pass = random.below(calls);
          const count = i % 2 === 0 ? 50 : Infinity;
          const errno = errnos[i % errnos.length]!;
          telling(`position ${pass}, ${count} calls, errno ${errno}`, seed, () =>
            liveThrough(steps, options, { pass, count, errno }),
          );
        }
      },
      hour,
    );
  });
}
