import { expect, test } from 'vitest';
import { SweepState, sweepStateTable } from '../../lib/heap/sweep-state.ts';
import { FailingSys } from '../support/failing-sys.ts';
import { metaOf } from '../support/meta.ts';

test('a sweep begins with each generation, two above the last, and is done when it is drained', () => {
  const meta = metaOf([[sweepStateTable, 1]]);
  expect(SweepState.prepare(meta)).toBe(true);
  const [state, other] = [new SweepState(meta), new SweepState(meta)];
  // Nothing to sweep at first.
  expect([state.gen, state.isDone(), state.markWords]).toEqual([0, true, 0]);
  state.nextGeneration();
  expect([state.gen, state.isDone()]).toEqual([2, false]);
  other.markDrained();
  state.markWords += 12;
  expect([state.isDone(), other.gen, other.markWords]).toEqual([true, 2, 12]);
  other.nextGeneration();
  expect([state.gen, state.isDone()]).toEqual([4, false]);
});

test('there is none without memory', () => {
  const sys = new FailingSys(['commit']);
  const meta = metaOf([[sweepStateTable, 1]], sys);
  sys.refuse(0, 1);
  expect([SweepState.prepare(meta), SweepState.prepare(meta)]).toEqual([false, true]);
});
