import { describe, expect, test, vi } from 'vitest';
import { MiB, pageSize } from '../../lib/base/units.ts';
import type { Generation } from '../../lib/design/design.ts';
import { sweepMargin } from '../../lib/gc/sweep-pace.ts';
import { sweeperTable } from '../../lib/gc/sweeper.ts';
import { Garbage } from './garbage.ts';

const upTo = (n: number): number[] => [...Array(n).keys()];
const many = (n: number, pages: number): number[] => Array(n).fill(pages);

/** Garbage whose objects follow one another from the first page on, so that it is known in which chunk each starts. */
function garbage(generation: Generation, pages: readonly number[]): Garbage {
  const made = new Garbage({ generation });
  made.begin(pages);
  let next = 0;
  for (const [i, n] of pages.entries()) {
    expect(made.objects[i].page).toBe(next);
    next += Math.abs(n);
  }
  return made;
}

/** Where the page reclaimer stands: the next page it looks at, −1 when done, and its credit in pages. */
function standing({ runtime }: Garbage): readonly [index: number, credit: number] {
  const { reclaimIndex, reclaimCredit } = runtime.memory.meta.views(sweeperTable);
  return [reclaimIndex[0], reclaimCredit[0]];
}

describe.each(['treap', 'radix'] as const)('the page reclaimer of %s', (generation) => {
  type Request = readonly [pages: number, swept: readonly number[], index: number, credit: number];
  // Objects by their pages, 16 at least, dropped where that is negative; then each request, in pages, with the
  // objects that it sweeps and where the reclaimer stands after it.
  test.each<[string, readonly number[], readonly Request[]]>([
    [
      'sweeps a chunk of 512 pages whole, and pays from the surplus before it looks further',
      many(9, -128),
      [
        [1, [0, 1, 2, 3], 512, 511],
        [500, [], 512, 11],
        [11, [], 512, 0],
        [1, [4, 5, 6, 7], 1024, 511],
        [600, [8], 1536, 39],
      ],
    ],
    [
      'pays a part from the surplus, and frees the rest',
      [-128, 384, -128, 384],
      [
        [28, [0], 512, 100],
        [150, [2], 1024, 78],
      ],
    ],
    ['leaves spans alone that hold anything', [128, -128, 128, -128, -64], [[1, [1, 3], 512, 255]]],
    ['passes over chunks without garbage', [512, 500, 12 + 512, -16], [[1, [3], 2048, 15]]],
    ['goes on until it has enough', [-128, 384, -128, 384, -128, 384, -128], [[300, [0, 2, 4], 1536, 84]]],
    [
      'counts a span to the chunk in which it starts, with all of its pages',
      [-500, -100, 424, -16],
      [
        [1, [0, 1], 512, 599],
        [599, [], 512, 0],
        [1, [3], 1536, 15],
      ],
    ],
    ['finds spans at both ends of a word of the bitmap', [-31, -33, -16], [[1, [0, 1, 2], 512, 79]]],
  ])('%s', (_what, pages, requests) => {
    const made = garbage(generation, pages);
    const { sweeper } = made.runtime.gc;
    const { counters } = made.runtime.state;
    for (const [request, swept, index, credit] of requests) {
      const inUse = counters.heapInUse[0];
      expect(made.sweptBy(() => sweeper.reclaim(request))).toEqual(swept);
      expect(standing(made)).toEqual([index, credit]);
      const freed = swept.reduce((sum, i) => sum + (pages[i] < 0 ? -pages[i] : 0), 0);
      expect(inUse - counters.heapInUse[0]).toBe(freed * pageSize);
    }
  });

  test('goes through the arenas in the order they were added', () => {
    const made = garbage(generation, [8192, 8192, -16]);
    expect(made.sweptBy(() => made.runtime.gc.sweeper.reclaim(1))).toEqual([2]);
    expect(standing(made)).toEqual([2 * 8192 + 512, 15]);
  });

  test('is done when it has looked at every page of every arena, and then does not begin', () => {
    const made = garbage(generation, [-128, 128]);
    const { sweeper, limiter } = made.runtime.gc;
    expect(made.sweptBy(() => sweeper.reclaim(8192))).toEqual([0]);
    expect(standing(made)).toEqual([-1, 0]);
    const assisted = vi.spyOn(limiter, 'addSweepTime');
    expect(made.sweptBy(() => sweeper.reclaim(8192))).toEqual([]);
    expect(standing(made)).toEqual([-1, 0]);
    expect(assisted).not.toHaveBeenCalled();
  });

  test('looks at no arena that was added since the sweep began', () => {
    const made = garbage(generation, [8192]);
    made.large(16);
    expect(made.runtime.state.arenas.state.count[0]).toBe(2);
    const { reclaimIndex } = made.runtime.memory.meta.views(sweeperTable);
    reclaimIndex[0] = 0;
    const looks = vi.spyOn(made.runtime.alloc.spanSweeper, 'tryAcquire');
    made.runtime.gc.sweeper.reclaim(1);
    expect([standing(made), looks.mock.calls]).toEqual([[-1, 0], []]);
  });

  test('begins anew with each cycle, without credit', () => {
    const made = garbage(generation, [-128, -128, 128, -128, 16]);
    made.runtime.gc.sweeper.reclaim(1);
    expect(standing(made)).toEqual([512, 383]);
    made.drop(made.objects[4].addr);
    made.collect();
    expect(standing(made)).toEqual([0, 0]);
    expect(made.sweptBy(() => made.runtime.gc.sweeper.reclaim(1))).toEqual([4]);
    expect(standing(made)).toEqual([1024, 15]);
  });

  test('tells how long it worked, once a request', () => {
    const made = garbage(generation, many(8, -128));
    const assisted = vi.spyOn(made.runtime.gc.limiter, 'addSweepTime');
    made.runtime.gc.sweeper.reclaim(600);
    expect(assisted).toHaveBeenCalledTimes(1);
    expect(assisted.mock.calls[0][0]).toBeGreaterThan(0);
  });

  test('has credit for what is freed by sweeping span after span', () => {
    const made = garbage(generation, many(4, -128));
    const { sweeper } = made.runtime.gc;
    expect(sweeper.sweepOne()).toBe(128);
    expect(standing(made)).toEqual([0, 128]);
    expect(made.sweptBy(() => sweeper.reclaim(100))).toEqual([]);
    expect(standing(made)).toEqual([0, 28]);
  });

  test('has none for a span that was swept and lives on', () => {
    const made = garbage(generation, [128]);
    expect(made.sweptBy(() => expect(made.runtime.gc.sweeper.sweepOne()).toBe(0))).toEqual([0]);
    expect(standing(made)).toEqual([0, 0]);
  });

  test('works for each allocation of pages, before it takes them', () => {
    const made = garbage(generation, [-128, -128, 512]);
    const { counters } = made.runtime.state;
    const inUse = counters.heapInUse[0];
    let addr = 0;
    expect(made.sweptBy(() => (addr = made.large(200).addr))).toEqual([0, 1]);
    expect([addr, standing(made)]).toEqual([made.objects[0].addr, [512, 56]]);
    expect(counters.heapInUse[0]).toBe(inUse - 56 * pageSize);
    expect(made.sweptBy(() => made.large(56))).toEqual([]);
    expect([counters.heapInUse[0], standing(made)]).toEqual([inUse, [512, 0]]);
  });
});

describe.each(['treap', 'radix'] as const)('sweeping in proportion, of %s', (generation) => {
  const live = many(100, 16);
  const heapLive = 1600 * pageSize;
  /** Pages to sweep for a byte: all of them, by the time the heap is 1 MiB below twice what lives. */
  const slope = 1600 / (heapLive - sweepMargin);

  /** A hundred objects of 16 pages, all of them alive, so that sweeping frees nothing and counts in sixteens. */
  function unswept(): Garbage {
    const made = new Garbage({ generation });
    for (const n of live) made.objects.push(made.large(n));
    made.runtime.gc.collector.collect(true);
    made.swept.length = 0;
    const { pace } = made.runtime.gc;
    const { counters } = made.runtime.state;
    expect([counters.heapLive[0], pace.pagesPerByte]).toEqual([heapLive, slope]);
    return made;
  }

  const spansFor = (bytes: number, callerPages = 0): number =>
    Math.max(0, Math.ceil((Math.trunc(slope * bytes) - callerPages) / 16));

  type Debt = readonly [bytes: number, callerPages: number, live: number, swept: number];
  // Bytes about to be allocated, pages that the caller will reclaim, bytes by which the heap grew, spans swept.
  test.each<[string, readonly Debt[]]>([
    ['the debt of a span is paid before it is allocated', [[MiB, 0, 0, 9]]],
    [
      'what was swept beyond it counts',
      [
        [MiB, 0, 0, 9],
        [MiB, 0, 0, 9],
      ],
    ],
    [
      'what was allocated since is owed, too',
      [
        [MiB, 0, 0, 9],
        [MiB, 0, MiB, 18],
        [MiB, 0, 4 * MiB, 44],
      ],
    ],
    ['what the caller reclaims is not owed', [[MiB, 128, 0, 1]]],
    ['who reclaims as much owes nothing', [[MiB, 139, 0, 0]]],
    ['a small span may owe nothing yet', [[pageSize - 1024, 0, 0, 0]]],
  ])('%s', (_what, debts) => {
    const made = unswept();
    const { sweeper, limiter } = made.runtime.gc;
    const { counters } = made.runtime.state;
    const assisted = vi.spyOn(limiter, 'addSweepTime');
    for (const [bytes, callerPages, grown, swept] of debts) {
      counters.heapLive[0] = heapLive + grown;
      const before = made.swept.length;
      assisted.mockClear();
      sweeper.deductCredit(bytes, callerPages);
      expect([made.swept.length, counters.pagesSwept[0]]).toEqual([swept, swept * 16]);
      expect(swept).toBe(spansFor(bytes + grown, callerPages));
      expect(assisted).toHaveBeenCalledTimes(swept > before ? 1 : 0);
    }
    counters.heapLive[0] = heapLive;
  });

  test('nothing is owed once all is swept', () => {
    const made = unswept();
    const { sweeper, pace } = made.runtime.gc;
    sweeper.deductCredit(64 * MiB, 0);
    expect([made.swept.length, made.runtime.state.sweepState.isDone(), pace.pagesPerByte]).toEqual([
      100,
      true,
      0,
    ]);
    const sweepOne = vi.spyOn(sweeper, 'sweepOne');
    sweeper.deductCredit(64 * MiB, 0);
    expect(sweepOne).not.toHaveBeenCalled();
  });

  test('a large object pays for what it does not reclaim itself', () => {
    const made = unswept();
    const { pace, sweeper } = made.runtime.gc;
    const deduct = vi.spyOn(sweeper, 'deductCredit');
    // Nothing can be reclaimed, so the reclaimer sweeps none.
    for (let i = 1; i <= 5; i++) {
      made.large(256);
      const owed = Math.trunc(pace.pagesPerByte * i * 256 * pageSize) - 256;
      expect(made.swept.length).toBe(Math.ceil(owed / 16));
    }
    expect(deduct.mock.calls).toEqual(many(5, 0).map(() => [256 * pageSize, 256]));
  });

  test('refills keep pace: the sweep is done a MiB before the next collection is due', () => {
    const made = unswept();
    const { malloc, runtime } = made;
    const { counters } = runtime.state;
    const goal = 2 * heapLive;
    let refills = 0;
    while (counters.heapLive[0] < goal - sweepMargin) {
      const before = counters.heapLive[0];
      malloc.malloc(2048, true, false);
      if (counters.heapLive[0] === before) continue;
      refills++;
      // No more and no less than a span beyond what the heap's size demands, this refill's span included.
      expect(made.swept.length).toBe(Math.min(100, spansFor(counters.heapLive[0] - heapLive)));
    }
    expect(refills).toBeGreaterThan(1000);
    expect(made.runtime.gc.sweeper.sweepOne()).toBe(-1);
    expect([made.swept.length, runtime.state.sweepState.isDone()]).toEqual([100, true]);
    expect(new Set(made.swept)).toEqual(new Set(upTo(100)));
  });
});

test('the design of 2014 sweeps nothing in proportion', () => {
  const made = new Garbage({ generation: 'lists' });
  for (const n of many(100, 16)) made.objects.push(made.large(n));
  made.runtime.gc.collector.collect(true);
  made.swept.length = 0;
  expect(made.runtime.gc.pace.pagesPerByte).toBe(0);
  made.runtime.gc.sweeper.deductCredit(64 * MiB, 0);
  expect(made.swept).toEqual([]);
});
