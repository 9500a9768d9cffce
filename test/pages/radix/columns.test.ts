import { expect, it } from 'vitest';
import { layOut } from '../../../lib/meta/memory-map.ts';
import {
  nodesOfChunks,
  pageCaches,
  radixCapacities,
  radixChunks,
  radixRanges,
  radixState,
  radixSums,
} from '../../../lib/pages/radix/columns.ts';
import {
  levelShift,
  levelStart,
  levels,
  nodesFor,
  rootPages,
  rootsFor,
} from '../../../lib/pages/radix/levels.ts';

it('children and parents of a node follow from its number', () => {
  for (const roots of [1, 2, 5, 1024]) {
    for (let level = 1; level < levels; level++) {
      for (const i of [0, 7, 8, roots * 8 ** level - 1]) {
        const node = levelStart(level, roots) + i;
        const parent = levelStart(level - 1, roots) + (i >> 3);
        expect((node - roots) >> 3).toBe(parent);
        expect(8 * parent + roots + (i & 7)).toBe(node);
      }
    }
    expect(nodesFor(roots)).toBe(roots * 4681);
  }
  expect(Array.from({ length: levels }, (_, level) => 2 ** levelShift(level))).toEqual([
    2097152, 262144, 32768, 4096, 512,
  ]);
});

it('the capacities follow from the reach', () => {
  const rows = (reach: number): (number | undefined)[] => {
    const capacities = new Map(radixCapacities(reach, 3));
    return [radixState, pageCaches, radixSums, radixRanges, radixChunks].map((table) =>
      capacities.get(table),
    );
  };
  expect(rows(8192)).toEqual([1, 3, 4681, 9, 16]);
  expect(rows(rootPages)).toEqual([1, 3, 4681, 2049, 4096]);
  expect(rows(3 * rootPages)).toEqual([1, 3, 3 * 4681, 6145, 3 * 4096]);
  expect(rootsFor(rootPages + 1)).toBe(2);
  // 16 GiB of heap cost less than a MiB of metadata.
  expect(layOut(radixCapacities(rootPages, 1)).bytes).toBeLessThan(2 ** 20);
});

it('chunks need whole blocks of eight entries at every level, and all of the root', () => {
  const roots = 2;
  const relative = nodesOfChunks(4095, 4097, roots).map(([from, to], level) => {
    const start = levelStart(level, roots);
    return [from - start, to - start];
  });
  expect(relative).toEqual([
    [0, 2],
    [0, 16],
    [56, 72],
    [504, 520],
    [4088, 4104],
  ]);
  expect(nodesOfChunks(9, 10, 1).map(([from, to]) => to - from)).toEqual([1, 8, 8, 8, 8]);
});
