import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { KiB, MiB, pageSize } from '../../lib/base/units.ts';
import { fiveMinutes, type HeapOptions } from '../../lib/design/options.ts';
import type { ScavengeEvent } from '../../lib/gc/events.ts';
import { ManualClock } from '../../lib/os/clock.ts';
import { Sys } from '../../lib/os/sys.ts';
import { recordingAddon } from '../support/recording-addon.ts';

/**
 * The scavengers of 2014 and 2019 on real heaps: what goes, when, and which runs. Nothing is collected but
 * by `free`, time stands still unless it is moved, and a heap grows by just the pages that it lacks.
 */

const seconds = 1e9;
/** Pages of an object that stands between two others, so that they do not become one run when they are free. */
const wall = 8;

interface Setup {
  readonly heap: Heap;
  readonly clock: ManualClock;
  readonly events: ScavengeEvent[];
  /** Allocates objects of these numbers of pages, multiples of 8, with walls between them. */
  large(...pages: number[]): number[];
  /** Allocates one object, without a wall. */
  take(pages: number): number;
  /** Drops objects, and collects. */
  free(addrs: readonly number[]): void;
  /** The runs that an operation releases, in pages, in order. */
  releasedBy(operation: () => unknown): number[];
  /** Pages that count as released. */
  released(): number;
}

function setup(options: HeapOptions): Setup {
  const clock = new ManualClock(1000 * seconds);
  const { addon, advised } = recordingAddon(0);
  const events: ScavengeEvent[] = [];
  const heap = new Heap({
    reach: 256 * MiB,
    environment: false,
    collect: false,
    gcPercent: -1,
    growthUnit: 64 * KiB,
    ...options,
    clock,
    sys: new Sys({ addon, advise: options.advise ?? 'dontneed', debug: true }),
    onEvent(event) {
      if (event.kind === 'scav') events.push(event);
    },
  });
  onTestFinished(() => {
    heap.check(3);
    heap.dispose();
  });
  return {
    heap,
    clock,
    events,
    large: (...pages) =>
      pages.map((n) => {
        const addr = heap.malloc(n * pageSize, true, false);
        heap.malloc(wall * pageSize, true, false);
        return addr;
      }),
    take: (pages) => heap.malloc(pages * pageSize, true, false),
    free(addrs) {
      for (const addr of addrs) heap.drop(addr);
      heap.gc();
    },
    releasedBy(operation) {
      advised.length = 0;
      operation();
      return advised
        .filter(([name]) => name === 'DONTNEED' || name === 'FREE')
        .map(([, , length]) => length / pageSize);
    },
    released: () => heap.sample().heapReleased / pageSize,
  };
}

const eager = (pages: number): Partial<ScavengeEvent> => ({
  kind: 'scav',
  by: 'eager',
  bytes: pages * pageSize,
});

describe('when the heap of 2019 grows', () => {
  // Free runs by their pages, in address order; the growth in pages; the runs released, in order.
  test.each<[string, readonly number[], number, readonly number[]]>([
    ['as much goes as it grows by, the largest run first', [24, 80, 16, 40], 96, [80, 40]],
    ['a run goes whole, also where less would do', [96], 104, [96]],
    ['no more goes than it takes', [104, 104, 104], 112, [104, 104]],
    ['one run is enough where it is as large', [88, 8, 88], 176, [88, 88]],
    ['all goes where that is not enough', [8, 16, 24], 512, [24, 16, 8]],
    ['nothing goes where nothing is free', [], 96, []],
  ])('%s', (_what, runs, growth, released) => {
    const s = setup({ generation: 'treap' });
    s.free(s.large(...runs));
    const sys = s.heap.sample().heapSys;
    expect(s.released()).toBe(0);
    expect(s.releasedBy(() => s.take(growth))).toEqual(released);
    expect(s.heap.sample().heapSys - sys).toBe(growth * pageSize);
    const pages = released.reduce((sum, n) => sum + n, 0);
    expect(s.released()).toBe(pages);
    expect(s.heap.sample().releasedEager).toBe(pages * pageSize);
    expect(s.events).toMatchObject(pages === 0 ? [] : [eager(pages)]);
  });

  test('what went too much pays for the next growth', () => {
    const s = setup({ generation: 'treap' });
    s.free(s.large(304, 104, 304));
    const grow = (pages: number): number[] => {
      const sys = s.heap.sample().heapSys;
      const released = s.releasedBy(() => s.take(pages));
      expect(s.heap.sample().heapSys - sys).toBe(pages * pageSize);
      return released;
    };
    // 608 for 312: 296 too much.
    expect(grow(312)).toEqual([304, 304]);
    // Both are used again, so that the heap must grow for what follows.
    s.take(304);
    s.take(304);
    expect(s.released()).toBe(0);
    expect(grow(112)).toEqual([]);
    expect(grow(184)).toEqual([]);
    expect(grow(112)).toEqual([104]);
  });

  test('it is released before the growth is free, so that no fresh memory goes', () => {
    const s = setup({ generation: 'treap', growthUnit: 64 * MiB });
    s.free(s.large(40));
    // The 40 pages, and what is left of the first arena.
    const left = s.heap.sample().heapFree / pageSize;
    expect(s.releasedBy(() => s.take(8192))).toEqual([left - 40, 40]);
    expect(s.released()).toBe(left);
  });

  test.each<[string, HeapOptions]>([
    ['scavenging is off', { generation: 'treap', scavenge: false }],
    ['the scavenger goes by age alone', { generation: 'treap', scavenger: 'age' }],
    ['there is no scavenger', { generation: 'treap', scavenger: 'none' }],
    ['it is of 2014', { generation: 'lists' }],
  ])('nothing goes where %s', (_what, options) => {
    const s = setup(options);
    s.free(s.large(24, 80, 16, 40));
    expect(s.releasedBy(() => s.large(96))).toEqual([]);
    expect([s.released(), s.events]).toEqual([0, []]);
  });
});

describe('who reuses released memory', () => {
  /** A heap in which these runs are free: one that was released, and others whose memory is there. */
  function reusable(options: HeapOptions, releasedRun: number, others: readonly number[]): Setup {
    const s = setup({ generation: 'treap', ...options });
    const [first, ...rest] = s.large(releasedRun, ...others);
    s.heap.drop(first);
    s.heap.freeOSMemory();
    s.free(rest);
    expect(s.released()).toBe(releasedRun);
    s.events.length = 0;
    return s;
  }

  const reuse = (s: Setup, pages: number): number[] => s.releasedBy(() => s.take(pages));

  // The released run; the others; the pages allocated; what goes for them; the pages that count as released then.
  test.each<[string, number, readonly number[], number, readonly number[], number]>([
    ['as much as it takes, the largest run first', 160, [40, 120, 80], 160, [120, 80], 200],
    ['as much as it takes of a larger run, and not more', 800, [40, 120, 80], 128, [120, 80], 672 + 200],
    ['one run where that is enough', 40, [16, 80], 40, [80], 80],
    ['all there is where that is not enough', 160, [16, 24], 160, [24, 16], 40],
  ])('releases elsewhere %s', (_what, run, others, pages, goes, released) => {
    const s = reusable({ scavengeOnReuse: true }, run, others);
    expect(reuse(s, pages)).toEqual(goes);
    expect(s.released()).toBe(released);
    expect(s.events).toMatchObject([eager(goes.reduce((sum, n) => sum + n, 0))]);
  });

  test('shares what went too much with growth', () => {
    const s = reusable({ scavengeOnReuse: true }, 88, [160, 104, 104]);
    // 160 for 88: 72 too much. Of the 176 that the heap then grows by, 104 are owed.
    expect(reuse(s, 88)).toEqual([160]);
    expect(s.releasedBy(() => s.take(176))).toEqual([104]);
    expect(s.heap.sample().heapFree).toBe(104 * pageSize);
  });

  test('has the surplus of one reuse for the next', () => {
    const s = reusable({ scavengeOnReuse: true }, 304, [80, 80, 80]);
    // 160 for 88: 72 too much. Of the next 88, 16 are owed.
    expect(reuse(s, 88)).toEqual([80, 80]);
    expect(reuse(s, 88)).toEqual([80]);
    expect(s.heap.sample().heapFree).toBe(0);
  });

  test('owes for the pages it takes, also where the design of 2014 forgets the release of the whole run', () => {
    const s = reusable(
      { generation: 'lists', scavenger: 'growth', scavengeOnReuse: true },
      800,
      [40, 120, 80, 136],
    );
    // What is left of the 800 counts as there again, and is the largest.
    expect(reuse(s, 144)).toEqual([656]);
    expect(s.released()).toBe(656);
  });

  test.each<[string, HeapOptions]>([
    ['unless it is asked to', {}],
    ['where scavenging is off', { scavengeOnReuse: true, scavenge: false }],
  ])('releases nothing %s', (_what, options) => {
    const s = reusable(options, 160, [40, 120, 80]);
    expect(reuse(s, 160)).toEqual([]);
    expect([s.released(), s.events]).toEqual([0, []]);
  });

  test('releases nothing where the memory is there', () => {
    const s = reusable({ scavengeOnReuse: true }, 160, [40, 120, 80]);
    expect(reuse(s, 120)).toEqual([]);
    expect(reuse(s, 80)).toEqual([]);
    expect(s.released()).toBe(160);
  });
});

describe.each(['lists', 'treap'] as const)('release by age, of %s', (generation) => {
  /** A heap with one free run of so many pages, free since now. */
  function aging(options: HeapOptions = {}): Setup {
    const s = setup({ generation, ...options });
    s.free(s.large(80));
    return s;
  }

  /** Moves the clock on, and lets the heap work. Seconds until it wants to again. */
  const stepAfter = (s: Setup, wait: number): number => {
    s.clock.advance(wait * seconds);
    return s.heap.step() / seconds;
  };

  // Seconds from one step to the next: of each what it answers, and the pages that count as released after it.
  type Step = readonly [wait: number, next: number, released: number];
  test.each<[string, readonly Step[]]>([
    [
      'looks every two and a half minutes, and leaves what was used less than five minutes ago',
      [
        [149, 1, 0],
        [1, 150, 0],
        [149, 1, 0],
      ],
    ],
    [
      'keeps a run of just five minutes',
      [
        [150, 150, 0],
        [150, 150, 0],
        [150, 150, 80],
      ],
    ],
    [
      'keeps a run of a second less, until it looks again',
      [
        [299, 150, 0],
        [2, 148, 0],
        [147, 1, 0],
        [1, 150, 80],
      ],
    ],
    ['releases a run of a second more', [[301, 150, 80]]],
    [
      'counts from the look itself, however late that was',
      [
        [1000, 150, 80],
        [149, 1, 80],
        [1, 150, 80],
      ],
    ],
  ])('%s', (_what, steps) => {
    const s = aging();
    for (const [wait, next, released] of steps) {
      expect([stepAfter(s, wait), s.released()]).toEqual([next, released]);
    }
  });

  test('leaves a run that became free later', () => {
    const s = setup({ generation });
    const [first, second] = s.large(80, 40);
    s.free([first]);
    s.clock.advance(200 * seconds);
    s.free([second]);
    stepAfter(s, 150);
    expect(s.released()).toBe(80);
    expect(stepAfter(s, 150)).toBe(150);
    expect(s.released()).toBe(80);
    stepAfter(s, 150);
    expect(s.released()).toBe(120);
  });

  test('numbers its looks from 0 in the scvg lines, and none that was not due', () => {
    const s = aging();
    for (const wait of [100, 50, 100, 50, 150, 150]) stepAfter(s, wait);
    const rounds = s.events.map(({ by, bytes, line }) => [
      by,
      bytes / pageSize,
      /^scvg(-?\d+): /.exec(line)?.[1],
    ]);
    expect(rounds).toEqual([
      ['bg', 0, '0'],
      ['bg', 0, '1'],
      ['bg', 80, '2'],
      ['bg', 0, '3'],
    ]);
    s.heap.freeOSMemory();
    stepAfter(s, 150);
    expect(s.events.slice(4).map(({ by, line }) => [by, line.split(':')[0]])).toEqual([
      ['forced', 'scvg-1'],
      ['bg', 'scvg4'],
    ]);
    expect(s.heap.sample().releasedBackground).toBe(80 * pageSize);
  });

  test('goes by the time it is given', () => {
    const s = aging({ scavengeAfter: 10 * seconds });
    expect([stepAfter(s, 4), s.released()]).toEqual([1, 0]);
    expect([stepAfter(s, 5), s.released()]).toEqual([5, 0]);
    expect([stepAfter(s, 5), s.released()]).toEqual([5, 80]);
  });

  test('looks when allocations come to the heap, too: every sixteenth', () => {
    const s = aging();
    s.clock.advance(fiveMinutes + 1);
    // Two objects were allocated before.
    for (let i = 0; i < 13; i++) s.take(wall);
    expect(s.events).toEqual([]);
    s.take(wall);
    expect(s.events).toMatchObject([{ kind: 'scav', by: 'bg' }]);
  });

  test.each<[string, HeapOptions]>([
    ['off', { scavenge: false }],
    ['none', { scavenger: 'none' }],
  ])('never looks where scavenging is %s', (_what, options) => {
    const s = aging(options);
    expect([stepAfter(s, 10_000), s.released(), s.events]).toEqual([Infinity, 0, []]);
  });
});
