/** The clock that tests own. */
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../lib/os/clock.ts';
import { codeOf } from '../support/codes.ts';

describe('a clock that moves when told to', () => {
  test('moves by what it is told, from where it began', () => {
    const clock = new ManualClock(5);
    expect([clock.now(), clock.advance(0), clock.advance(2.5), clock.now()]).toEqual([5, 5, 7.5, 7.5]);
  });

  test.each([['5'], [5n], [-1], [Number.NaN], [Number.POSITIVE_INFINITY], [null], [undefined], [{}]])(
    'refuses %s, and stays where it is',
    (ns) => {
      const clock = new ManualClock(3);
      expect(codeOf(() => clock.advance(ns as never))).toBe('ERR_INVALID_ARGUMENT');
      expect(clock.now()).toBe(3);
      if (ns !== undefined && ns !== -1)
        expect(codeOf(() => new ManualClock(ns as never))).toBe('ERR_INVALID_ARGUMENT');
    },
  );
});
