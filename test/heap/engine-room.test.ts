import { expect, test } from 'vitest';
import { MiB } from '../../lib/base/units.ts';
import { leavesRoom } from '../../lib/heap/engine-room.ts';
import { FailingSys } from '../support/failing-sys.ts';

test('whether the process could have 32 MiB more is tried, and nothing of it kept', () => {
  const sys = new FailingSys(['alloc']);
  expect(leavesRoom(sys)).toBe(true);
  expect(sys.statsOf('alloc').bytes).toBe(32 * MiB);
  expect([sys.states!.list(), (sys.accounts as unknown as { ready: number }).ready]).toEqual([[], 0]);
  sys.refuse(0, 1);
  expect([leavesRoom(sys), leavesRoom(sys)]).toEqual([false, true]);
});
