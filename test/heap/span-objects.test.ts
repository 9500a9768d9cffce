import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpanObjects } from '../../lib/heap/span-objects.ts';
import type { Views } from '../../lib/meta/column.ts';
import type { spanTable } from '../../lib/spans/span-table.ts';
import { times } from '../support/extent.ts';

/** A span as lists of booleans, and the same in columns. */
interface Model {
  readonly n: number;
  readonly bit: readonly boolean[];
  readonly marked: readonly boolean[];
  readonly freeIndex: number;
  /** The objects of the open window that are still open; undefined: the span is not cached. */
  readonly open: readonly boolean[] | undefined;
}

const span = 1;
const slot = 5;
const allocWord = 3;
const markWord = 40;

const models: fc.Arbitrary<Model> = fc.integer({ min: 1, max: 200 }).chain((n) => {
  const bools = (length: number) =>
    fc.array(fc.boolean(), { minLength: length, maxLength: length, size: 'max' });
  return fc
    .record({ bit: bools(n), marked: bools(n), at: fc.nat(n), cached: fc.boolean(), open: bools(32) })
    .map(({ bit, marked, at, cached, open }) => {
      const freeIndex = cached ? Math.min(at, n - 1) & ~31 : at;
      // What is beyond the last object is never open.
      return {
        n,
        bit,
        marked,
        freeIndex,
        open: cached ? open.map((is, i) => is && freeIndex + i < n) : undefined,
      };
    });
});

function build(model: Model): SpanObjects {
  const bits = new Int32Array(80).fill(-1); // neighbours' bits are ones
  const write = (from: number, list: readonly boolean[]): void => {
    bits.fill(0, from, from + Math.ceil(list.length / 32));
    for (const [i, is] of list.entries()) if (is) bits[from + (i >> 5)] |= 1 << (i & 31);
  };
  write(allocWord, model.bit);
  write(markWord, model.marked);
  const openBits = new Int32Array(10).fill(-1);
  if (model.open !== undefined)
    openBits[slot] = model.open.reduce((word, is, i) => (is ? word | (1 << i) : word), 0);
  const row = (value: number): Int32Array => Int32Array.of(0, value, 0);
  const columns = {
    nelems: row(model.n),
    freeIndex: row(model.freeIndex),
    allocBits: row(allocWord),
    markBits: row(markWord),
    cachedAt: row(model.open === undefined ? 0 : slot + 1),
  };
  return new SpanObjects(columns as unknown as Views<typeof spanTable>, bits, openBits);
}

/** As the header of span-objects.ts tells it. */
function naiveAllocated({ n, bit, freeIndex, open }: Model, i: number): boolean {
  if (i >= n) return false;
  if (i < freeIndex) return true;
  if (open !== undefined && i < freeIndex + 32) return !open[i - freeIndex];
  return bit[i];
}

describe('objects of a span', () => {
  test('are allocated and marked as told one by one', () => {
    fc.assert(
      fc.property(models, (model) => {
        const objects = build(model);
        for (let i = 0; i < model.n; i++) {
          expect([i, objects.isAllocated(span, i), objects.isMarked(span, i)]).toEqual([
            i,
            naiveAllocated(model, i),
            model.marked[i],
          ]);
        }
        expect(objects.countMarked(span)).toBe(model.marked.filter(Boolean).length);
      }),
      { numRuns: times(100, 300) },
    );
  });

  test('are told 32 at a time, and none beyond the last', () => {
    fc.assert(
      fc.property(models, (model) => {
        const objects = build(model);
        for (let window = 0; window < model.n + 32; window += 32) {
          const should = Array.from({ length: 32 }, (_, i) => naiveAllocated(model, window + i));
          const word = objects.allocatedWord(span, window) >>> 0;
          expect(word.toString(2).padStart(32, '0')).toBe(should.map(Number).reverse().join(''));
        }
      }),
      { numRuns: times(100, 300) },
    );
  });
});

describe('findWindow', () => {
  test('finds the first window with a free object at or above, and which ones are', () => {
    fc.assert(
      fc.property(models, fc.nat(230), (model, from) => {
        const objects = build(model);
        const free = model.bit.map((is, i) => !is && i >= from);
        const first = free.indexOf(true);
        expect(objects.findWindow(span, from)).toBe(first < 0 ? -1 : first & ~31);
        if (first < 0) return;
        const window = first & ~31;
        const should = Array.from({ length: 32 }, (_, i) => Number(free[window + i] ?? false));
        expect((objects.foundFree >>> 0).toString(2).padStart(32, '0')).toBe(should.reverse().join(''));
      }),
      { numRuns: times(250, 1000) },
    );
  });

  test('of a full span is −1, wherever its end lies', () => {
    for (const n of [1, 31, 32, 33, 64, 200]) {
      const full = {
        n,
        bit: Array(n).fill(true),
        marked: Array(n).fill(false),
        freeIndex: 0,
        open: undefined,
      };
      expect(build(full).findWindow(span, 0)).toBe(-1);
    }
  });
});
