import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { MiB, pageSize } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { ManualClock } from '../../lib/os/clock.ts';
import { keepEdgesSmall } from '../../lib/os/huge-page-hints.ts';
import { Sys } from '../../lib/os/sys.ts';
import { type AdviceName, recordingAddon } from '../support/recording-addon.ts';

/** Huge pages of the test: 2 MiB, whatever the machine has. */
const huge = 2 * MiB;
const quarter = huge / 4;
/** Any address that is a multiple of a huge page; nothing is there, and the hints do not reach the kernel. */
const base = 0x7000 * huge;

/** The hints given before a run is released, as [first byte, bytes] from `base`, in quarters of huge pages. */
function hintsFor(from: number, to: number, hugePageSize = huge): (readonly [number, number])[] {
  const { addon, advised } = recordingAddon(hugePageSize);
  keepEdgesSmall(new Sys({ addon }), base + from * quarter, (to - from) * quarter);
  expect(advised.every(([name]) => name === 'NOHUGEPAGE')).toBe(true);
  return advised.map(([, addr, length]) => [(addr - base) / quarter, length / quarter]);
}

describe('before a run is released, small pages are asked for', () => {
  test.each<[string, number, number, readonly (readonly [number, number])[]]>([
    ['nowhere, where it covers one huge page', 4, 8, []],
    ['nowhere, where it covers several whole', 4, 20, []],
    ['at its head, where only that is within a huge page', 5, 20, [[4, 4]]],
    ['at its head, where it ends with that huge page', 5, 8, [[4, 4]]],
    ['at its tail, where only that is within a huge page', 4, 19, [[16, 4]]],
    ['at its tail, where it begins with that huge page', 4, 7, [[4, 4]]],
    [
      'at both ends, the head first',
      5,
      19,
      [
        [4, 4],
        [16, 4],
      ],
    ],
    [
      'at both ends of one whole huge page',
      7,
      13,
      [
        [4, 4],
        [12, 4],
      ],
    ],
    ['in one call, where the two are neighbours', 5, 11, [[4, 8]]],
    ['in one call, where a run only touches the two', 7, 9, [[4, 8]]],
    ['once, where both ends are in the same huge page', 5, 7, [[4, 4]]],
  ])('%s', (_what, from, to, hints) => {
    expect(hintsFor(from, to)).toEqual(hints);
  });

  test('of those huge pages that it covers in part, and no others, whatever the run', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.integer({ min: 1, max: 40 }), (from, length) => {
        const to = from + length;
        const covered = new Set<number>();
        for (let page = 0; page < 80; page += 4) {
          const inside = Math.min(to, page + 4) - Math.max(from, page);
          if (inside > 0 && inside < 4) covered.add(page);
        }
        const asked = hintsFor(from, to);
        const pages = asked.flatMap(([at, n]) => Array.from({ length: n / 4 }, (_, i) => at + 4 * i));
        expect(pages).toEqual([...covered]);
        const neighbours = covered.size === 2 && Math.abs([...covered][0] - [...covered][1]) === 4;
        expect(asked.length).toBe(neighbours ? 1 : covered.size);
      }),
    );
  });

  test('nowhere, where there are no huge pages', () => {
    expect(hintsFor(5, 19, 0)).toEqual([]);
  });
});

describe('a heap', () => {
  /** Heap pages to a huge page. */
  const perHuge = huge / pageSize;

  interface Setup {
    readonly heap: Heap;
    /** Allocates an object of so many pages. */
    large(pages: number): number;
    /** What an operation advises, of the heap's own memory: [advice, first page, pages]. */
    advisedBy(operation: () => unknown): [AdviceName, number, number][];
  }

  function setup(options: HeapOptions): Setup {
    const { addon, advised } = recordingAddon(huge);
    const sys = new Sys({ addon, advise: options.advise ?? 'free', debug: true });
    const heap = new Heap({
      reach: 256 * MiB,
      environment: false,
      nameMappings: false,
      collect: false,
      gcPercent: -1,
      clock: new ManualClock(1e9),
      ...options,
      sys,
    });
    onTestFinished(() => heap.dispose());
    const large = (pages: number): number => heap.malloc(pages * pageSize, true, false);
    return {
      heap,
      large,
      advisedBy(operation) {
        advised.length = 0;
        operation();
        const [{ base: origin, bytes }] = heap.ranges();
        return advised
          .filter(([, addr]) => addr >= origin && addr < origin + bytes)
          .map(([name, addr, length]) => [name, (addr - origin) / pageSize, length / pageSize]);
      },
    };
  }

  // An arena begins with a huge page: objects that end at page `first` and at `end`, the one between them dropped.
  type Calls = readonly (readonly [AdviceName, number, number])[];
  test.each<[string, number, number, Calls, Calls]>([
    [
      'a run within huge pages at both ends',
      300,
      1300,
      [
        ['NOHUGEPAGE', perHuge, perHuge],
        ['NOHUGEPAGE', 5 * perHuge, perHuge],
        ['FREE', 300, 1000],
      ],
      [['HUGEPAGE', 2 * perHuge, 3 * perHuge]],
    ],
    [
      'a run of whole huge pages',
      perHuge,
      4 * perHuge,
      [['FREE', perHuge, 3 * perHuge]],
      [['HUGEPAGE', perHuge, 3 * perHuge]],
    ],
    [
      'a run in two neighbouring huge pages',
      perHuge + 16,
      3 * perHuge - 16,
      [
        ['NOHUGEPAGE', perHuge, 2 * perHuge],
        ['FREE', perHuge + 16, 2 * perHuge - 32],
      ],
      [],
    ],
    [
      'a run within one huge page',
      perHuge + 16,
      2 * perHuge - 16,
      [
        ['NOHUGEPAGE', perHuge, perHuge],
        ['FREE', perHuge + 16, perHuge - 32],
      ],
      [],
    ],
  ])(
    'of 2019, %s: kept small and released, and asked for whole when it is used again',
    (_what, first, end, released, reused) => {
      const { heap, large, advisedBy } = setup({ generation: 'treap' });
      large(first);
      const dropped = large(end - first);
      // The rest of the arena, so that there is no other free run.
      large(64 * (MiB / pageSize) - end);
      heap.drop(dropped);
      expect(advisedBy(() => heap.freeOSMemory())).toEqual(released);
      let again = 0;
      expect(advisedBy(() => (again = large(end - first)))).toEqual(reused);
      expect(again).toBe(dropped);
    },
  );

  test('of 2019 asks for huge pages only in what it takes of a released run', () => {
    const { heap, large, advisedBy } = setup({ generation: 'treap' });
    large(perHuge);
    const dropped = large(8 * perHuge);
    large(23 * perHuge);
    heap.drop(dropped);
    heap.freeOSMemory();
    expect(advisedBy(() => large(2 * perHuge + 100))).toEqual([['HUGEPAGE', perHuge, 2 * perHuge]]);
    expect(advisedBy(() => large(3 * perHuge))).toEqual([['HUGEPAGE', 4 * perHuge, 2 * perHuge]]);
  });

  test('of 2019 gives no hint about memory that was not released', () => {
    const { heap, large, advisedBy } = setup({ generation: 'treap' });
    const calls = advisedBy(() => {
      for (let i = 0; i < 20; i++) {
        const addr = large(300 + i);
        large(8);
        heap.drop(addr);
        if (i % 3 === 0) heap.gc();
      }
    });
    expect(calls).toEqual([]);
  });

  test.each<[string, HeapOptions, boolean]>([
    ['of 2014', { generation: 'lists' }, false],
    ['of 2019', { generation: 'treap' }, true],
    ['of 2019 without hints', { generation: 'treap', hugePageHints: false }, false],
    ['of 2023', { generation: 'radix' }, false],
    ['of 2023 with hints', { generation: 'radix', hugePageHints: true }, true],
  ])('%s gives hints or none', (_what, options, hints) => {
    const { heap, large, advisedBy } = setup({ scavenge: false, ...options });
    large(300);
    const dropped = large(1000);
    large(100);
    heap.drop(dropped);
    const names = (operation: () => unknown): AdviceName[] => advisedBy(operation).map(([name]) => name);
    const releasing = names(() => heap.freeOSMemory());
    expect(releasing).toContain('FREE');
    expect(releasing.includes('NOHUGEPAGE')).toBe(hints);
    expect(releasing).not.toContain('HUGEPAGE');
    expect(names(() => large(1000)).includes('HUGEPAGE')).toBe(hints);
  });
});
