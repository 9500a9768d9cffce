import { describe, expect, test, vi } from 'vitest';
import { pageSize } from '../../lib/base/units.ts';
import { reclaimBusy } from '../../lib/gc/busy-reclaimer.ts';
import type { ListRegistry } from '../../lib/heap/list-registry.ts';
import type { SpanLists } from '../../lib/heap/span-lists.ts';
import { Garbage } from './garbage.ts';

/** On the real heap of 2014, whose busy lists are filled by its own allocations. */
class BusyGarbage extends Garbage {
  /** How often the sweeper was asked for whatever comes next. */
  asked = 0;

  constructor() {
    super({ generation: 'lists' });
  }

  get lists(): SpanLists {
    return (this.runtime.spans.registry as ListRegistry).lists;
  }

  /** The spans that a request of so many pages sweeps. */
  reclaim(npages: number): number[] {
    const { sweeper } = this.runtime.gc;
    const { spanSweeper } = this.runtime.alloc;
    return this.sweptBy(() =>
      reclaimBusy(npages, this.lists, spanSweeper, () => {
        this.asked++;
        return sweeper.sweepOne();
      }),
    );
  }

  /** The objects in a busy list, first to last. */
  inList(npages: number): number[] {
    const { lists } = this;
    const found: number[] = [];
    for (let s = lists.first(lists.busy(npages)); s !== 0; s = lists.next(s))
      found.push(this.objects.findIndex(({ span }) => span === s));
    return found;
  }
}

function garbage(pages: readonly number[]): BusyGarbage {
  const made = new BusyGarbage();
  made.begin(pages);
  return made;
}

const many = (n: number, pages: number): number[] => Array(n).fill(pages);
const upTo = (n: number): number[] => [...Array(n).keys()];

describe('a request sweeps', () => {
  // Objects by their pages, five at least, dropped where that is negative; the request, in pages; who is swept.
  const mixed = [-5, -300, -10, -20, -200, -10];
  test.each<[string, readonly number[], number, readonly number[]]>([
    ['those of just so many pages first', mixed, 10, [2, 5]],
    ['else those of the next size that frees any', mixed, 11, [3]],
    ['else the largest, which share a list: in the order they were made', mixed, 21, [1, 4]],
    ['the largest first where it asks for as many', mixed, 128, [1, 4]],
    ['a list of live ones in vain, and goes on', [10, 10, -20, -30], 10, [0, 1, 2]],
    ['a list of which one lives, and is content', [10, -10, -20], 10, [0, 1]],
    [
      'several smaller ones, the smallest first, where there are no larger',
      [-7, -6, -8, -7],
      9,
      [1, 0, 3, 2],
    ],
    ['smaller ones up to the last size below it', [-127, -50, 128, -100], 128, [2, 1, 3, 0]],
    ['no more of a list than it asks for pages', many(12, -10), 10, upTo(10)],
    ['no more of a smaller size than it still asks for', [-5, ...many(9, -6)], 7, upTo(7)],
    ['no smaller size after it has enough', [...many(8, -6), ...many(5, -7)], 8, upTo(8)],
    ['all there is when that is not enough', [-5, 6, -7, 40], 30, [3, 0, 1, 2]],
  ])('%s', (_what, pages, request, swept) => {
    expect(garbage(pages).reclaim(request)).toEqual(swept);
  });

  test('whatever comes next when the lists are done, until enough pages came back', () => {
    const made = new BusyGarbage();
    const { runtime } = made;
    const spanClass = runtime.alloc.classes.spanClassBy8[1024 / 8];
    expect(runtime.alloc.classes.pages[spanClass >> 1]).toBe(1);
    const perSpan = runtime.alloc.classes.objects[spanClass >> 1];
    for (let i = 0; i < 30 * perSpan; i++) made.drop(made.malloc.malloc(1024, true, false));
    made.begin([-6]);
    const inUse = runtime.state.counters.heapInUse[0];
    expect(inUse).toBe(36 * pageSize);
    // The large object gives one span's worth, which counts as one page; the rest is asked for span by span.
    expect(made.reclaim(20)).toHaveLength(20);
    expect(made.asked).toBe(19);
    expect(inUse - runtime.state.counters.heapInUse[0]).toBe((6 + 19) * pageSize);
    expect(made.reclaim(20)).toHaveLength(11);
    expect([made.reclaim(1), runtime.state.counters.heapInUse[0]]).toEqual([[], 0]);
  });

  test('nothing when the sweep is done', () => {
    const made = garbage([-10, 10, -20, 30]);
    made.runtime.gc.sweeper.sweepAll();
    for (const n of [1, 10, 20, 500]) expect(made.reclaim(n)).toEqual([]);
  });
});

describe('a busy list', () => {
  test('has swept spans at its end, so that the next request begins where this one stopped', () => {
    const made = garbage([10, ...many(10, -10), 10, -10]);
    expect(made.reclaim(10)).toEqual(upTo(11));
    expect(made.inList(10)).toEqual([11, 12, 0]);
    expect(made.reclaim(10)).toEqual([11, 12]);
    expect(made.inList(10)).toEqual([0, 11]);
    expect(made.reclaim(10)).toEqual([]);
  });

  test('is left at a span that was swept, not at one that is being swept', () => {
    const made = garbage([-10, -10, -20]);
    expect(made.runtime.alloc.spanSweeper.tryAcquire(made.objects[0].span)).toBe(true);
    expect(made.reclaim(10)).toEqual([1]);
  });

  test('of spans made since the sweep began is left at once', () => {
    const made = garbage([-30]);
    made.runtime.alloc.heap.hooks = { ...made.runtime.alloc.heap.hooks, reclaim: () => {} };
    for (let i = 0; i < 3; i++) made.objects.push(made.large(10));
    expect(made.reclaim(10)).toEqual([0]);
    expect(made.inList(10)).toEqual([1, 2, 3]);
  });
});

describe('an allocation', () => {
  test('reclaims before it takes pages, and gets what came back', () => {
    const made = garbage([-20, 8, -10, 8]);
    const inUse = made.runtime.state.counters.heapInUse[0];
    let addr = 0;
    expect(made.sweptBy(() => (addr = made.large(10).addr))).toEqual([2]);
    expect([addr, made.runtime.state.counters.heapInUse[0]]).toEqual([made.objects[2].addr, inUse]);
  });

  test('asks for nothing once the sweep is done', () => {
    const made = garbage([-20, 8, -10, 8]);
    const { sweeper } = made.runtime.gc;
    const reclaim = vi.spyOn(sweeper, 'reclaim');
    made.large(8);
    expect(reclaim.mock.calls).toEqual([[8]]);
    sweeper.sweepAll();
    made.large(8);
    expect(reclaim).toHaveBeenCalledTimes(1);
  });
});
