import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FatalError } from '../../lib/base/errors.ts';
import {
  SpanSets,
  setsPerSpanClass,
  spanBlockPoolTable,
  spanBlocksFor,
  spanBlockTable,
  spanSetTable,
} from '../../lib/heap/span-sets.ts';
import { times } from '../support/extent.ts';
import { FailingSys } from '../support/failing-sys.ts';
import { metaOf } from '../support/meta.ts';

const classes = 3;
const setCount = classes * setsPerSpanClass;
const block = 255;

function make(sys = new FailingSys(['commit'])) {
  const meta = metaOf(
    [
      [spanBlockPoolTable, 1],
      [spanSetTable, setCount],
      [spanBlockTable, 400],
    ],
    sys,
  );
  expect(SpanSets.prepare(meta)).toBe(true);
  return { sets: new SpanSets(meta), pool: meta.views(spanBlockPoolTable), sys };
}

test('every class has four sets of its own, and each cycle swept and unswept trade places', () => {
  const { sets } = make();
  for (let gen = 0; gen < 12; gen += 2) {
    const all: number[] = [];
    for (let spanClass = 0; spanClass < classes; spanClass++) {
      const swept = [sets.partialSwept(spanClass, gen), sets.fullSwept(spanClass, gen)];
      const unswept = [sets.partialUnswept(spanClass, gen), sets.fullUnswept(spanClass, gen)];
      expect(unswept).toEqual([sets.partialSwept(spanClass, gen + 2), sets.fullSwept(spanClass, gen + 2)]);
      all.push(...swept, ...unswept);
    }
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: setCount }, (_, set) => set));
  }
});

describe('a set', () => {
  test('is a row with two ends, beside the others', () => {
    const { sets, pool } = make();
    const naive: number[][] = Array.from({ length: setCount }, () => []);
    for (let spanClass = 0; spanClass < classes; spanClass++) sets.prepareFor(spanClass, 40 * block);
    const step = fc.record({
      set: fc.nat(setCount - 1),
      what: fc.constantFrom('push', 'shift', 'pop'),
      n: fc.constantFrom(1, 3, block - 1, block, 350),
    });
    let next = 1;
    let held = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        for (const { set, what, n } of steps) {
          const row = naive[set];
          for (let i = 0; i < n && (what !== 'push' || held < 70 * block); i++) {
            if (what === 'push') {
              sets.push(set, next);
              row.push(next++);
              held++;
              continue;
            }
            if (row.length > 0) held--;
            if (sets[what](set) !== (row[what]() ?? 0)) expect.unreachable(`another span by ${what}`);
          }
          expect(sets.of(set)).toEqual(row);
        }
        // Blocks are given back as soon as they are empty: only the oldest and the newest may be begun.
        const least = naive.map(({ length }) => Math.ceil(length / block));
        const most = naive.map(({ length }) => (length === 0 ? 0 : Math.floor((length - 2) / block) + 2));
        const sum = (ns: number[]): number => ns.reduce((a, b) => a + b, 0);
        expect(pool.live[0]).toBeGreaterThanOrEqual(sum(least));
        expect(pool.live[0]).toBeLessThanOrEqual(sum(most));
      }),
      { numRuns: times(15, 40) },
    );
  });

  test('that is empty stays empty', () => {
    const { sets } = make();
    expect([sets.pop(0), sets.shift(0), sets.pop(0), sets.of(0)]).toEqual([0, 0, 0, []]);
  });
});

describe('what was prepared for', () => {
  test.each<[classes: number, spans: number, blocks: number]>([
    [0, 0, 0],
    [1, 0, 8],
    [1, 1, 9],
    [1, 127, 9],
    [1, 128, 10],
    [3, 1000, 24 + 8],
  ])('%i classes and %i spans need %i blocks at worst', (n, spans, blocks) => {
    expect(spanBlocksFor(n, spans)).toBe(blocks);
  });

  test('can be pushed without memory, each span twice, wherever it goes', () => {
    const spans = 800;
    const share = fc.array(fc.tuple(fc.nat(setCount - 1), fc.integer({ min: 1, max: 2 * spans })), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(share, (shares) => {
        const { sets, sys } = make();
        for (let spanClass = 0; spanClass < classes; spanClass++)
          expect(sets.prepareFor(spanClass, spans)).toBe(true);
        sys.refuse(0, Infinity);
        let left = 2 * spans - 2 * setCount;
        // The worst: in every set one span at the end of the oldest block and one in the next, and the rest anywhere.
        for (let set = 0; set < setCount; set++) {
          for (let i = 0; i < block; i++) sets.push(set, 1);
          for (let i = 1; i < block; i++) sets.shift(set);
          sets.push(set, 1);
        }
        for (const [set, n] of [...shares, [0, left] as const]) {
          for (let i = 0; i < n && left > 0; i++, left--) sets.push(set, 1);
        }
        expect(left).toBe(0);
      }),
      { numRuns: times(8, 20) },
    );
  });

  test('counts a class once, and one that was refused not at all', () => {
    const { sets, pool, sys } = make();
    sys.refuse(0, 1);
    expect([sets.prepareFor(1, 10), pool.classes[0]]).toEqual([false, 0]);
    expect([sets.prepareFor(1, 10), sets.prepareFor(1, 10), pool.classes[0]]).toEqual([true, true, 1]);
    // Row 0 is none.
    expect(pool.committed[0]).toBeGreaterThan(spanBlocksFor(1, 10));
    expect([sets.prepareFor(0, 10), pool.classes[0]]).toEqual([true, 2]);
    expect(sets.prepareFor(0, 400 * block)).toBe(false);
  });

  test('and nothing beyond: a push that finds no memory is fatal', () => {
    const { sets, sys } = make();
    sys.refuse(0, Infinity);
    expect(() => sets.push(0, 1)).toThrow(FatalError);
  });
});
