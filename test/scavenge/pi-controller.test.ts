import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainViews } from '../../lib/meta/column.ts';
import { scavengerTuning } from '../../lib/scavenge/bursts.ts';
import { PiController, type PiTuning, piTable } from '../../lib/scavenge/pi-controller.ts';
import { readGolden } from '../gc/read-golden.ts';

const fresh = (tuning: PiTuning = scavengerTuning): PiController =>
  new PiController(plainViews(piTable), tuning);

it('equals Go’s controller bit for bit', () => {
  const { header, lines } = readGolden('controller/pi');
  expect(header).toMatchObject({ ...scavengerTuning });
  const c = fresh();
  for (const [i, line] of lines.entries()) {
    const [input, setpoint, period, output] = line as number[];
    const ok = c.next(input, setpoint, period);
    expect([c.output, ok], `line ${i + 2}`).toEqual([output, line[4]]);
  }
  expect(lines).toHaveLength(2000);
});

describe('one step', () => {
  const tuning = { kp: 2, ti: 4, tt: 8, min: -10, max: 10 };

  it('is proportion plus integral', () => {
    const c = fresh(tuning);
    expect(c.next(1, 3, 1)).toBe(true);
    expect([c.output, c.integral]).toEqual([4, 1]);
    c.next(1, 3, 2);
    expect([c.output, c.integral]).toEqual([5, 3]);
  });

  it('is clamped, and the integral pulled back', () => {
    const c = fresh(tuning);
    c.next(0, 100, 1);
    // Raw 200, so 190 too much: 2 × 1 / 4 × 100 − 190 / 8.
    expect([c.output, c.integral]).toEqual([10, 26.25]);
    c.next(100, 0, 1);
    expect(c.output).toBe(-10);
  });

  it('without a time constant has no integral', () => {
    const c = fresh({ ...tuning, ti: 0 });
    c.next(1, 3, 1);
    expect([c.output, c.integral]).toEqual([4, 0]);
  });
});

describe('overflow', () => {
  it.each([Infinity, -Infinity, Number.NaN])('of the input %d answers the least output', (input) => {
    const state = plainViews(piTable);
    const c = new PiController(state, scavengerTuning);
    c.next(0, 0.01, 1e9);
    expect(c.next(input, 0.01, 1e9)).toBe(false);
    expect([c.output, c.integral]).toEqual([0.001, 0]);
    expect([state.inputOverflow[0], state.errorOverflow[0]]).toEqual([1, 0]);
    expect(c.next(0, 0.01, 1e9)).toBe(true);
  });

  it('of the integral too', () => {
    const state = plainViews(piTable);
    const c = new PiController(state, scavengerTuning);
    expect(c.next(0, 1e200, 1e200)).toBe(false);
    expect([c.output, c.integral]).toEqual([0.001, 0]);
    expect([state.inputOverflow[0], state.errorOverflow[0]]).toEqual([0, 1]);
  });
});

it('stays within its bounds whatever comes', () => {
  const any = fc.double({ noNaN: false });
  fc.assert(
    fc.property(fc.array(fc.tuple(any, any, any), { maxLength: 30 }), (samples) => {
      const c = fresh();
      for (const [input, setpoint, period] of samples) {
        const ok = c.next(input, setpoint, period);
        expect(c.output).toBeGreaterThanOrEqual(scavengerTuning.min);
        expect(c.output).toBeLessThanOrEqual(scavengerTuning.max);
        expect(Number.isFinite(c.integral)).toBe(true);
        expect(ok || c.output === scavengerTuning.min).toBe(true);
      }
    }),
  );
});
