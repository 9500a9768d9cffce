import { expect, test } from 'vitest';
import { MiB, pageSize } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { ManualClock } from '../../lib/os/clock.ts';
import { Garbage } from '../gc/garbage.ts';

const clock = new ManualClock(1000e9);

/** 64 objects of 1 MiB, all but so many dropped, collected, and everything swept. The clock moves only where it is moved. */
function swept(options: HeapOptions, kept: number): Garbage {
  const made = new Garbage({ gcPercent: 100, scavenge: true, ...options, clock });
  for (let n = 0; n < 64; n++) made.objects.push(made.large(MiB / pageSize));
  for (const { addr } of made.objects.slice(kept)) made.drop(addr);
  // Twice: of a chunk that was dense when its objects died nothing goes before the next cycle.
  for (let cycle = 0; cycle < 2; cycle++) {
    made.collect();
    made.runtime.gc.sweeper.sweepAll();
  }
  return made;
}

const released = ({ runtime }: Garbage): number => runtime.state.counters.releasedBackground[0];

test('the background scavenger sleeps after a burst, and the next cycle wakes it before its sweep is done', () => {
  const made = swept({ generation: 'radix' }, 1);
  const { scavenger, gc } = made.runtime;
  expect(scavenger.isDue(clock.now())).toBe(true);
  expect(scavenger.step()).toBeGreaterThanOrEqual(1e9);
  const first = released(made);
  expect(first).toBeGreaterThan(0);
  expect(scavenger.isDue(clock.now())).toBe(false);
  clock.advance(1e6);
  expect(scavenger.isDue(clock.now())).toBe(false);
  made.collect();
  expect(gc.sweeper.isDone).toBe(false);
  expect(scavenger.isDue(clock.now())).toBe(true);
  expect(scavenger.step()).toBeGreaterThanOrEqual(1e9);
  expect(released(made)).toBeGreaterThan(first);
  // Once: it sleeps again until the sweep is done.
  expect(scavenger.isDue(clock.now())).toBe(false);
  gc.sweeper.sweepAll();
  expect(scavenger.isDue(clock.now())).toBe(true);
});

test('a scavenger whose goals are met goes on sleeping', () => {
  const made = swept({ generation: 'radix' }, 64);
  const { scavenger } = made.runtime;
  made.collect();
  expect(scavenger.step()).toBe(Infinity);
  expect([released(made), scavenger.isDue(clock.now())]).toEqual([0, false]);
});

test('those that go by age are not asked', () => {
  const made = swept({ generation: 'treap' }, 1);
  made.collect();
  expect(made.runtime.scavenger.isDue(clock.now())).toBe(false);
  expect(released(made)).toBe(0);
});
