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
const block = 511;

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

function listOf(sets: SpanSets, set: number): number[] {
  const list: number[] = [];
  sets.forEach(set, (span) => list.push(span));
  return list;
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
  test('is a stack, beside the others', () => {
    const { sets, pool } = make();
    const naive: number[][] = Array.from({ length: setCount }, () => []);
    for (let spanClass = 0; spanClass < classes; spanClass++) sets.prepareFor(spanClass, 40 * block);
    const step = fc.record({
      set: fc.nat(setCount - 1),
      push: fc.boolean(),
      n: fc.constantFrom(1, 3, block - 1, block, 700),
    });
    let next = 1;
    let held = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        for (const { set, push, n } of steps) {
          for (let i = 0; i < n && (!push || held < 70 * block); i++) {
            if (push) {
              sets.push(set, next);
              naive[set].push(next++);
              held++;
            } else if (sets.pop(set) !== (naive[set].at(-1) ?? 0))
              expect.unreachable('another span was popped');
            else if (naive[set].pop() !== undefined) held--;
          }
          expect(listOf(sets, set)).toEqual([...naive[set]].reverse());
        }
        // Blocks are given back as soon as they are empty.
        expect(pool.live[0]).toBe(naive.reduce((sum, { length }) => sum + Math.ceil(length / block), 0));
      }),
      { numRuns: times(15, 40) },
    );
  });

  test('that is empty stays empty', () => {
    const { sets } = make();
    expect([sets.pop(0), sets.pop(0), listOf(sets, 0)]).toEqual([0, 0, []]);
  });
});

describe('what was prepared for', () => {
  test.each<[classes: number, spans: number, blocks: number]>([
    [0, 0, 0],
    [1, 0, 4],
    [1, 1, 5],
    [1, 255, 5],
    [1, 256, 6],
    [3, 1000, 12 + 4],
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
        let left = 2 * spans - setCount;
        // The worst: a block begun in every set, and the rest anywhere.
        for (let set = 0; set < setCount; set++) sets.push(set, 1);
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
