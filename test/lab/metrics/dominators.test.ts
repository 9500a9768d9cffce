/** Dominators against their definition: x is dominated by d if it cannot be reached once d is taken out. */
import { describe, expect, test } from 'vitest';
import { dominatorsOf, dominatorTree } from '../../../lib/lab/metrics/dominators.ts';
import { type HeapGraph, readDump } from '../../../lib/lab/metrics/heap-graph.ts';
import type { DominatorBox } from '../../../lib/lab/record/lines.ts';
import { codeOf } from '../../support/codes.ts';
import { times } from '../../support/extent.ts';
import { Random, seedOf } from '../../support/random.ts';

/** A dump of objects of 16 bytes, by what each refers to. */
function dumpOf(
  edges: readonly (readonly number[])[],
  roots: readonly number[],
  types = edges.map(() => 0),
): string[] {
  const at = (i: number) => 4096 + 16 * i;
  return [
    JSON.stringify({ k: 'heap', format: 1, liveness: 'tracing' }),
    ...[...new Set(types)]
      .sort()
      .map((id) => JSON.stringify({ k: 'type', id, bytes: 16 + id, pointerWords: 2 })),
    ...edges.map((to, i) =>
      JSON.stringify({ k: 'object', at: at(i), bytes: 16, type: types[i], to: to.map(at) }),
    ),
    ...roots.map((i) => JSON.stringify({ k: 'root', what: 'root', at: at(i) })),
  ];
}

function reached({ count, offsets, targets, roots }: HeapGraph, without: number): Set<number> {
  const seen = new Set<number>([...roots].filter((root) => root !== without));
  for (const i of seen)
    for (let at = offsets[i]!; at < offsets[i + 1]!; at++)
      if (targets[at] !== without) seen.add(targets[at]!);
  expect(count).toBeGreaterThanOrEqual(seen.size);
  return seen;
}

function randomGraph(random: Random, n: number): HeapGraph {
  const edges = Array.from({ length: n }, () =>
    Array.from({ length: random.below(4) }, () => random.below(n)),
  );
  const roots = Array.from({ length: 1 + random.below(3) }, () => random.below(n));
  return readDump(dumpOf(edges, roots));
}

test('random graphs', () => {
  const seed = seedOf('PAGEHEAP_DOMINATOR_SEED');
  const random = new Random(seed);
  for (let round = 0; round < times(20, 60); round++) {
    const graph = randomGraph(random, 1 + random.below(40));
    const { idom, kept, objects, bytes } = dominatorsOf(graph);
    const all = reached(graph, -1);
    expect(objects, `PAGEHEAP_DOMINATOR_SEED=${seed}`).toBe(all.size);
    expect(bytes).toBe(16 * all.size);
    const lost = (d: number): Set<number> => {
      const left = reached(graph, d);
      return new Set([...all].filter((i) => !left.has(i)));
    };
    for (let d = 0; d < graph.count; d++) {
      if (!all.has(d)) {
        expect(idom[d]).toBe(-1);
        continue;
      }
      // What goes with it is what it keeps, itself among that.
      const gone = lost(d);
      expect(kept[d], `PAGEHEAP_DOMINATOR_SEED=${seed}, object ${d}`).toBe(16 * gone.size);
      // The nearest: whatever else dominates it dominates its dominator, too.
      const above = idom[d]!;
      if (above === graph.count) {
        for (let other = 0; other < graph.count; other++)
          if (other !== d && all.has(other)) expect(lost(other).has(d)).toBe(false);
      } else {
        expect(lost(above).has(d)).toBe(true);
        for (let other = 0; other < graph.count; other++)
          if (other !== d && other !== above && all.has(other) && lost(other).has(d))
            expect(lost(other).has(above)).toBe(true);
      }
    }
  }
});

describe('the tree for people', () => {
  const treeOf = (lines: string[]): DominatorBox[] => {
    const graph = readDump(lines);
    return dominatorTree(graph, dominatorsOf(graph));
  };
  const bytesOf = (boxes: readonly DominatorBox[]): number =>
    boxes.reduce((sum, { own, children }) => sum + own + bytesOf(children), 0);

  test('has a list as one box', () => {
    const n = 10_000;
    const [box, ...others] = treeOf(
      dumpOf(
        Array.from({ length: n }, (_, i) => (i + 1 < n ? [i + 1] : [])),
        [0],
      ),
    );
    expect(others).toEqual([]);
    expect(box).toMatchObject({ count: n, lists: 1, own: 16 * n, kept: 16 * n, children: [] });
  });

  test('has many of a type as one box, and a few one by one', () => {
    const many = Array.from({ length: 100 }, (_, i) => i + 1);
    const [box] = treeOf(dumpOf([many, ...many.map(() => [])], [0]));
    expect(box).toMatchObject({ count: 1, own: 16, kept: 1616 });
    expect(box?.children).toEqual([
      { size: 16, pointers: 2, count: 100, own: 1600, kept: 1600, children: [] },
    ]);
    expect(treeOf(dumpOf([[1, 2], [], []], [0]))[0]?.children).toHaveLength(2);
  });

  test('loses no bytes above its last level', () => {
    const random = new Random(8);
    for (let round = 0; round < 20; round++) {
      const n = 200;
      // A tree of few levels: each object below one with a tenth of its number.
      const edges: number[][] = Array.from({ length: n }, () => []);
      for (let i = 1; i < n; i++) edges[Math.floor((i * random.below(90)) / 100)]?.push(i);
      const types = edges.map(() => random.below(3));
      const graph = readDump(dumpOf(edges, [0], types));
      const dominators = dominatorsOf(graph);
      const tree = dominatorTree(graph, dominators);
      expect(tree.reduce((sum, { kept }) => sum + kept, 0)).toBe(dominators.bytes);
      expect(bytesOf(tree)).toBeLessThanOrEqual(dominators.bytes);
    }
  });
});

test('what is no dump is refused', () => {
  expect(codeOf(() => readDump(['{"k":"run"}']))).toBe('ERR_RUN_FILE');
  expect(codeOf(() => readDump(['{"k":"heap","format":2}']))).toBe('ERR_RUN_FILE');
});
