import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { address, arenaBytes, GiB, KiB, MiB, pageSize, type SpanId } from '../../lib/base/units.ts';
import { generations } from '../../lib/design/design.ts';
import { largeNoscanShape, smallShape } from '../../lib/heap/span-shape.ts';
import { checkHeap } from '../../lib/inspect/check.ts';
import type { Runtime } from '../../lib/runtime/runtime.ts';
import { perObjectOf, spanState, spanUse } from '../../lib/spans/span-table.ts';
import { times } from '../support/extent.ts';
import { FailingSys } from '../support/failing-sys.ts';
import { quietRuntime } from './quiet-runtime.ts';

const manualUses = [spanUse.stack, spanUse.workBuffer, spanUse.pointerBits] as const;

/** Spans that are allocated, for objects or otherwise. */
function spansInUse({ state: { spans } }: Runtime): number {
  const { state } = spans.columns;
  return state.subarray(1, spans.end).filter((is) => is === spanState.inUse || is === spanState.manual)
    .length;
}

/** Bytes that the counters have for spans of each use, as `manualUses`, and to the heap. */
function counted({ state: { counters: c } }: Runtime): number[] {
  return [c.inStacks[0], c.inWorkBuffers[0], c.inPointerBits[0], c.heapInUse[0]];
}

/** Pages that are neither free nor in a span: none, when the counts are right. */
const grownPages = (runtime: Runtime): number => runtime.pages.stats().pages;

describe.each(generations)('%s', (generation) => {
  test('spans never share a page, lead from each of their pages, and are counted by their use', () => {
    const step = fc.record({
      free: fc.boolean(),
      n: fc.nat(1000),
      pages: fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min: 1, max: 20 }) },
        fc.integer({ min: 1, max: 700 }),
      ),
      use: fc.constantFrom(0, 1, 2),
      p: fc.nat(1),
    });
    const runtime = quietRuntime({ generation });
    const { heap } = runtime.alloc;
    const { spans } = runtime.state;
    const { spanOf, inUse } = runtime.state.pageColumns;
    const c = spans.columns;
    let live: { s: SpanId; page: number; pages: number; use: number }[] = [];
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        for (const { free, n, pages, use, p } of steps) {
          if (free && live.length > 0) {
            const [gone] = live.splice(n % live.length, 1);
            heap.freeManual(gone.s);
            expect([c.state[gone.s], c.nelems[gone.s], c.needZero[gone.s]]).not.toContain(spanState.manual);
            continue;
          }
          const s = heap.allocManual(p, pages, manualUses[use]);
          if (s === 0) continue; // the reach is used up
          const page = c.startPage[s];
          expect([c.state[s], c.use[s], c.pages[s], c.elemSize[s], c.nelems[s]]).toEqual([
            spanState.manual,
            manualUses[use],
            pages,
            0,
            0,
          ]);
          const clash = live.find((other) => page < other.page + other.pages && other.page < page + pages);
          expect(clash).toBeUndefined();
          live.push({ s, page, pages, use });
        }
        for (const { s, page, pages } of live) {
          for (let i = page; i < page + pages; i++)
            if (spanOf[i] !== s) expect([i, spanOf[i]]).toEqual([i, s]);
          expect((inUse[page >>> 5] >>> (page & 31)) & 1).toBe(0);
        }
        const sums = manualUses.map((_, use) =>
          live.filter((span) => span.use === use).reduce((sum, { pages }) => sum + pages * pageSize, 0),
        );
        expect(counted(runtime)).toEqual([...sums, 0]);
        checkHeap(runtime, 3);
      }),
      { numRuns: times(8) },
    );
    for (const { s } of live) heap.freeManual(s);
    live = [];
    checkHeap(runtime, 3);
    expect(counted(runtime)).toEqual([0, 0, 0, 0]);
  });

  test('a span of objects is filled in, and leaves nothing behind', () => {
    const runtime = quietRuntime({ generation });
    const { heap } = runtime.alloc;
    const { spans, counters } = runtime.state;
    const { sweepState, pageColumns } = runtime.state;
    const c = spans.columns;
    sweepState.nextGeneration();
    sweepState.markDrained();
    const ids = spans.live;
    const s = heap.allocHeapSpan(0, 3, smallShape(9, 1408, 17));
    const page = c.startPage[s];
    const bit = (): number => (pageColumns.inUse[page >>> 5] >>> (page & 31)) & 1;
    const columns = ['state', 'use', 'spanClass', 'pages', 'elemSize', 'perObject', 'nelems'] as const;
    expect(columns.map((name) => c[name][s])).toEqual([
      spanState.inUse,
      spanUse.heap,
      9,
      3,
      1408,
      perObjectOf(1408),
      17,
    ]);
    expect([c.sweepGen[s], c.freeIndex[s], c.allocCount[s], c.cachedAt[s]]).toEqual([2, 0, 0, 0]);
    expect(c.markBits[s]).not.toBe(c.allocBits[s]);
    expect([bit(), counters.pagesInUse[0], sweepState.markWords]).toEqual([1, 3, 2]);
    expect(counted(runtime)).toEqual([0, 0, 0, 3 * pageSize]);
    expect([page, page + 1, page + 2].map((i) => pageColumns.spanOf[i])).toEqual([s, s, s]);

    heap.freeSpan(s);
    expect(columns.slice(4).map((name) => c[name][s])).toEqual([0, perObjectOf(1408), 0]);
    expect([bit(), counters.pagesInUse[0], sweepState.markWords]).toEqual([0, 0, 0]);
    expect(counted(runtime)).toEqual([0, 0, 0, 0]);
    // The free run has an id, where free runs are spans.
    expect(spans.live - ids).toBe(generation === 'radix' ? 0 : 1);
    checkHeap(runtime, 3);
  });

  test('memory fresh from the system is zero, and what was used is not', () => {
    const runtime = quietRuntime({ generation });
    const { heap } = runtime.alloc;
    const { spans } = runtime.state;
    const { needZero, startPage } = spans.columns;
    const a = heap.allocManual(0, 40, spanUse.stack);
    const b = heap.allocManual(0, 1, spanUse.stack);
    expect([needZero[a], needZero[b]]).toEqual([0, 0]);
    const page = startPage[a];
    heap.freeManual(a);
    const again = heap.allocManual(0, 40, spanUse.stack);
    expect([startPage[again], needZero[again]]).toEqual([page, 1]);
    // Memory that was never handed out is zero still.
    const rest = heap.allocManual(0, 40, spanUse.stack);
    expect(needZero[rest]).toBe(0);
  });

  test('without room there is no span, nothing changes, and there is one when there is room', () => {
    const runtime = quietRuntime({ generation, reach: 128 * MiB });
    const { heap } = runtime.alloc;
    const { spans } = runtime.state;
    const most = (128 * MiB) / pageSize;
    expect(heap.allocManual(0, most + 1, spanUse.stack)).toBe(0);
    const held: SpanId[] = [];
    for (
      let s = heap.allocManual(0, 1000, spanUse.stack);
      s !== 0;
      s = heap.allocManual(0, 1000, spanUse.stack)
    )
      held.push(s);
    expect(held.length).toBe(Math.floor(most / 1000));
    const before = [counted(runtime), spans.live, grownPages(runtime)];
    expect(heap.allocManual(0, 1000, spanUse.stack)).toBe(0);
    expect(heap.allocHeapSpan(0, 1000, largeNoscanShape)).toBe(0);
    expect([counted(runtime), spans.live, grownPages(runtime)]).toEqual(before);
    checkHeap(runtime, 3);
    heap.freeManual(held.pop()!);
    expect(heap.allocManual(0, 1000, spanUse.stack)).not.toBe(0);
  });

  test('who allocates gets what the system refused once when asked again', () => {
    const sys = new FailingSys(['reserve', 'map', 'commit', 'alloc']);
    const runtime = quietRuntime({ generation }, sys);
    const { heap } = runtime.alloc;
    let refused = 0;
    for (let n = 0; ; n++) {
      // The heap may grow all the same: where free runs are spans, there is one more then.
      const before = [counted(runtime), spansInUse(runtime)];
      const seen = sys.refused;
      sys.refuse(n, 1);
      // More than an arena: address space, memory and books are all asked for.
      const s = heap.allocHeapSpan(0, 100 * 128, largeNoscanShape);
      sys.relent();
      if (s === 0) {
        expect([counted(runtime), spansInUse(runtime)]).toEqual(before);
        checkHeap(runtime, 1);
        runtime.pages.check(3);
        refused++;
        continue;
      }
      // It went through although something was refused, or because nothing was.
      if (sys.refused === seen) break;
      heap.freeSpan(s);
    }
    expect(refused).toBeGreaterThan(2);
  });

  describe('is fatal, and says what is wrong:', () => {
    test.each<[string, string, (runtime: Runtime) => unknown]>([
      [
        'a heap span as a manual one',
        'a span of objects is no manual span',
        ({ alloc: { heap } }) => heap.allocManual(0, 1, spanUse.heap as never),
      ],
      [
        'freeing a heap span as manual',
        'freeing a span that is not manual',
        ({ alloc: { heap } }) => heap.freeManual(heap.allocHeapSpan(0, 1, largeNoscanShape)),
      ],
      [
        'freeing a manual span twice',
        'freeing a span that is not manual',
        ({ alloc: { heap } }) => {
          const s = heap.allocManual(0, 1, spanUse.stack);
          heap.freeManual(s);
          heap.freeManual(s);
        },
      ],
      [
        'freeing a span with objects',
        'freeing a span that still holds objects',
        ({ alloc: { heap }, state: { spans } }) => {
          const s = heap.allocHeapSpan(0, 1, largeNoscanShape);
          spans.columns.allocCount[s] = 1;
          heap.freeSpan(s);
        },
      ],
      [
        'freeing a span that is not swept',
        'freeing a span that still holds objects or is not swept',
        ({ alloc: { heap }, state: { sweepState } }) => {
          const s = heap.allocHeapSpan(0, 1, largeNoscanShape);
          sweepState.nextGeneration();
          heap.freeSpan(s);
        },
      ],
      [
        'freeing a manual span as one of objects',
        'freeing a span that still holds objects',
        ({ alloc: { heap } }) => heap.freeSpan(heap.allocManual(0, 1, spanUse.stack)),
      ],
    ])('%s', (_what, message, act) => {
      const runtime = quietRuntime({ generation });
      expect(() => act(runtime)).toThrow(message);
    });
  });
});

describe('growing', () => {
  /** Pages the page heap has after a first span of so many. */
  const grownFor = (options: Parameters<typeof quietRuntime>[0], npages: number): number => {
    const runtime = quietRuntime(options);
    runtime.alloc.heap.allocManual(0, npages, spanUse.stack);
    return grownPages(runtime) * pageSize;
  };

  test.each([
    ['lists', 1, 1 * MiB],
    ['lists', 128, 1 * MiB],
    ['lists', 129, 1 * MiB + 64 * KiB],
    ['treap', 1, 64 * MiB],
    ['radix', 1, 4 * MiB],
    ['radix', 512, 4 * MiB],
    ['radix', 513, 8 * MiB],
  ] as const)('%s: for %i pages by %i bytes', (generation, npages, bytes) => {
    expect(grownFor({ generation }, npages)).toBe(bytes);
  });

  test('by its unit: up to 1 MiB the least, above the step', () => {
    expect(grownFor({ generation: 'lists', growthUnit: 256 * KiB }, 33)).toBe(320 * KiB);
    expect(grownFor({ generation: 'lists', growthUnit: 2 * MiB }, 257)).toBe(4 * MiB);
  });

  test('falls back to the exact need where the unit is refused', () => {
    const sys = new FailingSys(['map']);
    const runtime = quietRuntime({ generation: 'lists' }, sys);
    sys.refuse(0, 1);
    expect(runtime.alloc.heap.allocManual(0, 3, spanUse.stack)).not.toBe(0);
    expect(grownPages(runtime) * pageSize).toBe(64 * KiB);
  });

  test('fresh memory counts as released in the design of 2023, as free in the older ones', () => {
    for (const generation of generations) {
      const runtime = quietRuntime({ generation });
      runtime.alloc.heap.growth.grow(1);
      const { heapFree, heapReleased } = runtime.state.counters;
      const bytes = grownPages(runtime) * pageSize;
      expect([heapFree[0], heapReleased[0]]).toEqual(generation === 'radix' ? [0, bytes] : [bytes, 0]);
      const ready = runtime.memory.meta.accounts.ready;
      runtime.alloc.heap.allocManual(0, 1, spanUse.stack);
      // Where it was released it is made ready, page by page.
      expect(runtime.memory.meta.accounts.ready - ready >= pageSize).toBe(generation === 'radix');
    }
  });

  test.each(generations)(
    '%s: the rest of the old space is grown into first when the new one does not adjoin',
    (generation) => {
      const runtime = quietRuntime({ generation, reach: 1 * GiB });
      const { heap } = runtime.alloc;
      const { arenas } = runtime.state;
      const { sys } = runtime.memory;
      // Something else lives right above the first arena.
      const neighbour = arenas.origin + arenaBytes;
      const taken = sys.reserve(neighbour, 4096);
      expect(taken).toBe(neighbour);
      onTestFinished(() => void sys.free(address(taken), 4096, 'other', 'reserved'));
      heap.allocManual(0, 100, spanUse.stack);
      const most = arenaBytes / pageSize;
      // More than the first arena has left, whatever the unit by which it has grown.
      const before = grownPages(runtime);
      let told = 0;
      heap.hooks.scavengeInExchange = (grown) => {
        told = grown;
      };
      const s = heap.allocManual(0, most, spanUse.stack);
      expect(s).not.toBe(0);
      expect(arenas.ranges().length).toBe(2);
      expect(grownPages(runtime)).toBe(2 * most);
      expect(told).toBe((2 * most - before) * pageSize);
      // The rest of the first arena can be had.
      expect(
        runtime.state.spans.columns.startPage[heap.allocManual(0, most - 200, spanUse.stack)],
      ).toBeLessThan(most);
      checkHeap(runtime, 3);
    },
  );

  test('pages that cannot be made ready again after a hard decommit go back, free and released', () => {
    const sys = new FailingSys(['used'], { hardDecommit: true });
    const runtime = quietRuntime({ hardDecommit: true }, sys);
    const { heap } = runtime.alloc;
    const { counters } = runtime.state;
    heap.allocManual(0, 20, spanUse.stack);
    const state = () => [
      counted(runtime),
      counters.heapFree[0],
      counters.heapReleased[0],
      runtime.state.spans.live,
    ];
    const before = state();
    for (const npages of [1, 300]) {
      sys.refuse(0, 1);
      expect(heap.allocManual(0, npages, spanUse.stack)).toBe(0);
      sys.relent();
      expect(state()).toEqual(before);
      checkHeap(runtime, 3);
    }
    expect(heap.allocManual(0, 300, spanUse.stack)).not.toBe(0);
  });

  test('leaves the engine its room: refused memory beside the heap counts as refused growth', () => {
    const sys = new FailingSys(['alloc']);
    const runtime = quietRuntime({}, sys);
    const { arenas } = runtime.state;
    const { meta } = runtime.memory;
    const mapped = () => [
      sys.states!.stateOf(arenas.origin, arenas.origin + arenaBytes),
      meta.accounts.of('heap'),
      grownPages(runtime),
    ];
    expect(mapped()).toEqual(['reserved', 0, 0]);
    sys.refuse(0, Infinity);
    expect(runtime.alloc.heap.allocManual(0, 1, spanUse.stack)).toBe(0);
    sys.relent();
    expect(mapped()).toEqual(['reserved', 0, 0]);
    expect(runtime.alloc.heap.allocManual(0, 1, spanUse.stack)).not.toBe(0);
  });
});

describe('hooks', () => {
  test('are called in order, with what is about to happen', () => {
    const runtime = quietRuntime();
    const { heap } = runtime.alloc;
    const { arenas } = runtime.state;
    const { pages } = runtime;
    const said: unknown[] = [];
    heap.hooks = {
      reclaim: (npages) => said.push(['reclaim', npages]),
      scavengeInExchange: (grown, scavenged) => said.push(['exchange', grown, scavenged]),
    };
    heap.growth.hooks = {
      growing: (size) => said.push(['growing', size, pages.stats().pages]),
      mapped: (at, size) => said.push(['mapped', at, size]),
    };
    heap.allocHeapSpan(0, 20, largeNoscanShape);
    expect(said.splice(0)).toEqual([
      ['mapped', arenas.origin, 4 * MiB],
      ['growing', 4 * MiB, 0],
      ['exchange', 4 * MiB, 20 * pageSize],
    ]);
    const manual = heap.allocManual(0, 20, spanUse.stack);
    expect(said.splice(0)).toEqual([['exchange', 0, 20 * pageSize]]);
    heap.freeManual(manual);
    // While a sweep is in progress pages are reclaimed first, for spans of objects.
    runtime.state.sweepState.nextGeneration();
    heap.allocManual(0, 20, spanUse.stack);
    heap.allocHeapSpan(0, 25, largeNoscanShape);
    expect(said).toEqual([
      ['exchange', 0, 0],
      ['reclaim', 25],
      ['exchange', 0, 25 * pageSize],
    ]);
  });
});

describe('the page cache', () => {
  test('gives spans below 16 pages from the P’s own 64, and larger ones from the page heap', () => {
    const runtime = quietRuntime();
    const { heap } = runtime.alloc;
    const { spans } = runtime.state;
    const { startPage } = spans.columns;
    heap.growth.grow(512);
    const alloc = (p: number, npages: number): number =>
      startPage[heap.allocManual(p, npages, spanUse.stack)];
    expect([alloc(0, 1), alloc(1, 1), alloc(0, 15), alloc(1, 2)]).toEqual([0, 64, 1, 65]);
    expect([alloc(0, 16), alloc(0, 1)]).toEqual([128, 16]);
    checkHeap(runtime, 3);
  });

  test('a span can be put on pages of one’s choice', () => {
    const runtime = quietRuntime();
    const { heap } = runtime.alloc;
    const { spans } = runtime.state;
    const { pages } = runtime;
    heap.growth.grow(1024);
    const s = heap.allocSpan(0, 7, smallShape(3, 0, 1), 300);
    expect([spans.columns.startPage[s], spans.columns.pages[s], spans.columns.state[s]]).toEqual([
      300,
      7,
      spanState.inUse,
    ]);
    expect(pages.stats().freePages).toBe(1024 - 7);
    expect(runtime.state.counters.heapReleased[0]).toBe((1024 - 7) * pageSize);
  });
});
