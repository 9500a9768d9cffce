import { expect, test } from 'vitest';
import { ManualClock } from '../../lib/os/clock.ts';
import { quietRuntime } from '../heap/quiet-runtime.ts';

test('a periodic cycle is due when the period has passed since the last one, unless GC is off', () => {
  const clock = new ManualClock(5000);
  const { gc } = quietRuntime({ clock });
  const isDue = (period: number): boolean => gc.collector.untilPeriodic(clock.now(), period) < 0;
  expect([isDue(10), gc.collector.untilPeriodic(clock.now(), 10)]).toEqual([false, Infinity]);
  expect(gc.collector.collect(false)).toBe(true);
  clock.advance(10);
  expect([isDue(10), gc.collector.untilPeriodic(clock.now(), 10)]).toEqual([false, 0]);
  clock.advance(1);
  expect([isDue(10), isDue(11), isDue(Infinity)]).toEqual([true, false, false]);
  gc.settings.setGCPercent(-1);
  expect([isDue(10), gc.collector.untilPeriodic(clock.now(), 10)]).toEqual([false, Infinity]);
});
