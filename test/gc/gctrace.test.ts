import { describe, expect, it } from 'vitest';
import { MiB } from '../../lib/base/units.ts';
import { formatFixed, formatGcTrace, formatNsAsMs, type GcTrace } from '../../lib/gc/gctrace.ts';
import { readGolden } from './read-golden.ts';

it('rounds every number as Go 1.21.13 does', () => {
  let seen = 0;
  for (const [kind, a, b, c] of readGolden('gc/formats').lines) {
    if (kind === 'm') {
      expect(formatNsAsMs(a as number), `${a} ns`).toBe(b);
      seen++;
    } else if (kind === 'd') {
      expect(formatFixed(a as number, b as number)).toBe(c);
      seen++;
    }
  }
  expect(seen).toBe(916);
});

describe('the line', () => {
  const trace: GcTrace = {
    cycle: 7,
    at: 412_999_999,
    cpuFraction: 0.0299,
    clock: [21_400, 3_190_000, 9_999],
    cpu: { start: 21_400, assist: 0, background: 3_190_000, idle: 999, end: 123_456_789 },
    heapStart: 9 * MiB - 1,
    heapEnd: 9 * MiB,
    heapMarked: 4.99 * MiB,
    goal: 8 * MiB,
    procs: 1,
    forced: false,
  };

  it('is Go’s', () => {
    expect(formatGcTrace(trace)).toBe(
      'gc 7 @0.412s 2%: 0.021+3.1+0.009 ms clock, 0.021+0/3.1/0+123 ms cpu, ' +
        '8->9->4 MB, 8 MB goal, 0 MB stacks, 0 MB globals, 1 P',
    );
  });

  it('is that of Go 1.12 for its generation: no stacks, no globals', () => {
    expect(formatGcTrace({ ...trace, forced: true }, 'go1.12')).toBe(
      'gc 7 @0.412s 2%: 0.021+3.1+0.009 ms clock, 0.021+0/3.1/0+123 ms cpu, 8->9->4 MB, 8 MB goal, 1 P (forced)',
    );
  });

  it('is that of Go 1.4 for its generation', () => {
    const counts = {
      livedBefore: 4.4 * MiB,
      mallocs: 90_000,
      frees: 49_000,
      spans: 512,
      sweptInBackground: 40,
      sweptInPause: 3,
    };
    expect(formatGcTrace({ ...trace, ...counts }, 'go1.4')).toBe(
      'gc7(1): 0+21+3190+9 us, 4 -> 8 MB, 41000 (90000-49000) objects, 1 goroutines, 512/40/3 sweeps, ' +
        '0(0) handoff, 0(0) steal, 0/0/0 yields',
    );
  });

  it('says when it was forced, and shows stacks and globals', () => {
    const line = formatGcTrace({
      ...trace,
      at: 65_123e6,
      forced: true,
      stacks: 3 * MiB,
      globals: MiB,
      procs: 4,
    });
    expect(line).toMatch(/^gc 7 @65\.123s 2%: /);
    expect(line).toMatch(/ 8 MB goal, 3 MB stacks, 1 MB globals, 4 P \(forced\)$/);
  });

  it.each([
    // Lines that a Go 1.21.13 program printed, and quantities that give them.
    [
      'gc 10 @0.015s 7%: 0.080+0.54+0.002 ms clock, 0.16+0/0.068/0+0.004 ms cpu, 7->10->5 MB, 8 MB goal, 0 MB stacks, 0 MB globals, 2 P',
      {
        cycle: 10,
        at: 15_000_000,
        cpuFraction: 0.07,
        clock: [80_123, 549_999, 2_000],
        cpu: { start: 160_246, assist: 0, background: 68_999, idle: 0, end: 4_000 },
        heapStart: 7.5 * MiB,
        heapEnd: 10.2 * MiB,
        heapMarked: 5 * MiB,
        goal: 8.9 * MiB,
        procs: 2,
        forced: false,
      },
    ],
    [
      'gc 13 @0.076s 1%: 0.026+1.7+0.004 ms clock, 0.052+0.024/0.071/0.17+0.008 ms cpu, 8->17->17 MB, 10 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)',
      {
        cycle: 13,
        at: 76_999_999,
        cpuFraction: 0.0199,
        clock: [26_999, 1_799_999, 4_000],
        cpu: { start: 52_000, assist: 24_001, background: 71_000, idle: 170_100, end: 8_000 },
        heapStart: 8 * MiB,
        heapEnd: 17 * MiB,
        heapMarked: 17 * MiB,
        goal: 10 * MiB,
        procs: 2,
        forced: true,
      },
    ],
  ] as [string, GcTrace][])('%s', (line, facts) => {
    expect(formatGcTrace(facts)).toBe(line);
  });
});
