import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuLimiter, capacityPerProc, cpuLimiterTable } from '../../lib/gc/cpu-limiter.ts';
import { plainViews } from '../../lib/meta/column.ts';
import { readGolden } from './read-golden.ts';

const ms = 1e6;
const s = 1e9;

function limiter(procs = 1, now = 0): CpuLimiter {
  const l = new CpuLimiter(plainViews(cpuLimiterTable));
  l.resetCapacity(now, procs);
  return l;
}

it('equals the limiter of Go 1.21.13 step for step', () => {
  const { lines } = readGolden('gc/cpu-limiter');
  let l = limiter();
  let limiting = 0;
  lines.forEach((line, i) => {
    const [op, a, b] = line as [string, number, number];
    switch (op) {
      case 'n':
        l = limiter(b, a);
        break;
      case 'a':
        // Go has one pool for all assists.
        [l.addMarkTime, l.addSweepTime, l.addScavengeTime][i % 3].call(l, a);
        return;
      case 'i':
        l.addIdleTime(a);
        return;
      case 'u':
        l.update(a);
        break;
      case 's':
        l.startTransition(line[1] === true, b);
        return;
      case 'f':
        l.finishTransition(a);
        break;
      default:
        l.resetCapacity(a, b);
    }
    limiting += l.limiting() ? 1 : 0;
    expect([l.fill, l.overflow, l.limiting()], `line ${i + 2}: ${JSON.stringify(line)}`).toEqual(
      line.slice(-3),
    );
  });
  expect(limiting).toBeGreaterThan(300);
});

describe('the bucket', () => {
  it.each([
    // what the mutator and the collector took, then fill, overflow, limiting
    ['fills by what the collector takes more', [[1 * ms, 5 * ms]], 4 * ms, 0, false],
    [
      'is never less than empty',
      [
        [5 * ms, 0],
        [0, 3 * ms],
      ],
      3 * ms,
      0,
      false,
    ],
    [
      'drains by what the program takes more',
      [
        [0, 5 * ms],
        [2 * ms, 0],
      ],
      3 * ms,
      0,
      false,
    ],
    ['full exactly', [[0, s]], s, 0, true],
    ['overflows', [[0, s + 7]], s, 7, true],
    [
      'equal shares leave it full',
      [
        [0, s],
        [ms, ms],
      ],
      s,
      0,
      true,
    ],
    [
      'a nanosecond drained ends limiting',
      [
        [0, s],
        [1, 0],
      ],
      s - 1,
      0,
      false,
    ],
    [
      'and one filled starts it again',
      [
        [0, s],
        [1, 0],
        [0, 1],
      ],
      s,
      0,
      true,
    ],
  ] as [string, [number, number][], number, number, boolean][])(
    '%s',
    (_, steps, fill, overflow, limiting) => {
      const l = limiter();
      for (const [mutator, gc] of steps) {
        l.accumulate(mutator, gc);
      }
      expect([l.fill, l.overflow, l.limiting()]).toEqual([fill, overflow, limiting]);
    },
  );

  it('holds a second for each P', () => {
    expect(limiter(1).capacity).toBe(capacityPerProc);
    expect(limiter(8).capacity).toBe(8 * s);
  });

  it('cut down below its fill is full, with more Ps no longer', () => {
    const l = limiter(2);
    l.setCycles(6);
    l.accumulate(0, 1.5 * s);
    l.resetCapacity(0, 1);
    expect([l.fill, l.limiting(), l.lastEnabledCycle]).toEqual([s, true, 7]);
    l.resetCapacity(0, 2);
    expect(l.limiting()).toBe(false);
  });

  it('full and reset to the same capacity goes on limiting', () => {
    const l = limiter();
    l.accumulate(0, s);
    l.setCycles(9);
    l.resetCapacity(0, 1);
    expect([l.limiting(), l.lastEnabledCycle]).toEqual([true, 1]);
  });

  it('remembers the cycle in which limiting began, not those in which it went on', () => {
    const l = limiter();
    expect(l.lastEnabledCycle).toBe(0);
    l.setCycles(2);
    l.accumulate(0, s);
    l.setCycles(3);
    l.accumulate(0, 5);
    expect(l.lastEnabledCycle).toBe(3);
    l.accumulate(5, 0);
    l.accumulate(0, 9);
    expect(l.lastEnabledCycle).toBe(4);
  });
});

describe('updates', () => {
  it('count marking, sweeping and scavenging for the collector, the rest of the time for the program', () => {
    const l = limiter();
    l.addMarkTime(50 * ms);
    l.addSweepTime(20 * ms);
    l.addScavengeTime(10 * ms);
    l.update(100 * ms);
    expect(l.fill).toBe(60 * ms);
    l.update(110 * ms);
    expect(l.fill).toBe(50 * ms);
    expect(l.totals()).toEqual({ mark: 50 * ms, sweep: 20 * ms, scavenge: 10 * ms, idle: 0, pause: 0 });
  });

  it('leave idle time out', () => {
    const l = limiter();
    l.addMarkTime(50 * ms);
    l.addIdleTime(40 * ms);
    l.update(100 * ms);
    expect(l.fill).toBe(40 * ms);
    expect(l.totals().idle).toBe(40 * ms);
  });

  it('count a pause for every P', () => {
    const l = limiter(2);
    l.pause(10 * ms, 30 * ms);
    expect(l.fill).toBe(40 * ms);
    expect(l.lastUpdate).toBe(30 * ms);
    expect(l.totals().pause).toBe(40 * ms);
    l.update(35 * ms);
    expect(l.fill).toBe(30 * ms);
  });

  it('are due after 10 ms, and ignore a time gone by', () => {
    const l = limiter(1, 5);
    expect(l.needUpdate(5 + 10 * ms)).toBe(false);
    expect(l.needUpdate(6 + 10 * ms)).toBe(true);
    l.addMarkTime(9);
    l.update(4);
    expect([l.lastUpdate, l.fill]).toEqual([5, 0]);
  });

  it('of more collecting than time has passed take the rest from the program, below nothing', () => {
    const l = limiter(1, 5);
    l.addMarkTime(7);
    l.update(5);
    expect(l.fill).toBe(14);
  });

  it('follow a transition that ended before it began', () => {
    const l = limiter(1, 5);
    l.startTransition(true, 100);
    l.finishTransition(90);
    expect([l.lastUpdate, l.fill]).toEqual([90, 0]);
  });

  it('transitions must pair', () => {
    const l = limiter();
    expect(() => l.finishTransition(1)).toThrow(/not started/);
    expect(() => l.startTransition(false, 1)).toThrow(/the state it is in/);
    l.startTransition(true, 1);
    expect(() => l.startTransition(false, 1)).toThrow(/within/);
    expect(() => l.update(1)).toThrow(/during a transition/);
    l.finishTransition(2);
    l.update(402);
    // A quarter of 400 is the collector's, three quarters the program's.
    expect(l.fill).toBe(0);
  });
});

describe('what is affordable', () => {
  it('is what fits', () => {
    const l = limiter();
    l.accumulate(0, 0.7 * s);
    expect(l.affords(0.3 * s)).toBe(true);
    expect(l.affords(0.31 * s)).toBe(false);
    l.accumulate(0, s);
    expect(l.affords(0)).toBe(false);
  });

  it('is, from an empty bucket, anything', () => {
    expect(limiter().affords(20 * s)).toBe(true);
  });

  it.each([0.2 * ms, 5 * ms, 60 * ms, 300 * ms])(
    'holds pauses of %d ns that never end to half the time',
    (pause) => {
      const l = limiter();
      let now = 0;
      let paused = 0;
      // The program wants a collection again after every 0.1 ms.
      while (now < 30 * s) {
        now += 0.1 * ms;
        l.update(now);
        if (l.affords(pause)) {
          l.pause(now, now + pause);
          now += pause;
          paused += pause;
        }
      }
      expect(l.overflow).toBe(0);
      // Half, and the bucket's one second beyond.
      expect(paused / now).toBeLessThan(0.5 + 0.5 / 29);
      expect(paused / now).toBeGreaterThan(0.48);
    },
  );
});

it('keeps 0 ≤ fill ≤ capacity, and is limiting only when full', () => {
  const step = fc.tuple(fc.nat({ max: 2e9 }), fc.nat({ max: 2e9 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), (steps, procs) => {
      const l = limiter(procs);
      for (const [mutator, gc] of steps) {
        l.accumulate(mutator, gc);
        expect(l.fill).toBeGreaterThanOrEqual(0);
        expect(l.fill).toBeLessThanOrEqual(l.capacity);
        expect(l.limiting()).toBe(l.fill === l.capacity);
      }
    }),
  );
});
