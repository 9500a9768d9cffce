import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pageSize, type SpanId } from '../../lib/base/units.ts';
import type { Generation } from '../../lib/design/design.ts';
import { bitmapWords } from '../../lib/heap/gc-bits.ts';
import type { SpanRegistry } from '../../lib/heap/span-registry.ts';
import { largeNoscanShape, smallShape } from '../../lib/heap/span-shape.ts';
import { clobberWord, SpanSweeper } from '../../lib/heap/sweep-span.ts';
import type { Runtime } from '../../lib/runtime/runtime.ts';
import { spanState } from '../../lib/spans/span-table.ts';
import { times } from '../support/extent.ts';
import { quietRuntime } from './quiet-runtime.ts';

const spanClass = 12;

interface Setup {
  readonly runtime: Runtime;
  readonly sweeper: SpanSweeper;
  /** What the registry was told: [span, preserve]. */
  readonly told: [number, boolean][];
}

function make(generation: Generation = 'radix'): Setup {
  const runtime = quietRuntime({ generation });
  const told: [number, boolean][] = [];
  const registry: Partial<SpanRegistry> = { swept: (s, preserve) => void told.push([s, preserve]) };
  const sweeper = new SpanSweeper(
    runtime.alloc.heap,
    runtime.state,
    runtime.spans.objects,
    registry as SpanRegistry,
    runtime.spans.freeLists,
    runtime.spans.memory,
    runtime.special.sweeping,
  );
  return { runtime, sweeper, told };
}

/** Bytes as the machine's 32-bit words. */
const wordsOf = (bytes: Uint8Array): number[] => [...new Uint32Array(bytes.slice().buffer)];

const setBit = (runtime: Runtime, from: number, i: number): void => {
  runtime.state.gcBits.bits[from + (i >>> 5)] |= 1 << (i & 31);
};

const bitsOf = (runtime: Runtime, from: number, n: number): number[] =>
  Array.from({ length: n }, (_, i) => i).filter(
    (i) => ((runtime.state.gcBits.bits[from + (i >>> 5)] >>> (i & 31)) & 1) === 1,
  );

/** A span of small objects of which these are allocated: all below `freeIndex` and, above it, the others. */
function spanOf(
  { runtime }: Setup,
  size: number,
  n: number,
  allocated: readonly number[],
  freeIndex = 0,
): SpanId {
  const { heap } = runtime.alloc;
  const { spans } = runtime.state;
  const s = heap.allocHeapSpan(0, Math.ceil((size * n) / pageSize), smallShape(spanClass, size, n));
  const c = spans.columns;
  for (const i of allocated) setBit(runtime, c.allocBits[s], i);
  c.freeIndex[s] = freeIndex;
  c.allocCount[s] = new Set([...allocated, ...Array(freeIndex).keys()]).size;
  return s;
}

/** A cycle has marked these objects of the span, and the sweep begins. */
function mark({ runtime }: Setup, s: SpanId, marked: readonly number[]): void {
  const { gcBits, spans } = runtime.state;
  expect(gcBits.reserveForSweep(runtime.state.sweepState.markWords)).toBe(true);
  gcBits.nextEpoch();
  for (const i of marked) setBit(runtime, spans.columns.markBits[s], i);
  runtime.state.sweepState.nextGeneration();
}

describe('taking a span for sweeping', () => {
  test('succeeds once, for a span in use that is two generations behind', () => {
    const setup = make();
    const { runtime, sweeper } = setup;
    const { sweepGen, state } = runtime.state.spans.columns;
    const { sweepState } = runtime.state;
    const s = spanOf(setup, 64, 10, [1]);
    expect(sweeper.tryAcquire(s)).toBe(false);
    sweepState.nextGeneration();
    state[s] = spanState.manual;
    expect(sweeper.tryAcquire(s)).toBe(false);
    state[s] = spanState.inUse;
    expect([sweeper.tryAcquire(s), sweepGen[s], sweeper.tryAcquire(s)]).toEqual([true, 1, false]);
    // One that was cached before the sweep began is its P's to sweep.
    sweepGen[s] = sweepState.gen + 1;
    expect(sweeper.tryAcquire(s)).toBe(false);
  });
});

describe('a swept span', () => {
  const spans = fc.integer({ min: 1, max: 300 }).chain((n) =>
    fc.record({
      n: fc.constant(n),
      allocated: fc.array(fc.boolean(), { minLength: n, maxLength: n, size: 'max' }),
      marked: fc.array(fc.boolean(), { minLength: n, maxLength: n, size: 'max' }),
      freeIndex: fc.nat(n),
      preserve: fc.boolean(),
    }),
  );

  test('holds what was marked, and is free again from its first object', () => {
    const setup = make();
    const { runtime, sweeper, told } = setup;
    const c = runtime.state.spans.columns;
    const { counters } = runtime.state;
    fc.assert(
      fc.property(spans, ({ n, allocated, marked, freeIndex, preserve }) => {
        const size = 24;
        const numbers = Array.from({ length: n }, (_, i) => i);
        const before = numbers.filter((i) => allocated[i] || i < freeIndex);
        const lives = before.filter((i) => marked[i]);
        const s = spanOf(
          setup,
          size,
          n,
          numbers.filter((i) => allocated[i]),
          freeIndex,
        );
        c.needZero[s] = 0;
        mark(setup, s, lives);
        const was = {
          markBits: c.markBits[s],
          freed: counters.totalFree[0],
          frees: counters.smallFreeCount[spanClass >> 1],
        };
        const words = runtime.state.sweepState.markWords;
        const pages = c.pages[s];
        const sweptPages = counters.pagesSwept[0];
        told.length = 0;
        expect(sweeper.tryAcquire(s)).toBe(true);
        const gone = sweeper.sweep(s, preserve);

        const freed = before.length - lives.length;
        expect(counters.totalFree[0] - was.freed).toBe(freed * size);
        expect(counters.smallFreeCount[spanClass >> 1] - was.frees).toBe(freed);
        expect(counters.pagesSwept[0] - sweptPages).toBe(pages);
        expect(gone).toBe(lives.length === 0 && !preserve);
        if (gone) {
          expect([c.state[s], told]).toEqual([spanState.dead, []]);
          expect(runtime.state.sweepState.markWords).toBe(words - bitmapWords(n));
          return;
        }
        expect(told).toEqual([[s, preserve]]);
        expect([c.allocCount[s], c.freeIndex[s], c.allocBits[s], c.sweepGen[s]]).toEqual([
          lives.length,
          0,
          was.markBits,
          runtime.state.sweepState.gen,
        ]);
        expect(c.needZero[s]).toBe(freed > 0 ? 1 : 0);
        expect(bitsOf(runtime, c.allocBits[s], n)).toEqual(lives);
        expect([c.markBits[s] === was.markBits, bitsOf(runtime, c.markBits[s], n)]).toEqual([false, []]);
        // Out of the way of the next one.
        c.allocCount[s] = 0;
        runtime.alloc.heap.freeSpan(s);
      }),
      { numRuns: times(60, 150) },
    );
  });

  test.each([
    ['goes when it is not marked', [], true],
    ['stays when it is', [0], false],
  ] as const)('of one large object %s', (_what, marked, gone) => {
    const setup = make();
    const { runtime, sweeper, told } = setup;
    const c = runtime.state.spans.columns;
    const s = runtime.alloc.heap.allocHeapSpan(0, 30, largeNoscanShape);
    c.freeIndex[s] = 1;
    c.allocCount[s] = 1;
    mark(setup, s, marked);
    sweeper.tryAcquire(s);
    expect(sweeper.sweep(s, false)).toBe(gone);
    const { totalFree, largeFree, largeFreeCount, pagesSwept } = runtime.state.counters;
    const bytes = gone ? 30 * pageSize : 0;
    expect([totalFree[0], largeFree[0], largeFreeCount[0], pagesSwept[0]]).toEqual([
      bytes,
      bytes,
      gone ? 1 : 0,
      30,
    ]);
    expect([c.state[s], told]).toEqual(gone ? [spanState.dead, []] : [spanState.inUse, [[s, false]]]);
  });
});

describe('is fatal:', () => {
  test.each([
    ['in the span', [3, 40], [3, 41], 0],
    ['in a window wholly free', [3], [3, 70], 0],
    ['right above freeIndex', [], [0, 33], 33],
  ] as const)('a free object is marked, %s', (_what, allocated, marked, freeIndex) => {
    const setup = make();
    const s = spanOf(setup, 64, 100, allocated, freeIndex);
    mark(setup, s, marked);
    setup.sweeper.tryAcquire(s);
    expect(() => setup.sweeper.sweep(s, false)).toThrow('found pointer to free object');
  });

  test.each([
    [3, 0, 256, 1],
    [700, 572, 196, 2],
    [1020, 768, 0, 1],
  ])(
    'a free object is marked, among many: number %d, and those around it are told',
    (zombie, before, after, gaps) => {
      const setup = make();
      const s = spanOf(setup, 8, 1024, []);
      mark(setup, s, [zombie]);
      setup.sweeper.tryAcquire(s);
      let lines: string[] = [];
      try {
        setup.sweeper.sweep(s, false);
      } catch (error) {
        lines = (error as Error).message.split('\n');
      }
      expect(lines.filter((line) => line.endsWith('zombie'))).toHaveLength(1);
      expect(lines.filter((line) => line.startsWith('...'))).toHaveLength(gaps);
      if (before > 0) expect(lines).toContain(`... ${before} objects`);
      if (gaps === 2) expect(lines).toContain(`... ${after} objects`);
      expect(lines.length).toBeLessThan(300);
    },
  );

  test('more objects are marked than were counted', () => {
    const setup = make();
    const s = spanOf(setup, 64, 100, [1, 2, 3]);
    mark(setup, s, [1, 2, 3]);
    setup.runtime.state.spans.columns.allocCount[s] = 2;
    setup.sweeper.tryAcquire(s);
    expect(() => setup.sweeper.sweep(s, false)).toThrow('a sweep raised the count of objects');
  });

  test('a span that was not taken, or is not in use', () => {
    const setup = make();
    const s = spanOf(setup, 64, 100, [1]);
    mark(setup, s, [1]);
    expect(() => setup.sweeper.sweep(s, false)).toThrow('sweeping a span in a bad state');
    setup.sweeper.tryAcquire(s);
    setup.runtime.state.spans.columns.state[s] = spanState.manual;
    expect(() => setup.sweeper.sweep(s, false)).toThrow('sweeping a span in a bad state');
  });
});

describe('what is freed', () => {
  const size = 48;
  const n = 170;

  /** Each object of a span, by its number: the 32-bit word it is full of, or −1. */
  function fills({ runtime }: Setup, s: SpanId): number[] {
    const base = runtime.state.arenas.addressOf(runtime.state.spans.columns.startPage[s]);
    return Array.from({ length: n }, (_, i) => {
      const words = wordsOf(runtime.memory.sys.peek(base + i * size, size)!);
      return words.every((word) => word === words[0]) ? words[0] : -1;
    });
  }

  test.each([true, false])('is overwritten when that is asked for: %s', (clobber) => {
    const setup = make();
    const { runtime, sweeper } = setup;
    sweeper.clobberFree = clobber;
    const allocated = Array.from({ length: 100 }, (_, i) => i);
    const marked = allocated.filter((i) => i % 3 === 0);
    const s = spanOf(setup, size, n, allocated);
    runtime.memory.sys.fill(
      runtime.state.arenas.addressOf(runtime.state.spans.columns.startPage[s]),
      n * size,
      7,
    );
    mark(setup, s, marked);
    sweeper.tryAcquire(s);
    sweeper.sweep(s, false);
    // Neither what lives nor what was free before.
    expect(fills(setup, s)).toEqual(
      Array.from({ length: n }, (_, i) => (clobber && i < 100 && i % 3 !== 0 ? clobberWord : 0x07070707)),
    );
  });

  test('is overwritten to the last byte of a large object', () => {
    const setup = make();
    const { runtime, sweeper } = setup;
    sweeper.clobberFree = true;
    const c = runtime.state.spans.columns;
    const s = runtime.alloc.heap.allocHeapSpan(0, 3, largeNoscanShape);
    const base = runtime.state.arenas.addressOf(c.startPage[s]);
    c.freeIndex[s] = 1;
    c.allocCount[s] = 1;
    mark(setup, s, []);
    sweeper.tryAcquire(s);
    sweeper.sweep(s, false);
    const words = wordsOf(runtime.memory.sys.peek(base, 4 * pageSize)!);
    const inObject = (3 * pageSize) / 4;
    expect([words.indexOf(0), words.lastIndexOf(clobberWord)]).toEqual([inObject, inObject - 1]);
  });

  test('is threaded into the span’s list, where there are lists', () => {
    const setup = make('lists');
    const { runtime, sweeper } = setup;
    const lists = runtime.spans.freeLists!;
    const s = spanOf(setup, size, n, []);
    lists.thread(s);
    // Take the first sixty objects, as malloc does: their bits are set, and the list begins behind them.
    const c = runtime.state.spans.columns;
    for (let i = 0; i < 60; i++) setBit(runtime, c.allocBits[s], i);
    c.allocCount[s] = 60;
    lists.head[s] = 61;
    mark(setup, s, [5, 50]);
    sweeper.tryAcquire(s);
    sweeper.sweep(s, true);
    expect(lists.head[s]).toBe(1);
    const free = lists.check(s, lists.firstOf(s));
    const numbers = Array.from({ length: n }, (_, i) => i).filter(
      (i) => ((free[i >>> 5] >>> (i & 31)) & 1) === 1,
    );
    expect(numbers).toEqual(Array.from({ length: n }, (_, i) => i).filter((i) => i !== 5 && i !== 50));
  });
});
