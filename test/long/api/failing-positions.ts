/**
 * Every system call of the addon fails once, at each of the first 2,000 positions of a workload and at 200 random
 * later ones, in every design, with errnos of all kinds; and from some positions on for a while, and for good.
 */
import { describe, test } from 'vitest';
import { failingDesigns, liveThrough, longWorkloads } from '../../support/failing-calls.ts';
import { Random, seedOf } from '../../support/random.ts';
import { errnos } from '../../support/refusing-addon.ts';

const first = 2000;
const later = 200;
const hour = 3_600_000;

/** The tests of one workload, a design each: of those whose name begins so. The seed is printed. */
export function testPositions(workload: keyof typeof longWorkloads, ...designs: readonly string[]): void {
  const seed = seedOf('PAGEHEAP_SEED');
  console.log(`PAGEHEAP_SEED=${seed}`);
  const steps = longWorkloads[workload];
  describe(`system calls that fail: ${workload}`, () => {
    const asked = Object.entries(failingDesigns).filter(
      ([name]) => designs.length === 0 || designs.some((start) => name.startsWith(start)),
    );
    test.each(asked)(
      '%s',
      (_name, options) => {
        const random = new Random(seed);
        const { calls } = liveThrough(steps, options, { pass: Infinity, count: 0, errno: 0 });
        const positions = Array.from({ length: Math.min(first, calls) }, (_, i) => i);
        if (calls > first)
          for (let i = 0; i < later; i++) positions.push(first + random.below(calls - first));
        for (const pass of positions) {
          const errno = errnos[(pass + seed) % errnos.length] as number;
          const count = random.below(8) === 0 ? ([50, Infinity][random.below(2)] as number) : 1;
          try {
            liveThrough(steps, options, { pass, count, errno });
          } catch (error) {
            throw new Error(`position ${pass}, ${count} calls, errno ${errno}, seed ${seed}`, {
              cause: error,
            });
          }
        }
      },
      hour,
    );
  });
}
