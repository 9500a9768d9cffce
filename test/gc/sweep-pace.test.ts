import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KiB, MiB, pageSize } from '../../lib/base/units.ts';
import { SweepPace, sweepPaceTable } from '../../lib/gc/sweep-pace.ts';
import { plainViews } from '../../lib/meta/column.ts';
import { times } from '../support/extent.ts';
import { readGolden } from './read-golden.ts';

const fresh = (): SweepPace => new SweepPace(plainViews(sweepPaceTable));

it('equals the pace of Go 1.21.13 bit for bit', () => {
  const { lines } = readGolden('gc/sweep-pace');
  expect(lines.length).toBe(800);
  for (const line of lines) {
    const [trigger, live, inUse, swept, , ratio, liveBasis, sweptBasis] = line as number[];
    const pace = fresh();
    pace.set(trigger, live, inUse, swept, line[4] === true);
    expect([pace.pagesPerByte, pace.heapLiveBasis, pace.pagesSweptBasis], JSON.stringify(line)).toEqual([
      ratio,
      liveBasis,
      sweptBasis,
    ]);
  }
});

describe('pages owed', () => {
  // 1000 pages to sweep within 9 MiB − 1 MiB: one page for each 8 KiB and some.
  const pace = fresh();
  pace.set(19 * MiB, 10 * MiB, 1124, 100, false);
  it.each([
    // heapLive, pagesSwept, spanBytes, callerSweepPages, owed
    ['at the basis, for a page', 10 * MiB, 100, 8 * KiB, 0, 1],
    ['less than a page’s worth', 10 * MiB, 100, 8 * KiB - 1, 0, 0],
    ['what was swept counts', 10 * MiB, 101, 8 * KiB, 0, 0],
    ['half way', 14 * MiB, 100, 8 * KiB, 0, 513],
    ['half way, half swept', 14 * MiB, 612, 8 * KiB, 0, 1],
    ['the caller sweeps some itself', 14 * MiB, 100, 64 * KiB, 8, 512],
    ['below the basis only the span counts', 9 * MiB, 100, 16 * KiB, 0, 2],
    ['ahead of the pace', 14 * MiB, 1000, 8 * KiB, 0, 0],
    ['at the margin all is owed', 18 * MiB - 8 * KiB, 100, 8 * KiB, 0, 1024],
  ])('%s', (_, live, swept, span, caller, owed) => {
    expect(pace.pagesPerByte).toBe(1024 / (8 * MiB));
    expect(pace.pagesOwed(live, swept, span, caller)).toBe(owed);
  });

  it('none once stopped, and none before anything is set', () => {
    expect(fresh().pagesOwed(2 ** 40, 0, MiB)).toBe(0);
    const p = fresh();
    p.set(19 * MiB, 10 * MiB, 1024, 0, false);
    p.stop();
    expect(p.pagesOwed(18 * MiB, 0, MiB)).toBe(0);
  });

  it('a trigger already passed makes one page of allocation sweep all that is left', () => {
    const p = fresh();
    p.set(10 * MiB, 10 * MiB, 700, 200, false);
    expect(p.pagesOwed(10 * MiB, 200, pageSize)).toBe(500);
  });
});

it('who pays what is owed has swept everything by the trigger', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 0, max: 2000 }),
      fc.integer({ min: 1, max: 64 }),
      (left, distance, spanPages) => {
        const p = fresh();
        const start = 100 * MiB;
        const trigger = start + MiB + distance * pageSize;
        p.set(trigger, start, left, 0, false);
        let swept = 0;
        let live = start;
        while (live < trigger) {
          swept += p.pagesOwed(live, swept, spanPages * pageSize);
          live += spanPages * pageSize;
        }
        expect(swept).toBeGreaterThanOrEqual(left);
      },
    ),
    { numRuns: times(20, 50) },
  );
});
