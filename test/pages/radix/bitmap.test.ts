import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as bitmap from '../../../lib/pages/radix/bitmap.ts';
import {
  packRun,
  runSize,
  runStart,
  scavengeCandidate,
} from '../../../lib/pages/radix/scavenge-candidate.ts';
import { times } from '../../support/extent.ts';
import type { Range } from './heaps.ts';

// Every routine against a twin over an array of 512 booleans. The chunk under test lies between two
// others, which no routine may touch or look at.
const chunkWords = 16;
const base = chunkWords;

function wordsOf(bits: readonly boolean[]): Int32Array {
  const words = new Int32Array(3 * chunkWords).fill(0x5a5a5a5a);
  words.fill(0, base, base + chunkWords);
  bits.forEach((bit, i) => {
    if (bit) words[base + (i >> 5)]! |= 1 << (i & 31);
  });
  return words;
}

function bitsOf(words: Int32Array): boolean[] {
  return Array.from({ length: 512 }, (_, i) => ((words[base + (i >> 5)]! >>> (i & 31)) & 1) === 1);
}

function bitsFrom(ranges: readonly Range[]): boolean[] {
  const bits = new Array<boolean>(512).fill(false);
  for (const [from, n] of ranges) bits.fill(true, from, from + n);
  return bits;
}

function holes(bits: readonly boolean[]): Range[] {
  const found: [number, number][] = [];
  bits.forEach((bit, i) => {
    if (bit) return;
    const last = found.at(-1);
    if (last !== undefined && last[0] + last[1] === i) last[1]++;
    else found.push([i, 1]);
  });
  return found;
}

/** Chunks made of runs, so that long holes and whole words come often. */
const chunk = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 90 }), fc.boolean()), { minLength: 1, maxLength: 80 })
  .map((runs) => {
    const bits = runs.flatMap(([n, bit]) => new Array<boolean>(n).fill(bit)).slice(0, 512);
    return [...bits, ...new Array<boolean>(512 - bits.length).fill(runs[0]![1])];
  });
const noisyChunk = fc.oneof(chunk, fc.array(fc.boolean(), { minLength: 512, maxLength: 512 }));
const range = fc
  .tuple(fc.integer({ min: 0, max: 511 }), fc.integer({ min: 1, max: 512 }))
  .map(([from, n]): Range => [from, Math.min(n, 512 - from)]);

describe('a chunk in words does what 512 booleans do', () => {
  it('sets, clears, counts and takes ranges', () => {
    fc.assert(
      fc.property(noisyChunk, range, (bits, [from, n]) => {
        const inside = bits.slice(from, from + n).filter(Boolean).length;
        const expectBits = (words: Int32Array, bit: boolean): void => {
          const expected = bits.slice();
          expected.fill(bit, from, from + n);
          expect(bitsOf(words)).toEqual(expected);
          expect([...words.subarray(0, base), ...words.subarray(2 * base)]).toEqual(
            new Array(32).fill(0x5a5a5a5a),
          );
        };
        const set = wordsOf(bits);
        bitmap.setRange(set, base, from, n);
        expectBits(set, true);
        const cleared = wordsOf(bits);
        expect(bitmap.countRange(cleared, base, from, n)).toBe(inside);
        bitmap.clearRange(cleared, base, from, n);
        expectBits(cleared, false);
        const taken = wordsOf(bits);
        expect(bitmap.takeRange(taken, base, from, n)).toBe(inside);
        expectBits(taken, false);
      }),
      { numRuns: times(150, 400) },
    );
  });

  it('measures the zeros beside any place', () => {
    fc.assert(
      fc.property(noisyChunk, fc.integer({ min: 0, max: 512 }), (bits, at) => {
        const words = wordsOf(bits);
        const above = bits.indexOf(true, at);
        expect(bitmap.zerosFrom(words, base, at)).toBe((above < 0 ? 512 : above) - at);
        const below = at === 0 ? -1 : bits.lastIndexOf(true, at - 1);
        expect(bitmap.zerosBelow(words, base, at)).toBe(at - 1 - below);
      }),
      { numRuns: times(300, 1000) },
    );
  });

  it('finds the first hole of any length', () => {
    fc.assert(
      fc.property(noisyChunk, fc.integer({ min: 1, max: 512 }), (bits, n) => {
        const words = wordsOf(bits);
        expect(bitmap.findHole(words, base, n, 0)).toBe(holes(bits).find(([, size]) => size >= n)?.[0] ?? -1);
        expect(bitmap.firstZero(words, base, 0)).toBe(bits.indexOf(false));
      }),
      { numRuns: times(500, 2000) },
    );
  });

  it('measures the longest hole, whatever is known of it', () => {
    fc.assert(
      fc.property(
        noisyChunk,
        fc.integer({ min: 0, max: 512 }),
        fc.integer({ min: 0, max: 512 }),
        (bits, low, high) => {
          const longest = Math.max(0, ...holes(bits).map(([, size]) => size));
          const found = bitmap.longestHole(
            wordsOf(bits),
            base,
            Math.min(low, longest),
            Math.max(high, longest),
          );
          expect(found).toBe(longest);
        },
      ),
      { numRuns: times(500, 2000) },
    );
  });

  it('writes the set bits as ranges', () => {
    const words = wordsOf(
      bitsFrom([
        [0, 1],
        [31, 2],
        [64, 64],
        [511, 1],
      ]),
    );
    expect(bitmap.rangesText(words, 1)).toBe('[0,1] [31,2] [64,64] [511,1]');
    expect(bitmap.rangesText(wordsOf([]), 1)).toBe('');
  });
});

describe('the scavenge candidate', () => {
  const cases: {
    name: string;
    allocated: Range[];
    scavenged?: Range[];
    limit?: number;
    wanted?: number;
    min?: number;
    huge?: number;
    expected: Range | undefined;
  }[] = [
    { name: 'all free: all of it', allocated: [], expected: [0, 512] },
    { name: 'all allocated: none', allocated: [[0, 512]], expected: undefined },
    { name: 'all scavenged: none', allocated: [], scavenged: [[0, 512]], expected: undefined },
    {
      name: 'the highest run of several',
      allocated: [
        [10, 100],
        [300, 12],
      ],
      expected: [312, 200],
    },
    {
      name: 'below the limit only',
      allocated: [
        [10, 100],
        [300, 12],
      ],
      limit: 300,
      expected: [110, 190],
    },
    {
      name: 'the upper part of a run that is longer than wanted',
      allocated: [],
      wanted: 5,
      expected: [507, 5],
    },
    {
      name: 'allocated and scavenged pages both bound a run',
      allocated: [[20, 1]],
      scavenged: [[40, 472]],
      expected: [21, 19],
    },
    {
      name: 'a run over word boundaries',
      allocated: [
        [0, 33],
        [100, 412],
      ],
      expected: [33, 67],
    },
    {
      name: 'a whole huge page rather than its upper part',
      allocated: [],
      wanted: 5,
      huge: 256,
      expected: [256, 256],
    },
    {
      name: 'both huge pages rather than one and a half',
      allocated: [],
      wanted: 300,
      huge: 256,
      expected: [0, 512],
    },
    {
      name: 'a huge page that is not wholly free is broken',
      allocated: [[256, 1]],
      wanted: 5,
      huge: 256,
      expected: [507, 5],
    },
    {
      name: 'a huge page in the middle of a run',
      allocated: [
        [0, 100],
        [300, 212],
      ],
      wanted: 60,
      huge: 64,
      expected: [192, 108],
    },
    {
      name: 'only whole physical pages',
      allocated: [
        [0, 3],
        [30, 482],
      ],
      min: 8,
      expected: [8, 16],
    },
    {
      name: 'no run holds a whole physical page',
      allocated: [
        [0, 3],
        [7, 2],
        [13, 499],
      ],
      min: 8,
      expected: undefined,
    },
    {
      name: 'what is wanted is rounded up to physical pages',
      allocated: [],
      wanted: 5,
      min: 8,
      expected: [504, 8],
    },
  ];
  it.each(cases)(
    '$name',
    ({ allocated, scavenged = [], limit = 512, wanted = 512, min = 1, huge = 0, expected }) => {
      const run = scavengeCandidate(
        wordsOf(bitsFrom(allocated)),
        wordsOf(bitsFrom(scavenged)),
        base,
        limit,
        wanted,
        min,
        huge,
      );
      expect(run < 0 ? undefined : [runStart(run), runSize(run)]).toEqual(expected);
    },
  );

  it('packs and unpacks a run at the extremes', () => {
    for (const [start, size] of [
      [0, 1],
      [0, 512],
      [511, 1],
    ] as const) {
      expect([runStart(packRun(start, size)), runSize(packRun(start, size))]).toEqual([start, size]);
    }
  });
});
