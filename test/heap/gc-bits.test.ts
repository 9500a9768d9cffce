import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bitmapWords,
  GcBits,
  gcBitsArenaRows,
  gcBitsArenaTable,
  gcBitsStateTable,
  gcBitsTable,
} from '../../lib/heap/gc-bits.ts';
import { times } from '../support/extent.ts';
import { FailingSys } from '../support/failing-sys.ts';
import { metaOf } from '../support/meta.ts';

const arenaWords = 16 * 1024;

function make(arenas = 40): { gcBits: GcBits; sys: FailingSys } {
  const sys = new FailingSys(['commit']);
  const words = arenas * arenaWords;
  const meta = metaOf(
    [
      [gcBitsStateTable, 1],
      [gcBitsArenaTable, gcBitsArenaRows(words) + 1],
      [gcBitsTable, words],
    ],
    sys,
  );
  expect(GcBits.prepare(meta)).toBe(true);
  return { gcBits: new GcBits(meta), sys };
}

test('a bitmap is whole 64-bit words', () => {
  expect([0, 1, 64, 65, 128, 129, 1024].map(bitmapWords)).toEqual([0, 2, 2, 4, 4, 6, 32]);
});

describe('bitmaps', () => {
  test('are zero, and no two that are alive share a word, cycle after cycle', () => {
    const { gcBits } = make();
    /** By age in cycles: those taken in this one, the last, the one before. */
    let alive: { at: number; words: number; stamp: number }[][] = [[], [], []];
    let stamp = 0;
    const cycle = fc.array(fc.integer({ min: 1, max: 1024 }), {
      minLength: 100,
      maxLength: 700,
      size: 'max',
    });
    fc.assert(
      fc.property(cycle, (sizes) => {
        for (const [i, n] of sizes.entries()) {
          const at = i % 2 === 0 ? gcBits.allocForSpan(n) : gcBits.allocForSweep(n);
          const words = bitmapWords(n);
          expect(at).toBeGreaterThanOrEqual(0);
          if (gcBits.bits.subarray(at, at + words).some((word) => word !== 0)) expect.unreachable('not zero');
          gcBits.bits.fill(++stamp, at, at + words);
          alive[0].push({ at, words, stamp });
        }
        for (const { at, words, stamp } of alive.flat()) {
          if (gcBits.bits.subarray(at, at + words).some((word) => word !== stamp))
            expect.unreachable('shared');
        }
        // Those being marked are allocation bits next, and dead after that.
        gcBits.nextEpoch();
        alive = [[], alive[0], alive[1]];
      }),
      { numRuns: times(20, 60) },
    );
  });

  test('come back after three cycles: the memory does not grow with the number of cycles', () => {
    const { gcBits } = make(4);
    for (let cycle = 0; cycle < 30; cycle++) {
      // All of an arena but for its end.
      for (let i = 0; i < 512; i++) expect(gcBits.allocForSpan(1024)).toBeGreaterThanOrEqual(0);
      expect(gcBits.bytesInUse()).toBe(Math.min(cycle + 1, 3) * 64 * 1024);
      gcBits.nextEpoch();
    }
  });

  test('end with the table: new spans are refused, a sweep is fatal', () => {
    const { gcBits } = make(1);
    for (let i = 0; i < 512; i++) gcBits.allocForSpan(1024);
    expect([gcBits.allocForSpan(1), gcBits.bytesInUse()]).toEqual([-1, 64 * 1024]);
    expect(() => gcBits.allocForSweep(1)).toThrow('no memory for mark bits');
  });
});

describe('what is reserved for a sweep', () => {
  test('is refused when there is no memory, and had later', () => {
    const { gcBits, sys } = make();
    sys.refuse(3, 1);
    expect([gcBits.reserveForSweep(5 * arenaWords), gcBits.reserveForSweep(5 * arenaWords)]).toEqual([
      false,
      true,
    ]);
  });

  test('is enough for bitmaps of any sizes, without memory, while new spans are made as well', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 1024 }), { minLength: 1, maxLength: 1500, size: 'max' });
    const pattern = fc.array(fc.nat(40), { minLength: 1, maxLength: 8, size: 'max' });
    fc.assert(
      fc.property(sizes, pattern, (swept, between) => {
        const { gcBits, sys } = make();
        for (let i = 0; i < 300; i++) gcBits.allocForSpan(1 + ((i * 37) % 1024));
        expect(gcBits.reserveForSweep(swept.reduce((sum, n) => sum + bitmapWords(n), 0))).toBe(true);
        gcBits.nextEpoch();
        sys.refuse(0, Infinity);
        for (const [i, n] of swept.entries()) {
          for (let k = between[i % between.length]; k > 0; k--) gcBits.allocForSpan(1024);
          gcBits.allocForSweep(n); // fatal when there is none
        }
      }),
      { numRuns: times(20, 50) },
    );
  });

  test('is left alone by new spans until the sweep ends, and what is beyond it they may have', () => {
    const { gcBits, sys } = make();
    // Of each arena 32 words may be lost at its end.
    expect(gcBits.reserveForSweep(arenaWords - 32)).toBe(true);
    gcBits.nextEpoch();
    sys.refuse(0, Infinity);
    expect(gcBits.allocForSpan(1)).toBe(-1);
    for (let i = 0; i < 10; i++) gcBits.allocForSweep(64);
    expect(gcBits.allocForSpan(1)).toBe(-1);
    sys.relent();
    expect(gcBits.allocForSpan(1)).toBe(20);
    sys.refuse(0, Infinity);
    gcBits.endSweep();
    for (let n = 22; n < 2 * arenaWords; n += 2) expect(gcBits.allocForSpan(1)).toBeGreaterThan(0);
    expect(gcBits.allocForSpan(1)).toBe(-1);
  });

  test('grows less with each bitmap the sweep takes', () => {
    const { gcBits, sys } = make();
    gcBits.reserveForSweep(2 * (arenaWords - 32));
    gcBits.nextEpoch();
    sys.refuse(0, Infinity);
    for (let i = 0; i < 625; i++) gcBits.allocForSweep(1024);
    // Of two arenas 20000 words were taken; all but twice 32 of the rest is owed.
    let taken = 0;
    while (gcBits.allocForSpan(1) >= 0) taken += 2;
    expect(taken).toBe(32);
  });

  test('takes no more memory than it may need', () => {
    const { gcBits, sys } = make();
    const before = sys.requests;
    gcBits.reserveForSweep(3 * (arenaWords - 32));
    expect(sys.requests - before).toBe(3);
    gcBits.reserveForSweep(3 * (arenaWords - 32) + 1);
    expect(sys.requests - before).toBe(4);
  });
});
